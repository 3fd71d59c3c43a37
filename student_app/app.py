"""The student dashboard's script: an exam chosen, its live board, and what can be asked beside it."""

from pathlib import Path

import streamlit as st

from student_app.context import serving
from student_app.stream.run_gate import run_gate
from student_app.views.choice import awaited_exam_id, choose_exam
from student_app.views.page import await_exam, show_exam
from student_app.views.whole_page import begin_whole_page

__all__: list[str] = []

ALL_EXAMS = '<a href="./" target="_self" style="color: inherit">All exams</a>'
# Streamlit keeps a sixth of a phone's screen free above the page.
LESS_SPACE = "<style>.stMainBlockContainer { padding-top: 3rem; padding-bottom: 4rem; }</style>"

st.set_page_config(
    page_title="Exam results", page_icon=Path(__file__).with_name("icon.svg"), layout="centered"
)
st.html(LESS_SPACE)
begin_whole_page()
with run_gate:
    parts = serving()
    st.html(ALL_EXAMS)
    exam = choose_exam(parts)
    # The board draws the heading of an exam, and gives the tab its title: both change while it is shown.
    if exam is not None:
        st.set_page_config(page_title=f"{exam.subject} · Exam results")
        show_exam(parts, exam)
    elif (awaited := awaited_exam_id(parts)) is not None:
        await_exam(parts, awaited)
    else:
        st.title("Exam results", anchor=False)
