"""The page of my exams: the list, a button for a new exam, and the undo of deletions."""

from __future__ import annotations

import streamlit as st

from teacher_app.components.exam_list import exam_list
from teacher_app.context import current_api, current_session
from teacher_app.views import navigation
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.exam_parts import deletion
from teacher_app.views.unsaved_elsewhere import show_unsaved

__all__ = ["render"]

_LAST = "exams-last-read"


def render() -> None:
    """My exams, newest first. If they cannot be read again, those read before are shown."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="exams-head"
    ):
        st.title("My exams", anchor=False)
        with st.container(horizontal=True, width="content"):
            if st.button("Class lists", icon=":material/groups:"):
                navigation.go_to_classes()
            if st.button("Gradebook", icon=":material/grid_on:"):
                navigation.go_to_gradebook()
            if st.button("New exam", type="primary", icon=":material/add:"):
                navigation.go_to_new()
    deletion.offer_undo()
    try:
        st.session_state[_LAST] = (current_session().sub, list(current_api().list_my_exams()))
    except EXPECTED as error:
        explain(error, retry_key="exams-again")
    if _LAST not in st.session_state:
        return
    reader, exams = st.session_state[_LAST]
    show_unsaved(reader)
    if not exams:
        st.markdown("No exams yet. Press **New exam** to create the first one.")
        return
    chosen = exam_list(exams, reader=reader, key="exam-list")
    if chosen is not None:
        navigation.go_to_exam(chosen)
