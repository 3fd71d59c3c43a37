"""Exam and Result: frozen and validated, and their forms on the wire. No I/O."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from shared.model.codes import CODE_LENGTH, OWN_CODE_LENGTH, is_code
from shared.model.errors import FieldInvalid
from shared.model.grades import AWAITED, GRADE_TEXT_MAX
from shared.model.scales import Scale, parse_scale

__all__ = [
    "COMMENT_MAX",
    "TEXT_MAX",
    "Audience",
    "Exam",
    "ExamChanges",
    "ExamStatus",
    "NewExam",
    "NewResult",
    "Result",
    "ResultChanges",
    "cleaned_comment",
    "cleaned_text",
    "exam_from_wire",
    "exam_to_wire",
    "is_id",
    "new_id",
    "parse_time",
    "result_from_wire",
    "result_to_wire",
    "time_to_wire",
]

TEXT_MAX = 120  # characters of a subject, a teacher's or a student's name; the API refuses longer ones
COMMENT_MAX = 1000  # characters of a comment, likewise

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


class ExamStatus(StrEnum):
    """Drafts are their owner's alone; published exams are everybody's."""

    DRAFT = "DRAFT"
    PUBLISHED = "PUBLISHED"


class Audience(StrEnum):
    """How the public sees students: with OWN not at all, each student finds the own result alone."""

    NAMES = "NAMES"
    CODES = "CODES"
    OWN = "OWN"

    @property
    def code_length(self) -> int | None:
        """How long the codes are that stand for students; None where names do."""
        return _CODE_LENGTHS.get(self)

    @property
    def has_codes(self) -> bool:
        """Whether codes stand for students, and only the exam's owner knows whose they are."""
        return self in _CODE_LENGTHS


_CODE_LENGTHS = {Audience.CODES: CODE_LENGTH, Audience.OWN: OWN_CODE_LENGTH}


@dataclass(frozen=True, slots=True)
class Exam:
    """One exam as the API returned it. Only teachers get `owner` and `results_count`; times are in UTC.

    With `release_at` a published exam's results are everybody's from that hour on; `seconds_to_release` says
    how far off it was by the API's clock when this was its answer.
    """

    id: str
    subject: str
    date: dt.date
    teacher: str
    scale: Scale
    status: ExamStatus
    audience: Audience
    version: int
    created_at: dt.datetime
    updated_at: dt.datetime
    owner: str | None = None
    results_count: int | None = None
    release_at: dt.datetime | None = None
    seconds_to_release: float = field(default=0.0, compare=False)
    is_listed: bool = True

    @property
    def is_published(self) -> bool:
        """Whether guests may see it, those who have its address if it is not listed; until its hour, that it
        is announced and no results."""
        return self.status is ExamStatus.PUBLISHED

    def is_announced(self, now: dt.datetime) -> bool:
        """Whether guests see that its results come out at an hour to come, and none of them. The API's own
        clock decides."""
        return self.is_published and self.release_at is not None and self.release_at > now


@dataclass(frozen=True, slots=True)
class Result:
    """One student's result as the API returned it. Only teachers get times and `owner`; only its exam's owner
    gets, by query alone, `name`, the school's `number` and the `comment`; whoever has the code gets that too.
    Where each student sees the own result only, `student` is "" but in a query of the owner."""

    id: str
    exam_id: str
    student: str
    grade: str
    version: int
    is_published: bool  # guests could read it
    created_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    owner: str | None = None
    name: str | None = None
    number: str | None = None
    comment: str | None = None
    is_corrected: bool = False  # the grade was changed, or taken back, while guests could read it

    @property
    def is_awaited(self) -> bool:
        """Whether the student has no grade yet; only the exam's owner gets such a result."""
        return self.grade == AWAITED


@dataclass(frozen=True, slots=True)
class NewExam:
    """An exam to create; texts are trimmed. With its own id a create can be repeated. Raises FieldInvalid."""

    subject: str
    date: dt.date
    teacher: str
    scale: Scale
    audience: Audience = Audience.NAMES
    id: str = field(default_factory=lambda: new_id())
    is_listed: bool = True

    def __post_init__(self) -> None:
        _set(self, "subject", cleaned_text("subject", self.subject))
        _set(self, "teacher", cleaned_text("teacher", self.teacher))
        _check_id("id", self.id)

    @classmethod
    def like(cls, exam: Exam, exam_id: str) -> NewExam:
        """`exam` once more, under an id of its own and as a draft."""
        return cls(exam.subject, exam.date, exam.teacher, exam.scale, exam.audience, exam_id, exam.is_listed)

    def to_wire(self) -> dict[str, Any]:
        """CreateExamInput."""
        return {
            "id": self.id,
            "subject": self.subject,
            "date": self.date.isoformat(),
            "teacher": self.teacher,
            "scale": self.scale.text,
            "audience": self.audience.value,
            "listed": self.is_listed,
        }


