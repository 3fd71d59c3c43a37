"""Each promise, broken by hand in a small history: the validation must notice, and notice nothing else."""

import math
from collections.abc import Mapping
from dataclasses import replace

import pytest

from shared.model.grades import AWAITED
from tests.robustness.model.history import (
    HIDDEN,
    ExamValue,
    History,
    Operation,
    Outcome,
    Read,
    ResultValue,
    Sight,
    SignOut,
    State,
    Write,
)
from tests.robustness.validation.rules import violations
from tests.robustness.validation.violation import Rule
from tests.robustness.validation.visibility import Board

EXAM, ROW = "exam", "row"
DRAFT, PUBLISHED = ExamValue("Algebra", is_published=False), ExamValue("Algebra", is_published=True)
FIRST, SECOND = ResultValue("Ada", "14"), ResultValue("Ada", "16")


def wrote(
    begun_s: float,
    write: Write,
    outcome: Outcome = Outcome.ANSWERED,
    *,
    lost_tries: int = 0,
    took_s: float = 0.5,
    signed_in_s: float = 0.0,
) -> Operation:
    return Operation("a call", "ada", (write,), begun_s, begun_s + took_s, outcome, lost_tries, signed_in_s)


def exam_write(seen: int, value: ExamValue | None) -> Write:
    return Write(EXAM, None, seen, value)


def row_write(seen: int, value: ResultValue | None) -> Write:
    return Write(EXAM, ROW, seen, value)


def a_history() -> History:
    """An exam is published at 2 s, its one result added at 3 s and corrected at 5 s."""
    return History(
        operations=[
            wrote(1, exam_write(0, DRAFT)),
            wrote(2, exam_write(1, PUBLISHED)),
            wrote(3, row_write(0, FIRST)),
            wrote(5, row_write(1, SECOND)),
        ],
        reads=[
            read(3.6, {ROW: (1, FIRST)}),
            read(6, {ROW: (2, SECOND)}),
            read(6, {ROW: (2, SECOND)}, is_guest=False),
        ],
        sights=[sight(4, 1, FIRST), sight(6, 2, SECOND)],
    )


def read(begun_s: float, rows: dict[str, tuple[int, ResultValue]], *, is_guest: bool = True) -> Read:
    return Read(is_guest, EXAM, rows, begun_s, begun_s + 0.1)


def sight(at_s: float, version: int, value: ResultValue) -> Sight:
    return Sight("viewer", EXAM, ROW, version, value.student, value.grade, at_s)


def stored(
    row: tuple[int, ResultValue] | None = (2, SECOND), exam: tuple[int, ExamValue] | None = (2, PUBLISHED)
) -> State:
    return State(
        exams={} if exam is None else {EXAM: exam},
        results={EXAM: {} if row is None else {ROW: row}},
    )


def broken(
    history: History,
    state: State | None = None,
    boards: Mapping[str, tuple[str, Board]] | None = None,
) -> set[Rule]:
    found = violations(history, stored() if state is None else state, boards or {})
    return {violation.rule for violation in found}


def test_a_history_that_keeps_every_promise_has_no_violation() -> None:
    board = {ROW: ("Ada", "16", 2)}
    assert broken(a_history(), boards={"viewer": (EXAM, board)}) == set()


@pytest.mark.parametrize(
    "row", [None, (1, FIRST), (2, FIRST), (3, SECOND)], ids=["gone", "older", "another value", "newer"]
)
def test_an_answered_write_that_is_not_stored_is_lost(row: tuple[int, ResultValue] | None) -> None:
    history = a_history()
    history.reads.clear()
    history.sights.clear()
    assert broken(history, stored(row)) == {Rule.LOST}


def test_a_deletion_that_was_answered_and_did_not_happen_is_lost() -> None:
    history = a_history()
    history.operations.append(wrote(7, row_write(2, None)))
    assert broken(history) == {Rule.LOST}
    assert broken(history, stored(None)) == set()


