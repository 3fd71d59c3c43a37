"""XLSX: one sheet, grades as numbers, names as text that is never a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import openpyxl
from openpyxl.styles import Font

from shared.model.exam import Exam, Result
from teacher_app.exporting.delimited import result_rows

__all__ = ["xlsx_bytes", "xlsx_file"]

_NAME_WIDTH, _OTHER_WIDTH = 36, 12  # of columns, in characters
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_NOT_IN_XML = re.compile("[\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # spreadsheets read _x0041_ as A


def xlsx_file(exam: Exam, rows: Sequence[Result]) -> bytes:
    """The same columns as the CSV file."""
    table = result_rows(exam, rows)
    return xlsx_bytes(
        table, sheet_title="Results", title=exam.subject, creator=exam.teacher, text_columns=len(table[0]) - 1
    )


def xlsx_bytes(
    table: Sequence[Sequence[str]], *, sheet_title: str, title: str, creator: str, text_columns: int
) -> bytes:
    """A workbook with one sheet: the heading and what is beneath it. Behind the first `text_columns` columns,
    which are persons, numbers become numbers."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = sheet_title
    workbook.properties.title = _text(title)
    workbook.properties.creator = _text(creator)
    heading, *body = table
    for column, label in enumerate(heading, start=1):
        cell = sheet.cell(1, column)
        _write_text(cell, label)
        cell.font = Font(bold=True)
        width = _NAME_WIDTH if label in {"Student", "Name"} else _OTHER_WIDTH
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = sheet.cell(2, text_columns + 1)
    for number, row in enumerate(body, start=2):
        for column, text in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if column > text_columns and _NUMBER.fullmatch(text):
                cell.value = float(text) if "." in text else int(text)
            elif text:
                _write_text(cell, text)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _write_text(cell: openpyxl.cell.Cell, text: str) -> None:
    cell.value = _text(text)
    cell.data_type = "s"  # otherwise text that starts with "=" would become a formula
    cell.quotePrefix = True


def _text(text: str) -> str:
    return _LOOKS_ESCAPED.sub("_x005F_", _NOT_IN_XML.sub("\ufffd", text))
