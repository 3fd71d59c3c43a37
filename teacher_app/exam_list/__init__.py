"""The list of exams: a component that searches, filters and sorts in the browser, with real links."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from shared.exam import Exam
from teacher_app.exam_list.rows import list_rows

__all__ = ["exam_list"]

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "exam_list",
    html=(_FOLDER / "list.html").read_text("utf-8"),
    css=(_FOLDER / "list.css").read_text("utf-8"),
    js=(_FOLDER / "list.js").read_text("utf-8"),
)


def exam_list(exams: Sequence[Exam], *, reader: str, key: str) -> str | None:
    """Draw the list for `reader`, an id of who sits there. Gives the id of the exam that was chosen just now,
    once; else None."""
    data = {"exams": list_rows(exams), "reader": reader}
    chosen = _component(key=key, data=data, on_chosen_change=lambda: None).chosen
    return None if chosen is None else str(chosen)
