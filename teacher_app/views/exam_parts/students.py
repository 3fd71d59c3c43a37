"""Whose students a new exam begins with: nobody's, another exam's, or a class list's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from shared.model.class_list import ClassStudent
from shared.model.exam import Audience
from shared.model.names import sort_key
from teacher_app.context import current_api
from teacher_app.exam.students import awaited_rows, students_of
from teacher_app.exam.wording import count_text
from teacher_app.rows.commands import CreateRow, NotSaved, Refused
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter
from teacher_app.views.labels import held_labels

__all__ = ["StudentChoice", "add_students", "are_others_chosen", "choose_students", "student_choice"]

_NOBODY = ""


@dataclass(slots=True)
class StudentChoice:
    """What there is to choose from. `labels` and `students` (once they are read): by the id of an exam or a
    class list. `rows` keep their ids until they are stored, however often the button is pressed."""

    labels: Mapping[str, str]
    students: dict[str, tuple[ClassStudent, ...]]
    chosen: str = _NOBODY
    rows: dict[tuple[str, bool], list[CreateRow]] = field(default_factory=dict)


def student_choice(like: str) -> StudentChoice:
    """Begins with the students of the exam `like`, if it has any. Raises what the API raises."""
    api = current_api()
    pattern = api.get_exam(like) if like else None
    students: dict[str, tuple[ClassStudent, ...]] = {}
    labels = {_NOBODY: "Nobody yet"}
    if pattern is not None and (found := students_of(pattern, api.list_results(pattern.id))):
        students[pattern.id] = tuple(sorted(found, key=lambda one: sort_key(one.name)))
        labels[pattern.id] = f"Those of “{pattern.subject}” ({count_text(len(found), 'student')})"
    lists = sorted(api.list_class_lists(), key=lambda one: sort_key(one.title))
    labels |= {one.id: f"{one.title} ({count_text(one.student_count, 'student')})" for one in lists}
    return StudentChoice(labels, students, pattern.id if pattern and pattern.id in students else _NOBODY)


def choose_students(choice: StudentChoice, audience: Audience, key: str) -> list[CreateRow]:
    """Draw the choice. Returns a result without a grade for each student. Raises what the API raises."""
    if len(choice.labels) == 1:
        return []
    labels = held_labels(_key_of_choice(key), choice.labels)
    ids = list(labels)
    chosen = st.selectbox(
        "Students, without grades yet",
        ids,
        index=ids.index(choice.chosen),
        format_func=labels.__getitem__,
        key=_key_of_choice(key),
        width=720,
        persist_state="session",
    )
    if chosen == _NOBODY:
        return []
    if chosen not in choice.students:
        found = current_api().get_class_list(chosen)
        choice.students[chosen] = () if found is None else found.students or ()
    students = choice.students[chosen]
    keeps_codes = False
    if audience.has_codes and any(student.code for student in students):
        keeps_codes = st.checkbox(
            "Students keep the codes that they have",
            key=f"{key}-codes",
            persist_state="session",
            help="Whoever knows a student's code from another exam then knows this grade too.",
        )
    return choice.rows.setdefault((chosen, keeps_codes), awaited_rows(students, keeps_codes=keeps_codes))


def are_others_chosen(choice: StudentChoice, key: str) -> bool:
    """Whether what is chosen is not what the choice began with."""
    return bool(st.session_state.get(_key_of_choice(key), choice.chosen) != choice.chosen)


def _key_of_choice(key: str) -> str:
    return f"{key}-students"


def add_students(exam_id: str, rows: list[CreateRow]) -> None:
    """Stores them; what is stored already stays. Raises the API's error if any is not stored."""
    workspace = Workspace(current_api, exam_id, time.time)
    receipts = RowWriter(workspace, secrets.SystemRandom()).write(rows)
    for receipt in receipts.values():
        if isinstance(receipt, NotSaved | Refused) and receipt.cause is not None:
            raise receipt.cause
