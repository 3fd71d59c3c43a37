"""The line above every page: the way to the list, who is signed in, the account."""

from __future__ import annotations

import streamlit as st

from shared.errors import SessionEnded
from teacher_app import gate_paths
from teacher_app.current import current_session

__all__ = ["render"]


def render() -> None:
    """One line, the same on every page."""
    left, right = st.columns([2, 1], vertical_alignment="center")
    left.markdown("[**My exams**](/)")
    try:
        name = current_session().display_name
    except SessionEnded:
        return  # the page itself says so
    right.markdown(f"{_plain(name)} · [Account and sign out]({gate_paths.ACCOUNT})")


def _plain(text: str) -> str:
    return "".join(
        f"\\{character}" if character in r"\`*_{}[]()#+-.!|<>~$:" else character for character in text
    )
