"""The page of a new exam: empty, or filled in like another one (?like=ID)."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
    are_others_chosen,
    choose_students,
    student_choice,
)
from teacher_app.views.form_keys import press_on_enter
from teacher_app.views.unsaved_changes import ask_before_leaving

__all__ = ["render"]

_STARTS = "new-exam-starts"  # in the session: a _Start by the id of the pattern, or ""
RECENT_EXAMS = 20  # so many of the newest exams are asked for scales of the teacher's own


@dataclass(slots=True)
class _Start:
    """With what the form of the exam `exam_id` begins, with scales of the newest exams and whose students
    it may have; whether anything was changed in it, and whether the exam was to be stored."""

    exam_id: str
    fields: ExamFields
    used_scales: tuple[Scale, ...]
    students: StudentChoice
    is_changed: bool = False
    is_tried: bool = False


def render() -> None:
    """The form; nothing is stored until the button is pressed."""
    like = st.query_params.get(navigation.LIKE, "")
    st.title("New exam", anchor=False)
    try:
        start = _start(like)
    except EXPECTED as error:
        explain(error, retry_key="new-exam-again")
        return
    exam_id = start.exam_id
    if like and start.fields.subject:
        st.caption(f"With the details of “{escape_markdown(start.fields.subject)}”, without its grades.")
    drawn = draw_fields(start.fields, key=f"new-{exam_id}", used_scales=start.used_scales)
    try:
        students = choose_students(start.students, drawn.values.audience, f"new-{exam_id}")
    except EXPECTED as error:
        explain(error, retry_key="new-exam-students-again")
        return
    start.is_changed = drawn.values != start.fields or are_others_chosen(start.students, f"new-{exam_id}")
    if start.is_changed:
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
    start.is_tried = True
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
    """What was typed stays when another page is shown; an untouched form begins anew the next day, with that
    date. Class lists that were changed meanwhile are offered as they are now, unless some of the students may
    be stored already."""
    starts: dict[str, _Start] = st.session_state.setdefault(_STARTS, {})
    known = starts.get(like)
    if known is not None and navigation.has_arrived() and not known.is_tried:
        if known.is_changed or known.fields.date == local_now().date():
            known.students = student_choice(like)
        else:
            known = None
    if known is None:
        recent = list(itertools.islice(current_api().list_my_exams(page_size=RECENT_EXAMS), RECENT_EXAMS))
        scales = tuple(exam.scale for exam in recent)
        known = starts[like] = _Start(new_id(), _fields(like, recent), scales, student_choice(like))
    return known


def _fields(like: str, recent: Sequence[Exam]) -> ExamFields:
    today = local_now().date()
    pattern: Exam | None = current_api().get_exam(like) if like else None
    if pattern is not None:
        return replace(ExamFields.of(pattern), date=today)
    usual_name = recent[0].teacher if recent else current_session().display_name
    return ExamFields.empty(today, usual_name)


def _forget(like: str) -> None:
    st.session_state[_STARTS].pop(like, None)
