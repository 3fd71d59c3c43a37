"""Several exams side by side."""

from __future__ import annotations

import streamlit as st

from shared.model.exam import Exam
from student_app.context import Serving
from student_app.exam.choosing import OFFERED_MAX, exam_labels, matching_exams
from student_app.exam.details import comparison_rows

__all__ = ["show_comparison"]

COMPARED_MAX = 5
LOADING_S = 2.0
_CHOICE = "compared"


def show_comparison(parts: Serving, exam: Exam) -> None:
    """A choice of other exams, and a table."""
    others = [other for other in parts.cache.exams().exams if other.id != exam.id]
    if not others:
        return
    with st.expander("Compare with other exams"):
        search = ""
        if len(others) > OFFERED_MAX:
            search = st.text_input(
                "Find other exams", placeholder="subject, date or teacher", key="find_others"
            )
        offered = {other.id: other for other in matching_exams(others, search)}
        for exam_id in st.session_state.get(_CHOICE, ()):  # a choice stays, whatever is searched for
            known = parts.cache.exam(exam_id)
            if known is not None and exam_id != exam.id:
                offered[exam_id] = known
        labels = exam_labels(offered.values())
        chosen = st.multiselect(
            "Other exams",
            list(offered),
            format_func=lambda exam_id: labels.get(exam_id, exam_id),
            max_selections=COMPARED_MAX,
            key=_CHOICE,
            placeholder="Choose up to five",
        )
        compared = [exam, *(offered[exam_id] for exam_id in chosen if exam_id in offered)]
        if len(compared) == 1:
            return
        for other in compared:  # the feed loads what somebody asked for a moment ago
            parts.feed.touch(other.id)
        _table(parts, compared)
        if _is_loading(parts, compared):
            _await_results(parts, compared)


@st.fragment(run_every=LOADING_S)
def _await_results(parts: Serving, compared: list[Exam]) -> None:
    """Reruns until the feed has loaded them all."""
    if _is_loading(parts, compared):
        st.caption("Loading …")
    else:
        st.rerun()


def _is_loading(parts: Serving, compared: list[Exam]) -> bool:
    """False for exams that are no longer published."""
    return any(parts.cache.results(one.id) is None and parts.cache.exam(one.id) for one in compared)


def _table(parts: Serving, compared: list[Exam]) -> None:
    loaded = [(exam, parts.cache.results(exam.id)) for exam in compared]
    loaded_rows = [(exam, results.rows) for exam, results in loaded if results is not None]
    st.dataframe(
        comparison_rows(loaded_rows),
        hide_index=True,
        width="stretch",
        alt="The chosen exams with their means, medians, middle halves and pass rates",
    )
    st.caption("In percent of the best grade, so that different scales can be compared.")
