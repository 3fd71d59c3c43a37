"""What a page shows when the session has ended, the backend does not answer or the API says no, in place of
an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from shared.errors import (
    ApiRefused,
    BackendUnreachable,
    FieldInvalid,
    InputRefused,
    NotAllowed,
    NotFound,
    SessionEnded,
    VersionConflict,
)
from teacher_app.current import sign_in_again_path
from teacher_app.wording import plain_markdown

__all__ = ["EXPECTED", "explain", "guarded"]

EXPECTED = (SessionEnded, BackendUnreachable, ApiRefused, FieldInvalid)


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever the API raises inside is said in words; the page goes on after the block."""
    try:
        yield
    except EXPECTED as error:
        explain(error)


def explain(error: Exception, *, retry_key: str | None = None) -> None:
    """Say what happened, that nothing is lost, and what to do.

    With `retry_key` a button that runs the page again stands below; not inside a form, which has its own.
    """
    if isinstance(error, SessionEnded):
        st.warning(
            "Your session has ended. Nothing that you typed is lost: sign in again in another tab, "
            "then come back here and press once more.",
            icon=":material/lock:",
        )
        st.link_button("Sign in again in another tab", sign_in_again_path())
        return
    if isinstance(error, BackendUnreachable):
        st.error(
            "Not saved: the server does not answer. Nothing that you typed is lost. "
            "Wait a moment, then press again."
            if retry_key is None
            else "The server does not answer. Wait a moment, then try again.",
            icon=":material/cloud_off:",
        )
    else:
        st.error(_reason(error), icon=":material/error:")
    if retry_key is not None:
        st.button("Try again", key=retry_key)


def _reason(error: Exception) -> str:
    if isinstance(error, VersionConflict):
        return "Not saved: this was changed elsewhere in the meantime. Look at it again, then decide."
    if isinstance(error, NotAllowed):
        if error.is_about_the_row:
            return "Not saved: this exam belongs to another teacher, who alone can change it."
        return "The server did not accept your sign-in. Sign out, then sign in again."
    if isinstance(error, NotFound):
        return "This is no longer there: it was deleted elsewhere."
    if isinstance(error, (InputRefused, FieldInvalid)):
        return f"Not saved: {plain_markdown(error.reason)}"
    return f"This was refused: {plain_markdown(str(error))}"