@pytest.mark.parametrize("lost_tries", [0, 1])
def test_a_deleted_result_that_is_there_again_is_noticed_even_where_a_try_to_create_it_was_lost(
    lost_tries: int,
) -> None:
    history = a_history()
    history.operations[3:] = [wrote(5, row_write(1, None))]
    history.sights.clear()
    history.reads[:] = [read(7, {ROW: (1, FIRST)})]
    history.operations[2] = replace(history.operations[2], lost_tries=lost_tries)
    assert broken(history, stored((1, FIRST))) == {Rule.LOST, Rule.STALE}


def test_an_exam_whose_answered_publication_is_not_stored_is_lost() -> None:
    history = a_history()
    assert broken(history, stored(exam=(1, DRAFT))) == {Rule.LOST}


def test_an_unanswered_write_may_have_happened_or_not() -> None:
    third = ResultValue("Ada", "18")
    history = a_history()
    history.operations.append(wrote(7, row_write(2, third), Outcome.UNKNOWN))
    assert broken(history, stored((3, third))) == set()
    assert broken(history, stored((2, SECOND))) == set()
    assert broken(history, stored((3, SECOND))) == {Rule.LOST}


def test_a_refused_write_must_not_have_happened() -> None:
    third = ResultValue("Ada", "18")
    history = a_history()
    history.operations.append(wrote(7, row_write(2, third), Outcome.REFUSED))
    assert broken(history, stored((3, third))) == {Rule.LOST}


def test_two_answered_writes_cannot_both_have_found_the_same_version() -> None:
    history = a_history()
    history.operations.append(wrote(5.1, row_write(1, ResultValue("Ada", "18"))))
    assert broken(history) == {Rule.DOUBLED}


def test_two_writers_who_asked_for_the_same_may_both_be_answered_where_a_try_was_lost() -> None:
    history = a_history()
    history.operations.append(wrote(2.1, exam_write(1, PUBLISHED), lost_tries=1))
    assert broken(history) == set()
    history.operations[-1] = replace(history.operations[-1], lost_tries=0)
    assert broken(history) == {Rule.DOUBLED}


def test_a_write_cannot_find_a_version_that_was_gone_before_it_began() -> None:
    history = a_history()
    history.operations[-1] = wrote(8, row_write(1, SECOND))
    history.operations.append(wrote(6, row_write(2, ResultValue("Ada", "18"))))
    history.reads.clear()
    history.sights.clear()
    assert broken(history, stored((3, ResultValue("Ada", "18")))) == {Rule.DISORDERED}


def test_a_result_that_nobody_wrote_is_noticed_wherever_it_is() -> None:
    history = a_history()
    other = ResultValue("Eve", "20")
    assert broken(history, State({EXAM: (2, PUBLISHED)}, {EXAM: {ROW: (2, SECOND), "x": (1, other)}})) == {
        Rule.INVENTED
    }
    history.reads.append(read(6, {ROW: (2, SECOND), "x": (1, other)}))
    assert broken(history) == {Rule.INVENTED}
    history = a_history()
    history.sights.append(sight(7, 2, other))
    assert broken(history) == {Rule.INVENTED}


@pytest.mark.parametrize("is_guest", [True, False])
def test_an_answer_older_than_what_was_answered_before_is_stale(*, is_guest: bool) -> None:
    history = a_history()
    history.reads.append(read(7, {ROW: (1, FIRST)}, is_guest=is_guest))
    assert broken(history) == {Rule.STALE}


@pytest.mark.parametrize("is_guest", [True, False])
def test_a_result_missing_from_an_answer_is_lost(*, is_guest: bool) -> None:
    history = a_history()
    history.reads.append(read(7, {}, is_guest=is_guest))
    assert broken(history) == {Rule.LOST}


