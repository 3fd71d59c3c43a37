"""Commands that undo others.

A deleted row comes back under a new id: ids are never used twice.
"""

from __future__ import annotations

from shared.model.exam import Audience, Result
from shared.model.grades import typed_grade
from teacher_app.rows.commands import ChangeRow, CreateRow, Deleted, DeleteRow, Saved, person_of

__all__ = ["inverse_command", "restoring_command"]


def inverse_command(
    completed: Saved | Deleted, key: str, audience: Audience
) -> CreateRow | ChangeRow | DeleteRow | None:
    """A command with `key` that restores what was before `completed`; None if nothing was.

    It expects the version that `completed` left: what somebody else wrote since is a conflict, never lost.
    """
    if isinstance(completed, Deleted):
        return None if completed.before is None else restoring_command(completed.before, key, audience)
    if completed.before is None:
        return DeleteRow(key, completed.row.id, completed.row.version)
    before = completed.before
    return ChangeRow(
        key,
        completed.row.id,
        completed.row.version,
        person_of(before, audience),
        typed_grade(before.grade),
        before.number or "",
        before.comment or "",
    )


def restoring_command(row: Result, key: str, audience: Audience) -> CreateRow:
    """A command with `key` that creates a deleted row again, with its code."""
    code = row.student if audience.has_codes else None
    return CreateRow(
        key,
        person_of(row, audience),
        typed_grade(row.grade),
        accepts_duplicate=True,
        code=code,
        number=row.number or "",
        comment=row.comment or "",
    )
