"""One exam: the live board, and beneath it what the server draws and refreshes now and then."""

from __future__ import annotations

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from shared.live.cache import ResultsSnapshot
from shared.model.exam import Exam
from shared.model.scales import describe
from shared.model.statistics import frame_from_results, summary
from shared.model.text import escape_markdown
from student_app.context import Serving
from student_app.exam.details import results_csv, rule_text, statistics_rows
from student_app.live_board import live_board
from student_app.stream.messages import Json, numbers_object, snapshot_object
from student_app.stream.run_gate import run_gate
from student_app.views.comparing import show_comparison
from student_app.views.own import ask_own, show_own

__all__ = ["await_exam", "show_exam"]

REFRESH_S = 30
LOADING_S = 1.0
_UNREACHABLE = "stream-unreachable"  # in the session: the browser cannot have the stream


def show_exam(parts: Serving, exam: Exam) -> None:
    """Draw the whole page of one exam."""
    st.caption(escape_markdown(f"{exam.date.isoformat()} · {exam.teacher} · {describe(exam.scale)}"))
    _live(parts, exam)


@st.fragment
def await_exam(parts: Serving, exam_id: str) -> None:
    """The board of an exam that is not published yet: the board draws it as soon as it is, and
    this reruns."""
    with run_gate:
        if parts.cache.exam(exam_id) is not None:
            st.rerun()
        _draw_board(exam_id, own_result_id=None, snapshot=None, is_awaited=True)


@st.fragment
def _live(parts: Serving, exam_then: Exam) -> None:
    with run_gate:  # a fragment that reruns by itself starts here
        exam = parts.cache.exam(exam_then.id)
        parts.feed.touch(exam_then.id)  # its results stay loaded for a while, even without a stream
        _draw(parts, exam or exam_then, is_there=exam is not None)


def _draw(parts: Serving, exam: Exam, *, is_there: bool) -> None:
    results = parts.cache.results(exam.id)
    own = ask_own(exam, results)
    if own and results is not None:
        show_own(exam, results, own)
    _draw_board(
        exam.id,
        own_result_id=own[0].id if len(own) == 1 else None,
        snapshot=_snapshot(parts, exam, results) if _is_unreachable() else None,
    )
    if results is None and is_there:
        _await_results(parts, exam)
    if results is None or not results.rows:
        return
    _show_statistics(exam, results)
    show_comparison(parts, exam)
    st.download_button(
        "Download these results (CSV)",
        lambda: results_csv(exam, results.rows),
        file_name=f"results-{exam.date.isoformat()}.csv",
        mime="text/csv",
        on_click="ignore",
    )


@st.fragment(run_every=LOADING_S)
def _await_results(parts: Serving, exam: Exam) -> None:
    """Only at the first sight of an exam, until the feed has loaded its results."""
    if parts.cache.results(exam.id) is not None or parts.cache.exam(exam.id) is None:
        st.rerun()


def _show_statistics(exam: Exam, results: ResultsSnapshot) -> None:
    numbers = summary(frame_from_results(results.rows, exam.scale), exam.scale, exam.audience)
    with st.expander("Statistics"):
        st.table(dict(statistics_rows(exam, numbers)))
        rule = rule_text(exam, numbers.disclosure)
        if rule:
            st.caption(rule)


def _draw_board(
    exam_id: str, *, own_result_id: str | None, snapshot: Json | None, is_awaited: bool = False
) -> None:
    live_board(
        exam_id,
        own_result_id=own_result_id,
        refresh_s=REFRESH_S,
        snapshot=snapshot,
        is_awaited=is_awaited,
        on_changed=lambda: None,  # the trigger itself reruns this fragment
        on_unreachable=lambda: _note(is_unreachable=True),
        on_reachable=lambda: _note(is_unreachable=False),
    )
    if _is_unreachable():
        st_autorefresh(interval=REFRESH_S * 1000, key="autorefresh")
        st.caption(
            f"The live stream cannot be had here: this page refreshes itself every {REFRESH_S} s instead."
        )


def _is_unreachable() -> bool:
    return bool(st.session_state.get(_UNREACHABLE))


def _snapshot(parts: Serving, exam: Exam, results: ResultsSnapshot | None) -> Json | None:
    if results is None:
        return None
    numbers = numbers_object(exam, results.rows)
    return snapshot_object(exam, results.rows, results.received_at_s, parts.feed.status, numbers)


def _note(*, is_unreachable: bool) -> None:
    st.session_state[_UNREACHABLE] = is_unreachable
