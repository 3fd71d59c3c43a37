"""Entering results one after the other: the fast form and the rows so far."""

from __future__ import annotations

import secrets

import streamlit as st

from teacher_app.components.fast_entry import fast_entry
from teacher_app.context import sign_in_again_path
from teacher_app.rows.entry_session import EntrySession
from teacher_app.rows.workspace import Workspace

__all__ = ["render"]


@st.fragment
def render(workspace: Workspace) -> None:
    """The form, each row with its receipt. A fragment: a row typed here runs nothing else of the page."""
    exam_id = workspace.exam.id
    key = f"entry-{exam_id}"
    page: EntrySession | None = st.session_state.get(f"page-{key}")
    if page is None or page.workspace is not workspace:
        page = st.session_state[f"page-{key}"] = EntrySession(workspace, secrets.SystemRandom())
    if st.session_state.pop(f"rested-{key}", False):
        st.rerun()  # all of the page, at leisure: its title counts the results
    page.refresh_if_old()
    data = page.data(place=f"exam-results-{workspace.exam.owner}-{exam_id}", sign_in=sign_in_again_path())
    entering = page

    def on_outbox() -> None:
        entering.take(st.session_state[key].get("outbox"))

    def on_rested() -> None:
        st.session_state[f"rested-{key}"] = True

    fast_entry(key, data, on_outbox=on_outbox, on_rested=on_rested)
