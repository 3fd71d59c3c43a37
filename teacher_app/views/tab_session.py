"""Ties the open tab to the teacher's session: when it ends, hides everything and offers to sign in; continues
after signing in elsewhere."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from teacher_app.context import sign_in_again_path, tab_path
from teacher_app.gate import paths

__all__ = ["tie_tab_to_session"]

_component = st.components.v2.component(
    "tab_session", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


def tie_tab_to_session() -> None:
    """Draw nothing; the script shows a line instead of the page once the session has ended."""
    _component(
        key="tab-session",
        data={"sign_in": sign_in_again_path(), "resume": paths.RESUME, "tab": tab_path()},
        on_returned_change=lambda: None,
    )
