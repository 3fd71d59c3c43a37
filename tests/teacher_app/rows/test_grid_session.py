"""A grid over the embedded backend: saved line by line, kept when saving fails, undone, never overwriting."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from shared.model.codes import is_code
from shared.model.errors import SessionEnded
from shared.model.exam import Audience, NewResult
from teacher_app.rows.commands import Conflict, Duplicate, NotSaved, Refused
from teacher_app.rows.grid_session import GridSession
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.teacher_app.rows.entry_desk import UNREACHABLE, BatchRecorder, Desk, open_desk
from tests.teacher_app.rows.page_outbox import change_entry, create_entry, delete_entry, outbox_of


@pytest.fixture
def desk(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[Desk]:
    with open_desk(backend, teacher) as desk:
        yield desk


def grid_of(desk: Desk, *rows: tuple[str, str]) -> GridSession:
    """A grid on an exam with these rows."""
    for person, grade in rows:
        desk.direct.create_result(desk.exam.id, NewResult(person, grade))
    desk.workspace.refresh()
    return GridSession(desk.workspace, random.Random(5))


def save(grid: GridSession, *entries: dict[str, Any]) -> list[tuple[int, int]]:
    """Presses Save with these entries in the outbox."""
    grid.read_outbox(outbox_of(*entries))
    return list(grid.save())


def receipts(grid: GridSession) -> list[object]:
    return [grid.receipt(key) for key in grid.entries]


def test_changes_additions_and_deletions_are_saved_together(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"), ("Blaise", "9"))
    ada, blaise = desk.stored()
    steps = save(grid, change_entry(ada, grade="13,5"), delete_entry(blaise), create_entry("Carl", "abs"))
    assert steps == [(3, 3)]
    assert desk.stored_pairs() == [("Ada", "13.5"), ("Carl", "ABSENT")]
    assert grid.unsaved == {}
    assert [row[1:4] for row in grid.grid_data(place="place")["rows"]["rows"]] == [
        ["Ada", "", "13.5"],
        ["Carl", "", "absent"],
    ]


def test_the_page_is_told_which_message_was_read_so_that_it_sends_a_lost_one_again(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "1"))
    assert grid.grid_data(place="place")["heard"] is None
    for pulse in ("1-1000", "2-2000"):
        grid.read_outbox({**outbox_of(create_entry("Bob", "2")), "pulse": pulse})
        assert grid.grid_data(place="place")["heard"] == pulse


def test_an_invalid_line_stays_with_its_reason_and_the_others_are_saved(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"), ("Blaise", "9"))
    ada, blaise = desk.stored()
    bad = change_entry(ada, grade="25")
    save(grid, bad, change_entry(blaise, grade="10"))
    assert desk.stored_pairs() == [("Ada", "12"), ("Blaise", "10")]
    assert list(grid.unsaved) == [bad["key"]]
    assert isinstance(grid.receipt(bad["key"]), Refused)
    save(grid, {**bad, "attempt": 2, "grade": "15"})
    assert desk.stored_pairs() == [("Ada", "15"), ("Blaise", "10")]


@pytest.mark.parametrize("fault", [UNREACHABLE, SessionEnded()])
def test_input_survives_a_failed_save_and_is_saved_once_by_the_next(desk: Desk, fault: Exception) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    entries = change_entry(desk.stored()[0], grade="13"), create_entry("Blaise", "9")
    desk.fault = fault
    save(grid, *entries)
    assert {type(receipt) for receipt in receipts(grid)} == {NotSaved}
    assert len(grid.unsaved) == 2
    desk.fault = None
    save(grid, *entries)
    assert desk.stored_pairs() == [("Ada", "13"), ("Blaise", "9")]
    assert grid.unsaved == {}


def test_a_dead_connection_is_not_retried_for_every_line(desk: Desk) -> None:
    grid = grid_of(desk, *((f"Student {number:03}", "1") for number in range(60)))
    entries = [change_entry(row, grade="2") for row in desk.stored()]
    desk.fault, desk.asked = UNREACHABLE, 0
    assert save(grid, *entries) == [(60, 60)]
    assert desk.asked == 1
    assert {type(receipt) for receipt in receipts(grid)} == {NotSaved}


def test_a_save_stopped_midway_leaves_the_rest_unsaved(desk: Desk) -> None:
    grid = grid_of(desk, *((f"Student {number:03}", "1") for number in range(50)))
    grid.read_outbox(outbox_of(*(change_entry(row, grade="2") for row in desk.stored())))
    assert next(grid.save()) == (20, 50)
    assert len(grid.unsaved) == 30
    assert sorted(row.grade for row in desk.stored()) == ["1"] * 30 + ["2"] * 20
    list(grid.save())
    assert {row.grade for row in desk.stored()} == {"2"}


def test_an_entry_changed_during_its_save_learns_what_was_saved(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    entry = change_entry(desk.stored()[0], grade="13")
    save(grid, entry)
    later = {**entry, "attempt": 2, "grade": "14"}
    grid.read_outbox(outbox_of(later))
    assert list(grid.unsaved) == [entry["key"]]
    receipt = grid.grid_data(place="place")["receipts"][entry["key"]]
    assert (receipt["kind"], receipt["attempt"], receipt["row"][3:5]) == ("saved", 1, ["13", 2])
    assert list(grid.save()) == []  # the script will send it again, as a change of the current row
    assert desk.stored_pairs() == [("Ada", "13")]


def conflicting(desk: Desk) -> tuple[GridSession, dict[str, Any]]:
    """A grid that has tried to save 9 over 15, which was entered elsewhere."""
    grid = grid_of(desk, ("Ada", "12"))
    (ada,) = desk.stored()
    desk.direct.update_result(desk.exam.id, ada.id, 1, grade="15")
    entry = change_entry(ada, grade="9")
    save(grid, entry)
    return grid, entry


def test_the_later_of_two_pages_chooses_and_may_keep_its_own(desk: Desk) -> None:
    grid, entry = conflicting(desk)
    assert isinstance(grid.choices[entry["key"]], Conflict)
    assert desk.stored_pairs() == [("Ada", "15")]
    save(grid, entry)  # pressing save again does not choose
    assert desk.stored_pairs() == [("Ada", "15")]
    grid.keep_mine(entry["key"])
    assert desk.stored_pairs() == [("Ada", "9")]
    assert (grid.choices, grid.unsaved) == ({}, {})
    grid.undo()
    assert desk.stored_pairs() == [("Ada", "15")]


def test_the_later_of_two_pages_may_accept_the_stored_value(desk: Desk) -> None:
    grid, entry = conflicting(desk)
    grid.take_theirs(entry["key"])
    receipt = grid.grid_data(place="place")["receipts"][entry["key"]]
    assert (receipt["kind"], receipt["row"][1:4]) == ("saved", ["Ada", "", "15"])
    assert desk.stored_pairs() == [("Ada", "15")]
    assert grid.unsaved == {}


def test_a_choice_is_requested_again_if_the_line_has_changed_since(desk: Desk) -> None:
    grid, entry = conflicting(desk)
    save(grid, {**entry, "attempt": 2, "grade": "8"})
    assert list(grid.choices) == [entry["key"]]
    grid.keep_mine(entry["key"])
    assert desk.stored_pairs() == [("Ada", "8")]


@pytest.mark.parametrize("keeps", [True, False])
def test_a_line_deleted_elsewhere_is_restored_or_left_deleted(desk: Desk, keeps: bool) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    (ada,) = desk.stored()
    desk.direct.delete_result(desk.exam.id, ada.id, 1)
    entry = change_entry(ada, grade="9")
    save(grid, entry)
    assert list(grid.choices) == [entry["key"]]
    (grid.keep_mine if keeps else grid.take_theirs)(entry["key"])
    assert desk.stored_pairs() == ([("Ada", "9")] if keeps else [])
    assert grid.unsaved == {}


@pytest.mark.parametrize("keeps", [True, False])
def test_deleting_a_line_changed_elsewhere_asks_first(desk: Desk, keeps: bool) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    (ada,) = desk.stored()
    desk.direct.update_result(desk.exam.id, ada.id, 1, grade="15")
    entry = delete_entry(ada)
    save(grid, entry)
    assert desk.stored_pairs() == [("Ada", "15")]
    (grid.keep_mine if keeps else grid.take_theirs)(entry["key"])
    assert desk.stored_pairs() == ([] if keeps else [("Ada", "15")])


@pytest.mark.parametrize("keeps", [True, False])
def test_an_existing_student_is_asked_about(desk: Desk, keeps: bool) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    entry = create_entry("ada", "9")
    save(grid, entry)
    assert isinstance(grid.choices[entry["key"]], Duplicate)
    (grid.keep_mine if keeps else grid.take_theirs)(entry["key"])
    assert len(desk.stored()) == (2 if keeps else 1)
    assert grid.choices == {}


def test_undo_reverts_the_whole_last_save_and_keeps_later_input(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"), ("Blaise", "9"), ("Dora", "5"))
    ada, blaise, dora = desk.stored()
    save(grid, change_entry(ada, grade="13"), delete_entry(blaise), create_entry("Carl", "3"))
    assert grid.undoable_count == 3
    later = change_entry(dora, grade="6")
    grid.read_outbox(outbox_of(later))
    assert grid.undo() == []
    assert desk.stored_pairs() == [("Ada", "12"), ("Blaise", "9"), ("Dora", "5")]
    assert list(grid.unsaved) == [later["key"]]
    assert grid.undoable_count == 0


def test_undo_without_an_answer_can_be_repeated(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    save(grid, change_entry(desk.stored()[0], grade="13"))
    desk.fault = UNREACHABLE
    assert len(grid.undo()) == 1
    desk.fault = None
    assert grid.undoable_count == 1
    assert grid.undo() == []
    assert desk.stored_pairs() == [("Ada", "12")]


def test_undo_does_not_overwrite_later_changes(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    (ada,) = desk.stored()
    save(grid, change_entry(ada, grade="13"))
    desk.direct.update_result(desk.exam.id, ada.id, 2, grade="19")
    assert len(grid.undo()) == 1
    assert desk.stored_pairs() == [("Ada", "19")]


def test_others_changes_are_shown_without_affecting_unsaved_input(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    rows = grid.grid_data(place="place")["rows"]
    entry = change_entry(desk.stored()[0], grade="13")
    grid.read_outbox(outbox_of(entry, seen=[rows["epoch"], rows["revision"]]))
    desk.direct.create_result(desk.exam.id, NewResult("Blaise", "9"))
    desk.workspace.refresh()
    assert [row[1:4] for row in grid.grid_data(place="place")["rows"]["rows"]] == [["Blaise", "", "9"]]
    assert list(grid.unsaved) == [entry["key"]]


def test_discarding_changes_shows_what_is_stored(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    entries = change_entry(desk.stored()[0], grade="13"), create_entry("Blaise", "1")
    grid.read_outbox(outbox_of(*entries))
    grid.discard()
    kept = grid.grid_data(place="place")["receipts"]
    assert [kept[entry["key"]]["kind"] for entry in entries] == ["saved", "deleted"]
    assert kept[entries[0]["key"]]["row"][3] == "12"
    assert list(grid.save()) == []
    assert desk.stored_pairs() == [("Ada", "12")]


def test_invalid_cells_are_found_before_anything_is_saved(desk: Desk) -> None:
    grid = grid_of(desk, ("Ada", "12"))
    bad = change_entry(desk.stored()[0], person="", grade="25", attempt=3)
    grid.read_outbox(outbox_of(bad, create_entry("Blaise", "9")))
    attempt, cells = grid.grid_data(place="place")["bad_cells"][bad["key"]]
    assert (attempt, [column for column, _ in cells]) == (3, ["person", "grade"])
    assert "above 20" in cells[1][1]
    assert list(grid.bad_cells()) == [bad["key"]]


@pytest.mark.parametrize("nonsense", [None, 5, "x", [], {}, {"entries": 5}, outbox_of(7, {"key": 5}, {})])
def test_invalid_input_is_an_empty_outbox(desk: Desk, nonsense: object) -> None:
    grid = grid_of(desk)
    grid.read_outbox(nonsense)
    assert (grid.entries, list(grid.save())) == ({}, [])


def test_an_entry_that_cannot_be_read_is_refused_and_the_others_are_saved(desk: Desk) -> None:
    grid = grid_of(desk)
    save(grid, {"key": "k", "attempt": 1, "op": "nonsense"}, create_entry("Ada", "12"))
    assert isinstance(grid.receipt("k"), Refused)
    assert desk.stored_pairs() == [("Ada", "12")]


def test_new_lines_with_codes_are_not_saved_in_the_order_of_entry(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    with open_desk(backend, teacher, Audience.CODES) as desk:
        grid = grid_of(desk)
        persons = [f"Student {number:02}" for number in range(40)]
        desk.direct = recorder = BatchRecorder(desk.direct)  # type: ignore[assignment]
        save(grid, *(create_entry(person, "1") for person in persons))
        sent = [str(row.name) for row in recorder.created]
        assert sorted(sent) == persons
        assert sent != persons


def test_with_codes_names_are_typed_and_codes_kept(backend: RunningBackend, teacher: SignedInTeacher) -> None:
    with open_desk(backend, teacher, Audience.CODES) as desk:
        grid = grid_of(desk)
        save(grid, create_entry("Ada", "12"))
        (stored,) = desk.stored()
        assert is_code(stored.student)
        save(grid, change_entry(stored, person="Ada Lovelace"))
        (renamed,) = desk.stored()
        desk.direct.delete_result(desk.exam.id, stored.id, 2)
        entry = change_entry(renamed, grade="13", code=stored.student)
        save(grid, entry)
        grid.keep_mine(entry["key"])
        assert [(row.student, row.name, row.grade) for row in desk.stored()] == [
            (stored.student, "Ada Lovelace", "13")
        ]
