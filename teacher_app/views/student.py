"""The page of one student: all that is stored, to hand out and to erase."""

from __future__ import annotations

from functools import partial

import streamlit as st

from shared.model.errors import VersionConflict
from shared.model.exam import TEXT_MAX
from shared.model.grades import shown_grade
from shared.model.names import name_key
from shared.model.text import date_text, escape_markdown
from teacher_app.context import current_api, current_results_reader
from teacher_app.exam.person import Listing, Person, Records, StudentResult, erase, persons_found, records_of
from teacher_app.exam.wording import count_text, status_text
from teacher_app.exporting.formats import XLSX_TYPE
from teacher_app.exporting.person import person_json, person_xlsx
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain

__all__ = ["render"]

_FOUND = "student-found"  # in the session: (what was typed, the persons)
_RECEIPT = "student-receipt"
_PERSONS_MAX = 20
_WIDTH_PX = 720
_BACKUPS = (
    "Backups that were made before still contain it, for as long as they are kept: ask whoever runs this "
    "dashboard."
)


def render() -> None:
    """Find a student by name, number or code; then the records, the export and the erasure."""
    st.title("One student", anchor=False)
    st.markdown(
        "All that you store about one student, in all your exams and class lists: to hand out, or to erase. "
        "Your colleagues' exams are not searched."
    )
    if text := st.session_state.pop(_RECEIPT, None):
        st.success(text, icon=":material/check:")
    with st.form("student-find", border=False, width=_WIDTH_PX):
        typed = st.text_input("Name, number or code", max_chars=TEXT_MAX, key="student-typed").strip()
        is_wanted = st.form_submit_button("Find", type="primary", icon=":material/person_search:")
    if is_wanted:
        st.session_state.pop(_FOUND, None)
        try:
            with st.spinner("Reading all your exams …"):
                st.session_state[_FOUND] = typed, persons_found(_records(), typed)
        except EXPECTED as error:
            explain(error)
    if _FOUND in st.session_state:
        _show(*st.session_state[_FOUND])


def _records() -> Records:
    """Raises what the API raises."""
    api = current_api()
    exams = list(api.list_my_exams())
    ids = [exam.id for exam in exams]
    results = current_results_reader().results(api, ids)
    histories = current_results_reader().histories(api, ids)
    lists = [api.get_class_list(one.id) for one in api.list_class_lists()]
    return records_of(exams, results, filter(None, lists), histories)


def _show(typed: str, persons: list[Person]) -> None:
    if not persons:
        quoted = f"“{escape_markdown(typed)}”" if typed else "nothing"
        st.info(f"No student of yours has {quoted} in the name, or as number or code.")
        return
    if len(persons) > _PERSONS_MAX:
        st.info(f"The first {_PERSONS_MAX} of {len(persons):,} students: type more of the name.")
    person = persons[0]
    if len(persons) > 1:
        offered = persons[:_PERSONS_MAX]
        chosen = st.radio(
            "Which student?",
            range(len(offered)),
            format_func=lambda index: _person_text(offered[index]),
            index=None,
        )
        if chosen is None:
            return
        person = offered[chosen]
    _show_person(person)


def _person_text(person: Person) -> str:
    results = count_text(len(person.results), "result")
    lists = count_text(len(person.listings), "class list")
    return f"{escape_markdown(person.name)} ({results}, {lists})"


def _show_person(person: Person) -> None:
    st.subheader(escape_markdown(person.name), anchor=False)
    st.caption(
        "Take out what is about somebody else of the same name: only what is ticked is exported or erased."
    )
    results = tuple(
        one for one in person.results if _is_ticked(_result_text(one), f"{one.result.id}-{one.is_past}")
    )
    listings = tuple(
        one
        for index, one in enumerate(person.listings)
        if _is_ticked(_listing_text(one), f"{one.class_list.id}-{index}")
    )
    ticked = Person(person.name, results, listings)
    if not (results or listings):
        return
    _offer_files(ticked)
    _offer_erasure(ticked)


def _is_ticked(text: str, key: str) -> bool:
    return st.checkbox(text, value=True, key=f"student-part-{key}")


def _result_text(one: StudentResult) -> str:
    exam, row = one.exam, one.result
    grade = "no grade yet" if row.is_awaited else shown_grade(row.grade, exam.scale)
    parts = [f"{escape_markdown(exam.subject)}, {date_text(exam.date)}: {escape_markdown(grade)}"]
    if row.number:
        parts.append(f"number {escape_markdown(row.number)}")
    if exam.audience.has_codes:
        parts.append(f"code {row.student}")
    if row.comment:
        parts.append("with a comment")
    if one.is_past:
        return f"{', '.join(parts)} (only in the history of the exam)"
    return f"{', '.join(parts)} ({status_text(exam, local_now()).lower()})"


def _listing_text(one: Listing) -> str:
    parts = [f"Class list {escape_markdown(one.class_list.title)}"]
    if one.student.number:
        parts.append(f"number {escape_markdown(one.student.number)}")
    if one.student.code:
        parts.append(f"code {one.student.code}")
    return ", ".join(parts)


def _offer_files(person: Person) -> None:
    with st.container(horizontal=True):
        for label, suffix, media_type, make in (
            ("Excel (XLSX)", "xlsx", XLSX_TYPE, person_xlsx),
            ("JSON", "json", "application/json", person_json),
        ):
            st.download_button(
                label,
                partial(make, person, local_now()),
                f"student.{suffix}",  # no name: downloads are seen by whoever uses the computer next
                media_type,
                icon=":material/download:",
                on_click="ignore",
                key=f"student-export-{suffix}",
            )


def _offer_erasure(person: Person) -> None:
    st.subheader("Erase", anchor=False)
    results = count_text(sum(not one.is_past for one in person.results), "result")
    lists = count_text(len(person.listings), "class list")
    st.warning(
        f"This deletes {results} and the history of what was changed, and takes the student off {lists}, at "
        f"once and for everybody. It cannot be undone. {_BACKUPS} First close your other tabs of this "
        "dashboard: they could still undo it.",
        icon=":material/delete_forever:",
    )
    with st.container(key="danger-erase"), st.form("student-erase", border=False, width=_WIDTH_PX):
        confirmed = st.text_input(
            f"Type “{escape_markdown(person.name)}” to confirm", max_chars=TEXT_MAX, key="student-confirmed"
        )
        is_wanted = st.form_submit_button("Erase", icon=":material/delete_forever:")
    if not is_wanted:
        return
    if name_key(confirmed) != name_key(person.name):
        st.error("Nothing was erased: type the name as it is written above.", icon=":material/edit:")
        return
    try:
        erase(current_api(), person.results, person.listings)
    except VersionConflict:
        st.error(
            "Not everything was erased: something was changed in another tab. Press “Find” again.",
            icon=":material/call_split:",
        )
    except EXPECTED as error:
        explain(error)
    else:
        # Everything that this tab remembers could contain the student, such as what an undo would bring back.
        st.session_state.clear()
        st.session_state[_RECEIPT] = f"Erased: {results}; taken off {lists}. {_BACKUPS}"
        st.rerun()
