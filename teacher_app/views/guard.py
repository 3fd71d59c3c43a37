"""What a page shows when the session has ended or the backend does not answer, in place of an error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from shared.errors import ApiRefused, BackendUnreachable, SessionEnded
from teacher_app.current import sign_in_again_path

__all__ = ["explain", "guarded"]


@contextmanager
def guarded() -> Iterator[None]:
    """Whatever the API raises inside is said in words; the page goes on after the block."""
    try:
        yield
    except (SessionEnded, BackendUnreachable, ApiRefused) as error:
        explain(error)


def explain(error: Exception) -> None:
    """Say what happened, that nothing is lost, and what to do."""
    if isinstance(error, SessionEnded):
        st.warning(
            "Your session has ended. Nothing that you typed is lost: sign in again, then come back here."
        )
        st.link_button("Sign in again in another tab", sign_in_again_path())
    elif isinstance(error, BackendUnreachable):
        st.error(
            "The server does not answer. Nothing that you typed is lost: wait a moment, then try again.",
            icon=":material/cloud_off:",
        )
        st.button("Try again")
    else:
        st.error(f"This was refused: {error}")
