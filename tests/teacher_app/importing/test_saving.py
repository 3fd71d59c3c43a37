"""Checked rows are saved in batches, exactly once, whatever happens in between."""

import datetime as dt
import random

import pytest

from shared.api.calls import BATCH_MAX
from shared.model.codes import is_code
from shared.model.errors import BackendUnreachable, InputRefused, NotAllowed, SessionEnded
from shared.model.exam import Audience, NewResult
from shared.model.grades import AWAITED
from teacher_app.importing.draft import ImportDraft, Progress
from teacher_app.importing.outcomes import Choices, Outcome, Repeated, There
from teacher_app.reading.files import source_from_text
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.teacher_app.rows.entry_desk import UNREACHABLE, ApiDouble, BatchRecorder, Desk, MakeDesk, open_desk

NOW = dt.datetime(2026, 6, 15, 12, tzinfo=dt.UTC)
PASTED = "".join(f"Student {number:03d}\t{number % 21}\n" for number in range(250))


def begun(desk: Desk, text: str = PASTED, **choices: There | Repeated) -> ImportDraft:
    """An import of `text` on a page of its own, ready to be run."""
    workspace, _ = desk.page()
    draft = ImportDraft(source_from_text(text), workspace)
    draft.choices = Choices(**choices)  # type: ignore[arg-type]
    draft.begin(random.Random(5))
    return draft


def run(draft: ImportDraft) -> list[tuple[int, int]]:
    return list(draft.run(lambda: NOW))


def test_rows_are_saved_in_batches_of_a_hundred(desk: Desk) -> None:
    draft = begun(desk)
    assert run(draft) == [(BATCH_MAX, 250), (2 * BATCH_MAX, 250), (250, 250)]
    assert (draft.progress, draft.finished_at) == (Progress.FINISHED, NOW)
    assert desk.stored_pairs() == [(f"Student {n:03d}", str(n % 21)) for n in range(250)]
    assert {one.outcome for one in draft.checked()} == {Outcome.SAME}


def test_after_a_lost_page_repeating_the_paste_saves_each_row_once(desk: Desk) -> None:
    draft = begun(desk)
    assert next(draft.run(lambda: NOW)) == (BATCH_MAX, 250)
    again = begun(desk)
    assert run(again) == [(BATCH_MAX, 250 - BATCH_MAX), (250 - BATCH_MAX, 250 - BATCH_MAX)]
    assert desk.stored_pairs() == [(f"Student {n:03d}", str(n % 21)) for n in range(250)]
    finished = begun(desk)
    assert finished.saving is not None
    assert finished.saving.total == 0


class AnswerLost(ApiDouble):
    """Batches are stored but their answers are lost."""

    def create_results(self, exam_id: str, rows: list[NewResult]) -> None:
        self._api.create_results(exam_id, rows)
        raise UNREACHABLE


def test_a_batch_with_a_lost_answer_is_safely_sent_again(desk: Desk) -> None:
    draft = begun(desk)
    api = desk.direct
    desk.direct = AnswerLost(api)  # type: ignore[assignment]
    with pytest.raises(BackendUnreachable):
        run(draft)
    desk.direct = api
    assert len(desk.stored()) == BATCH_MAX
    assert draft.saving is not None
    assert (draft.progress, draft.saving.done, draft.saving.left) == (Progress.PAUSED, 0, 250)
    draft.go_on()
    assert run(draft)[-1] == (250, 250)
    assert len(desk.stored()) == 250


@pytest.mark.parametrize("fault", [UNREACHABLE, SessionEnded()])
def test_a_cut_connection_pauses_the_import_and_one_click_resumes_it(desk: Desk, fault: Exception) -> None:
    draft = begun(desk)
    steps = draft.run(lambda: NOW)
    next(steps)
    desk.fault = fault
    with pytest.raises(type(fault)):
        next(steps)
    assert draft.progress is Progress.PAUSED
    assert draft.hindrance is fault
    assert draft.saving is not None
    assert (draft.saving.done, draft.saving.left) == (BATCH_MAX, 250 - BATCH_MAX)
    desk.fault = None
    draft.go_on()
    assert run(draft) == [(2 * BATCH_MAX, 250), (250, 250)]
    assert len(desk.stored()) == 250


