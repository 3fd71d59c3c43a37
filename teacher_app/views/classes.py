"""The page of class lists: make one from names, change it, delete it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import streamlit as st

from shared.model.class_list import ClassList, ClassStudent, NewClassList, check_students
from shared.model.errors import FieldInvalid, VersionConflict
from shared.model.exam import TEXT_MAX, new_id
from shared.model.names import name_key
from shared.model.text import escape_markdown
from teacher_app.context import current_api, current_reader
from teacher_app.exam.wording import count_text, names_text
from teacher_app.importing.class_students import NAMES_SHOWN, stored_text, students_from_source
from teacher_app.reading.limits import BYTES_MAX, FileNotReadable
from teacher_app.views import navigation
from teacher_app.views.buttons import set_state, storing_button
from teacher_app.views.class_lists import choose_class_list, read_class_lists
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.fragments import fragment
from teacher_app.views.unsaved_changes import ask_before_leaving

__all__ = ["render"]

Rows = tuple[tuple[str, str, str], ...]  # name, number and code

# In the session:
_READ = "class-list-read"
_NEW_ID = "new-class-list-id"  # until it is stored: a second press makes no second list
_CHOSEN = "class-list-chosen"
_NEXT = "class-list-to-choose"
_EDITED = "class-list-edited"  # with what the fields of the chosen list have begun
_UNSAVED = "class-lists-unsaved"
_RECEIPT = "class-lists-receipt"  # and where it belongs


@dataclass(frozen=True, slots=True)
class _Edited:
    """`base` is the list as it was when the teacher began to change it, `title` and `rows` are in the fields,
    whose keys have `fields_id` in them."""

    fields_id: str
    base: ClassList
    title: str
    rows: Rows


def render() -> None:
    """The teacher's own lists. Nobody else sees them."""
    if navigation.has_arrived():
        st.session_state.pop(_EDITED, None)
    st.title("Class lists", anchor=False)
    st.markdown(
        "A class list holds the students of a class for all its exams: choose it when you make an exam. "
        "Only you see it. You can also make one of an exam's students, under the exam's details."
    )
    # Containers of their own, even if empty: if the table moved, the browser would make it anew, and the
    # focus would be lost. If something cannot be read again, what was read before stays.
    with st.container():
        lists, is_connected = read_class_lists()
        if lists is None:
            return
        _say_what_is_unsaved(lists)
    if lists:
        _choose(lists, is_connected=is_connected)
        st.divider()
    _new()


def _read_list(list_id: str) -> None:
    try:
        st.session_state[_READ] = current_api().get_class_list(list_id)
    except EXPECTED as error:
        explain(error, retry_key="class-list-again")


def _say_what_is_unsaved(lists: Sequence[ClassList]) -> None:
    """In other lists than the one that is shown, or in one that there is no more."""
    unsaved = _unsaved()
    for list_id in unsaved.keys() - {one.id for one in lists}:
        title = escape_markdown(unsaved.pop(list_id).base.title)
        st.warning(f"“{title}” was deleted elsewhere. What you changed of it is not saved.")
    others = [one.title for one in lists if one.id in unsaved and one.id != st.session_state.get(_CHOSEN)]
    if others:
        st.info(f"Not saved yet: {escape_markdown(names_text(others, shown_max=NAMES_SHOWN))}.")
        ask_before_leaving("class-lists")


def _choose(lists: Sequence[ClassList], *, is_connected: bool) -> None:
    wanted = st.session_state.pop(_NEXT, None)
    if wanted in {one.id for one in lists}:
        st.session_state[_CHOSEN] = wanted
    chosen = choose_class_list(lists, key=_CHOSEN)
    with st.container():
        if is_connected and chosen is not None:
            _read_list(chosen)
    found: ClassList | None = st.session_state.get(_READ)
    if found is not None and found.id == chosen:
        if st.button("Open its gradebook", icon=":material/grid_on:"):
            navigation.go_to_gradebook(found.id)
        _edit(found)
    _show_receipt(_CHOSEN)


def _new() -> None:
    st.subheader("New class list", anchor=False)
    list_id: str = st.session_state.setdefault(_NEW_ID, new_id())
    key = f"class-list-{list_id}"
    with st.container(width=720):
        title = st.text_input(
            "Name of the class",
            max_chars=TEXT_MAX,
            placeholder="7a",
            key=f"{key}-title",
            persist_state="session",
        )
        text = st.text_area(
            "Students, one a line",
            height=180,
            placeholder="Ada Lovelace\nGrace Hopper",
            key=f"{key}-text",
            persist_state="session",
        )
        file = st.file_uploader(
            "Or a file with their names", max_upload_size=BYTES_MAX // 1_000_000, key=f"{key}-file"
        )
    if title or text or file:
        ask_before_leaving(key)
    make = storing_button("Make the class list", key=f"{key}-make", type="primary")
    _show_receipt(_NEW_ID)
    if not make.take():
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
        st.session_state[_NEXT] = list_id
        _done(_NEW_ID, stored_text(new, left_out))


