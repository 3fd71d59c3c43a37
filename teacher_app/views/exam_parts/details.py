"""The exam's own details: edit, copy, delete."""

from __future__ import annotations

from typing import Any

import streamlit as st

from shared.model.class_list import NewClassList
from shared.model.errors import FieldInvalid, VersionConflict
from shared.model.exam import TEXT_MAX, Audience, Exam
from shared.model.scales import NumberScale
from shared.model.statistics import tally_of
from shared.model.text import date_text, escape_markdown
from teacher_app.context import current_api
from teacher_app.exam.edit import changed_fields, clashes
from teacher_app.exam.form import FIELD_LABELS, ExamFields, field_text
from teacher_app.exam.scale_form import level_changes, level_counts
from teacher_app.exam.students import students_of
from teacher_app.exam.wording import count_text
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation
from teacher_app.views.buttons import set_state, storing_button
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.exam_parts import deletion
from teacher_app.views.exam_parts.fields import draw_fields
from teacher_app.views.form_keys import press_on_enter
from teacher_app.views.unsaved_changes import ask_before_leaving

__all__ = ["render", "show_unsaved"]

_PUBLISHED_LOCK = "Fixed while the exam is published: unpublish it first."


def render(workspace: Workspace) -> None:
    """Three sections, the destructive one last."""
    _edit(workspace)
    st.divider()
    st.subheader("Copy", anchor=False)
    st.markdown(
        "A new draft with these details, and with the students if you like, but without their grades: for "
        "the next exam of the class, or the resit."
    )
    if st.button("Copy the exam with its students", icon=":material/content_copy:"):
        navigation.go_to_new(like=workspace.exam.id)
    _make_class_list(workspace)
    st.divider()
    deletion.render(workspace)


def _make_class_list(workspace: Workspace) -> None:
    """A class list of the exam's students, stored at one press."""
    exam = workspace.exam
    students = students_of(exam, workspace.results)
    if not students:
        return
    st.markdown("A class list keeps the students for all exams of the class.")
    make = storing_button(
        f"Make a class list of its {count_text(len(students), 'student')}",
        key=_key(exam.id, "class-list"),
        icon=":material/groups:",
    )
    if not make.take():
        return
    try:
        # The exam's id is the list's as well: a second press makes no second list.
        new = NewClassList(f"{exam.subject}, {date_text(exam.date)}"[:TEXT_MAX], students, exam.id)
        current_api().create_class_list(new)
    except FieldInvalid as error:
        st.error(escape_markdown(error.reason), icon=":material/error:")
    except VersionConflict:
        st.info("This exam has a class list already: change it under “Class lists”.")
    except EXPECTED as error:
        explain(error)
    else:
        st.success("Stored. Give it another name under “Class lists”.", icon=":material/check:")
    navigation.link_to(navigation.CLASSES, "Class lists", icon=":material/groups:")


def show_unsaved(exam_id: str) -> None:
    """On the other parts: that details were changed and are not saved, if so."""
    # A field may have been changed in the message that brought the teacher here.
    is_changed_since = _typed(exam_id) != st.session_state.get(_key(exam_id, "typed"), {})
    if is_changed_since or st.session_state.get(_key(exam_id, "unsaved")):
        st.warning("Details that you changed are not saved.", icon=":material/save:")
        st.button(
            "Go to “Details”",
            on_click=set_state,
            args=(navigation.PART, navigation.DETAILS),
            key=_key(exam_id, "go"),
        )


def _edit(workspace: Workspace) -> None:
    st.subheader("Details", anchor=False)
    exam_id = workspace.exam.id
    # The form keeps its initial values while somebody types, whatever changes elsewhere.
    base: Exam = st.session_state.setdefault(_key(exam_id, "base"), workspace.exam)
    key = _fields_key(exam_id)
    drawn = draw_fields(
        ExamFields.of(base),
        key=key,
        audience_locked=_audience_lock(workspace),
        listed_locked=_PUBLISHED_LOCK if workspace.exam.is_published else None,
    )
    faults = drawn.values.faults()
    changes = {} if faults else changed_fields(base, drawn.values)
    if not faults and not changes and workspace.exam.version != base.version:
        _restart(workspace)
    is_unsaved = st.session_state[_key(exam_id, "unsaved")] = bool(faults or changes)
    st.session_state[_key(exam_id, "typed")] = _typed(exam_id)
    if is_unsaved:
        ask_before_leaving(f"details-{exam_id}")
    if "scale" in changes:
        _warn_of_misfits(workspace, drawn.values)
    with st.container(horizontal=True):
        save = storing_button("Save the details", key=_key(exam_id, "save"), type="primary")
        discard = storing_button("Discard my changes", key=_key(exam_id, "discard")) if is_unsaved else None
    press_on_enter(_key(exam_id, "save"), fields=f"{key}-")
    if discard is not None and discard.take():
        _restart(workspace)
    if _key(exam_id, "receipt") in st.session_state:
        st.success(st.session_state.pop(_key(exam_id, "receipt")), icon=":material/check:")
    is_wanted = save.take()
    if is_wanted and faults:
        drawn.show_faults(faults)
    elif is_wanted and not changes:
        st.info("Nothing to save: you have changed nothing.")
    elif is_wanted:
        _save(workspace, base, changes)
    if changes and st.session_state.get(_key(exam_id, "pending")):
        _choose(workspace, base, changes)


