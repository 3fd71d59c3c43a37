"""The page of a class list's gradebook (?class=ID)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from shared.model.class_list import ClassList
from shared.model.exam import Exam, Result
from shared.model.names import sort_key
from shared.model.text import escape_markdown
from teacher_app.components.gradebook_table import gradebook_table
from teacher_app.context import current_api, current_session
from teacher_app.exam.wording import count_text, names_text
from teacher_app.exporting.class_gradebook import gradebook_csv, gradebook_file_stem, gradebook_xlsx
from teacher_app.exporting.formats import CSV_TYPE, XLSX_TYPE
from teacher_app.gradebook.choice import Edits, merged_edits, new_edits, parse_choice
from teacher_app.gradebook.exams import LOOKED_AT_MAX, OfferedExam, exams_to_read, offered_exams
from teacher_app.gradebook.gradebook import TREND_GRADES_MIN, CellKind, Gradebook, gradebook_of
from teacher_app.gradebook.keeping import store_edits
from teacher_app.views import navigation
from teacher_app.views.address_choice import AddressChoice
from teacher_app.views.class_lists import choose_class_list, read_class_lists
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.read_results import results_of

__all__ = ["render"]

_CLASS_CHOICE = AddressChoice("class", "gradebook-class")
_APPLIED = "gradebook-applied"  # in the session: the class, and which edits of the table are stored
_LAST = "gradebook-last-read"
_NAMES_SHOWN = 8


@dataclass(frozen=True, slots=True)
class _Read:
    """What the page shows, as it was last read; `stored` is None if the class list is deleted.
    `faults`: what is wrong with a weight, by the exam's id."""

    class_id: str
    reader: str
    stored: ClassList | None
    exams: list[Exam]
    results: Mapping[str, list[Result]]
    faults: Mapping[str, str]


def render() -> None:
    """The students of one class list and their grades in its exams."""
    st.title("Gradebook", anchor=False)
    # Containers of their own, even if empty: if the table moved, the browser would make it anew, and the
    # focus and what is being typed would be lost.
    with st.container():
        lists, is_connected = read_class_lists()
    if lists is None:
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
        _show(class_id, is_connected=is_connected)


def _chosen_class(lists: list[ClassList]) -> str | None:
    ids = [one.id for one in lists]
    # Going back from an exam that was opened here leads over an address with the exam's parameters alone:
    # Streamlit sets the next page's parameters at this one's first. It means the class that was shown.
    last = _CLASS_CHOICE.shown if "exam" in st.query_params else None
    _CLASS_CHOICE.take_from_address(ids, absent=last if last in ids else ids[0], unknown=None)
    if st.session_state[_CLASS_CHOICE.key] is None:
        st.warning("There is no such class list: it was deleted, or it is somebody else’s. Choose another.")
    chosen = choose_class_list(lists, key=_CLASS_CHOICE.key)
    if chosen is not None:
        _CLASS_CHOICE.put_into_address(chosen)
    return chosen


def _show(class_id: str, *, is_connected: bool) -> None:
    key = f"gradebook-{class_id}"
    edits: Edits = st.session_state.get(key, {}).get("edits") or {}
    with st.container():
        if is_connected:
            _read_again(class_id, edits)
        read = _last_read(class_id)
        if read is None or read.stored is None:
            return
        students = read.stored.students or ()
        if not students:
            st.markdown("This class list has no students yet.")
            navigation.link_to(navigation.CLASSES, "Add students", icon=":material/groups:")
            return
        choice = parse_choice(read.stored.gradebook)
        offered = offered_exams(read.exams, read.results, students, choice)
        _say_which_exams(offered)
    shown = [(one.exam, read.results[one.exam.id]) for one in offered if one.is_shown]
    book = gradebook_of(students, shown, choice)
    opened = gradebook_table(
        key, book, offered, reader=read.reader, applied=_applied(class_id, edits), faults=read.faults
    )
    if opened is not None:
        navigation.go_to_exam(opened, "Grid")
    _say_what_counts()
    _offer_files(read.stored.title, book)
    _say_who_is_unclear(book)


def _read_again(class_id: str, edits: Edits) -> None:
    try:
        st.session_state[_LAST] = _read(class_id, edits)
    except EXPECTED as error:
        explain(error, retry_key="gradebook-read-again")


def _last_read(class_id: str) -> _Read | None:
    """What was read last; None if nothing of this class was."""
    read: _Read | None = st.session_state.get(_LAST)
    if read is None or read.class_id != class_id:
        return None
    if read.stored is None:
        st.warning("This class list was deleted. Choose another.")
    return read


def _read(class_id: str, edits: Edits) -> _Read:
    """Stores the edits first; what is not stored is tried at the next run. Raises what the API raises."""
    api, reader = current_api(), current_session().sub
    stored, exams, faults = api.get_class_list(class_id), list(api.list_my_exams()), dict[str, str]()
    if stored is None:
        return _Read(class_id, reader, None, exams, {}, faults)
    applied = _applied(class_id, edits)
    fresh = new_edits(edits, applied)
    if any(fresh.values()):
        stored, faults = store_edits(api, stored, fresh, [exam.id for exam in exams])
        done = {
            kind: {one: value for one, value in values.items() if one not in faults}
            for kind, values in fresh.items()
        }
        st.session_state[_APPLIED] = (class_id, merged_edits(applied, done))
    wanted = exams_to_read(exams, parse_choice(stored.gradebook)) if stored.students else []
    return _Read(class_id, reader, stored, exams, results_of(wanted), faults)


def _applied(class_id: str, edits: Edits) -> Edits:
    """Those of the table's edits that are stored. A table that is mounted anew has none."""
    if not edits:
        st.session_state.pop(_APPLIED, None)
    known, applied = st.session_state.get(_APPLIED, ("", {}))
    return applied if known == class_id else {}


def _say_which_exams(offered: Sequence[OfferedExam]) -> None:
    few = sum(1 for one in offered if one.student_count and not one.is_shown)
    unread = sum(1 for one in offered if one.student_count is None and not one.is_shown)
    if not any(one.is_shown for one in offered):
        st.info(
            "No exam is shown. An exam is, if at least half of its results are of students of this list; "
            "others can be ticked under “Exams”."
        )
    if few:
        st.caption(
            f"{count_text(few, 'other exam')} with some of these students can be ticked under “Exams”."
        )
    if unread and len(offered) > LOOKED_AT_MAX:
        st.caption(f"Looked through: your newest {LOOKED_AT_MAX} exams. Tick an older one to show it.")


def _say_what_counts() -> None:
    st.caption(
        "**Average:** each grade is its share of the way from the worst (0 %) to the best (100 %) of its "
        "scale; levels go by their points, or by their place where they have none. Weights need not add up "
        "to 100; they are kept with the class list. Absent, exempt and missing grades do not count. "
        "**Trend:** the later half of a student’s "
        f"grades against the earlier half, from {TREND_GRADES_MIN} grades on. **Missing:** without a grade "
        "yet, or not in the exam."
    )


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
            f"Not told apart: {names}. Where two students or two results have one name, and no code or "
            "number tells them apart, the grades are shown with a question mark, and none counts. Add their "
            "numbers, in the list and in the exams.",
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