def test_stopping_leaves_the_rest_for_review(desk: Desk) -> None:
    draft = begun(desk)
    next(draft.run(lambda: NOW))
    draft.pause(lambda: NOW)
    assert (draft.progress, draft.hindrance) == (Progress.PAUSED, None)
    draft.stop()
    outcomes = [one.outcome for one in draft.checked()]
    assert (outcomes.count(Outcome.SAME), outcomes.count(Outcome.NEW)) == (BATCH_MAX, 250 - BATCH_MAX)


def test_an_import_cancelled_after_the_last_batch_is_finished(desk: Desk) -> None:
    draft = begun(desk, "Ada;1")
    next(draft.run(lambda: NOW))
    draft.pause(lambda: NOW)
    assert (draft.progress, draft.finished_at) == (Progress.FINISHED, NOW)


def test_replaced_rows_keep_their_ids_and_invalid_rows_stay(desk: Desk) -> None:
    before = desk.direct.create_result(desk.exam.id, NewResult("Ada", "9"))
    draft = begun(desk, "Ada;14\nBob;99\nCy;\nDi;1", there=There.REPLACE)
    run(draft)
    assert desk.stored_pairs() == [("Ada", "14"), ("Cy", AWAITED), ("Di", "1")]
    assert desk.stored()[0].id == before.id
    assert [one.outcome for one in draft.checked()] == [Outcome.SAME, Outcome.BAD, Outcome.SAME, Outcome.SAME]


@pytest.mark.parametrize(
    "text", ["Ada Lovelace\nGrace Hopper", "Lovelace, Ada\nHopper, Grace", "Name\nAda Lovelace\nGrace Hopper"]
)
def test_a_list_of_names_alone_is_imported_and_its_grades_later(desk: Desk, text: str) -> None:
    run(begun(desk, text))
    assert desk.stored_pairs() == [("Ada Lovelace", AWAITED), ("Grace Hopper", AWAITED)]
    draft = begun(desk, "Grace Hopper;17\nAda Lovelace;14")
    run(draft)
    assert desk.stored_pairs() == [("Ada Lovelace", "14"), ("Grace Hopper", "17")]
    draft.undo()
    run(draft)
    assert desk.stored_pairs() == [("Ada Lovelace", AWAITED), ("Grace Hopper", AWAITED)]


NUMBERED = "Name;Student ID;Grade;Comment\n"


def stored_rows(desk: Desk) -> list[tuple[str | None, ...]]:
    return [(row.student, row.number, row.grade, row.comment) for row in desk.stored()]


def test_numbers_and_comments_are_saved_added_and_undone(desk: Desk) -> None:
    run(begun(desk, f"{NUMBERED}Ada;00123;14;Well done.\nGrace;00124;12;\n"))
    before = [("Ada", "00123", "14", "Well done."), ("Grace", "00124", "12", None)]
    assert stored_rows(desk) == before
    draft = begun(desk, f"{NUMBERED}Ada;00123;;\nGrace;124;12;Go on.\n")
    assert draft.saving is not None
    assert draft.saving.total == 1
    run(draft)
    assert stored_rows(desk) == [before[0], ("Grace", "00124", "12", "Go on.")]
    draft.undo()
    run(draft)
    assert stored_rows(desk) == before


def test_awaited_students_of_one_name_get_each_their_own_row(desk: Desk) -> None:
    run(begun(desk, "Name;Student ID\nAda;1001\nAda;1002\nGrace;1003"))
    run(begun(desk, f"{NUMBERED}Ada;1002;12;Second.\nGrace;1003;9;\nAda;1001;14;First.\n"))
    assert sorted(stored_rows(desk)) == [
        ("Ada", "1001", "14", "First."),
        ("Ada", "1002", "12", "Second."),
        ("Grace", "1003", "9", None),
    ]


