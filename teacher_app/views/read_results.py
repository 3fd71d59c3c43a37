"""The results of many exams, read once for the reruns of a page."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import streamlit as st

from shared.model.exam import Exam, Result
from teacher_app.context import current_api, current_results_reader
from teacher_app.views import navigation

__all__ = ["results_of"]

_READ = "results-of-exams"
REFRESH_S = 15.0  # after this, the next interaction reads what was changed elsewhere


@dataclass(slots=True)
class _Read:
    at_s: float
    results: dict[str, list[Result]] = field(default_factory=dict)


def results_of(exams: Sequence[Exam]) -> dict[str, list[Result]]:
    """By the exam's id. Read again when the teacher comes to the page. Raises what the API raises."""
    if navigation.has_arrived():
        st.session_state.pop(_READ, None)
    read: _Read = st.session_state.get(_READ) or _Read(time.monotonic())
    if time.monotonic() - read.at_s > REFRESH_S:
        read = _Read(time.monotonic())
    missing = [exam.id for exam in exams if exam.id not in read.results]
    read.results |= current_results_reader().results(current_api(), missing)
    st.session_state[_READ] = read
    return {exam.id: read.results[exam.id] for exam in exams}
