"""CSV, one row per result, and the columns that other formats share."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.model.exam import Exam, Result
from shared.model.text import escape_formula
from teacher_app.exporting.persons import has_codes

__all__ = ["COMMENT_HEADING", "csv_bytes", "csv_file", "result_rows"]

COMMENT_HEADING = "Comment"
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads UTF-8 as Windows-1252


def csv_file(exam: Exam, rows: Sequence[Result], *, has_decimal_commas: bool = False) -> bytes:
    """The columns of result_rows(). Decimal commas make semicolons the delimiter."""
    if not has_decimal_commas:
        return csv_bytes(result_rows(exam, rows))
    with_commas = [replace(row, grade=row.grade.replace(".", ",")) for row in rows]
    return csv_bytes(result_rows(exam, with_commas), delimiter=";")


def result_rows(exam: Exam, rows: Sequence[Result]) -> list[tuple[str, ...]]:
    """The heading, then one tuple per result: student, or code and name; grade. Between them the students'
    numbers and behind them the comments, if there is any."""
    columns: dict[str, list[str]] = {"Student": [row.student for row in rows]}
    if has_codes(exam):
        columns = {"Code": columns["Student"], "Name": [row.name or "" for row in rows]}
    numbers, comments = ([getattr(row, name) or "" for row in rows] for name in ("number", "comment"))
    columns |= {"Student number": numbers} if any(numbers) else {}
    columns |= {"Grade": [row.grade for row in rows]}
    columns |= {COMMENT_HEADING: comments} if any(comments) else {}
    return [tuple(columns), *zip(*columns.values(), strict=True)]


def csv_bytes(
    table: Iterable[Sequence[str]], *, delimiter: str = ",", has_byte_order_mark: bool = True
) -> bytes:
    """CSV in UTF-8 (RFC 4180) in which no spreadsheet takes a cell for a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([escape_formula(cell) for cell in cells] for cells in table)
    return ((_BYTE_ORDER_MARK if has_byte_order_mark else "") + text.getvalue()).encode()
