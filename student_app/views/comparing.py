"""Several exams side by side."""

from __future__ import annotations

import streamlit as st

from shared.model.exam import Exam
from student_app.components import comparison_charts
from student_app.context import Serving
from student_app.exam.choosing import exam_labels, matching_exams
from student_app.views.choice import keep_choice, search_field

__all__ = ["show_comparison"]

COMPARED_MAX = 5
_CHOICE = "compared"


def show_comparison(parts: Serving, exam: Exam) -> None:
    """A choice of other exams, and a small chart of each."""
    exams = parts.cache.exams()
    others = [other for other in exams.exams if other.id != exam.id and other.id not in exams.held_back]
    if not others or exam.id in exams.held_back:
        return
    search = search_field("Find other exams", key="find_others", exam_count=len(others))
    offered = {other.id: other for other in matching_exams(others, search)}
    for exam_id in st.session_state.get(_CHOICE, ()):  # a choice stays, whatever is searched for
        known = parts.cache.exam(exam_id)
        if known is not None and known in others:
            offered[exam_id] = known
    labels = exam_labels(offered.values())
    chosen = st.multiselect(
        "Compare with other exams",
        list(offered),
        format_func=lambda exam_id: labels.get(exam_id, exam_id),
        max_selections=COMPARED_MAX,
        key=_CHOICE,
        placeholder="Choose up to five",
        on_change=keep_choice,
    )
    compared = [exam, *(offered[exam_id] for exam_id in chosen if exam_id in offered)]
    if len(compared) > 1:
        for other in compared:  # the feed loads what somebody asked for a moment ago
            parts.feed.touch(other.id)
        comparison_charts(exam_labels(compared))
