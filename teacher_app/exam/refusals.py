"""The messages for refusals by the exam API and for its absence."""

from __future__ import annotations

from shared.model.errors import (
    BackendUnreachable,
    FieldInvalid,
    InputRefused,
    NotAllowed,
    NotFound,
    ServerDiskFull,
    SessionEnded,
    VersionConflict,
)

__all__ = ["refusal_text"]


def refusal_text(error: Exception) -> str:
    """What happened, that nothing is lost, and what to do; for every error of the exam API."""
    if isinstance(error, SessionEnded):
        return (
            "Your session has ended. Nothing that you typed is lost: sign in again in another tab, "
            "then come back here and press once more."
        )
    if isinstance(error, ServerDiskFull):
        return (
            "The server's disk is full: nothing can be saved until its operator makes room. "
            "Nothing that you typed is lost. Tell the operator, then try again."
        )
    if isinstance(error, BackendUnreachable):
        return "The server does not answer. Nothing that you typed is lost. Wait a moment, then try again."
    if isinstance(error, VersionConflict):
        return "Not saved: this was changed elsewhere in the meantime. Look at it again, then decide."
    if isinstance(error, NotAllowed):
        if error.is_about_the_row:
            return "Not saved: this exam belongs to another teacher, who alone can change it."
        return "The server did not accept your sign-in. Sign out, then sign in again."
    if isinstance(error, NotFound):
        return "This is no longer there: it was deleted elsewhere."
    if isinstance(error, InputRefused | FieldInvalid):
        return f"Not saved: {error.reason}"
    return f"This was refused: {error}"
