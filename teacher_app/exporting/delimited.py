"""CSV files: our own, and those that Canvas and Moodle import.

UTF-8 with a byte-order mark, which tells Excel the encoding. A text that a spreadsheet would run as a formula
gets an apostrophe in front (OWASP, "CSV Injection"); importing takes it off again.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence

from shared.exam import Exam, Result
from shared.grades import Mark, Scale, ScaleKind
from teacher_app.exporting.table import ExportRow, export_rows, has_codes

__all__ = ["canvas_csv", "csv_bytes", "moodle_csv", "plain_csv"]

_FORMULA = re.compile(r"'*[=+\-@].")  # a lone sign runs nothing


def plain_csv(exam: Exam, results: Iterable[Result]) -> bytes:
    """Student and Grade; with codes Code, Student and Grade."""
    rows = export_rows(exam, results)
    if has_codes(exam):
        return csv_bytes(["Code", "Student", "Grade"], [(row.code, row.person, row.grade) for row in rows])
    return csv_bytes(["Student", "Grade"], [(row.person, row.grade) for row in rows])


def canvas_csv(exam: Exam, results: Iterable[Result]) -> bytes:
    """Canvas's gradebook: exempt is EX, absent is MI (missing). A code stands as the SIS user's id."""
    titles = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{exam.subject} ({exam.date})"]
    points = ["    Points Possible", "", "", "", "", _points(exam.scale)]
    rows = [
        (_person(row), "", row.code, "", "", _canvas_grade(row.grade)) for row in export_rows(exam, results)
    ]
    return csv_bytes(titles, [points, *rows])


def moodle_csv(exam: Exam, results: Iterable[Result]) -> bytes:
    """Moodle's gradebook. It knows no marks: absent and exempt have no grade and say so as feedback. A code
    stands as the ID number, by which Moodle finds its users."""
    kind = {ScaleKind.PERCENT: "Percentage", ScaleKind.LETTERS: "Letter"}.get(exam.scale.kind, "Real")
    titles = [
        "First name",
        "Last name",
        "ID number",
        "Email address",
        f"{exam.subject} ({kind})",
        "Feedback comments",
    ]
    rows: list[tuple[str, ...]] = []
    for row in export_rows(exam, results):
        grade, feedback = ("-", row.grade.capitalize()) if row.grade in set(Mark) else (row.grade, "")
        rows.append((*_first_and_last(_person(row)), row.code, "", grade, feedback))
    return csv_bytes(titles, rows)


def csv_bytes(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file with these titles and texts (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(map(_guarded, titles))
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _person(row: ExportRow) -> str:
    """Both systems want some name in the column of names."""
    return row.person or row.code


def _canvas_grade(grade: str) -> str:
    return {Mark.ABSENT.value: "MI", Mark.EXEMPT.value: "EX"}.get(grade, grade)


def _points(scale: Scale) -> str:
    return "" if scale.points is None else f"{scale.points:g}"


def _first_and_last(person: str) -> tuple[str, str]:
    """Parts that, put together with a space, give the name back."""
    first, _, last = person.rpartition(" ")
    return (first, last) if first == first.rstrip() else ("", person)
