"""OneRoster 1.2 CSV (1EdTech): a zip with lineItems, results and the students that they refer to.

The ids of students and of the class are derived from the exam's: a school's information system matches
students by name, or by the school's number in `identifier`. The code, where the exam shows codes, is one of
the `userIds`.
"""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from collections.abc import Sequence

from shared.model.exam import Exam, Result
from shared.model.grades import Mark
from shared.model.scales import NumberScale, number_text
from teacher_app.exporting.delimited import csv_bytes
from teacher_app.exporting.persons import has_codes, split_name
from teacher_app.reading.oneroster import CODE_TYPE

__all__ = ["oneroster_file"]

_TABLES = (
    *("academicSessions", "categories", "classes", "classResources", "courses", "courseResources"),
    *(
        "demographics",
        "enrollments",
        "lineItemLearningObjectiveIds",
        "lineItems",
        "lineItemScoreScales",
        "orgs",
    ),
    *("resources", "resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales"),
    *("userProfiles", "userResources", "users"),
)
_BULK = ("", "")  # status and dateLastModified are empty in bulk files
_HEAD = ("sourcedId", "status", "dateLastModified")
_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)  # a grade from before a change of scale may not be a number
_STATUS = {Mark.ABSENT.value: "not submitted", Mark.EXEMPT.value: "exempt"}
_MARK_FLAGS = ("false", "false", "false")  # inProgress, incomplete, late


def oneroster_file(exam: Exam, rows: Sequence[Result]) -> bytes:
    """The zip file; the same rows make the same bytes."""
    files: dict[str, list[tuple[str, ...]]] = {
        "categories": _categories(exam),
        "lineItems": _line_items(exam),
        "results": _results(exam, rows),
        "users": _users(exam, rows),
    }
    manifest: list[tuple[str, ...]] = [
        ("propertyName", "value"),
        ("manifest.version", "1.0"),
        ("oneroster.version", "1.2"),
        *((f"file.{name}", "bulk" if name in files else "absent") for name in _TABLES),
        ("source.systemName", "Exam Results Live"),
        ("source.systemCode", ""),
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, table in {"manifest": manifest, **files}.items():
            entry = zipfile.ZipInfo(f"{name}.csv")  # dated 1980-01-01 by default: no clock involved
            archive.writestr(entry, csv_bytes(table, has_byte_order_mark=False), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _categories(exam: Exam) -> list[tuple[str, ...]]:
    return [(*_HEAD, "title", "weight"), (_derived_id(exam.id, "category"), *_BULK, "Exams", "")]


def _line_items(exam: Exam) -> list[tuple[str, ...]]:
    day = exam.date.isoformat()
    scale = exam.scale
    least, most = "", ""
    if isinstance(scale, NumberScale):
        least, most = number_text(scale.lowest), number_text(scale.highest)
    of_class, category, period = (_derived_id(exam.id, what) for what in ("class", "category", "period"))
    return [
        (
            *(*_HEAD, "title", "description", "assignDate", "dueDate", "classSourcedId", "categorySourcedId"),
            *("gradingPeriodSourcedId", "resultValueMin", "resultValueMax", "academicSessionSourcedId"),
            "schoolSourcedId",
        ),
        (exam.id, *_BULK, exam.subject, "", day, day, of_class, category, period, least, most, "", ""),
    ]


def _results(exam: Exam, rows: Sequence[Result]) -> list[tuple[str, ...]]:
    of_class = _derived_id(exam.id, "class")
    table: list[tuple[str, ...]] = [
        (
            *(
                *_HEAD,
                "lineItemSourcedId",
                "studentSourcedId",
                "scoreStatus",
                "score",
                "scoreDate",
                "comment",
            ),
            *("textScore", "classSourcedId", "inProgress", "incomplete", "late", "missing"),
        )
    ]
    for row in rows:
        status = _STATUS.get(row.grade)
        is_number = status is None and _NUMBER.fullmatch(row.grade) is not None
        score, text = (row.grade, "") if is_number else ("", "" if status else row.grade)
        is_missing = "true" if row.grade == Mark.ABSENT else "false"
        who = (exam.id, _derived_id(row.id, "student"), status or "fully graded")
        table.append(
            (
                *(row.id, *_BULK, *who, score),
                exam.date.isoformat(),
                row.comment or "",
                text,
                of_class,
                *_MARK_FLAGS,
                is_missing,
            )
        )
    return table


def _users(exam: Exam, rows: Sequence[Result]) -> list[tuple[str, ...]]:
    table: list[tuple[str, ...]] = [
        (
            *(
                *_HEAD,
                "enabledUser",
                "username",
                "userIds",
                "givenName",
                "familyName",
                "middleName",
                "identifier",
            ),
            *("email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier"),
            *("resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName"),
            *("primaryOrgSourcedId", "pronouns"),
        )
    ]
    for row in rows:
        ids = f"{{{CODE_TYPE}:{row.student}}}" if has_codes(exam) else ""
        given, family = split_name((row.name or "") if has_codes(exam) else row.student)
        student = _derived_id(row.id, "student")
        table.append((student, *_BULK, "true", student, ids, given, family, "", row.number or "", *[""] * 13))
    return table


def _derived_id(source: str, what: str) -> str:
    return str(uuid.uuid5(uuid.UUID(source), what))
