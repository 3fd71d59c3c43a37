"""The grid's script and its page: what is told is understood, nonsense is nothing, notes find their lines."""

import pytest

from shared.model.exam import Audience
from shared.model.scales import OUT_OF_20
from teacher_app.rows.commands import Hindrance, NotSaved
from teacher_app.rows.grid_changes import bad_cells, edited, line_of
from teacher_app.rows.grid_messages import edits_from, grid_data
from tests.builders import a_result

NAMES, CODES = Audience.NAMES, Audience.CODES
STORED = [a_result(name, "12", id=f"id-{number}") for number, name in enumerate(("Ada", "Bo"))]
LINES = [line_of(row, NAMES, f"key-{row.id}") for row in STORED]


def told(**edits: object) -> dict[str, object]:
    return {"generation": "now", "sequence": 7, **edits}


def test_what_was_typed_comes_with_places_as_numbers() -> None:
    telling = edits_from(
        told(
            edited_rows={"1": {"grade": "13", "else": "x"}},
            added_rows=[{"person": "Cy", "grade": "3"}],
            deleted_rows=[0],
            restored_rows=[],
        ),
        "now",
    )
    assert telling == (
        7,
        {
            "edited_rows": {1: {"grade": "13"}},
            "added_rows": [{"person": "Cy", "grade": "3"}],
            "deleted_rows": [0],
        },
    )


def test_edits_of_earlier_lines_are_none() -> None:
    assert edits_from(told(deleted_rows=[0]), "later") is None


@pytest.mark.parametrize("nonsense", [None, 5, "x", [], {}, {"generation": "now"}, told(sequence="x")])
def test_nonsense_is_no_telling(nonsense: object) -> None:
    assert edits_from(nonsense, "now") is None


@pytest.mark.parametrize(
    "nonsense",
    [
        {"edited_rows": [1], "added_rows": {"a": 1}, "deleted_rows": "0"},
        {"edited_rows": {"x": {"grade": "1"}, "-1": {"grade": "1"}}, "deleted_rows": [None, -1, "x", True]},
    ],
)
def test_nonsense_within_is_passed_over(nonsense: dict[str, object]) -> None:
    assert edits_from(told(**nonsense), "now") == (7, {})


def test_cells_that_are_no_texts_are_passed_over() -> None:
    telling = edits_from(told(edited_rows={"0": {"grade": 5, "person": "Ada L."}}, added_rows=[7]), "now")
    assert telling == (7, {"edited_rows": {0: {"person": "Ada L."}}, "added_rows": [{}]})


def test_each_line_that_is_not_saved_has_a_note() -> None:
    edits = {"edited_rows": {0: {"grade": "25"}, 1: {"grade": "3"}}}
    shown = edited(LINES, edits, str)
    bad = bad_cells(shown, OUT_OF_20, NAMES)
    data = grid_data(LINES, shown, bad, NAMES, edits=edits, generation="now", sequence=7, has_unsaved=False)
    assert data["lines"] == [
        ["id-0", True, "Ada", "12", "Ada", False],
        ["id-1", True, "Bo", "12", "Bo", False],
    ]
    (text, columns, is_fault) = data["notes"]["0"]
    assert ("above 20" in text, columns, is_fault) == (True, ["grade"], True)
    assert data["notes"]["1"] == ["Not saved yet.", [], False]
    assert (data["generation"], data["sequence"], data["hasCodes"]) == ("now", 7, False)


def test_a_new_line_is_told_by_its_key_and_a_save_that_failed_is_a_fault() -> None:
    (line,) = edited([], {"added_rows": [{"person": "Cy", "grade": "3"}]}, lambda: "key")
    failed = type(line)(line.key, None, "Cy", "3", receipt=NotSaved("key", Hindrance.SESSION_ENDED))
    data = grid_data([failed], [failed], [], CODES, edits={}, generation="now", sequence=0, has_unsaved=True)
    assert data["lines"] == [["key", False, "Cy", "3", "", False]]
    assert data["notes"]["0"] == ["Not saved: your session has ended.", [], True]
    assert (data["hasCodes"], data["hasUnsaved"]) == (True, True)
