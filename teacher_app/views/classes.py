"""The page of class lists: make one from names, change it, delete it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from shared.model.class_list import ClassList, ClassStudent, NewClassList, check_students
from shared.model.errors import FieldInvalid, VersionConflict
from shared.model.exam import TEXT_MAX, new_id
from shared.model.names import name_key, sort_key
from shared.model.text import escape_markdown
from teacher_app.context import current_api, current_reader
from teacher_app.exam.wording import count_text, names_text
from teacher_app.importing.class_students import NAMES_SHOWN, stored_text, students_from_source
from teacher_app.reading.limits import BYTES_MAX, FileNotReadable
from teacher_app.views import navigation
from teacher_app.views.buttons import set_state, storing_button
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.fragments import fragment
from teacher_app.views.unsaved_changes import ask_before_leaving

__all__ = ["render"]

_NEW_ID = "new-class-list-id"  # in the session, until it is stored: a second press makes no second list
_RECEIPT = "class-lists-receipt"


def render() -> None:
    """The teacher's own lists. Nobody else sees them."""
    st.title("Class lists", anchor=False)
    st.markdown(
        "A class list holds the students of a class for all its exams: choose it when you make an exam. "
        "Only you see it. You can also make one of an exam's students, under the exam's details."
    )
    if text := st.session_state.pop(_RECEIPT, None):
        st.success(escape_markdown(text), icon=":material/check:")
    try:
        lists = sorted(current_api().list_class_lists(), key=lambda one: sort_key(one.title))
    except EXPECTED as error:
        explain(error, retry_key="class-lists-again")
        return
    labels = {one.id: f"{one.title} ({count_text(one.student_count, 'student')})" for one in lists}
    if labels:
        chosen = st.selectbox(
            "Class list", list(labels), format_func=labels.__getitem__, key="class-list-chosen", width=720
        )
        try:
            found = current_api().get_class_list(chosen)
        except EXPECTED as error:
            explain(error, retry_key="class-list-again")
            return
        if found is not None:
            if st.button("Open its gradebook", icon=":material/grid_on:"):
                navigation.go_to_gradebook(found.id)
            _edit(found)
        st.divider()
    _new()


def _new() -> None:
    st.subheader("New class list", anchor=False)
    list_id: str = st.session_state.setdefault(_NEW_ID, new_id())
    with st.form(f"class-list-{list_id}", border=False, width=720):
        title = st.text_input("Name of the class", max_chars=TEXT_MAX, placeholder="7a")
        text = st.text_area("Students, one a line", height=180, placeholder="Ada Lovelace\nGrace Hopper")
        file = st.file_uploader("Or a file with their names", max_upload_size=BYTES_MAX // 1_000_000)
        is_wanted = st.form_submit_button("Make the class list", type="primary")
    if not is_wanted:
        return
    try:
        source = current_reader().file(file.getvalue()) if file else current_reader().pasted(text)
        students, left_out = students_from_source(source)
        new = NewClassList(title, students, list_id)
        current_api().create_class_list(new)
    except FileNotReadable as error:
        st.error(escape_markdown(error.reason), icon=":material/error:")
    except FieldInvalid as error:
        st.error(escape_markdown(error.reason), icon=":material/edit:")
    except EXPECTED as error:
        explain(error)
    else:
        st.session_state.pop(_NEW_ID)
        _done(stored_text(new, left_out))


def _edit(stored: ClassList) -> None:
    students = stored.students or ()
    # What is typed here stays while something else of the list changes, such as a weight of its gradebook.
    key = f"class-list-{stored.id}-{hash((stored.title, students))}"
    title = st.text_input(
        "Name of the class", stored.title, max_chars=TEXT_MAX, key=f"{key}-title", width=720
    )
    columns = {"Name": "name", "Number": "number", "Code": "code"}
    edited = st.data_editor(
        {label: [getattr(one, name) or "" for one in students] for label, name in columns.items()},
        key=f"{key}-students",
        num_rows="dynamic",
        hide_index=True,
        width=720,
        column_config={label: st.column_config.TextColumn() for label in columns},
        alt="The students of this class list: name, number and code",
    )
    rows = list(zip(*(edited[label] for label in columns), strict=True))
    st.html(fragment("students.html", columns=columns, rows=rows, is_for_print=True))
    try:
        wanted = tuple(
            ClassStudent(name or "", number or None, (code or "").strip().upper() or None)
            for name, number, code in rows
            if name or number or code
        )
        check_students(wanted)
    except FieldInvalid as error:
        st.error(escape_markdown(error.reason), icon=":material/edit:")
        wanted = students
    is_changed = wanted != students or title.strip() != stored.title
    if is_changed:
        ask_before_leaving(key)
        st.info(_what_changes(students, wanted), icon=":material/info:")
    with st.container(horizontal=True):
        save = storing_button(
            "Save the class list", key=f"{key}-save", type="primary", disabled=not is_changed
        )
        asked_key = f"{key}-delete-asked"
        if st.session_state.get(asked_key):
            delete = storing_button("Delete it", key=f"{key}-danger-delete")
            st.button("Keep it", on_click=set_state, args=(asked_key, False), key=f"{key}-keep")
        else:
            delete = None
            st.button(
                "Delete the class list …",
                type="tertiary",
                on_click=set_state,
                args=(asked_key, True),
                key=f"{key}-delete",
            )
    try:
        if save.take():
            current_api().update_class_list(stored.id, stored.version, title=title, students=wanted)
            _done("Saved. Exams that you made before keep the students that they have.")
        if delete is not None and delete.take():
            current_api().delete_class_list(stored.id, stored.version)
            _done(f"“{stored.title}” is deleted. Its exams keep their students.")
    except VersionConflict:
        st.error(
            "Not saved: this list was changed in another tab. Reload the page, then change it again.",
            icon=":material/call_split:",
        )
    except EXPECTED as error:
        explain(error)


def _what_changes(before: Sequence[ClassStudent], after: Sequence[ClassStudent]) -> str:
    """Who comes and who goes, and what that means for exams."""
    known, wanted = ({name_key(one.name): one.name for one in group} for group in (before, after))
    parts = []
    for word, names in (
        ("new", [name for key, name in wanted.items() if key not in known]),
        ("no longer on the list", [name for key, name in known.items() if key not in wanted]),
    ):
        if names:
            parts.append(f"{escape_markdown(names_text(names, shown_max=NAMES_SHOWN))}: {word}.")
    parts.append(
        "This counts for the next exams. Those that you made before keep the students that they have."
    )
    return " ".join(parts)


def _done(text: str) -> None:
    st.session_state[_RECEIPT] = text
    st.rerun()
