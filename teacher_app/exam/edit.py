"""Concurrent edits: what the teacher changed, and which of it conflicts with changes elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from shared.model.exam import Exam
from teacher_app.exam.form import FIELD_LABELS, ExamFields

__all__ = ["Clash", "changed_fields", "clashes"]


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that was changed to different values here and elsewhere."""

    field: str
    mine: object
    theirs: object


def changed_fields(base: Exam, wanted: ExamFields) -> dict[str, object]:
    """The fields of `base` that `wanted`, which has no faults, changes: field -> new value, as
    TeacherApi.update_exam takes them."""
    now = {name: getattr(wanted, name) for name in FIELD_LABELS}
    for name in ("subject", "teacher"):
        now[name] = now[name].strip()
    return {name: value for name, value in now.items() if value != getattr(base, name)}


def clashes(base: Exam, changes: dict[str, object], current: Exam) -> list[Clash]:
    """The fields among `changes` that `current` has changed since `base` too, to other values. Changes of
    different fields do not conflict."""
    found = []
    for name, mine in changes.items():
        theirs = getattr(current, name)
        if theirs not in (getattr(base, name), mine):
            found.append(Clash(name, mine, theirs))
    return found