def test_a_row_changed_elsewhere_in_the_meantime_is_not_overwritten(desk: Desk) -> None:
    before = desk.direct.create_result(desk.exam.id, NewResult("Ada", "9"))
    draft = begun(desk, "Ada;14\nBob;3", there=There.REPLACE)
    desk.direct.update_result(desk.exam.id, before.id, 1, grade="10")
    run(draft)
    assert desk.stored_pairs() == [("Ada", "10"), ("Bob", "3")]
    assert draft.saving is not None
    (refusal,) = draft.saving.refusals
    assert (refusal.line, refusal.person) == (1, "Ada")
    assert "changed elsewhere" in refusal.reason


class RefusesBob(ApiDouble):
    """The API refuses a row that our own checks accept, and with it its whole batch."""

    def create_results(self, exam_id: str, rows: list[NewResult]) -> object:
        self._refuse(*rows)
        return self._api.create_results(exam_id, rows)

    def create_result(self, exam_id: str, new: NewResult) -> object:
        self._refuse(new)
        return self._api.create_result(exam_id, new)

    def _refuse(self, *rows: NewResult) -> None:
        if any(row.student == "Bob" for row in rows):
            raise InputRefused("ValidationException", "Not Bob.", "student")


def test_one_refused_row_of_a_batch_does_not_block_the_others(desk: Desk) -> None:
    draft = begun(desk, "Ada;14\nBob;3\nCy;5")
    desk.direct = RefusesBob(desk.direct)  # type: ignore[assignment]
    run(draft)
    assert desk.stored_pairs() == [("Ada", "14"), ("Cy", "5")]
    assert draft.saving is not None
    assert [refusal.line for refusal in draft.saving.refusals] == [2]
    assert draft.saving.done == 2


def test_another_teachers_import_is_refused_as_a_whole(
    desk: Desk, backend: RunningBackend, other_teacher: SignedInTeacher
) -> None:
    draft = begun(desk)
    with open_desk(backend, other_teacher) as stranger:
        desk.direct, own = stranger.direct, desk.direct
        with pytest.raises(NotAllowed):
            run(draft)
        desk.direct = own
    assert desk.stored() == []


# Undoing.


def test_an_import_is_undone_as_a_whole(desk: Desk) -> None:
    before = desk.direct.create_result(desk.exam.id, NewResult("Student 007", "3"))
    draft = begun(desk, there=There.REPLACE)
    run(draft)
    draft.undo()
    assert run(draft) == [(BATCH_MAX, 250), (2 * BATCH_MAX, 250), (249, 250), (250, 250)]
    assert [(row.id, row.student, row.grade) for row in desk.stored()] == [(before.id, "Student 007", "3")]
    outcomes = [one.outcome for one in draft.checked()]
    assert (outcomes.count(Outcome.NEW), outcomes.count(Outcome.REPLACES)) == (249, 1)


def test_an_undone_import_can_be_saved_again_under_new_ids(desk: Desk) -> None:
    draft = begun(desk, "Ada;1")
    run(draft)
    (first,) = desk.stored()
    draft.undo()
    run(draft)
    draft.begin(random.Random(6))
    run(draft)
    (second,) = desk.stored()
    assert (second.student, second.version) == ("Ada", 1)
    assert second.id != first.id


def test_undoing_keeps_later_changes(desk: Desk) -> None:
    before = desk.direct.create_result(desk.exam.id, NewResult("Di", "4"))
    draft = begun(desk, "Ada;1\nBob;2\nCy;3\nDi;5", there=There.REPLACE)
    run(draft)
    rows = {row.student: row for row in desk.stored()}
    desk.direct.update_result(desk.exam.id, rows["Ada"].id, 1, grade="9")
    desk.direct.delete_result(desk.exam.id, rows["Bob"].id, 1)
    desk.direct.update_result(desk.exam.id, before.id, 2, grade="8")
    draft.undo()
    run(draft)
    assert desk.stored_pairs() == [("Ada", "9"), ("Di", "8")]
    assert draft.undoing is not None
    assert (draft.undoing.done, len(draft.undoing.rejected)) == (2, 2)


