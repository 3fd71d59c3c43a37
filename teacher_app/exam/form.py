"""The form of an exam: from what a teacher typed to an exam, or to the fault of each field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from shared.model.errors import FieldInvalid, ScaleUnknown
from shared.model.exam import Audience, Exam, ExamChanges, NewExam
from shared.model.scales import OUT_OF_20, LevelScale, NumberScale, Scale, describe
from shared.model.text import date_text
from teacher_app.exam.scale_form import ScaleFields
from teacher_app.exam.wording import AUDIENCE_WORDS, LISTED_WORDS

__all__ = ["FIELD_LABELS", "ExamFields", "field_text"]

FIELD_LABELS = {
    "subject": "Subject",
    "date": "Date",
    "teacher": "Teacher",
    "scale": "Scale",
    "audience": "Students are shown by",
    "is_listed": "Who can find the exam",
}
_EMPTY = {
    "subject": "Type the subject, such as “Mathematics”.",
    "teacher": "Type the name that students will see, such as “A. Lovelace”.",
}


@dataclass(frozen=True, slots=True)
class ExamFields:
    """The current content of the form, valid or not."""

    subject: str
    date: dt.date | None
    teacher: str
    scale_fields: ScaleFields
    audience: Audience
    is_listed: bool = True

    @classmethod
    def of(cls, exam: Exam) -> ExamFields:
        """The fields of an existing exam."""
        scale_fields = ScaleFields.of(exam.scale)
        return cls(exam.subject, exam.date, exam.teacher, scale_fields, exam.audience, exam.is_listed)

    @classmethod
    def empty(cls, today: dt.date, teacher: str) -> ExamFields:
        """A new exam's fields before anything is typed."""
        return cls("", today, teacher, ScaleFields.of(OUT_OF_20), Audience.OWN)

    @property
    def scale(self) -> Scale:
        """Raises ScaleUnknown."""
        return self.scale_fields.scale()

    def faults(self) -> dict[str, str]:
        """What is wrong: field -> what to do about it. Empty if the fields are valid."""
        found: dict[str, str] = {}
        for name, text in (("subject", self.subject), ("teacher", self.teacher)):
            if not text.strip():
                found[name] = _EMPTY[name]
        checks: tuple[Callable[[], object], ...] = (
            lambda: ExamChanges(subject=self.subject),
            lambda: ExamChanges(teacher=self.teacher),
        )
        for check in checks:
            try:
                check()
            except FieldInvalid as error:
                found.setdefault(error.field, error.reason)
        if self.date is None:
            found["date"] = "Choose the day of the exam."
        try:
            _ = self.scale
        except ScaleUnknown as error:
            problem = error.problem or error.reason
            found["scale"] = f"{problem[:1].upper()}{problem[1:]}."
        return found

    def new_exam(self, exam_id: str) -> NewExam:
        """Raises FieldInvalid if there are faults."""
        for name, reason in self.faults().items():
            raise FieldInvalid(name, reason)
        assert self.date is not None  # noqa: S101  # faults() said so
        return NewExam(
            self.subject, self.date, self.teacher, self.scale, self.audience, exam_id, self.is_listed
        )


def field_text(value: object) -> str:
    """The value of a field of FIELD_LABELS as shown to people."""
    if isinstance(value, NumberScale | LevelScale):
        return describe(value)
    if isinstance(value, Audience):
        return AUDIENCE_WORDS[value]
    if isinstance(value, bool):
        return LISTED_WORDS[value]
    if isinstance(value, dt.date):
        return date_text(value)
    return str(value)