@dataclass(frozen=True, slots=True)
class NewResult:
    """A result to create. `grade` is a canonical text or AWAITED (see grades.py); an empty comment is none.

    Raises FieldInvalid.
    """

    student: str
    grade: str
    name: str | None = None
    id: str = field(default_factory=lambda: new_id())
    number: str | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        _set(self, "student", cleaned_text("student", self.student))
        _set(self, "grade", cleaned_text("grade", self.grade, GRADE_TEXT_MAX))
        if self.name is not None:
            _set(self, "name", cleaned_text("name", self.name))
        if self.number is not None:
            _set(self, "number", cleaned_text("number", self.number))
        _set(self, "comment", cleaned_comment(self.comment or "") or None)
        _check_id("id", self.id)

    def check_audience(self, audience: Audience) -> None:
        """Raises FieldInvalid if the exam shows codes and `student` is not one: a name must not slip out."""
        _check_audience(self.student, audience)

    def to_wire(self) -> dict[str, Any]:
        """BatchRowInput; with `examId` added it is CreateResultsInput. What is missing is left out."""
        row = {
            "id": self.id,
            "student": self.student,
            "grade": self.grade,
            "name": self.name,
            "number": self.number,
            "comment": self.comment,
        }
        return {name: value for name, value in row.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ExamChanges:
    """Fields of an exam to change; None leaves one as it is. Raises FieldInvalid."""

    subject: str | None = None
    date: dt.date | None = None
    teacher: str | None = None
    scale: Scale | None = None
    audience: Audience | None = None
    is_listed: bool | None = None

    def __post_init__(self) -> None:
        if self.subject is not None:
            _set(self, "subject", cleaned_text("subject", self.subject))
        if self.teacher is not None:
            _set(self, "teacher", cleaned_text("teacher", self.teacher))

    def to_wire(self) -> dict[str, Any]:
        """The changed fields of UpdateExamInput."""
        wire = {
            "subject": self.subject,
            "date": None if self.date is None else self.date.isoformat(),
            "teacher": self.teacher,
            "scale": None if self.scale is None else self.scale.text,
            "audience": None if self.audience is None else self.audience.value,
            "listed": self.is_listed,
        }
        return {name: value for name, value in wire.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ResultChanges:
    """Fields of a result to change; None leaves one as it is, "" removes a name, a number or a comment.

    Raises FieldInvalid.
    """

    student: str | None = None
    grade: str | None = None
    name: str | None = None
    number: str | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        if self.student is not None:
            _set(self, "student", cleaned_text("student", self.student))
        if self.grade is not None:
            _set(self, "grade", cleaned_text("grade", self.grade, GRADE_TEXT_MAX))
        if self.name:
            _set(self, "name", cleaned_text("name", self.name))
        if self.number:
            _set(self, "number", cleaned_text("number", self.number))
        if self.comment is not None:
            _set(self, "comment", cleaned_comment(self.comment))

    def check_audience(self, audience: Audience) -> None:
        """Raises FieldInvalid if the exam shows codes and the new `student` is not one."""
        if self.student is not None:
            _check_audience(self.student, audience)

    def to_wire(self) -> dict[str, Any]:
        """The changed fields of UpdateResultsInput; what is removed is null there."""
        wire = {
            "student": self.student,
            "grade": self.grade,
            "name": self.name,
            "number": self.number,
            "comment": self.comment,
        }
        return {name: value or None for name, value in wire.items() if value is not None}


def new_id() -> str:
    """A fresh random id, as the API wants it: a lower-case UUID."""
    return str(uuid.uuid4())


def is_id(text: str) -> bool:
    """Whether `text` is written as an id is: a lower-case UUID."""
    return _UUID.fullmatch(text) is not None


def parse_time(text: str) -> dt.datetime:
    """An AWSDateTime with its zone, in UTC. Raises ValueError if it is none."""
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"a time without a zone: {text}")
    return time.astimezone(dt.UTC)


def exam_from_wire(wire: Mapping[str, Any]) -> Exam:
    """The Exam in an answer or event. Fields that the document did not select are None.

    Raises KeyError, TypeError, ValueError or FieldInvalid if the API's answer is not an exam.
    """
    release_at = wire.get("releaseAt")
    return Exam(
        id=wire["id"],
        subject=wire["subject"],
        date=dt.date.fromisoformat(wire["date"][:10]),  # an AWSDate may carry a zone offset behind it
        teacher=wire["teacher"],
        scale=parse_scale(wire["scale"]),
        status=ExamStatus(wire["status"]),
        audience=Audience(wire["audience"]),
        version=int(wire["version"]),
        created_at=parse_time(wire["createdAt"]),
        updated_at=parse_time(wire["updatedAt"]),
        owner=wire.get("owner"),
        results_count=wire.get("resultsCount"),
        release_at=None if release_at is None else parse_time(release_at),
        seconds_to_release=float(wire.get("secondsToRelease") or 0),
        is_listed=wire.get("listed") is not False,
    )


def exam_to_wire(exam: Exam) -> dict[str, Any]:
    """The wire form of an exam; missing fields are left out."""
    wire = {
        "id": exam.id,
        "subject": exam.subject,
        "date": exam.date.isoformat(),
        "teacher": exam.teacher,
        "scale": exam.scale.text,
        "status": exam.status.value,
        "audience": exam.audience.value,
        "listed": exam.is_listed,
        "published": exam.is_published and exam.is_listed,
        "version": exam.version,
        "createdAt": time_to_wire(exam.created_at),
        "updatedAt": time_to_wire(exam.updated_at),
        "owner": exam.owner,
        "resultsCount": exam.results_count,
        "releaseAt": None if exam.release_at is None else time_to_wire(exam.release_at),
        "secondsToRelease": exam.seconds_to_release,
    }
    return {name: value for name, value in wire.items() if value is not None}


def result_from_wire(wire: Mapping[str, Any]) -> Result:
    """The Result in an answer or event; raises as exam_from_wire does."""
    created_at, updated_at = wire.get("createdAt"), wire.get("updatedAt")
    return Result(
        id=wire["id"],
        exam_id=wire["examId"],
        student=wire["student"],
        grade=wire["grade"],
        version=int(wire["version"]),
        is_published=bool(wire["published"] or wire.get("readable")),
        created_at=None if created_at is None else parse_time(created_at),
        updated_at=None if updated_at is None else parse_time(updated_at),
        owner=wire.get("owner"),
        name=wire.get("name"),
        number=wire.get("number"),
        comment=wire.get("comment"),
        is_corrected=bool(wire.get("corrected")),
    )


def result_to_wire(result: Result) -> dict[str, Any]:
    """The wire form of a result; missing fields are left out."""
    wire = {
        "id": result.id,
        "examId": result.exam_id,
        "student": result.student,
        "grade": result.grade,
        "version": result.version,
        "published": result.is_published,
        "corrected": result.is_corrected,
        "createdAt": None if result.created_at is None else time_to_wire(result.created_at),
        "updatedAt": None if result.updated_at is None else time_to_wire(result.updated_at),
        "owner": result.owner,
        "name": result.name,
        "number": result.number,
        "comment": result.comment,
    }
    return {name: value for name, value in wire.items() if value is not None}


def time_to_wire(time: dt.datetime) -> str:
    """An aware time as the API writes an AWSDateTime: in UTC, with milliseconds."""
    return time.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _set(target: object, name: str, value: object) -> None:
    """A frozen dataclass may still tidy its own fields while it is made."""
    object.__setattr__(target, name, value)


def cleaned_text(name: str, text: str, longest: int = TEXT_MAX) -> str:
    """The trimmed text of a field, as the API accepts it. Raises FieldInvalid."""
    trimmed = text.strip()
    if not trimmed:
        raise FieldInvalid(name, f"The {name} is empty.")
    if len(trimmed) > longest:
        raise FieldInvalid(name, f"The {name} is too long: {len(trimmed)} characters, {longest} at most.")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in trimmed):
        raise FieldInvalid(
            name, f"The {name} holds a control character (such as a line break). Type it again."
        )
    return trimmed


def cleaned_comment(text: str) -> str:
    """The trimmed text of a comment, as the API accepts it: its lines divided by \\n, its tabs spaces; "" for
    none. Raises FieldInvalid."""
    trimmed = re.sub("\r\n?", "\n", text).replace("\t", " ").strip()
    if trimmed:
        cleaned_text("comment", trimmed.replace("\n", " "), COMMENT_MAX)
    return trimmed


def _check_id(name: str, text: str) -> None:
    if not is_id(text):
        raise FieldInvalid(name, f"“{text}” is no id.")


def _check_audience(student: str, audience: Audience) -> None:
    length = audience.code_length
    if length is not None and not is_code(student, length):
        raise FieldInvalid("student", f"“{student}” is no student code of {length} characters.")
