"""Storing what a teacher changed in a gradebook, in its class list."""

from __future__ import annotations

from collections.abc import Sequence

from shared.api.calls import TeacherApi
from shared.model.class_list import ClassList
from shared.model.errors import VersionConflict
from teacher_app.gradebook.choice import Edits, edited, parse_choice

__all__ = ["store_edits"]


def store_edits(
    api: TeacherApi, stored: ClassList, edits: Edits, exam_ids: Sequence[str]
) -> tuple[ClassList, dict[str, str]]:
    """The list with these edits, and what is wrong with a typed weight, by the exam's id.

    If the list was changed elsewhere in the meantime, the edits are made to what it is now: what another tab
    changed beside them stays. Raises what the API raises.
    """
    try:
        return _stored(api, stored, edits, exam_ids)
    except VersionConflict as conflict:
        if not isinstance(conflict.current, ClassList):
            raise
        return _stored(api, conflict.current, edits, exam_ids)


def _stored(
    api: TeacherApi, stored: ClassList, edits: Edits, exam_ids: Sequence[str]
) -> tuple[ClassList, dict[str, str]]:
    choice, faults = edited(parse_choice(stored.gradebook), edits, exam_ids)
    if choice.text != stored.gradebook:
        stored = api.update_class_list(stored.id, stored.version, gradebook=choice.text)
    return stored, faults
