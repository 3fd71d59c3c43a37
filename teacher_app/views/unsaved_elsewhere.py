"""What was typed in this tab, is not saved, and is not on the part of the page that is shown."""

from __future__ import annotations

import streamlit as st

from teacher_app.components.unsaved_notice import unsaved_notice
from teacher_app.rows.page_session import PageSession
from teacher_app.views import navigation

__all__ = ["show_unsaved", "unsaved_parts"]

_GO = "go-to-unsaved"  # in the session: the exam and the part


def show_unsaved(owner: str, exam_id: str = "", part: str = "") -> None:
    """A notice with a button for each place where something is not saved; nothing if everything is."""
    key = _key(exam_id)

    def go() -> None:
        wanted = st.session_state[key].get("go")
        if wanted["exam"] == exam_id:
            st.session_state[navigation.PART] = wanted["part"]
        else:
            st.session_state[_GO] = wanted

    known = unsaved_parts(exam_id)
    shown = {"owner": owner, "exam": exam_id, "part": part}
    unsaved_notice(key, {**shown, "known": known, "saved": _carried_out()}, on_go=go)
    elsewhere = st.session_state.pop(_GO, None)
    if elsewhere:
        navigation.go_to_exam(elsewhere["exam"], elsewhere["part"])


def unsaved_parts(exam_id: str) -> dict[str, int]:
    """How many entries of the exam are not saved, by the part of the work where they were typed."""
    here: dict[str, int] = st.session_state.get(_key(exam_id), {}).get("here") or {}
    return here


def _carried_out() -> dict[str, int]:
    """What the tab still keeps where it left a page before it was told that it is saved."""
    sessions = [value for value in st.session_state.values() if isinstance(value, PageSession)]
    return {key: attempt for session in sessions for key, attempt in session.carried_out.items()}


def _key(exam_id: str) -> str:
    return f"unsaved-{exam_id}"
