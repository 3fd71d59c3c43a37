"""The sheets of a workbook of any kind as tables: the whole workbook keeps to the limits."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from teacher_app.reading.limits import CELLS_MAX, FileNotReadable
from teacher_app.reading.tables import Table, table_from_cells

__all__ = ["SHEETS_MAX", "SHEET_ROWS_MAX", "TOO_LONG", "Sheet", "tables_of_sheets"]

SHEETS_MAX = 50  # further sheets are not looked at
SHEET_ROWS_MAX = 1_048_576  # of any spreadsheet program; only a damaged file says that it has more
TOO_LONG = "It has more lines than any class list. Copy the rows into a new one."


@dataclass(frozen=True, slots=True)
class Sheet:
    """`rows`: those with anything in them, each with its line. `hidden_lines` is called after the rows were
    read."""

    title: str
    rows: Iterator[tuple[int, list[str]]]
    hidden_lines: Callable[[], Collection[int]]


def tables_of_sheets(sheets: Iterable[Sheet]) -> dict[str, Table]:
    """The sheets that have anything in them, by title, in the order given. Raises FileNotReadable."""
    tables: dict[str, Table] = {}
    cells_left = CELLS_MAX
    for sheet in sheets:
        first = next(sheet.rows, None)
        if first is None:
            continue
        try:
            table = table_from_cells(itertools.chain([first], sheet.rows), cells_max=cells_left)
        except FileNotReadable as error:
            raise FileNotReadable(f"Sheet “{sheet.title}”: {error.reason}") from error
        hidden = set(sheet.hidden_lines())
        tables[sheet.title] = replace(
            table, hidden_lines=tuple(line for line in table.lines if line in hidden)
        )
        cells_left -= sum(map(len, table.rows))
    if not tables:
        raise FileNotReadable("There is nothing in this workbook. Give one row for each student.")
    return tables
