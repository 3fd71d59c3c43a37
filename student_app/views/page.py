"""One exam: the live board, and beneath it the comparison with other exams."""

from __future__ import annotations

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from shared.model.exam import Exam
from student_app.components import live_board
from student_app.context import Serving
from student_app.stream.messages import Json, numbers_object, snapshot_object
from student_app.stream.run_gate import run_gate
from student_app.views.choice import is_offer_old
from student_app.views.comparing import show_comparison
from student_app.views.whole_page import is_whole_page_asked

__all__ = ["await_exam", "show_exam"]

REFRESH_S = 30
_CHOOSING = "choosing-exam"  # in the session: somebody is about to choose one
_UNREACHABLE = "stream-unreachable"  # in the session: the browser cannot have the stream


def show_exam(parts: Serving, exam: Exam) -> None:
    """Draw the page of one exam: the live board, and the comparison with others."""
    _live(parts, exam)
    with run_gate:
        show_comparison(parts, exam)


@st.fragment
def await_exam(parts: Serving, exam_id: str) -> None:
    """The board of an exam that is not published yet: the board draws it as soon as it is, and
    the page is drawn again."""
    with run_gate:
        if is_whole_page_asked() or parts.cache.exam(exam_id) is not None:
            st.rerun()
        _draw_board(exam_id, snapshot=None, is_awaited=True)


@st.fragment
def _live(parts: Serving, exam_then: Exam) -> None:
    with run_gate:  # a fragment that reruns by itself starts here
        exam = parts.cache.exam(exam_then.id)
        is_choosing = st.session_state.pop(_CHOOSING, False)
        if exam is None or is_whole_page_asked() or (is_choosing and is_offer_old(parts)):
            st.rerun()
        parts.feed.touch(exam.id)  # its results stay loaded for a while, even without a stream
        _draw_board(exam.id, snapshot=_snapshot(parts, exam) if _is_unreachable() else None)


def _draw_board(exam_id: str, *, snapshot: Json | None, is_awaited: bool = False) -> None:
    live_board(
        exam_id,
        refresh_s=REFRESH_S,
        snapshot=snapshot,
        is_awaited=is_awaited,
        on_changed=lambda: None,  # the trigger itself reruns this fragment
        on_unreachable=lambda: _note(is_unreachable=True),
        on_reachable=lambda: _note(is_unreachable=False),
        on_choosing=_note_choosing,
    )
    if _is_unreachable():
        st_autorefresh(interval=REFRESH_S * 1000, key="autorefresh")
        st.markdown(
            "The live stream cannot be reached from here: "
            f"this page refreshes itself every {REFRESH_S} s instead."
        )


def _is_unreachable() -> bool:
    return bool(st.session_state.get(_UNREACHABLE))


def _snapshot(parts: Serving, exam: Exam) -> Json | None:
    results = parts.cache.results(exam.id)
    if results is None:
        return None
    numbers = None if results.is_held_back else numbers_object(exam, results.rows)
    return snapshot_object(exam, results, parts.feed.status, numbers)


def _note_choosing() -> None:
    st.session_state[_CHOOSING] = True


def _note(*, is_unreachable: bool) -> None:
    st.session_state[_UNREACHABLE] = is_unreachable
