"""The teacher's class lists, for every page that offers them."""

from __future__ import annotations

import streamlit as st

from shared.model.class_list import ClassList
from shared.model.names import sort_key
from teacher_app.context import current_api
from teacher_app.views.errors import EXPECTED, explain

__all__ = ["read_class_lists"]

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
