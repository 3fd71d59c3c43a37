"""The page that finds a student in all exams of the teacher."""

from __future__ import annotations

import itertools

import streamlit as st

from shared.model.exam import Exam
from teacher_app.components.student_finder import student_finder
from teacher_app.context import current_api
from teacher_app.exam.wording import count_text
from teacher_app.views import navigation
from teacher_app.views.buttons import set_state
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.read_results import results_of

__all__ = ["render"]

SEARCHED_MAX = 200  # of the newest exams
RESULTS_MAX = 20_000  # in these, about 1 MB in the browser; a button adds the others
_SEARCHES_ALL = "find-in-all-exams"
_COMPLETE = "find-read"  # in the session: the box is drawn once before the exams are read, to be typed into


def render() -> None:
    """One box. Every result that the teacher has entered is found by name, number or code, in drafts too."""
    st.title("Find a student", anchor=False)
    if navigation.has_arrived():
        st.session_state.pop(_COMPLETE, None)
    try:
        exams = [exam for exam in current_api().list_my_exams() if exam.results_count]
        searched = exams if st.session_state.get(_SEARCHES_ALL) else _newest(exams)
        is_complete = st.session_state.get(_COMPLETE, False)
        results = results_of(searched) if is_complete else {}
    except EXPECTED as error:
        explain(error, retry_key="find-again")
        return
    chosen = student_finder(searched, results, is_complete=is_complete, key="find")
    if chosen is not None:
        navigation.go_to_exam(chosen, "Grid")
    if len(searched) < len(exams):
        st.caption(f"In the newest {count_text(len(searched), 'exam')} of {len(exams):,}.")
        st.button("Look in the older ones too", on_click=set_state, args=(_SEARCHES_ALL, True))
    navigation.link_to(
        navigation.STUDENT, "Export or erase all of one student", icon=":material/person_remove:"
    )
    if not is_complete:
        st.session_state[_COMPLETE] = True
        st.rerun()


def _newest(exams: list[Exam]) -> list[Exam]:
    totals = itertools.accumulate(exam.results_count or 0 for exam in exams[:SEARCHED_MAX])
    return exams[: max(1, sum(total <= RESULTS_MAX for total in totals))]
