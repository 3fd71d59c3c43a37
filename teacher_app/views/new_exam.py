"""The page of a new exam: empty, or filled in like another one (?like=ID)."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence

import streamlit as st

from shared.model.exam import Exam, new_id
from shared.model.scales import Scale
from shared.model.text import escape_markdown
from teacher_app.context import current_api, current_session
from teacher_app.exam.form import ExamFields
from teacher_app.views import navigation
from teacher_app.views.buttons import storing_button
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.exam_parts.fields import draw_fields
from teacher_app.views.exam_parts.students import (
    StudentChoice,
    add_students,
    choose_students,
    student_choice,
)
from teacher_app.views.form_keys import press_on_enter
from teacher_app.views.unsaved_changes import ask_before_leaving

__all__ = ["render"]

_STARTS = "new-exam-starts"  # in the session: a _Start by the id of the pattern, or ""
# The id of the exam to be, its fields, the scales of the newest exams, whose students it may begin with.
_Start = tuple[str, ExamFields, tuple[Scale, ...], StudentChoice]
RECENT_EXAMS = 20  # so many of the newest exams are asked for scales of the teacher's own


def render() -> None:
    """The form; nothing is stored until the button is pressed."""
    like = st.query_params.get("like", "")
    st.title("New exam", anchor=False)
    try:
        exam_id, start, used, choice = _start(like)
    except EXPECTED as error:
        explain(error, retry_key="new-exam-again")
        return
    if like and start.subject:
        st.caption(f"With the details of “{escape_markdown(start.subject)}”, without its grades.")
    drawn = draw_fields(start, key=f"new-{exam_id}", used_scales=used)
    try:
        students = choose_students(choice, drawn.values.audience, f"new-{exam_id}")
    except EXPECTED as error:
        explain(error, retry_key="new-exam-students-again")
        return
    if drawn.values != start:
        ask_before_leaving(f"new-{exam_id}")
    with st.container(horizontal=True):
        create = storing_button("Create the exam", key=f"create-{exam_id}", type="primary")
        fields = f"new-{exam_id}-"
        press_on_enter(f"create-{exam_id}", fields=fields, begin_in=f"{fields}subject")
        if st.button("Cancel", type="tertiary"):
            _forget(like)
            navigation.go_to_list()
    st.caption("It starts as a draft that only you can see. You publish it when you are ready.")
    if not create.take():
        return
    faults = drawn.values.faults()
    if faults:
        drawn.show_faults(faults)
        return
    try:
        # The id is kept until this succeeds: pressing again after a lost answer creates no second exam.
        exam = current_api().create_exam(drawn.values.new_exam(exam_id))
        if students:
            add_students(exam.id, students)
    except EXPECTED as error:
        explain(error)
        return
    _forget(like)
    navigation.go_to_exam(exam.id)


def _start(like: str) -> _Start:
    starts: dict[str, _Start] = st.session_state.setdefault(_STARTS, {})
    if like not in starts:
        recent = list(itertools.islice(current_api().list_my_exams(page_size=RECENT_EXAMS), RECENT_EXAMS))
        scales = tuple(exam.scale for exam in recent)
        starts[like] = (new_id(), _fields(like, recent), scales, student_choice(like))
    return starts[like]


def _fields(like: str, recent: Sequence[Exam]) -> ExamFields:
    today = local_now().date()
    pattern: Exam | None = current_api().get_exam(like) if like else None
    if pattern is not None:
        return dataclasses.replace(ExamFields.of(pattern), date=today)
    usual_name = recent[0].teacher if recent else current_session().display_name
    return ExamFields.empty(today, usual_name)


def _forget(like: str) -> None:
    st.session_state[_STARTS].pop(like, None)
