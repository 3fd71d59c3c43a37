"""The results as files for other programs. A file is made when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st

from shared.exam import Audience, Exam, Result
from teacher_app.exporting.formats import FORMATS, Format
from teacher_app.wording import count_text
from teacher_app.workspace import Workspace

__all__ = ["render"]


def render(workspace: Workspace) -> None:
    """One button a format."""
    exam, rows = workspace.exam, workspace.results
    if not rows:
        st.info("There is no result to export yet.", icon=":material/download:")
        return
    st.markdown(
        f"All {count_text(len(rows), 'result')} of this exam. What you export can be imported again, here "
        "or in another exam, without change."
        if len(rows) > 1
        else "The result of this exam. What you export can be imported again without change."
    )
    if exam.audience is Audience.CODES:
        st.warning("These files hold names beside codes: keep them to yourself.", icon=":material/lock:")
    for form in FORMATS:
        _offer(form, exam, rows)


def _offer(form: Format, exam: Exam, rows: Sequence[Result]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"export-{form.key}"):
        st.download_button(
            form.label,
            partial(form.make, exam, rows),
            form.file_name(exam),
            form.media_type,
            icon=":material/download:",
            on_click="ignore",
            width=250,
            key=f"export-{form.key}-{exam.id}",
        )
        st.markdown(form.use, width="stretch")