def test_an_interrupted_undo_resumes(desk: Desk) -> None:
    draft = begun(desk)
    run(draft)
    draft.undo()
    steps = draft.run(lambda: NOW)
    next(steps)
    desk.fault = UNREACHABLE
    with pytest.raises(BackendUnreachable):
        next(steps)
    assert draft.progress is Progress.PAUSED
    desk.fault = None
    draft.go_on()
    run(draft)
    assert desk.stored() == []
    assert draft.undoing is not None
    assert draft.undoing.done == 250


def test_undoing_restores_the_names_of_students_with_codes(make_desk: MakeDesk) -> None:
    desk = make_desk(audience=Audience.CODES)
    desk.direct.create_results(desk.exam.id, [NewResult("K7M2QX", "3", "Ada"), NewResult("W3PZ9B", "4")])
    text = "Code;Name;Grade\nK7M2QX;Ada King;14\nW3PZ9B;Bo;15"
    draft = begun(desk, text, there=There.REPLACE)
    run(draft)
    assert sorted(str(row.name) for row in desk.stored()) == ["Ada King", "Bo"]
    draft.undo()
    run(draft)
    rows = {(row.student, row.name, row.grade) for row in desk.stored()}
    assert rows == {("K7M2QX", "Ada", "3"), ("W3PZ9B", None, "4")}


# Exams that show codes.


def test_every_student_gets_their_own_code_and_names_stay_private(make_desk: MakeDesk) -> None:
    desk = make_desk(audience=Audience.CODES)
    draft = begun(desk)
    run(draft)
    rows = desk.stored()
    assert [(row.name, row.grade) for row in rows] == [(f"Student {n:03d}", str(n % 21)) for n in range(250)]
    assert all(is_code(row.student) for row in rows)
    assert len({row.student for row in rows}) == 250
    assert {one.outcome for one in draft.checked()} == {Outcome.SAME}


def test_rows_with_codes_are_not_saved_in_the_order_of_the_source(make_desk: MakeDesk) -> None:
    desk = make_desk(audience=Audience.CODES)
    draft = begun(desk)
    desk.direct = recorder = BatchRecorder(desk.direct)  # type: ignore[assignment]
    run(draft)
    names = [row.name for row in recorder.created]
    assert len(names) == 250
    assert names != sorted(str(name) for name in names)


def test_codes_in_the_source_are_kept_unless_already_taken(make_desk: MakeDesk) -> None:
    desk = make_desk(audience=Audience.CODES)
    desk.direct.create_result(desk.exam.id, NewResult("W3PZ9B", "3", "Alan"))
    draft = begun(desk, "Code;Name;Grade\nK7M2QX;Ada;14\n;Grace;15\nW3PZ9B;Alan;4", there=There.ADD)
    run(draft)
    codes = {row.name: row.student for row in desk.stored() if row.grade != "3"}
    assert codes["Ada"] == "K7M2QX"
    assert is_code(codes["Grace"])
    assert codes["Alan"] != "W3PZ9B"


def test_a_replaced_row_gets_the_name_of_the_source_and_keeps_its_code(make_desk: MakeDesk) -> None:
    desk = make_desk(audience=Audience.CODES)
    desk.direct.create_result(desk.exam.id, NewResult("K7M2QX", "3", "Ada"))
    run(begun(desk, "Code;Name;Grade\nK7M2QX;Ada King;14", there=There.REPLACE))
    assert [(row.student, row.name, row.grade) for row in desk.stored()] == [("K7M2QX", "Ada King", "14")]
