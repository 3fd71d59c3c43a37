"""A OneRoster 1.2 CSV package (1EdTech, OneRoster 1.2 CSV Binding): manifest, line item, users and results.

This dashboard knows no ids of a student information system: a result's own id stands in for its student, and
users.csv says who that is. The exact text of a grade, and the code, are in `metadata.` columns, which the
binding leaves to whoever writes a file.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterable

from shared.errors import GradeOutsideScale
from shared.exam import Exam, Result
from shared.grades import Mark, ScaleKind, parse_grade
from teacher_app.exporting.delimited import csv_bytes
from teacher_app.exporting.table import ExportRow, export_rows

__all__ = ["oneroster_zip"]

_FILES = (
    "academicSessions",
    "categories",
    "classResources",
    "classes",
    "courseResources",
    "courses",
    "demographics",
    "enrollments",
    "lineItemLearningObjectiveIds",
    "lineItems",
    "lineItemScoreScales",
    "orgs",
    "resources",
    "resultLearningObjectiveIds",
    "results",
    "resultScoreScales",
    "roles",
    "scoreScales",
    "userProfiles",
    "userResources",
    "users",
)
_LINE_ITEM_TITLES = (
    "sourcedId",
    "status",
    "dateLastModified",
    "title",
    "description",
    "assignDate",
    "dueDate",
    "classSourcedId",
    "categorySourcedId",
    "gradingPeriodSourcedId",
    "resultValueMin",
    "resultValueMax",
    "metadata.scale",
)
_RESULT_TITLES = (
    "sourcedId",
    "status",
    "dateLastModified",
    "lineItemSourcedId",
    "studentSourcedId",
    "scoreStatus",
    "score",
    "scoreDate",
    "comment",
    "metadata.grade",
    "metadata.code",
    "metadata.name",
)
_USER_TITLES = (
    "sourcedId",
    "status",
    "dateLastModified",
    "enabledUser",
    "username",
    "givenName",
    "familyName",
)
_PACKED_AT = (1980, 1, 1, 0, 0, 0)  # the same results give the same bytes


def oneroster_zip(exam: Exam, results: Iterable[Result], now: dt.datetime) -> bytes:
    """`now` is an aware time, the moment of the export."""
    rows = export_rows(exam, results)
    modified = now.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    present = {"lineItems", "results", "users"}
    manifest = [("manifest.version", "1.0"), ("oneroster.version", "1.2")]
    manifest += [(f"file.{name}", "bulk" if name in present else "absent") for name in _FILES]
    manifest += [("source.systemName", "Exam Results Live"), ("source.systemCode", "exam-results-live")]
    maximum = {ScaleKind.LETTERS: "4.3", ScaleKind.PASS_FAIL: "1"}.get(
        exam.scale.kind, f"{exam.scale.points or 0:g}"
    )
    day = exam.date.isoformat()
    line_item = (exam.id, "", "", exam.subject, "", day, day, "", "", "", "0", maximum, exam.scale.text)
    files = {
        "manifest.csv": csv_bytes(["propertyName", "value"], manifest),
        "lineItems.csv": csv_bytes(_LINE_ITEM_TITLES, [line_item]),
        "users.csv": csv_bytes(_USER_TITLES, [_user(row) for row in rows]),
        "results.csv": csv_bytes(_RESULT_TITLES, [_result(exam, row, modified[:10]) for row in rows]),
    }
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, _PACKED_AT), content.removeprefix(b"\xef\xbb\xbf"))
    return data.getvalue()


def _user(row: ExportRow) -> tuple[str, ...]:
    # In a bulk file status and time of change stay empty.
    return (row.result_id, "", "", "true", row.code or row.result_id, "", row.person or row.code)


def _result(exam: Exam, row: ExportRow, score_date: str) -> tuple[str, ...]:
    status = {Mark.EXEMPT.value: "exempt", Mark.ABSENT.value: "not submitted"}.get(row.grade, "fully graded")
    score = _score(exam, row.grade) if status == "fully graded" else ""
    own = (row.grade, row.code, row.person)
    return (row.result_id, "", "", exam.id, row.result_id, status, score, score_date, "", *own)


def _score(exam: Exam, grade: str) -> str:
    """A number, as the binding wants it: points, grade points of a letter, 1 or 0."""
    try:
        parsed = parse_grade(grade, exam.scale)
    except GradeOutsideScale:
        return ""  # stored before the scale was changed; its text is in metadata.grade
    if exam.scale.points is not None:
        return parsed.text
    top = 4.3 if exam.scale.kind is ScaleKind.LETTERS else 1.0
    return f"{parsed.score * top:.2f}".rstrip("0").rstrip(".") or "0"
