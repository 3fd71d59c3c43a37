"""The teacher's class lists, for every page that offers them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from shared.model.class_list import ClassList
from shared.model.names import sort_key
from teacher_app.context import current_api
from teacher_app.exam.wording import count_text
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.labels import held_labels

__all__ = ["choose_class_list", "read_class_lists"]

_READ = "class-lists-read"


def read_class_lists() -> tuple[list[ClassList] | None, bool]:
    """The lists by title, and whether they could be read. If not, the page says so, and those read before
    stay, if any were."""
    is_read = False
    try:
        found = sorted(current_api().list_class_lists(), key=lambda one: sort_key(one.title))
        st.session_state[_READ], is_read = found, True
    except EXPECTED as error:
        explain(error, retry_key="class-lists-again")
    return st.session_state.get(_READ), is_read


def choose_class_list(lists: Sequence[ClassList], *, key: str) -> str | None:
    """Draw the choice. Returns the id of the chosen list, None if `st.session_state[key]` is."""
    labels = {one.id: f"{one.title} ({count_text(one.student_count, 'student')})" for one in lists}
    labels = held_labels(key, labels)
    chosen: str | None = st.selectbox(
        "Class list",
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        placeholder="Choose a class list",
        width=720,
        persist_state="session",
    )
    return chosen
