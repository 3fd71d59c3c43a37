"""How much may be imported at once, and the error for what cannot be read at all."""

from __future__ import annotations

from shared.model.errors import FieldInvalid

__all__ = [
    "BYTES_MAX",
    "CELLS_MAX",
    "CELL_MAX",
    "COLUMNS_MAX",
    "LINES_MAX",
    "MARKUP_MAX",
    "ROWS_MAX",
    "TEXT_MAX",
    "UNPACKED_BYTES_MAX",
    "FileNotReadable",
]

BYTES_MAX = 5_000_000  # of a file or of pasted text; a larger one is refused before it is read
ROWS_MAX = 10_000  # a larger table is refused, so that nobody waits for a whole school's archive
COLUMNS_MAX = 300  # further columns are refused
CELLS_MAX = 150_000  # of all tables of a file together; no gradebook of one course comes near it
LINES_MAX = 200_000  # of a text or a sheet, blank ones included; nobody's list is so long
CELL_MAX = 10_000  # characters; a longer cell is cut, and its row is refused later as too long
TEXT_MAX = 5_000_000  # characters of all cells together
UNPACKED_BYTES_MAX = 40_000_000  # of all that a workbook or zip holds; beyond it is no class list
MARKUP_MAX = 1_500_000  # XML tags of a workbook: the time for reading it grows with them


class FileNotReadable(FieldInvalid):
    """Nothing can be read from it. `reason` says what to give instead."""

    def __init__(self, reason: str) -> None:
        super().__init__("file", reason)
