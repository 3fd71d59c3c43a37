"""XLSX: grades as numbers, names as text that is never a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shared.model.exam import Exam, Result
from teacher_app.exporting.delimited import COMMENT_HEADING, result_rows

if TYPE_CHECKING:
    from openpyxl.cell import Cell

__all__ = ["xlsx_bytes", "xlsx_file"]

_NAME_WIDTH, _OTHER_WIDTH = 36, 12  # of columns, in characters
_WIDE = {"Student", "Name", "Exam", "Scale", COMMENT_HEADING}
_FROZEN_MAX = 2  # columns; more would leave no room to scroll on a narrow screen
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_NOT_IN_XML = re.compile("[\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")  # spreadsheets read _x0041_ as A


def xlsx_file(exam: Exam, rows: Sequence[Result]) -> bytes:
    """The same columns as the CSV file."""
    table = result_rows(exam, rows)
    text_columns = table[0].index("Grade")
    return xlsx_bytes({"Results": table}, title=exam.subject, creator=exam.teacher, text_columns=text_columns)


def xlsx_bytes(
    sheets: Mapping[str, Sequence[Sequence[str]]], *, title: str, creator: str, text_columns: int
) -> bytes:
    """A workbook with sheets by name: the heading and what is beneath it. Behind the first `text_columns`
    columns, which are persons or exams, numbers become numbers; comments never."""
    # Only here: a dashboard would load openpyxl, numpy and PIL at its start, a quarter of the whole.
    import openpyxl
    from openpyxl.styles import Alignment, Font

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    workbook.properties.title = _text(title)
    workbook.properties.creator = _text(creator)
    for name, (heading, *body) in sheets.items():
        sheet = workbook.create_sheet(name)
        for column, label in enumerate(heading, start=1):
            cell = sheet.cell(1, column)
            _write_text(cell, label)
            cell.font = Font(bold=True)
            width = _NAME_WIDTH if label in _WIDE else _OTHER_WIDTH
            sheet.column_dimensions[cell.column_letter].width = width
        sheet.freeze_panes = sheet.cell(2, min(text_columns, _FROZEN_MAX) + 1)
        for number, row in enumerate(body, start=2):
            for column, text in enumerate(row, start=1):
                cell = sheet.cell(number, column)
                is_comment = heading[column - 1] == COMMENT_HEADING
                if column > text_columns and not is_comment and _NUMBER.fullmatch(text):
                    cell.value = float(text) if "." in text else int(text)
                elif text:
                    _write_text(cell, text)
                    if "\n" in text:
                        cell.alignment = Alignment(wrap_text=True)
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def _write_text(cell: Cell, text: str) -> None:
    cell.value = _text(text)
    cell.data_type = "s"  # otherwise text that starts with "=" would become a formula
    cell.quotePrefix = True


def _text(text: str) -> str:
    return _LOOKS_ESCAPED.sub("_x005F_", _NOT_IN_XML.sub("\ufffd", text))
