"""Several exams side by side."""

from __future__ import annotations

import streamlit as st

from shared.exam import Exam
from student_app.choosing import exam_label
from student_app.current import Serving
from student_app.exam_details import comparison_rows

__all__ = ["show_comparison"]

COMPARED_MAX = 5
LOADING_S = 2.0
_CHOICE = "compared"


def show_comparison(parts: Serving, exam: Exam) -> None:
    """A choice of other exams, and a table. Drawn again by itself only while results are being loaded."""
    others = {other.id: other for other in parts.cache.exams().exams if other.id != exam.id}
    if not others:
        return
    with st.expander("Compare with other exams"):
        chosen = st.multiselect(
            "Other exams",
            list(others),
            format_func=lambda exam_id: exam_label(others[exam_id]) if exam_id in others else exam_id,
            max_selections=COMPARED_MAX,
            key=_CHOICE,
            placeholder="Choose up to five",
        )
        compared = [exam, *(others[exam_id] for exam_id in chosen if exam_id in others)]
        if len(compared) == 1:
            return
        for other in compared:  # the feed loads what somebody asked for a moment ago
            parts.feed.watch(other.id)
            parts.feed.unwatch(other.id)
        if all(parts.cache.results(other.id) for other in compared):
            _table(parts, compared)
        else:
            st.fragment(_table, run_every=LOADING_S)(parts, compared)


def _table(parts: Serving, compared: list[Exam]) -> None:
    loaded = [(exam, parts.cache.results(exam.id)) for exam in compared]
    there = [(exam, results.rows) for exam, results in loaded if results is not None]
    if len(there) < len(loaded):
        st.caption("Loading …")
    st.dataframe(
        comparison_rows(there),
        hide_index=True,
        width="stretch",
        alt="The chosen exams with their means, medians, middle halves and pass rates",
    )
    st.caption("In percent of the best grade, so that different scales can be compared.")
