"""XLSX: one sheet, grades as numbers, names as text that is never a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import openpyxl
from openpyxl.styles import Font

from shared.model.exam import Exam, Result
from teacher_app.exporting.delimited import result_rows

__all__ = ["xlsx_file"]

_NAME_WIDTH, _OTHER_WIDTH = 36, 12  # of columns, in characters
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_NOT_IN_XML = re.compile("[\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # spreadsheets read _x0041_ as A


def xlsx_file(exam: Exam, rows: Sequence[Result]) -> bytes:
    """The same columns as the CSV file."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Results"
    workbook.properties.title = _text(exam.subject)
    workbook.properties.creator = _text(exam.teacher)
    heading, *body = result_rows(exam, rows)
    for column, label in enumerate(heading, start=1):
        cell = sheet.cell(1, column, label)
        cell.font = Font(bold=True)
        width = _NAME_WIDTH if label in {"Student", "Name"} else _OTHER_WIDTH
        sheet.column_dimensions[cell.column_letter].width = width
    sheet.freeze_panes = "A2"
    for number, (*persons, grade) in enumerate(body, start=2):
        for column, person in enumerate(persons, start=1):
            _write_text(sheet.cell(number, column), person)
        cell = sheet.cell(number, len(heading))
        if _NUMBER.fullmatch(grade):
            cell.value = float(grade) if "." in grade else int(grade)
        else:
            _write_text(cell, grade)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _write_text(cell: openpyxl.cell.Cell, text: str) -> None:
    cell.value = _text(text)
    cell.data_type = "s"  # otherwise text that starts with "=" would become a formula
    cell.quotePrefix = True


def _text(text: str) -> str:
    return _LOOKS_ESCAPED.sub("_x005F_", _NOT_IN_XML.sub("\ufffd", text))
