"""The choice of an exam, kept in the page's address; or the wait for the one that the address names."""

from __future__ import annotations

import streamlit as st

from shared.model.exam import Exam, is_id
from student_app.context import Serving, serving
from student_app.exam.choosing import OFFERED_MAX, exam_labels, matching_exams
from student_app.views.whole_page import ask_for_whole_page

__all__ = ["awaited_exam_id", "choose_exam", "is_offer_old", "keep_choice", "search_field"]

_CHOICE = "chosen-exam"  # the selectbox's key in the session
_DRAWN = "drawn-exam"  # in the session: the id and the label of the choice that was drawn last
_PUT = "exam-put-into-address"  # in the session: the last one chosen in the list
_OFFERED = "offered-exams"  # in the session: the version of the list that was offered last
LOADING_S = 3  # the exams are listed within a moment of the server's start
WAIT_S = 30  # a thousand pages that wait for a first exam are a thirtieth of that a second


def choose_exam(parts: Serving) -> Exam | None:
    """The exam that the address names or the viewer picks; None, and the page says why, if there is none."""
    snapshot = parts.cache.exams()
    st.session_state[_OFFERED] = snapshot.version
    wanted = st.query_params.get("exam")
    if wanted and st.session_state.get(_PUT) not in (None, wanted):
        # Somebody went back, maybe before the browser had the address of the choice: it takes that over then.
        del st.session_state[_PUT]
        st.query_params["exam"] = wanted
    named = parts.cache.exam(wanted) if wanted else None
    if not snapshot.exams and named is None:
        if awaited_exam_id(parts) is None:
            _show_none(is_loaded=snapshot.is_loaded)
        return None
    search = search_field("Find an exam", key="exam_search", exam_count=len(snapshot.exams))
    offered = matching_exams(snapshot.exams, search)
    if named is not None and not search and named not in offered:
        offered = [named, *offered]
    if not offered:
        st.info(f"No exam has “{search}” in its subject, date or teacher.")
        return named
    if wanted and not is_id(wanted):
        st.warning("This link is incomplete. Choose an exam here.")
    ids = [exam.id for exam in offered]
    labels = exam_labels(offered)
    # The address alone says what is chosen: back, forward and a link change it too.
    _put_address_in_choice(wanted if wanted in ids else None, labels)
    st.selectbox(
        "Exam",
        ids,
        index=None,
        key=_CHOICE,
        on_change=_put_choice_in_address,
        format_func=lambda exam_id: labels.get(exam_id, exam_id),
        placeholder="Choose an exam",
    )
    return named  # what is shown stays while others are searched


def search_field(label: str, *, key: str, exam_count: int) -> str:
    """What a viewer searches for among that many exams; where all of them are offered, there is no field."""
    if exam_count <= OFFERED_MAX:
        return ""
    return st.text_input(label, placeholder="subject, date or teacher", key=key, on_change=keep_choice)


def keep_choice() -> None:
    """For the `on_change` of every other widget outside the board. On a slow line its message still has the
    address from before the choice, just as the message of the Back button has."""
    ask_for_whole_page()
    chosen = st.session_state.get(_PUT)
    if chosen is not None:
        st.query_params["exam"] = chosen


def is_offer_old(parts: Serving) -> bool:
    """Whether exams were published, changed or withdrawn since choose_exam() offered them here."""
    return bool(st.session_state.get(_OFFERED) != parts.cache.exams().version)


def _put_address_in_choice(exam_id: str | None, labels: dict[str, str]) -> None:
    """Only where the browser has another choice, or another label of it: a value that is set again takes back
    what a viewer chooses at that moment, and the browser goes on showing it."""
    drawn = exam_id, labels.get(exam_id or "")
    drawn_id, drawn_label = st.session_state.get(_DRAWN, drawn)
    is_renamed = drawn_id == exam_id and drawn_label != drawn[1]
    if is_renamed or st.session_state.get(_CHOICE) != exam_id:
        st.session_state[_CHOICE] = exam_id
    st.session_state[_DRAWN] = drawn


def _put_choice_in_address() -> None:
    ask_for_whole_page()
    chosen: str | None = st.session_state[_CHOICE]
    if chosen is not None:
        st.query_params["exam"] = st.session_state[_PUT] = chosen


def awaited_exam_id(parts: Serving) -> str | None:
    """The exam that the address names, if it could be one and is not there (yet, or any more)."""
    wanted = st.query_params.get("exam")
    if not wanted or not is_id(wanted) or parts.cache.exam(wanted) is not None:
        return None
    return wanted


def _show_none(*, is_loaded: bool) -> None:
    if is_loaded:
        st.info("No exam is published yet. The first one appears here as soon as it is.")
    else:
        st.info("Loading the exams …")
    st.fragment(_look_again, run_every=WAIT_S if is_loaded else LOADING_S)(is_loaded)


def _look_again(was_loaded: bool) -> None:
    snapshot = serving().cache.exams()
    if snapshot.exams or snapshot.is_loaded != was_loaded:
        st.rerun()
