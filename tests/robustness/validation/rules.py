"""Every rule on one round's history."""

from collections.abc import Mapping

from tests.robustness.model.history import History, State
from tests.robustness.model.versions import chains
from tests.robustness.validation.violation import Rule, Violation
from tests.robustness.validation.visibility import Board, check_at_rest, check_reads, check_sights
from tests.robustness.validation.writes import check_sign_outs, check_writes

__all__ = ["violations"]


def violations(history: History, state: State, boards: Mapping[str, tuple[str, Board]]) -> list[Violation]:
    """What the round broke. `boards` has each viewer's exam and what the viewer saw of it at rest."""
    written = chains(history.operations)
    return [
        *check_writes(written, state),
        *check_sign_outs(history.operations, history.sign_outs),
        *check_reads(written, history.reads),
        *check_sights(written, history.sights),
        *check_at_rest(boards, state),
        *(Violation(Rule.SECRET, leak) for leak in history.leaks),
        *(Violation(Rule.RECOVERY, failure) for failure in history.failures),
    ]
