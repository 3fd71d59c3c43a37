"""OpenDocument spreadsheets (.ods, ISO/IEC 26300) to tables: every cell as the text that it shows."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from teacher_app.reading.archives import check_archive
from teacher_app.reading.limits import CELL_MAX, COLUMNS_MAX, ROWS_MAX, FileNotReadable
from teacher_app.reading.sheets import SHEET_ROWS_MAX, SHEETS_MAX, TOO_LONG, Sheet, tables_of_sheets
from teacher_app.reading.tables import Table

__all__ = ["MEDIA_TYPE", "tables_from_opendocument"]

MEDIA_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
_TABLE, _TEXT, _STYLE = _NAMESPACE % "table", _NAMESPACE % "text", _NAMESPACE % "style"
_CONFIG = _NAMESPACE % "config"
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}  # covered by a cell over several columns
_SPACES = {f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"}
_NOT_READABLE = "This OpenDocument spreadsheet cannot be read. Save it again, or as XLSX or CSV."


def tables_from_opendocument(data: bytes) -> dict[str, Table]:
    """Every sheet that has anything in it, by its name: first the one that was open when it was saved, hidden
    ones last. Raises FileNotReadable."""
    check_archive(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            shown = _shown_sheet(archive)
            with archive.open("content.xml") as content:
                sheets = list(_sheets(content))
    except (KeyError, ParseError, DefusedXmlException) as error:
        raise FileNotReadable(_NOT_READABLE) from error
    sheets.sort(key=lambda sheet: (sheet.is_hidden, sheet.title != shown))
    return tables_of_sheets(
        Sheet(sheet.title, iter(sheet.rows), sheet.hidden_lines.copy) for sheet in sheets[:SHEETS_MAX]
    )


@dataclass
class _Read:
    title: str
    is_hidden: bool
    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    hidden_lines: list[int] = field(default_factory=list)
    line: int = 0  # of the last row


def _shown_sheet(archive: zipfile.ZipFile) -> str:
    if "settings.xml" in archive.namelist():
        for item in ElementTree.fromstring(archive.read("settings.xml")).iter(f"{_CONFIG}config-item"):
            if item.get(f"{_CONFIG}name") == "ActiveTable":
                return item.text or ""
    return ""


def _sheets(content: IO[bytes]) -> Iterator[_Read]:
    """Read row by row: each element is given up as soon as its cells are known. Raises FileNotReadable."""
    hidden_styles: set[str | None] = set()
    sheet: _Read | None = None
    for event, element in ElementTree.iterparse(content, ("start", "end")):
        if event == "start":
            if element.tag == f"{_TABLE}table":
                style = element.get(f"{_TABLE}style-name")
                sheet = _Read(element.get(f"{_TABLE}name") or "", style in hidden_styles)
        elif element.tag == f"{_STYLE}style":
            if any(child.get(f"{_TABLE}display") == "false" for child in element):
                hidden_styles.add(element.get(f"{_STYLE}name"))
        elif element.tag == f"{_TABLE}table-row" and sheet is not None:
            _add(element, sheet)
            element.clear()
        elif element.tag == f"{_TABLE}table" and sheet is not None:
            yield sheet
            sheet = None


def _add(row: Element, sheet: _Read) -> None:
    cells = _texts(row)
    repeated = _times(row, "rows")
    if any(cells):
        for line in range(sheet.line + 1, sheet.line + 1 + min(repeated, ROWS_MAX + 2)):
            sheet.rows.append((line, cells))
            if row.get(f"{_TABLE}visibility") in {"collapse", "filter"}:
                sheet.hidden_lines.append(line)
    sheet.line += repeated
    if sheet.line > 2 * SHEET_ROWS_MAX or len(sheet.rows) > 2 * ROWS_MAX:
        raise FileNotReadable(f"Sheet “{sheet.title}”: {TOO_LONG}")


def _texts(row: Element) -> list[str]:
    cells: list[str] = []
    for cell in row:
        if cell.tag in _CELLS and len(cells) <= COLUMNS_MAX:
            # A note on a cell has paragraphs of its own, further down.
            paragraphs = (" ".join(_shown(one).split()) for one in cell.findall(f"{_TEXT}p"))
            text = "\n".join(filter(None, paragraphs))[:CELL_MAX]
            cells += [text] * min(_times(cell, "columns"), COLUMNS_MAX + 1 - len(cells))
    return cells


def _shown(paragraph: Element) -> str:
    return "".join(
        f"{' ' if one.tag in _SPACES else one.text or ''}{one.tail or '' if one is not paragraph else ''}"
        for one in paragraph.iter()
    )


def _times(element: Element, what: str) -> int:
    text = element.get(f"{_TABLE}number-{what}-repeated") or "1"
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1
