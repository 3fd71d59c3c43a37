"""XLSX workbooks to tables: numbers, dates, percentages and blanks as the texts that a teacher sees."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from operator import is_
from typing import Any

import openpyxl
from openpyxl.cell.read_only import EMPTY_CELL
from openpyxl.cell.rich_text import CellRichText, TextBlock

from shared.model.scales import number_text
from shared.model.text import raised
from teacher_app.reading.archives import check_archive
from teacher_app.reading.limits import COLUMNS_MAX, LINES_MAX, FileNotReadable
from teacher_app.reading.sheets import SHEET_ROWS_MAX, SHEETS_MAX, TOO_LONG, Sheet, tables_of_sheets
from teacher_app.reading.tables import Table

__all__ = ["tables_from_workbook"]

# _x005F_x0041_ stands for the text _x0041_; _x000D_ is a line end that a program left over.
_ESCAPED = re.compile("_x005F_(?=x[0-9A-Fa-f]{4}_)|_x000[9AaDd]_")
# Of a number format (ECMA-376, 18.8.31): what divides its sections, what it shows as it stands, its digits.
_SECTION_END = re.compile(r';(?=(?:[^"]*"[^"]*")*[^"]*$)')
_AS_IT_STANDS = re.compile(r'"([^"]*)"|\\(.)|[_*].|\[[^\]<>=]*\]')
_DIGITS = re.compile(r"[-+(]?([#,0?]*[#0?])(?:\.([#0?]+))?[ %)]*")
_GENERAL_DECIMALS = 8  # more are binary remainders
_EXACT_MAX = 1e15  # a spreadsheet keeps so many digits
_PLAIN_LOOKS = {
    "fonts": b'<fonts count="1"><font/></fonts>',
    "fills": b'<fills count="1"><fill><patternFill/></fill></fills>',
    "borders": b'<borders count="1"><border/></borders>',
    "cellStyleXfs": b'<cellStyleXfs count="1"><xf/></cellStyleXfs>',
    "cellStyles": b'<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>',
    "dxfs": b"",
}
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\b(?=[^>]*\shidden=\"(?:1|true)\")[^>]*\sr=\"(\d{1,7})\"")
_NOT_READABLE = "This workbook cannot be read. Save it again as XLSX or as CSV."


def tables_from_workbook(data: bytes) -> dict[str, Table]:
    """Every sheet that has anything in it, by its name: first the one that was open when it was saved, hidden
    ones last. Raises FileNotReadable."""
    check_archive(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about charts and validations left out, and impossible dates
            return tables_of_sheets(
                Sheet(sheet.title, _rows(sheet), partial(_hidden_lines, sheet))
                for sheet in _as_seen(_opened(data))
            )
    except (FileNotReadable, MemoryError):
        raise
    except Exception as error:  # what is wrong in a damaged workbook shows anywhere in openpyxl
        raise FileNotReadable(_NOT_READABLE) from error


def _opened(data: bytes) -> Any:
    try:
        return _loaded(data)
    except (TypeError, ValueError):
        # Some programs write styles that openpyxl refuses; only the number formats matter here.
        return _loaded(_with_plain_looks(data))


def _loaded(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, rich_text=True)


def _with_plain_looks(data: bytes) -> bytes:
    """The workbook with one plain font, fill and border for all cells."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(changed, "w") as plain:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "xl/styles.xml":
                for element, replacement in _PLAIN_LOOKS.items():
                    pattern = rf"<(?:\w+:)?{element}\b(?:[^>]*/>|.*?</(?:\w+:)?{element}>)".encode()
                    content = re.sub(pattern, replacement, content, flags=re.DOTALL)
                content = re.sub(rb'\b(fontId|fillId|borderId|xfId)="\d+"', rb'\1="0"', content)
            plain.writestr(name, content)
    return changed.getvalue()


def _as_seen(workbook: Any) -> list[Any]:
    sheets = workbook.worksheets[:SHEETS_MAX]
    return sorted(sheets, key=lambda sheet: (sheet.sheet_state != "visible", sheet is not workbook.active))


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The rows with anything in them, each with its number."""
    # What a file says of its own size may be wrong; the cells themselves are counted.
    sheet.reset_dimensions()
    blank_rows, gap = 0, None
    for number, row in enumerate(sheet.iter_rows(max_col=COLUMNS_MAX + 1), start=1):
        if number > SHEET_ROWS_MAX or blank_rows > LINES_MAX:
            raise FileNotReadable(TOO_LONG)
        if row is gap:  # the rows that a sheet leaves out are one and the same object
            continue
        filled = len(row) - sum(1 for _ in itertools.takewhile(partial(is_, EMPTY_CELL), reversed(row)))
        cells = ["" if cell.value is None else _text(cell) for cell in row[:filled]]
        if any(cells):
            yield number, cells
        else:
            blank_rows, gap = blank_rows + 1, row


def _hidden_lines(sheet: Any) -> list[int]:
    """openpyxl reads them with the whole sheet in memory only."""
    with sheet.parent._archive.open(sheet._worksheet_path) as part:
        return [int(number) for number in _HIDDEN_ROW.findall(part.read())]


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, cell.number_format or "")
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "minutes")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    text = "".join(map(_run_text, value)) if isinstance(value, CellRichText) else str(value)
    return _ESCAPED.sub(lambda found: "_" if found[0].startswith("_x005F") else " ", text).strip()


def _run_text(run: Any) -> str:
    """A piece of a cell with its own look: what is raised or crossed out is no part of the number."""
    if not isinstance(run, TextBlock):
        return str(run)
    text = run.text or ""
    return f" {text} " if run.font.strike else raised(text) if run.font.vertAlign else text


def _number(value: float, number_format: str) -> str:
    """As the sheet shows it: rounded to the decimals of its format, without binary remainders, or the words
    that the format shows in its place."""
    if not math.isfinite(value):
        return "#NUM!"  # as spreadsheets show a number that is too big for them
    section = _section(value, number_format)
    layout = _AS_IT_STANDS.sub("", section).strip()
    if not layout and number_format:
        return "".join(map("".join, _AS_IT_STANDS.findall(section))).strip()
    percent = " %" if "%" in layout else ""
    shown = value * 100 if percent else value
    if abs(shown) >= _EXACT_MAX:
        return f"{shown:.14E}{percent}"  # its last digits are not known
    digits = _DIGITS.fullmatch(layout)
    decimals = len(digits[2] or "") if digits else _GENERAL_DECIMALS
    # Half a step is rounded away from zero, and it is a step of the decimal number that was typed.
    rounded = Decimal(f"{shown:.15g}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    # Students' numbers are shown with the zeros in front that a number cannot have: 00123 by "00000".
    width = digits[1].count("0") if digits and not decimals else 0
    return number_text(rounded).zfill(width) + percent


def _section(value: float, number_format: str) -> str:
    """The part of a number format that is for such a value; one with conditions of its own counts as one."""
    sections = _SECTION_END.split(number_format)
    if len(sections) == 1 or re.search("[<>=]", number_format):
        return sections[0]
    if value < 0:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]
