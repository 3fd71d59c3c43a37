"""An exam's results as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection

from shared.model.exam import Exam, Result
from shared.model.grades import shown_grade
from shared.model.scales import describe
from shared.model.students import sorted_by_student
from shared.model.text import escape_formula

__all__ = ["results_csv", "results_file_name"]


def results_csv(exam: Exam, rows: Collection[Result], language: str = "") -> bytes:
    """The results by student, as a CSV file for spreadsheets (UTF-8 with a byte-order mark; RFC 4180).

    Columns: Student, Grade, Exam, Date, Scale, Note. Exam, date and scale are the same in each row, so that
    the file explains itself and files of several exams can be joined; the note says that a grade was
    corrected. `language` sorts names, see sort_key().
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Student", "Grade", "Exam", "Date", "Scale", "Note"])
    about = [escape_formula(exam.subject), exam.date.isoformat(), escape_formula(describe(exam.scale))]
    for row in sorted_by_student(rows, exam.audience, language):
        grade = shown_grade(row.grade, exam.scale)
        note = "corrected" if row.is_corrected else ""
        writer.writerow([escape_formula(row.student), escape_formula(grade), *about, note])
    return text.getvalue().encode("utf-8-sig")


def results_file_name(exam: Exam) -> str:
    """The name of that file: subject, date and scale, without what file systems refuse."""
    name = f"{exam.subject} {exam.date.isoformat()} {exam.scale.label}"
    return "".join("_" if character in '<>:"/\\|?*' else character for character in name) + ".csv"
