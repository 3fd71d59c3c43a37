"""What is typed into the grid becomes commands; bad cells have reasons, and failing loses nothing."""

import itertools
from dataclasses import replace

import pytest

from shared.model.exam import Audience, Result
from shared.model.scales import LETTERS, OUT_OF_20
from teacher_app.rows.commands import (
    ChangeRow,
    Conflict,
    CreateRow,
    Deleted,
    DeleteRow,
    Duplicate,
    Hindrance,
    NotSaved,
    Refused,
    Saved,
)
from teacher_app.rows.grid_changes import (
    GridLine,
    bad_cells,
    command_for,
    edited,
    has_edits,
    line_of,
    note_of,
    settled,
)
from tests.builders import a_result

NAMES, CODES = Audience.NAMES, Audience.CODES


def row(number: int, student: str, grade: str, name: str | None = None) -> Result:
    return a_result(student, grade, id=f"id-{number}", version=number + 1, name=name)


ADA, BLAISE, CARL = row(0, "Ada", "12"), row(1, "Blaise", "9"), row(2, "Carl", "ABSENT")


def lines() -> list[GridLine]:
    return [line_of(stored, NAMES, f"key-{number}") for number, stored in enumerate((ADA, BLAISE, CARL))]


def typed(**state: object) -> list[GridLine]:
    counter = itertools.count(100)
    return edited(lines(), state, lambda: f"key-{next(counter)}")


def test_an_untouched_grid_asks_for_nothing() -> None:
    for state in (None, {}, {"edited_rows": {}, "added_rows": [], "deleted_rows": []}):
        assert not has_edits(state)
        assert edited(lines(), state, str) == lines()
    assert [command_for(line, NAMES) for line in lines()] == [None, None, None]


def test_typed_cells_become_changes_of_the_version_that_was_seen() -> None:
    after = typed(edited_rows={1: {"grade": " 10,5 "}, 0: {"person": "Ada L."}})
    assert [command_for(line, NAMES) for line in after] == [
        ChangeRow("key-0", "id-0", 1, "Ada L.", "12"),
        ChangeRow("key-1", "id-1", 2, "Blaise", "10,5"),
        None,
    ]


def test_a_cell_typed_back_to_what_is_stored_is_no_change() -> None:
    assert command_for(typed(edited_rows={0: {"grade": "12"}})[0], NAMES) is None


def test_added_lines_become_new_rows_and_blank_ones_nothing() -> None:
    after = typed(
        added_rows=[{"person": "Dora", "grade": "7"}, {}, {"person": " ", "grade": ""}, {"grade": "3"}]
    )
    assert [command_for(line, NAMES) for line in after[3:]] == [
        CreateRow("key-100", "Dora", "7"),
        CreateRow("key-103", "", "3"),
    ]


def test_deleted_lines_stay_until_they_are_deleted_and_new_ones_just_go() -> None:
    after = typed(deleted_rows=[1])
    assert command_for(after[1], NAMES) == DeleteRow("key-1", "id-1", 2)
    assert note_of(after[1], NAMES) == "To be deleted."
    new = [GridLine("key-9", None, "Dora", "7")]
    assert edited(new, {"deleted_rows": [0]}, str) == []


def test_a_line_to_be_deleted_can_be_put_back() -> None:
    deleted = typed(deleted_rows=[1])
    assert has_edits({"restored_rows": [1]})
    assert edited(deleted, {"restored_rows": [1]}, str) == lines()


def test_bad_cells_are_found_with_their_place_and_reason() -> None:
    after = typed(
        edited_rows={0: {"grade": "25"}, 1: {"person": "", "grade": "x"}},
        added_rows=[{"person": "D" * 121, "grade": "3"}],
        deleted_rows=[2],
    )
    found = [(cell.position, cell.column) for cell in bad_cells(after, OUT_OF_20, NAMES)]
    assert found == [(0, "grade"), (1, "person"), (1, "grade"), (3, "person")]
    assert "above 20" in bad_cells(after, OUT_OF_20, NAMES)[0].reason


def test_a_deleted_line_and_an_unchanged_one_are_not_judged() -> None:
    """A stored grade that does not fit any more, after the scale was changed, does not stop other work."""
    assert bad_cells(lines(), LETTERS, NAMES) == []
    assert bad_cells(typed(deleted_rows=[0]), LETTERS, NAMES) == []


def test_where_codes_are_shown_a_row_may_have_no_name_but_a_new_one_needs_it() -> None:
    line = GridLine("key", None, "", "3")
    coded = line_of(row(0, "7KQM2X", "12"), CODES, "key-0")
    assert coded.person == ""
    changed = replace(coded, grade="13")
    assert bad_cells([changed], OUT_OF_20, CODES) == []
    assert [cell.column for cell in bad_cells([line], OUT_OF_20, CODES)] == ["person"]


def test_a_saved_line_is_as_stored_with_a_new_key_and_a_deleted_one_is_gone() -> None:
    line = typed(edited_rows={0: {"grade": "13"}})[0]
    stored = replace(ADA, grade="13", version=2)
    assert settled(line, Saved(line.key, 0.0, stored, ADA), NAMES, "new") == line_of(stored, NAMES, "new")
    assert settled(line, Deleted(line.key, 0.0, "id-0", ADA), NAMES, "new") is None


@pytest.mark.parametrize(
    ("receipt", "word"),
    [
        (Refused("key-0", "grade", "above 20"), "above 20"),
        (Duplicate("key-0", BLAISE), "Already here with 9"),
        (Conflict("key-0", "id-0", BLAISE), "Changed elsewhere"),
        (Conflict("key-0", "id-0", None), "Deleted elsewhere"),
        (NotSaved("key-0", Hindrance.SESSION_ENDED), "session has ended"),
        (NotSaved("key-0", Hindrance.UNREACHABLE), "does not answer"),
    ],
)
def test_what_could_not_be_saved_keeps_what_was_typed_and_says_why(receipt: Refused, word: str) -> None:
    line = typed(edited_rows={0: {"grade": "13"}})[0]
    after = settled(line, receipt, NAMES, "new")
    assert after is not None
    assert (after.key, after.person, after.grade) == (line.key, "Ada", "13")
    assert word in note_of(after, NAMES)


def test_typing_again_takes_the_reason_away() -> None:
    refused = replace(lines()[0], grade="25", receipt=Refused("key-0", "grade", "above 20"))
    after = edited([refused], {"edited_rows": {0: {"grade": "15"}}}, str)[0]
    assert after.receipt is None
    assert note_of(after, NAMES) == "Not saved yet."
