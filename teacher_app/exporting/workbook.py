"""An Excel workbook: the results on the first sheet, facts of the exam on the second."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from shared.exam import Exam, Result
from teacher_app.exporting.table import export_rows, has_codes

__all__ = ["workbook_xlsx"]

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


def workbook_xlsx(exam: Exam, results: Iterable[Result]) -> bytes:
    """Grades that are numbers are stored as numbers; every other text as text, never as a formula."""
    workbook = Workbook()
    sheet = workbook.active
    sheet.title = "Results"
    titles = ["Code", "Student", "Grade"] if has_codes(exam) else ["Student", "Grade"]
    _write_texts(sheet, 1, titles, is_bold=True)
    for number, row in enumerate(export_rows(exam, results), start=2):
        texts = [row.code, row.person] if has_codes(exam) else [row.person]
        _write_texts(sheet, number, texts)
        grade = sheet.cell(number, len(titles))
        if _NUMBER.fullmatch(row.grade):
            grade.value = float(row.grade) if "." in row.grade else int(row.grade)
        else:
            _set_text(grade, row.grade)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABC", [12, 36, 10] if has_codes(exam) else [36, 10, 10], strict=True):
        sheet.column_dimensions[letter].width = width
    about = workbook.create_sheet("Exam")
    facts = [
        ("Subject", exam.subject),
        ("Date", exam.date.isoformat()),
        ("Teacher", exam.teacher),
        ("Scale", exam.scale.label),
    ]
    for number, fact in enumerate(facts, start=1):
        _write_texts(about, number, fact)
    data = io.BytesIO()
    workbook.save(data)
    return data.getvalue()


def _write_texts(sheet: Worksheet, number: int, texts: Iterable[str], *, is_bold: bool = False) -> None:
    for column, text in enumerate(texts, start=1):
        cell = sheet.cell(number, column)
        _set_text(cell, text)
        if is_bold:
            cell.font = Font(bold=True)


def _set_text(cell: Cell, text: str) -> None:
    if text:
        cell.value = text
        cell.data_type = "s"  # "=1+1" is somebody's name here, not a sum
