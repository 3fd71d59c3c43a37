"""Entering results one after the other: the fast form and the rows so far."""

from __future__ import annotations

import secrets

import streamlit as st

from teacher_app.components.fast_entry import fast_entry
from teacher_app.context import sign_in_again_path
from teacher_app.exam.wording import comment_reader_text
from teacher_app.rows.entry_session import REFRESH_S, EntrySession
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation

__all__ = ["render"]


@st.fragment(run_every=REFRESH_S)  # a second tab, or a colleague at the same account, enters too
def render(workspace: Workspace) -> None:
    """The form and the rows, each with its receipt. A fragment: a row typed here runs nothing else."""
    exam = workspace.exam
    key = f"entry-{exam.id}"
    session: EntrySession | None = st.session_state.get(f"page-{key}")
    if session is None or session.workspace is not workspace:
        session = st.session_state[f"page-{key}"] = EntrySession(workspace, secrets.SystemRandom())
    if navigation.is_other_part_chosen():
        st.rerun()
    if st.session_state.pop(f"rested-{key}", False):
        st.rerun()  # the whole page, now that no one waits for it: its title counts the results
    session.refresh_if_old()
    data = session.form_data(place=f"exam-results-{exam.owner}-{exam.id}", sign_in=sign_in_again_path())
    data["comment_reader"] = comment_reader_text(exam.audience)
    save = session.save

    def on_outbox() -> None:
        save(st.session_state[key].get("outbox"))

    def on_rested() -> None:
        st.session_state[f"rested-{key}"] = True

    fast_entry(key, data, on_outbox=on_outbox, on_rested=on_rested)
