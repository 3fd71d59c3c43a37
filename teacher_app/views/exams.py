"""The page of my exams: the list, and a new exam."""

from __future__ import annotations

import datetime as dt

import streamlit as st

from shared.errors import ApiRefused, BackendUnreachable, FieldInvalid, SessionEnded
from shared.exam import Audience, NewExam
from shared.grades import LETTERS, PASS_FAIL, PERCENT, Scale, ScaleKind
from teacher_app.current import current_api, current_session
from teacher_app.views.guard import explain, guarded

__all__ = ["render"]


def render() -> None:
    """My exams, newest first, and the form for a new one."""
    st.title("My exams")
    with guarded():
        _new_exam()
        for exam in current_api().list_my_exams():
            st.markdown(
                f"[{exam.subject}](/exam?exam={exam.id}) · {exam.date:%d %B %Y} · "
                f"{exam.status.value.lower()} · {exam.results_count} results"
            )


def _new_exam() -> None:
    with st.form("new-exam"):
        subject = st.text_input("Subject", max_chars=120)
        date: dt.date = st.date_input("Date", value="today")
        kind = st.selectbox("Scale", ["Points", "Percent", "Letters", "Pass or fail"])
        maximum = st.number_input("Points in all", min_value=1, max_value=1000, value=20)
        audience = st.radio("Students are shown by", ["Names", "Codes"], horizontal=True)
        is_wanted = st.form_submit_button("Create the exam")
    if not is_wanted:
        return
    scale = {
        "Points": Scale(ScaleKind.OUT_OF, int(maximum)),
        "Percent": PERCENT,
        "Letters": LETTERS,
        "Pass or fail": PASS_FAIL,
    }[kind]
    try:
        new = NewExam(
            subject,
            date,
            current_session().display_name,
            scale,
            Audience.CODES if audience == "Codes" else Audience.NAMES,
        )
        exam = current_api().create_exam(new)
    except FieldInvalid as error:
        st.error(str(error))
    except (SessionEnded, BackendUnreachable, ApiRefused) as error:
        explain(error)
    else:
        st.switch_page("exam", query_params={"exam": exam.id})
