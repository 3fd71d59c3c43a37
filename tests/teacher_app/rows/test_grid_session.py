"""A grid over the embedded backend: saved line by line, kept when saving fails, undone, never overwriting."""

import random
from collections.abc import Iterator

import pytest

from shared.model.codes import is_code
from shared.model.errors import SessionEnded
from shared.model.exam import Audience, NewResult
from teacher_app.rows.commands import Conflict, Duplicate, NotSaved, Refused
from teacher_app.rows.grid_session import GridPage
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.teacher_app.rows.entry_desk import UNREACHABLE, BatchRecorder, Desk, open_desk


@pytest.fixture
def desk(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[Desk]:
    with open_desk(backend, teacher) as desk:
        yield desk


def grid_of(desk: Desk, *rows: tuple[str, str]) -> GridPage:
    """A grid over an exam with these rows."""
    for person, grade in rows:
        desk.direct.create_result(desk.exam.id, NewResult(person, grade))
    desk.workspace.refresh()
    return GridPage(desk.workspace, random.Random(5))


def save(page: GridPage, **state: object) -> list[tuple[int, int]]:
    page.absorb(state)
    return list(page.save())


def shown(page: GridPage) -> list[tuple[str, str]]:
    return [(line.person, line.grade) for line in page.lines]


def test_lines_stand_in_the_order_of_the_alphabet_as_people_read_it(desk: Desk) -> None:
    page = grid_of(desk, ("Emil", "1"), ("Élodie", "2"), ("edith", "3"))
    assert [line.person for line in page.lines] == ["edith", "Élodie", "Emil"]


def test_changes_additions_and_deletions_are_saved_together(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"), ("Blaise", "9"))
    told = save(
        page,
        edited_rows={0: {"grade": "13,5"}},
        deleted_rows=[1],
        added_rows=[{"person": "Carl", "grade": "abs"}],
    )
    assert told == [(3, 3)]
    assert desk.stored_pairs() == [("Ada", "13.5"), ("Carl", "ABSENT")]
    assert page.unsaved == []
    assert shown(page) == [("Ada", "13.5"), ("Carl", "absent")]


def test_a_bad_line_stays_with_its_reason_and_the_others_are_saved(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"), ("Blaise", "9"))
    save(page, edited_rows={0: {"grade": "25"}, 1: {"grade": "10"}})
    assert desk.stored_pairs() == [("Ada", "12"), ("Blaise", "10")]
    assert shown(page) == [("Ada", "25"), ("Blaise", "10")]
    assert [type(line.receipt) for line in page.unsaved] == [Refused]
    save(page, edited_rows={0: {"grade": "15"}})
    assert desk.stored_pairs() == [("Ada", "15"), ("Blaise", "10")]


@pytest.mark.parametrize("fault", [UNREACHABLE, SessionEnded()])
def test_what_was_typed_survives_a_failing_save_and_is_saved_once_by_the_next(
    desk: Desk, fault: Exception
) -> None:
    page = grid_of(desk, ("Ada", "12"))
    desk.fault = fault
    save(page, edited_rows={0: {"grade": "13"}}, added_rows=[{"person": "Blaise", "grade": "9"}])
    assert {type(line.receipt) for line in page.unsaved} == {NotSaved}
    assert shown(page) == [("Ada", "13"), ("Blaise", "9")]
    desk.fault = None
    save(page)
    assert desk.stored_pairs() == [("Ada", "13"), ("Blaise", "9")]
    assert page.unsaved == []


def test_a_dead_line_is_not_asked_again_for_every_line(desk: Desk) -> None:
    page = grid_of(desk, *((f"Student {number:03}", "1") for number in range(60)))
    desk.fault, desk.asked = UNREACHABLE, 0
    told = save(page, edited_rows={number: {"grade": "2"} for number in range(60)})
    assert told == [(60, 60)]
    assert desk.asked == 1
    assert sum(isinstance(line.receipt, NotSaved) for line in page.lines) == 60


def test_a_save_that_is_stopped_midway_leaves_the_rest_unsaved(desk: Desk) -> None:
    page = grid_of(desk, *((f"Student {number:03}", "1") for number in range(50)))
    page.absorb({"edited_rows": {number: {"grade": "2"} for number in range(50)}})
    assert next(page.save()) == (20, 50)
    assert len(page.unsaved) == 30
    assert sorted(row.grade for row in desk.stored()) == ["1"] * 30 + ["2"] * 20
    list(page.save())
    assert {row.grade for row in desk.stored()} == {"2"}


def test_the_later_of_two_pages_chooses_and_may_keep_its_own(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    row = page.lines[0].stored
    assert row is not None
    desk.direct.update_result(desk.exam.id, row.id, 1, grade="15")
    save(page, edited_rows={0: {"grade": "9"}})
    (line,) = page.to_choose
    assert isinstance(line.receipt, Conflict)
    assert desk.stored_pairs() == [("Ada", "15")]
    list(page.save())  # pressing save again does not choose
    assert desk.stored_pairs() == [("Ada", "15")]
    page.keep_mine(line.key)
    assert desk.stored_pairs() == [("Ada", "9")]
    page.undo()
    assert desk.stored_pairs() == [("Ada", "15")]


def test_the_later_of_two_pages_may_take_what_is_there(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    row = page.lines[0].stored
    assert row is not None
    desk.direct.update_result(desk.exam.id, row.id, 1, grade="15")
    save(page, edited_rows={0: {"grade": "9"}})
    page.take_theirs(page.to_choose[0].key)
    assert shown(page) == desk.stored_pairs() == [("Ada", "15")]
    assert page.unsaved == []


@pytest.mark.parametrize("keeps", [True, False])
def test_a_line_that_was_deleted_elsewhere_is_put_back_or_left(desk: Desk, keeps: bool) -> None:
    page = grid_of(desk, ("Ada", "12"))
    row = page.lines[0].stored
    assert row is not None
    desk.direct.delete_result(desk.exam.id, row.id, 1)
    save(page, edited_rows={0: {"grade": "9"}})
    (line,) = page.to_choose
    (page.keep_mine if keeps else page.take_theirs)(line.key)
    assert desk.stored_pairs() == shown(page) == ([("Ada", "9")] if keeps else [])


@pytest.mark.parametrize("keeps", [True, False])
def test_a_student_who_is_there_already_is_asked_about(desk: Desk, keeps: bool) -> None:
    page = grid_of(desk, ("Ada", "12"))
    save(page, added_rows=[{"person": "ada", "grade": "9"}])
    (line,) = page.to_choose
    assert isinstance(line.receipt, Duplicate)
    (page.keep_mine if keeps else page.take_theirs)(line.key)
    assert len(desk.stored()) == (2 if keeps else 1)
    assert page.to_choose == []


def test_undo_takes_back_the_whole_last_save_and_keeps_what_was_typed_since(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"), ("Blaise", "9"), ("Dora", "5"))
    save(
        page,
        edited_rows={0: {"grade": "13"}},
        deleted_rows=[1],
        added_rows=[{"person": "Carl", "grade": "3"}],
    )
    assert page.undoable_count == 3
    dora = [line.person for line in page.lines].index("Dora")
    page.absorb({"edited_rows": {dora: {"grade": "6"}}})
    assert page.undo() == []
    assert desk.stored_pairs() == [("Ada", "12"), ("Blaise", "9"), ("Dora", "5")]
    assert shown(page) == [("Ada", "12"), ("Blaise", "9"), ("Dora", "6")]
    assert page.undoable_count == 0


def test_undo_without_an_answer_may_be_pressed_again(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    save(page, edited_rows={0: {"grade": "13"}})
    desk.fault = UNREACHABLE
    assert len(page.undo()) == 1
    desk.fault = None
    assert page.undoable_count == 1
    assert page.undo() == []
    assert desk.stored_pairs() == [("Ada", "12")]


def test_an_undo_does_not_overwrite_what_somebody_wrote_since(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    save(page, edited_rows={0: {"grade": "13"}})
    row = page.lines[0].stored
    assert row is not None
    desk.direct.update_result(desk.exam.id, row.id, 2, grade="19")
    assert len(page.undo()) == 1
    assert desk.stored_pairs() == [("Ada", "19")]


def test_what_others_store_is_shown_unless_something_waits_here(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    desk.direct.create_result(desk.exam.id, NewResult("Blaise", "9"))
    desk.workspace.refresh()
    page.catch_up({"edited_rows": {0: {"grade": "13"}}})
    assert len(page.lines) == 1
    generation = page.generation
    page.catch_up({})
    assert len(page.lines) == 2
    assert page.generation != generation
    generation = page.generation
    page.catch_up({})
    assert page.generation == generation


def test_edits_are_heard_of_the_present_lines_alone(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    told = {"generation": page.generation, "sequence": 4, "edited_rows": {"0": {"grade": "13"}}}
    assert page.hear(told) == {"edited_rows": {0: {"grade": "13"}}}
    page.absorb(page.hear(told))
    assert page.hear({**told, "sequence": 5}) == {}
    assert page.heard == 4


def test_throwing_changes_away_shows_what_is_stored(desk: Desk) -> None:
    page = grid_of(desk, ("Ada", "12"))
    page.absorb({"edited_rows": {0: {"grade": "13"}}, "added_rows": [{"person": "Blaise", "grade": "1"}]})
    page.discard()
    assert shown(page) == desk.stored_pairs() == [("Ada", "12")]


def test_new_lines_with_codes_are_not_saved_in_the_order_in_which_they_were_typed(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    with open_desk(backend, teacher, Audience.CODES) as desk:
        page = grid_of(desk)
        typed = [{"person": f"Student {number:02}", "grade": "1"} for number in range(40)]
        desk.direct = recorder = BatchRecorder(desk.direct)  # type: ignore[assignment]
        save(page, added_rows=typed)
        sent = [row.name for row in recorder.created]
        assert sorted(map(str, sent)) == [line["person"] for line in typed]
        assert sent != [line["person"] for line in typed]


def test_where_codes_are_shown_names_are_typed_and_codes_kept(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    with open_desk(backend, teacher, Audience.CODES) as desk:
        page = grid_of(desk)
        save(page, added_rows=[{"person": "Ada", "grade": "12"}])
        (stored,) = desk.stored()
        assert is_code(stored.student)
        save(page, edited_rows={0: {"person": "Ada Lovelace"}})
        desk.direct.delete_result(desk.exam.id, stored.id, 2)
        save(page, edited_rows={0: {"grade": "13"}})
        page.keep_mine(page.to_choose[0].key)
        assert [(row.student, row.name, row.grade) for row in desk.stored()] == [
            (stored.student, "Ada Lovelace", "13")
        ]
