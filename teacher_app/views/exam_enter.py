"""Entering results one after the other."""

from __future__ import annotations

import streamlit as st

from shared.errors import FieldInvalid
from shared.exam import NewResult
from shared.grades import parse_grade
from teacher_app.views.guard import guarded
from teacher_app.workspace import Workspace

__all__ = ["render"]


def render(workspace: Workspace) -> None:
    """A form for the next student, and the rows so far."""
    with st.form("enter", clear_on_submit=False):
        student = st.text_input("Student", max_chars=120)
        grade = st.text_input("Grade", max_chars=16, help=workspace.exam.scale.hint)
        is_wanted = st.form_submit_button("Save")
    if is_wanted:
        with guarded():
            try:
                new = NewResult(student, parse_grade(grade, workspace.exam.scale).text)
                workspace.keep([workspace.api.create_result(workspace.exam.id, new)])
            except FieldInvalid as error:
                st.error(str(error))
    st.dataframe(
        [{"Student": row.student, "Grade": row.grade} for row in workspace.results],
        width="stretch",
        hide_index=True,
    )
