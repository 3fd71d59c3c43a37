"""One exam: the live board, and beneath it what is drawn by the server and refreshed now and then."""

from __future__ import annotations

import streamlit as st
from streamlit_autorefresh import st_autorefresh

from shared.exam import Exam, Result
from shared.statistics import Disclosure, frame_from_results, percentile, score_text, summary
from student_app.current import Serving
from student_app.live_board import live_board
from student_app.turns import page_turn

__all__ = ["show_exam"]

REFRESH_S = 30.0
SHARE_KEY = "keep_result_in_address"


def show_exam(parts: Serving, exam: Exam) -> None:
    """Draw the whole page of one exam."""
    parts.feed.watch(exam.id)
    try:
        st.caption(f"{exam.date.isoformat()} · {exam.teacher} · {exam.scale.label}")
        _live(parts, exam)
    finally:
        parts.feed.unwatch(exam.id)


@st.fragment
def _live(parts: Serving, exam: Exam) -> None:
    with page_turn:  # a fragment that runs by itself comes in here
        _draw(parts, exam)


def _draw(parts: Serving, exam: Exam) -> None:
    own = _own_result(parts, exam)
    live_board(
        exam.id,
        own_result_id=own.id if own else None,
        refresh_s=REFRESH_S,
        on_changed=lambda: None,  # the trigger itself reruns this fragment
        on_unreachable=lambda: st.session_state.update(is_stream_unreachable=True),
    )
    if st.session_state.get("is_stream_unreachable"):
        st_autorefresh(interval=int(REFRESH_S * 1000), key="autorefresh")
        st.warning(
            f"The live stream cannot be had here. This page refreshes every {REFRESH_S:.0f} s instead."
        )
    _details(parts, exam, own)


def _own_result(parts: Serving, exam: Exam) -> Result | None:
    label = "My code" if exam.audience.value == "CODES" else "My name"
    asked = st.text_input(
        label, value=st.query_params.get("me", ""), key=f"me-{exam.id}", placeholder="to find my result"
    )
    results = parts.cache.results(exam.id)
    wanted = asked.strip().casefold()
    if not wanted or results is None:
        return None
    found = [row for row in results.rows if row.student.casefold() == wanted]
    if not found:
        st.info(f"No result for “{asked.strip()}” yet. Write it just as the teacher does.")
        return None
    if st.checkbox("Keep it in this page's address", key=SHARE_KEY, value="me" in st.query_params):
        st.query_params["me"] = asked.strip()
    elif "me" in st.query_params:
        del st.query_params["me"]
    return found[0]


def _details(parts: Serving, exam: Exam, own: Result | None) -> None:
    results = parts.cache.results(exam.id)
    if results is None or not results.rows:
        return
    frame = frame_from_results(results.rows, exam.scale)
    if own is not None:
        share = percentile(frame, own.id, exam.audience)
        place = "" if share is None else f" Better than {share:.0f} % of the grades."
        st.success(f"{own.student}: **{own.grade}**.{place}", icon=":material/person:")
    numbers = summary(frame, exam.scale, exam.audience)
    if numbers.disclosure is not Disclosure.NOTHING:
        with st.expander("Statistics"):
            rows = {
                "Mean": numbers.mean,
                "Median": numbers.median,
                "Lower quartile": numbers.lower_quartile,
                "Upper quartile": numbers.upper_quartile,
                "Lowest": numbers.lowest,
                "Highest": numbers.highest,
            }
            st.table(
                {name: score_text(value, exam.scale) for name, value in rows.items() if value is not None}
            )
    st.download_button(
        "Download these results (CSV)",
        frame[["student", "grade"]].to_csv(index=False).encode("utf-8-sig"),
        file_name=f"results-{exam.date.isoformat()}.csv",
        mime="text/csv",
        on_click="ignore",
    )