def _save(workspace: Workspace, base: Exam, changes: dict[str, Any]) -> None:
    """Store `changes`, unless a field was changed elsewhere too: then the teacher chooses."""
    if clashes(base, changes, workspace.exam):
        st.session_state[_key(base.id, "pending")] = True
        return
    try:
        _store(workspace, changes)
    except EXPECTED as error:
        explain(error)
    else:
        _save(workspace, base, changes)  # terminates: each time with the newest exam


def _store(workspace: Workspace, changes: dict[str, Any]) -> None:
    """Store `changes` and restart the form. Returns only if the exam was changed elsewhere meanwhile."""
    if workspace.change_exam(lambda api, exam: api.update_exam(exam.id, exam.version, **changes)):
        st.session_state[_key(workspace.exam.id, "receipt")] = f"Saved at {local_now():%H:%M:%S}."
        _restart(workspace)


def _choose(workspace: Workspace, base: Exam, changes: dict[str, Any]) -> None:
    found = clashes(base, changes, workspace.exam)
    st.warning(
        "Not saved yet: this exam was changed elsewhere meanwhile. Which one do you want to keep?",
        icon=":material/call_split:",
    )
    st.table(
        {
            "Yours": {FIELD_LABELS[one.field]: escape_markdown(field_text(one.mine)) for one in found},
            "Stored now": {FIELD_LABELS[one.field]: escape_markdown(field_text(one.theirs)) for one in found},
        },
        width="content",
    )
    with st.container(horizontal=True):
        save_mine = storing_button("Save mine", key=_key(base.id, "mine"), type="primary")
        keep_theirs = storing_button("Keep what is stored", key=_key(base.id, "theirs"))
    if keep_theirs.take():
        _restart(workspace)
    if save_mine.take():
        try:
            _store(workspace, changes)
        except EXPECTED as error:
            explain(error)
        else:
            st.rerun()  # changed once more: the table shows it


def _restart(workspace: Workspace) -> None:
    """Fill the form with what is stored now."""
    exam_id = workspace.exam.id
    st.session_state[_key(exam_id, "base")] = workspace.exam
    st.session_state[_key(exam_id, "begun")] = st.session_state.get(_key(exam_id, "begun"), 0) + 1
    st.session_state.pop(_key(exam_id, "pending"), None)
    st.rerun()


def _audience_lock(workspace: Workspace) -> str | None:
    """Why the audience cannot be changed now; None if it can."""
    exam = workspace.exam
    if exam.is_published:
        return _PUBLISHED_LOCK
    if not exam.audience.has_codes and workspace.results:
        return "Codes can be chosen only while there are no results. Copy the exam instead."
    if exam.audience is Audience.OWN and workspace.results:
        return "Fixed while there are results. Copy the exam instead."
    return None


def _warn_of_misfits(workspace: Workspace, wanted: ExamFields) -> None:
    scale = wanted.scale
    counted = tally_of(workspace.results, scale)
    if counted.unreadable:
        st.warning(
            f"{counted.unreadable} of {count_text(counted.count, 'grade')} would not fit “{scale.label}”. "
            "They stay as they are and count in no statistic until you correct them."
        )
    if isinstance(scale, NumberScale) and scale.key and workspace.results:
        st.markdown("With these letters:")
        st.table(
            {
                "Level": [label for label, _ in level_counts(workspace.results, scale)],
                "Students": [count for _, count in level_counts(workspace.results, scale)],
            },
            width="content",
        )
        moved = level_changes(workspace.results, workspace.exam.scale, scale)
        if moved:
            with st.expander(f"{count_text(len(moved), 'student')} with another grade than now"):
                st.table(
                    {
                        "Student": [escape_markdown(who) for who, _, _ in moved],
                        "Now": [before for _, before, _ in moved],
                        "Then": [after for _, _, after in moved],
                    },
                    width="content",
                )


def _typed(exam_id: str) -> dict[str, Any]:
    """What the fields have, by their keys."""
    fields = f"{_fields_key(exam_id)}-"
    return {str(key): value for key, value in st.session_state.items() if str(key).startswith(fields)}


def _fields_key(exam_id: str) -> str:
    """With which the keys of the fields begin; others once the form begins anew."""
    return f"details-{exam_id}-{st.session_state.get(_key(exam_id, 'begun'), 0)}"


def _key(exam_id: str, name: str) -> str:
    return f"details-{name}-of-{exam_id}"
