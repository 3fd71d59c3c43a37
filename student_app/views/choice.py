"""The choice of an exam, kept in the page's address."""

from __future__ import annotations

import streamlit as st

from shared.exam import Exam
from student_app.choosing import OFFERED_MAX, exam_labels, matching_exams
from student_app.current import Serving, serving

__all__ = ["choose_exam"]

WAIT_S = 3  # the exams are listed within a moment of the server's start


def choose_exam(parts: Serving) -> Exam | None:
    """The exam that the address names or the viewer picks; None, and the page says why, if there is none."""
    snapshot = parts.cache.exams()
    if not snapshot.exams:
        _show_none(is_loaded=snapshot.is_loaded)
        return None
    wanted = st.query_params.get("exam")
    named = parts.cache.exam(wanted) if wanted else None
    search = ""
    if len(snapshot.exams) > OFFERED_MAX:
        search = st.text_input("Find an exam", placeholder="subject, date or teacher", key="exam_search")
    offered = matching_exams(snapshot.exams, search)
    if named is not None and not search and named not in offered:
        offered = [named, *offered]
    if not offered:
        st.info(f"No exam has “{search}” in its subject, date or teacher.")
        return named
    if wanted and named is None:
        st.warning("The exam of this link is not published (any more). Choose another.")
    ids = [exam.id for exam in offered]
    labels = exam_labels(offered)
    current = named.id if named is not None and named.id in ids else None
    chosen: str | None = st.selectbox(
        "Exam",
        ids,
        index=ids.index(current) if current else (None if wanted else 0),
        format_func=lambda exam_id: labels.get(exam_id, exam_id),
        placeholder="Choose an exam",
    )
    if chosen is None:
        return named  # what is shown stays while others are searched
    if chosen != wanted:
        st.query_params["exam"] = chosen
    return parts.cache.exam(chosen)


@st.fragment(run_every=WAIT_S)
def _show_none(*, is_loaded: bool) -> None:
    if serving().cache.exams().exams:
        st.rerun()
    if is_loaded:
        st.info("No exam is published yet. This page shows the first one as soon as it is.")
    else:
        st.info("Loading the exams …")
