"""XLSX workbooks to tables: numbers, dates, percentages and blanks as the texts that a teacher sees."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import ParseError

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from teacher_app.importing.limits import COLUMNS_MAX, ROWS_MAX, UNPACKED_BYTES_MAX, FileNotReadable
from teacher_app.importing.tables import Table, table_from_cells

__all__ = ["check_unpacked_size", "tables_from_workbook"]

SHEETS_MAX = 50  # further sheets are not looked at
BLANK_ROWS_MAX = 20_000  # sheets that end with formatted but empty rows are read so far
_ESCAPED_UNDERSCORE = re.compile("_x005F_(?=x[0-9A-Fa-f]{4}_)")  # so that _x0041_ is not read as A
_NOT_READABLE = "This workbook cannot be read. Save it again as XLSX or as CSV."


def tables_from_workbook(data: bytes) -> dict[str, Table]:
    """Every sheet that has anything in it, by its name, in the workbook's order. Raises FileNotReadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_unpacked_size(archive)
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, ParseError):
        raise FileNotReadable(_NOT_READABLE) from None
    tables: dict[str, Table] = {}
    try:
        for sheet in workbook.worksheets[:SHEETS_MAX]:
            # What a file says of its own size may be wrong; the cells themselves are counted.
            sheet.reset_dimensions()
            rows = list(_rows(sheet))
            if any(cell.strip() for _, cells in rows for cell in cells):
                tables[sheet.title] = table_from_cells(rows)
    except (KeyError, ValueError, TypeError, OSError, ParseError, zipfile.BadZipFile):
        raise FileNotReadable(_NOT_READABLE) from None
    finally:
        workbook.close()
    if not tables:
        raise FileNotReadable("There is nothing in this workbook. Give one row for each student.")
    return tables


def check_unpacked_size(archive: zipfile.ZipFile) -> None:
    """Raises FileNotReadable when it would unpack to more than a class list can have."""
    if sum(entry.file_size for entry in archive.infolist()) > UNPACKED_BYTES_MAX:
        raise FileNotReadable("This file unpacks to too much. Copy the rows that you need into a new one.")


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    filled = 0
    for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1), start=1):
        cells = [_text(cell) for cell in row]
        if any(cells):
            filled += 1
            yield number, cells
        if filled > ROWS_MAX + 1 or number > BLANK_ROWS_MAX:
            return


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if "%" in (cell.number_format or ""):
            return f"{_number(100 * value)} %"
        return _number(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return _ESCAPED_UNDERSCORE.sub("_", str(value))


def _number(value: float) -> str:
    """As people write it: "14", "14.5"; binary remainders are rounded away."""
    text = f"{value:.8f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
