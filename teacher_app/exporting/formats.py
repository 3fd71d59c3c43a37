"""The formats of export."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from shared.model.exam import Exam, Result
from teacher_app.exporting.delimited import csv_file
from teacher_app.exporting.gradebooks import canvas_file, moodle_file
from teacher_app.exporting.oneroster import oneroster_file
from teacher_app.exporting.spreadsheet import xlsx_file

__all__ = ["CSV_TYPE", "FORMATS", "XLSX_TYPE", "Format", "file_stem", "plain_stem"]


@dataclass(frozen=True, slots=True)
class Format:
    """`make` returns the file's bytes; `description` says what the format is good for."""

    key: str
    label: str
    description: str
    suffix: str
    media_type: str
    make: Callable[[Exam, Sequence[Result]], bytes]

    def file_name(self, exam: Exam) -> str:
        """Such as "mathematics-2026-06-15.xlsx"."""
        return f"{file_stem(exam)}{self.suffix}"


CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = (
    Format(
        "xlsx",
        "Excel (XLSX)",
        "For spreadsheets: numbers are numbers.",
        ".xlsx",
        XLSX_TYPE,
        xlsx_file,
    ),
    Format("csv", "CSV", "For every program: commas, decimal points, UTF-8.", ".csv", CSV_TYPE, csv_file),
    Format(
        "csv-comma",
        "CSV with decimal commas",
        "For spreadsheets set to decimal commas: semicolons between columns.",
        "-semicolons.csv",
        CSV_TYPE,
        partial(csv_file, has_decimal_commas=True),
    ),
    Format(
        "canvas",
        "Canvas",
        "Gradebook, Import. It takes no comments, and leaves “absent” without a grade.",
        "-canvas.csv",
        CSV_TYPE,
        canvas_file,
    ),
    Format(
        "moodle",
        "Moodle",
        "Grades, Import, CSV. Moodle wants ID numbers: without them, better fill in its own file, below.",
        "-moodle.csv",
        CSV_TYPE,
        moodle_file,
    ),
    Format(
        "oneroster",
        "OneRoster 1.2",
        "A zip for a school's information system: line item, results and students.",
        "-oneroster.zip",
        "application/zip",
        oneroster_file,
    ),
)


def file_stem(exam: Exam) -> str:
    """A file name without suffix: subject and date."""
    return plain_stem(exam.subject, exam.date)


def plain_stem(title: str, date: dt.date) -> str:
    """A file name without suffix, in ASCII letters: title and date."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.casefold()).strip("-")[:60]
    return f"{words or 'exam'}-{date.isoformat()}"
