"""The line above every page, with links to the list and the account; and the style sheet."""

from __future__ import annotations

import streamlit as st

from shared.model.errors import SessionEnded
from teacher_app.context import current_session
from teacher_app.gate import paths
from teacher_app.views import navigation
from teacher_app.views.fragments import STYLE_SHEET, fragment
from teacher_app.views.tab_session import tie_tab_to_session

__all__ = ["render"]


def render(*, is_list: bool) -> None:
    """One line; `is_list` if the page below is the list of exams."""
    st.html(STYLE_SHEET)
    tie_tab_to_session()
    navigation.let_links_wait()
    with st.container(
        key="heading", horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        navigation.link_to(
            navigation.LIST, "Exam results" if is_list else "My exams", icon=":material/menu_book:"
        )
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            navigation.link_to(navigation.FIND, "Find a student", icon=":material/person_search:")
            _show_account()


def _show_account() -> None:
    try:
        name = current_session().display_name
    except SessionEnded:
        return  # the page itself explains it
    st.html(
        fragment("account.html", name=name, account=paths.ACCOUNT, sign_out=paths.SIGN_OUT),
        width="content",
    )