def _edit(stored: ClassList) -> None:
    edited = _edited(stored)
    key = f"class-list-edit-{edited.fields_id}"
    title = st.text_input(
        "Name of the class", edited.title, max_chars=TEXT_MAX, key=f"{key}-title", width=720
    )
    columns = ("Name", "Number", "Code")
    table = st.data_editor(
        {label: [row[place] for row in edited.rows] for place, label in enumerate(columns)},
        key=f"{key}-students",
        num_rows="dynamic",
        hide_index=True,
        width=720,
        column_config={label: st.column_config.TextColumn() for label in columns},
        alt="The students of this class list: name, number and code",
    )
    rows = tuple(
        (name or "", number or "", code or "")
        for name, number, code in zip(*(table[label] for label in columns), strict=True)
    )
    st.html(fragment("students.html", columns=columns, rows=rows, is_for_print=True))
    fault, wanted = None, stored.students or ()
    try:
        wanted = _students_of(rows)
        check_students(wanted)
    except FieldInvalid as error:
        fault = error.reason
        st.error(escape_markdown(fault), icon=":material/edit:")
    is_changed = fault is not None or _content(stored) != (title.strip(), wanted)
    if is_changed:
        _unsaved()[stored.id] = replace(edited, title=title, rows=rows)
        ask_before_leaving(key)
        if fault is None:
            st.info(_what_changes(stored.students or (), wanted), icon=":material/info:")
    else:
        _unsaved().pop(stored.id, None)
    is_clash = is_changed and _content(edited.base) != _content(stored)
    if is_clash:
        st.warning(
            "Not saved yet: this class list was changed elsewhere meanwhile; it is now "
            f"“{escape_markdown(stored.title)}” with {count_text(stored.student_count, 'student')}. "
            "Which one do you want to keep?",
            icon=":material/call_split:",
        )
    with st.container(horizontal=True):
        save = storing_button(
            "Save mine" if is_clash else "Save the class list",
            key=f"{key}-save-{stored.version}" if is_clash else f"{key}-save",
            type="primary",
        )
        discard = None
        if is_changed:
            label = "Keep what is stored" if is_clash else "Discard my changes"
            discard = storing_button(label, key=f"{key}-discard")
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
        is_wanted = save.take()
        if is_wanted and not is_changed:
            st.info("Nothing to save: you have changed nothing.")
        elif is_wanted and fault is None:
            current_api().update_class_list(stored.id, stored.version, title=title, students=wanted)
            _forget(stored.id)
            _done(_CHOSEN, "Saved. Exams that you made before keep the students that they have.")
        if discard is not None and discard.take():
            _forget(stored.id)
            st.rerun()
        if delete is not None and delete.take():
            current_api().delete_class_list(stored.id, stored.version)
            _forget(stored.id)
            _done(_NEW_ID, f"“{stored.title}” is deleted. Its exams keep their students.")
    except VersionConflict:
        st.error(
            "Not saved: this list was changed elsewhere at this moment. Press again.",
            icon=":material/call_split:",
        )
    except EXPECTED as error:
        explain(error)


def _edited(stored: ClassList) -> _Edited:
    """With what the fields begin: what is stored, or what was typed before they were gone. It stays while
    somebody types, whatever changes elsewhere, until another list is chosen or the page is left."""
    edited: _Edited | None = st.session_state.get(_EDITED)
    unsaved = _unsaved().get(stored.id)
    if (
        edited is not None
        and edited.base.id == stored.id
        and (unsaved is not None or _content(edited.base) == _content(stored))
    ):
        return edited
    if unsaved is not None:
        edited = replace(unsaved, fields_id=new_id())
    else:
        rows = tuple((one.name, one.number or "", one.code or "") for one in stored.students or ())
        edited = _Edited(new_id(), stored, stored.title, rows)
    st.session_state[_EDITED] = edited
    return edited


def _unsaved() -> dict[str, _Edited]:
    """By the id of the list; each with what its fields have now."""
    unsaved: dict[str, _Edited] = st.session_state.setdefault(_UNSAVED, {})
    return unsaved


def _forget(list_id: str) -> None:
    """What was changed of this list."""
    _unsaved().pop(list_id, None)
    st.session_state.pop(_EDITED, None)


def _content(stored: ClassList) -> tuple[str, tuple[ClassStudent, ...]]:
    """What is changed here; others change a weight of its gradebook."""
    return stored.title, tuple(stored.students or ())


def _students_of(rows: Rows) -> tuple[ClassStudent, ...]:
    """Without the empty rows. Raises FieldInvalid."""
    return tuple(
        ClassStudent(name, number or None, code.strip().upper() or None)
        for name, number, code in rows
        if name or number or code
    )


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


def _done(place: str, text: str) -> None:
    """Says it where the teacher has pressed, once everything is drawn anew."""
    st.session_state[_RECEIPT] = (place, text)
    st.rerun()


def _show_receipt(place: str) -> None:
    where, text = st.session_state.get(_RECEIPT, ("", ""))
    if where == place:
        st.success(escape_markdown(text), icon=":material/check:")
        del st.session_state[_RECEIPT]
