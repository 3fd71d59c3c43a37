"""CSV, one row per result, and the columns that other formats share."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from shared.model.exam import Exam, Result
from shared.model.text import escape_formula
from teacher_app.exporting.persons import has_codes

__all__ = ["csv_bytes", "csv_file", "result_rows"]

_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252


def csv_file(exam: Exam, rows: Sequence[Result], *, has_decimal_commas: bool = False) -> bytes:
    """Columns Student and Grade, or Code, Name and Grade. Decimal commas make semicolons the delimiter."""
    heading, *body = result_rows(exam, rows)
    if not has_decimal_commas:
        return csv_bytes([heading, *body])
    return csv_bytes(
        [heading, *((*cells[:-1], cells[-1].replace(".", ",")) for cells in body)], delimiter=";"
    )


def result_rows(exam: Exam, rows: Iterable[Result]) -> list[tuple[str, ...]]:
    """The heading, then one tuple per result."""
    if has_codes(exam):
        return [("Code", "Name", "Grade"), *((row.student, row.name or "", row.grade) for row in rows)]
    return [("Student", "Grade"), *((row.student, row.grade) for row in rows)]


def csv_bytes(
    table: Iterable[Sequence[str]], *, delimiter: str = ",", has_byte_order_mark: bool = True
) -> bytes:
    """CSV in UTF-8 (RFC 4180) in which no spreadsheet takes a cell for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([escape_formula(cell) for cell in cells] for cells in table)
    return ((_BYTE_ORDER_MARK if has_byte_order_mark else "") + text.getvalue()).encode()
