"""Editing an exam while others may edit it too: what the teacher changed, and where that clashes."""

from __future__ import annotations

from dataclasses import dataclass

from shared.model.exam import Exam
from teacher_app.exam.form import FIELD_LABELS, ExamFields

__all__ = ["Clash", "changed_fields", "clashes"]


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that was changed here and elsewhere, to different values."""

    field: str
    mine: object
    theirs: object


def changed_fields(base: Exam, wanted: ExamFields) -> dict[str, object]:
    """What `wanted` changes of `base`: field -> new value, as TeacherApi.update_exam takes them. `wanted` has
    no faults."""
    now = {name: getattr(wanted, name) for name in FIELD_LABELS}
    for name in ("subject", "teacher"):
        now[name] = now[name].strip()
    return {name: value for name, value in now.items() if value != getattr(base, name)}


def clashes(base: Exam, changes: dict[str, object], current: Exam) -> list[Clash]:
    """Where `current` was changed since `base` too. Fields that only one of both changed simply come
    together."""
    found = []
    for name, mine in changes.items():
        theirs = getattr(current, name)
        if theirs not in (getattr(base, name), mine):
            found.append(Clash(name, mine, theirs))
    return found
