"""Files that the gradebooks of Canvas and Moodle import.

Canvas identifies students by the SIS User ID, which is the school's number, and by name where nobody has it;
Moodle by ID number or e-mail, of which this dashboard has the number only. Neither has a grade "absent":
Canvas leaves the grade open for an unknown word, and for Moodle it is put into the feedback, before the
comment. It is never a zero. Canvas imports no comments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shared.model.exam import Exam, Result
from shared.model.grades import Mark
from shared.model.scales import NumberScale, number_text
from teacher_app.exporting.delimited import csv_bytes
from teacher_app.exporting.persons import shown_person, split_name
from teacher_app.importing.comments import comment_where_html_may_be
from teacher_app.importing.gradebooks import moodle_kind

__all__ = ["canvas_file", "canvas_grade", "moodle_file", "moodle_grade"]

# Headings that Canvas ignores, and "(12)" at the end, which it takes for an assignment's id.
_RESERVED_BY_CANVAS = re.compile(
    r"(?:current|final|override) (?:score|points|grade|status)|\(\d+\)\s*$"
    r"|^(?:student|lastname|firstname|id|sis user id|sis login id|integration id|root account|section"
    r"|notes)$",
    re.IGNORECASE,
)
_CANVAS_GRADES = {Mark.EXEMPT.value: "EX", "PASS": "pass", "FAIL": "fail"}


def canvas_file(exam: Exam, rows: Sequence[Result]) -> bytes:
    """For Gradebook, Import: the exam becomes a new assignment, or updates one with the same name."""
    title = " ".join(exam.subject.split())
    if _RESERVED_BY_CANVAS.search(title):
        title = f"Exam of {exam.date.isoformat()}"
    points = number_text(exam.scale.highest) if isinstance(exam.scale, NumberScale) else ""
    return csv_bytes(
        [
            ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", title),
            ("    Points Possible", "", "", "", "", points),
            *(
                (shown_person(row, exam), "", row.number or "", "", "", canvas_grade(row.grade))
                for row in rows
            ),
        ],
        has_byte_order_mark=False,
    )


def moodle_file(exam: Exam, rows: Sequence[Result]) -> bytes:
    """For Grades, Import, CSV file."""
    kind = moodle_kind(exam.scale).capitalize()
    heading = ("First name", "Last name", "ID number", "Email address")
    return csv_bytes(
        [
            (*heading, f"{exam.subject} ({kind})", f"{exam.subject} (Feedback)"),
            *(
                (*split_name(shown_person(row, exam)), row.number or "", "", *_moodle_cells(row))
                for row in rows
            ),
        ]
    )


def _moodle_cells(row: Result) -> tuple[str, str]:
    grade, feedback = moodle_grade(row.grade, row.comment or "")
    return grade, comment_where_html_may_be(feedback)


def canvas_grade(grade: str) -> str:
    """A grade as Canvas writes it."""
    return _CANVAS_GRADES.get(grade, grade)


def moodle_grade(grade: str, comment: str) -> tuple[str, str]:
    """Grade and feedback for Moodle, as plain text."""
    if grade in {Mark.ABSENT, Mark.EXEMPT}:
        return "-", "\n".join(filter(None, (grade.capitalize(), comment)))
    return grade, comment
