"""What a page shows when the session has ended, the backend does not answer or the API refuses a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from shared.model.errors import ApiRefused, BackendUnreachable, FieldInvalid, SessionEnded
from shared.model.text import escape_markdown
from teacher_app.context import sign_in_again_path
from teacher_app.exam.refusals import refusal_text

__all__ = ["EXPECTED", "explain", "guarded"]

EXPECTED = (SessionEnded, BackendUnreachable, ApiRefused, FieldInvalid)


@contextmanager
def guarded() -> Iterator[None]:
    """Explain whatever the API raises in the block; the page continues after it."""
    try:
        yield
    except EXPECTED as error:
        explain(error)


def explain(error: Exception, *, retry_key: str | None = None) -> None:
    """Say what happened, that nothing is lost, and what to do.

    With `retry_key` a button below runs the page again; not for use inside a form, which has its own.
    """
    text = escape_markdown(refusal_text(error))
    if isinstance(error, SessionEnded):
        st.warning(text, icon=":material/lock:")
        st.link_button("Sign in again in another tab", sign_in_again_path())
        return
    st.error(
        text, icon=":material/cloud_off:" if isinstance(error, BackendUnreachable) else ":material/error:"
    )
    if retry_key is not None:
        st.button("Try again", key=retry_key)
