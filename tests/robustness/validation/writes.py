"""No answered write is lost or doubled, and versions only grow."""

from collections.abc import Iterator, Mapping, Sequence

from tests.robustness.model.history import ExamValue, Operation, Outcome, ResultValue, SignOut, State
from tests.robustness.model.versions import Chain, Key
from tests.robustness.validation.violation import Rule, Violation

__all__ = ["check_sign_outs", "check_writes"]


def check_writes(written: Mapping[Key, Chain], state: State) -> Iterator[Violation]:
    """What the answers promised against what is stored at rest."""
    for key, chain in written.items():
        exam_id, row_id = key
        rows = state.results.get(exam_id, {})
        stored = state.exams.get(exam_id) if row_id is None else rows.get(row_id)
        yield from _check_order(key, chain)
        yield from _check_stored(key, chain, stored)
    for exam_id, rows in state.results.items():
        for row_id in rows.keys() - {row for exam, row in written if exam == exam_id}:
            yield Violation(Rule.INVENTED, f"result {row_id} of exam {exam_id}: {rows[row_id]}")


def check_sign_outs(operations: Sequence[Operation], sign_outs: Sequence[SignOut]) -> Iterator[Violation]:
    """A token that was obtained before its teacher was signed out everywhere is refused afterwards."""
    for end in sign_outs:
        for operation in operations:
            if (
                operation.outcome is Outcome.ANSWERED
                and operation.teacher == end.teacher
                and operation.signed_in_s < end.begun_s
                and operation.begun_s > end.ended_s
            ):
                yield Violation(Rule.SIGNED_OUT, f"{operation} after {end}")


def _check_order(key: Key, chain: Chain) -> Iterator[Violation]:
    answered = [step for seen in chain.by_seen for step in chain.answered(seen)]
    for seen in chain.by_seen:
        steps = chain.answered(seen)
        # A client whose first try was not answered takes a row as it wanted it for its own work, rightly.
        are_the_same = len({write.value for _, write in steps}) == 1
        if len(steps) > 1 and not (are_the_same and any(operation.lost_tries for operation, _ in steps)):
            yield Violation(Rule.DOUBLED, f"{_name(key)}: {[operation for operation, _ in steps]}")
        if seen > 0 and steps and not chain.at(seen):
            yield Violation(Rule.INVENTED, f"{_name(key)}: version {seen}, found by {steps[0][0]}")
    for operation, write in answered:
        for earlier, newer in answered:
            if newer.seen > write.seen and earlier.ended_s < operation.begun_s and not operation.lost_tries:
                yield Violation(Rule.DISORDERED, f"{_name(key)}: {operation} after {earlier}")


def _check_stored(
    key: Key, chain: Chain, stored: tuple[int, ExamValue | ResultValue] | None
) -> Iterator[Violation]:
    newest = chain.newest_answered
    if stored is None:
        is_deleted = any(
            write.value is None
            for seen in chain.by_seen
            if seen >= newest
            for _, write in chain.steps_from(seen)
        )
        if newest >= 0 and not is_deleted:
            yield Violation(Rule.LOST, f"{_name(key)} is gone; answered: {chain.answered(newest)}")
        return
    version, value = stored
    if newest >= version:
        yield Violation(
            Rule.LOST, f"{_name(key)} is at version {version}; answered: {chain.answered(newest)}"
        )
    elif value not in [one.value for one in chain.at(version)]:
        yield Violation(Rule.LOST, f"{_name(key)} is {stored}; possible: {chain.at(version)}")


def _name(key: Key) -> str:
    exam_id, row_id = key
    return f"exam {exam_id}" if row_id is None else f"result {row_id} of exam {exam_id}"
