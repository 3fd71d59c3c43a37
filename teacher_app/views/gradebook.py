"""The page of a class list's gradebook (?class=ID&exams=CHOICE)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from shared.model.class_list import ClassList
from shared.model.errors import FieldInvalid
from shared.model.exam import Exam, Result
from shared.model.names import sort_key
from shared.model.text import escape_markdown
from teacher_app.components.gradebook_table import gradebook_table
from teacher_app.context import current_api, current_session
from teacher_app.exam.wording import count_text, names_text
from teacher_app.exporting.class_gradebook import gradebook_csv, gradebook_file_stem, gradebook_xlsx
from teacher_app.exporting.formats import CSV_TYPE, XLSX_TYPE
from teacher_app.gradebook.choice import Choice, exam_key, parse_choice, parse_weight
from teacher_app.gradebook.exams import LOOKED_AT_MAX, OfferedExam, exams_to_read, offered_exams
from teacher_app.gradebook.gradebook import TREND_GRADES_MIN, CellKind, Gradebook, gradebook_of
from teacher_app.views import navigation
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.read_results import results_of

__all__ = ["render"]

_CLASS, _EXAMS = "class", "exams"  # in the address
_CLASS_CHOSEN = "gradebook-class"
_CLASS_IN_ADDRESS = "gradebook-class-in-address"
_IN_ADDRESS = "gradebook-choice-in-address"  # in the session: the class and the choice put there
_CHOICES = "gradebook-choices"  # in the session: the last choice of each class, for whoever comes back
_MOUNTS = "gradebook-mounts"  # how often another address has replaced what the table had
_LAST = "gradebook-last-read"
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Read:
    """What the page shows, as it was last read; `stored` is None if the class list is deleted."""

    class_id: str
    reader: str
    stored: ClassList | None
    exams: list[Exam]
    results: Mapping[str, list[Result]]


def render() -> None:
    """The students of one class list and their grades in its exams."""
    st.title("Gradebook", anchor=False)
    try:
        lists = sorted(current_api().list_class_lists(), key=lambda one: sort_key(one.title))
    except EXPECTED as error:
        explain(error, retry_key="gradebook-again")
        return
    if not lists:
        st.markdown(
            "A gradebook shows the students of a class list with their grades in all exams. "
            "You have no class list yet."
        )
        navigation.link_to(navigation.CLASSES, "Make a class list", icon=":material/groups:")
        return
    with st.container():
        class_id = _chosen_class(lists)
    if class_id is not None:
        _show(class_id)


def _chosen_class(lists: list[ClassList]) -> str | None:
    labels = {one.id: f"{one.title} ({count_text(one.student_count, 'student')})" for one in lists}
    named = st.query_params.get(_CLASS, "")
    if named != st.session_state.get(_CLASS_IN_ADDRESS) or st.session_state.get(_CLASS_CHOSEN) not in labels:
        usual = None if named else lists[0].id
        st.session_state[_CLASS_CHOSEN] = named if named in labels else usual
        if named and named not in labels:
            st.warning(
                "There is no such class list: it was deleted, or it is somebody else’s. Choose another."
            )
    chosen: str | None = st.selectbox(
        "Class list",
        list(labels),
        format_func=labels.__getitem__,
        key=_CLASS_CHOSEN,
        placeholder="Choose a class list",
        width=720,
    )
    if chosen is not None and chosen != named:
        if named in labels:
            st.query_params.pop(_EXAMS, None)  # they were those of the other class
        st.query_params[_CLASS] = chosen
    st.session_state[_CLASS_IN_ADDRESS] = chosen or named
    return chosen


def _show(class_id: str) -> None:
    key, before = _choice_in_address(class_id)
    edits: dict[str, dict[str, Any]] = st.session_state.get(key, {}).get("edits") or {}
    choice, faults = _edited(before, edits)
    _put_into_address(class_id, choice)
    # A container of its own, even if empty: if the table moved, the browser would make it anew, and the focus
    # and what is being typed would be lost.
    with st.container():
        read = _last_read(class_id, choice)
        if read is None or read.stored is None:
            return
        choice = _without_deleted(read, choice)
        students = read.stored.students or ()
        if not students:
            st.markdown("This class list has no students yet.")
            navigation.link_to(navigation.CLASSES, "Add students", icon=":material/groups:")
            return
        offered = offered_exams(read.exams, read.results, students, choice)
        _say_which_exams(offered)
    shown = [(one.exam, read.results[one.exam.id]) for one in offered if one.is_shown]
    book = gradebook_of(students, shown, choice)
    opened = gradebook_table(key, book, offered, reader=read.reader, edits=edits, faults=faults)
    if opened is not None:
        navigation.go_to_exam(opened, "Grid")
    _say_what_counts(choice)
    _offer_files(read.stored.title, book)
    _say_who_is_unclear(book)


def _last_read(class_id: str, choice: Choice) -> _Read | None:
    """If it cannot be read again, what was read before; None if nothing of this class was."""
    try:
        st.session_state[_LAST] = _read(class_id, choice)
    except EXPECTED as error:
        explain(error, retry_key="gradebook-read-again")
    read: _Read | None = st.session_state.get(_LAST)
    if read is None or read.class_id != class_id:
        return None
    if read.stored is None:
        st.warning("This class list was deleted. Choose another.")
    return read


def _without_deleted(read: _Read, choice: Choice) -> Choice:
    gone = choice.keys - {exam_key(exam.id) for exam in read.exams}
    if gone:
        st.info(f"Left out: {count_text(len(gone), 'exam')} of this page’s address, deleted since.")
        choice = choice.without(gone)
        _put_into_address(read.class_id, choice)
    return choice


def _choice_in_address(class_id: str) -> tuple[str, Choice]:
    """The table's key, and the choice in the address; without one, that of the last visit to this class.

    Another address than the one that was put there, as by the back button, overrides what the table had: it
    is mounted anew.
    """
    text = st.query_params.get(_EXAMS, "")
    known_class, known_text = st.session_state.get(_IN_ADDRESS, (None, ""))
    mounts: int = st.session_state.get(_MOUNTS, 0)
    if (class_id, text) != (known_class, known_text) or navigation.has_arrived():
        if not text and (class_id != known_class or navigation.has_arrived()):
            text = st.session_state.get(_CHOICES, {}).get(class_id, "")
        mounts = st.session_state[_MOUNTS] = mounts + 1
    return f"gradebook-{class_id}-{mounts}", parse_choice(text)


def _put_into_address(class_id: str, choice: Choice) -> None:
    if choice.text:
        st.query_params[_EXAMS] = choice.text
    else:
        st.query_params.pop(_EXAMS, None)
    st.session_state[_IN_ADDRESS] = (class_id, choice.text)
    st.session_state.setdefault(_CHOICES, {})[class_id] = choice.text


def _edited(choice: Choice, edits: Mapping[str, Mapping[str, Any]]) -> tuple[Choice, dict[str, str]]:
    """The choice with what was changed in the table, and what is wrong with a typed weight, by the exam's id.
    A weight that is wrong stays as it was."""
    weights, faults = dict(choice.weights), dict[str, str]()
    for exam_id, typed in edits.get("weights", {}).items():
        try:
            weights[exam_key(exam_id)] = parse_weight(typed)
        except FieldInvalid as error:
            faults[exam_id] = error.reason
    shown = {exam_key(exam_id): is_shown for exam_id, is_shown in edits.get("shown", {}).items()}
    return Choice(weights, {**choice.shown, **shown}), faults


def _read(class_id: str, choice: Choice) -> _Read:
    api = current_api()
    stored = api.get_class_list(class_id)
    exams = list(api.list_my_exams())
    results = results_of(exams_to_read(exams, choice)) if stored and stored.students else {}
    return _Read(class_id, current_session().sub, stored, exams, results)


def _say_which_exams(offered: Sequence[OfferedExam]) -> None:
    few = sum(1 for one in offered if one.student_count and not one.is_shown)
    unread = sum(1 for one in offered if one.student_count is None and not one.is_shown)
    if not any(one.is_shown for one in offered):
        st.info(
            "No exam is shown. An exam is, if at least half of its results are of students of this list; "
            "others can be ticked under “Exams”."
        )
    if few:
        st.caption(f"{count_text(few, 'other exam')} with some of these students: tick them under “Exams”.")
    if unread and len(offered) > LOOKED_AT_MAX:
        st.caption(f"Looked through: your newest {LOOKED_AT_MAX} exams. Tick an older one to show it.")


def _say_what_counts(choice: Choice) -> None:
    st.caption(
        "**Average:** each grade is its share of the way from the worst (0 %) to the best (100 %) of its "
        "scale; levels go by their points, or by their place where they have none. Weights need not add up "
        "to 100. Absent, exempt and missing grades do not count. **Trend:** the later half of a student’s "
        f"grades against the earlier half, from {TREND_GRADES_MIN} grades on. **Missing:** without a grade "
        "yet, or not in the exam."
    )
    if choice.text:
        st.caption("Weights and ticks are in this page’s address: bookmark it to have them again.")


def _offer_files(title: str, book: Gradebook) -> None:
    if not book.columns:
        return
    stem = gradebook_file_stem(title, local_now().date())
    files = (
        ("Excel (XLSX)", partial(gradebook_xlsx, book, title), f"{stem}.xlsx", XLSX_TYPE),
        ("CSV", partial(gradebook_csv, book), f"{stem}.csv", CSV_TYPE),
    )
    with st.container(horizontal=True):
        for label, make, name, media_type in files:
            st.download_button(
                label,
                make,
                name,
                media_type,
                icon=":material/download:",
                on_click="ignore",
                key=f"gradebook-file-{label}",
            )


def _say_who_is_unclear(book: Gradebook) -> None:
    unclear = [
        line.student.name for line in book.lines if any(cell.kind is CellKind.UNCLEAR for cell in line.cells)
    ]
    if unclear:
        names = escape_markdown(names_text(list(dict.fromkeys(unclear)), shown_max=_NAMES_SHOWN))
        st.warning(
            f"Not told apart: {names}. Where two students or two results have one name and no code, the "
            "grades are shown with a question mark, and none counts. Write the names differently, in the "
            "list and in the exams.",
            icon=":material/person_alert:",
        )
    if book.others:
        people = count_text(len(book.others), "name") if len(book.others) > 1 else "1 name"
        with st.expander(f"{people} in these exams, not on the list", icon=":material/person_search:"):
            st.markdown("If one of them has changed name, write the name in the exam as it is in the list.")
            st.markdown(
                "\n".join(
                    f"- {escape_markdown(name)}, in {count_text(count, 'exam')}"
                    for name, count in sorted(book.others, key=lambda one: sort_key(one[0]))
                )
            )
