"""Cells that cannot be saved are found, each with its reason, before anything is sent."""

from shared.model.exam import Audience
from shared.model.scales import LETTERS, OUT_OF_20
from teacher_app.rows.bad_cells import bad_cells
from teacher_app.rows.commands import ChangeRow, Command, CreateRow, DeleteRow

NAMES, CODES = Audience.NAMES, Audience.CODES


def columns(command: Command, audience: Audience = NAMES) -> list[str]:
    return [cell.column for cell in bad_cells(command, OUT_OF_20, audience)]


def test_every_invalid_cell_is_found_with_its_reason() -> None:
    assert columns(ChangeRow("key", "id", 1, "Ada", "10,5")) == []
    assert columns(ChangeRow("key", "id", 1, "Ada", "25")) == ["grade"]
    assert columns(ChangeRow("key", "id", 1, "", "x")) == ["person", "grade"]
    assert columns(CreateRow("key", "D" * 121, "3")) == ["person"]
    assert columns(CreateRow("key", "Ada", "3", number="1" * 121, comment="x" * 1001)) == [
        "number",
        "comment",
    ]
    assert columns(ChangeRow("key", "id", 1, "Ada", "3", "", "a\u0000b")) == ["comment"]
    assert columns(CreateRow("key", "Ada", "3", number=" ", comment="x" * 1000 + "\r\n")) == []
    (cell,) = bad_cells(ChangeRow("key", "id", 1, "Ada", "25"), OUT_OF_20, NAMES)
    assert "above 20" in cell.reason


def test_a_line_to_be_deleted_has_no_invalid_cells() -> None:
    """A stored grade that no longer fits after a change of scale does not block other work."""
    assert list(bad_cells(DeleteRow("key", "id", 1), LETTERS, NAMES)) == []


def test_with_codes_a_row_may_have_no_name_but_a_new_one_needs_it() -> None:
    assert columns(ChangeRow("key", "id", 1, "", "13"), CODES) == []
    assert columns(CreateRow("key", "", "3", code="7KQM2X"), CODES) == []
    assert columns(CreateRow("key", "", "3"), CODES) == ["person"]