def test_a_deleted_result_in_an_answer_is_stale() -> None:
    history = a_history()
    history.operations.append(wrote(7, row_write(2, None)))
    history.reads.append(read(8, {ROW: (2, SECOND)}))
    assert broken(history, stored(None)) == {Rule.STALE}


def test_a_guest_who_reads_a_draft_sees_what_is_not_public() -> None:
    history = a_history()
    history.operations.append(wrote(7, exam_write(2, DRAFT)))
    state = stored(exam=(3, DRAFT))
    history.reads.append(read(8, {}))
    assert broken(history, state) == set()
    history.reads.append(read(8, {ROW: (2, SECOND)}))
    assert broken(history, state) == {Rule.NOT_PUBLIC}


def test_a_viewer_may_still_have_what_was_public_but_not_what_came_after() -> None:
    history = a_history()
    third = ResultValue("Ada", "18")
    history.operations += [wrote(7, exam_write(2, DRAFT)), wrote(8, row_write(2, third))]
    state = stored((3, third), (3, DRAFT))
    history.sights.append(sight(9, 2, SECOND))
    assert broken(history, state) == set()
    history.sights.append(sight(9, 3, third))
    assert broken(history, state) == {Rule.NOT_PUBLIC}


@pytest.mark.parametrize("by_api", [True, False])
def test_an_awaited_result_that_a_guest_sees_is_not_public(*, by_api: bool) -> None:
    history = a_history()
    awaited = ResultValue("Ada", AWAITED)
    history.operations.append(wrote(7, row_write(2, awaited)))
    if by_api:
        history.reads.append(read(8, {ROW: (3, awaited)}))
    else:
        history.sights.append(sight(8, 3, awaited))
    assert broken(history, stored((3, awaited))) == {Rule.NOT_PUBLIC}


def test_a_viewers_version_never_goes_back() -> None:
    history = a_history()
    history.sights.append(sight(7, 1, FIRST))
    assert broken(history) == {Rule.BACKWARDS}


@pytest.mark.parametrize("board", [None, {}, {ROW: ("Ada", "14", 1)}], ids=["nothing", "empty", "older"])
def test_a_viewer_that_differs_at_rest_is_noticed(board: Board) -> None:
    assert broken(a_history(), boards={"viewer": (EXAM, board)}) == {Rule.AT_REST}


def test_a_viewer_that_still_has_a_draft_at_rest_is_noticed() -> None:
    history = a_history()
    history.operations.append(wrote(7, exam_write(2, DRAFT)))
    boards: Mapping[str, tuple[str, Board]] = {"viewer": (EXAM, {ROW: ("Ada", "16", 2)})}
    assert broken(history, stored(exam=(3, DRAFT)), boards) == {Rule.AT_REST}


def test_a_hidden_text_in_anything_that_a_guest_receives_is_noticed() -> None:
    history = a_history()
    history.search("a guest", ["Algebra", f"a line with {HIDDEN} 7 in it"])
    assert broken(history) == {Rule.SECRET}
    assert history.texts_searched == 2


def test_a_token_that_is_accepted_after_its_end_is_noticed() -> None:
    history = a_history()
    history.sign_outs.append(SignOut("ada", 3.6, 4.0))
    assert broken(history) == {Rule.SIGNED_OUT}
    history.operations[-1] = replace(history.operations[-1], signed_in_s=4.5)
    assert broken(history) == set()


def test_what_does_not_recover_is_noticed() -> None:
    history = a_history()
    history.failures.append("ada cannot write any more")
    assert broken(history) == {Rule.RECOVERY}


def test_unanswered_calls_bound_nothing_from_above() -> None:
    """What was held back may happen long after its writer gave up."""
    history = a_history()
    history.operations.append(wrote(6.5, exam_write(2, DRAFT), Outcome.UNKNOWN, took_s=math.inf))
    history.reads.append(read(60, {ROW: (2, SECOND)}))
    history.reads.append(read(61, {}))
    assert broken(history) == set()
    assert broken(history, stored(exam=(3, DRAFT))) == set()
