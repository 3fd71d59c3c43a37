"""The viewer's own result, found by name or code; the search is kept in the address only on request."""

from __future__ import annotations

import streamlit as st

from shared.live.cache import ResultsSnapshot
from shared.model.exam import Audience, Exam, Result
from shared.model.statistics import frame_from_results
from shared.model.students import find_students
from shared.model.text import escape_markdown
from student_app.exam.own_result import own_sentence

__all__ = ["ask_own", "show_own"]

_ADDRESS = "me"
_FOUND_SHOWN_MAX = 5  # students of one name


def ask_own(exam: Exam, results: ResultsSnapshot | None) -> list[Result]:
    """Draws the search field and returns the rows that it finds."""
    label = "My code" if exam.audience is Audience.CODES else "My name"
    asked = st.text_input(
        label,
        value=st.query_params.get(_ADDRESS, ""),
        max_chars=120,
        key=f"me-{exam.id}",
        placeholder="to find my result",
    ).strip()
    if not asked or results is None:
        return []
    found = find_students(results.rows, asked, exam.audience)
    if not found:
        st.info("No such result yet. Write it just as the teacher does.")
        return []
    if st.checkbox("Keep it in this page's address", key="keep-me", value=_ADDRESS in st.query_params):
        st.query_params[_ADDRESS] = asked
    elif _ADDRESS in st.query_params:
        del st.query_params[_ADDRESS]
    return found


def show_own(exam: Exam, results: ResultsSnapshot, found: list[Result]) -> None:
    """Draws each grade with its place in the distribution."""
    frame = frame_from_results(results.rows, exam.scale)
    if len(found) > 1:
        st.info(f"{len(found)} students have this name: none of them is marked.")
    for row in found[:_FOUND_SHOWN_MAX]:
        st.success(escape_markdown(own_sentence(exam, frame, row)), icon=":material/person:")
