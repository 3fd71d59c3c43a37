"""The gradebook of a class list as files. No cell is a formula; averages have more decimals than the page.

Comments are in the workbook alone, on a sheet of their own: between the grades nobody could read either.
"""

from __future__ import annotations

import datetime as dt

from shared.model.scales import number_text
from teacher_app.exporting.delimited import COMMENT_HEADING, csv_bytes
from teacher_app.exporting.formats import plain_stem
from teacher_app.exporting.spreadsheet import xlsx_bytes
from teacher_app.gradebook.gradebook import Cell, CellKind, Gradebook, trend_text

__all__ = ["gradebook_csv", "gradebook_file_stem", "gradebook_xlsx"]

_WORDS = {CellKind.AWAITED: "no grade", CellKind.NOT_LISTED: ""}  # “missing” is imported as absent


def gradebook_csv(book: Gradebook) -> bytes:
    """One line for each student, beneath the lines of weights and scales."""
    return csv_bytes(_table(book))


def gradebook_xlsx(book: Gradebook, title: str) -> bytes:
    """The same lines as the CSV file, and a sheet of comments if there are any."""
    sheets = {"Gradebook": _table(book)}
    if any(cell.comment for line in book.lines for cell in line.cells):
        sheets["Comments"] = _comments(book)
    columns = 2 if _has_numbers(book) else 1
    return xlsx_bytes(sheets, title=title, creator="", text_columns=columns)


def gradebook_file_stem(title: str, today: dt.date) -> str:
    """A file name without suffix."""
    return plain_stem(f"{title} gradebook", today)


def _table(book: Gradebook) -> list[tuple[str, ...]]:
    has_numbers = _has_numbers(book)
    numbers = ("Student number",) if has_numbers else ()
    blank = ("",) * (len(numbers) + 3)
    return [
        ("Student", *numbers, "Average (%)", "Trend", "Missing", *_exam_titles(book)),
        ("Weight", *blank, *(number_text(column.weight) for column in book.columns)),
        ("Scale", *blank, *(column.exam.scale.label for column in book.columns)),
        *(
            (
                line.student.name,
                *((line.student.number or "",) if has_numbers else ()),
                _percent(line.average),
                trend_text(line.trend),
                str(line.missing),
                *(_cell_text(cell) for cell in line.cells),
            )
            for line in book.lines
        ),
    ]


def _comments(book: Gradebook) -> list[tuple[str, ...]]:
    """A line for each comment."""
    return [
        ("Student", "Student number", "Exam", COMMENT_HEADING),
        *(
            (line.student.name, line.student.number or "", exam, cell.comment)
            for line in book.lines
            for exam, cell in zip(_exam_titles(book), line.cells, strict=True)
            if cell.comment
        ),
    ]


def _exam_titles(book: Gradebook) -> list[str]:
    return [f"{column.exam.subject} ({column.exam.date.isoformat()})" for column in book.columns]


def _has_numbers(book: Gradebook) -> bool:
    return any(line.student.number for line in book.lines)


def _cell_text(cell: Cell) -> str:
    return _WORDS.get(cell.kind, cell.text)


def _percent(score: float | None) -> str:
    return "" if score is None else f"{100 * score:.6f}".rstrip("0").rstrip(".")
