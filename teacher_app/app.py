"""The teacher dashboard's script: which page is shown."""

from pathlib import Path

import streamlit as st

from teacher_app.views import exam, exam_new, exams, heading, ways
from teacher_app.views.pressing import forget_presses

__all__: list[str] = []

st.set_page_config(
    page_title="Exam results", page_icon=Path(__file__).with_name("static") / "icon.svg", layout="wide"
)
pages = {
    ways.LIST: st.Page(exams.render, title="My exams", url_path="exams", default=True),
    ways.NEW: st.Page(exam_new.render, title="New exam", url_path="new"),
    ways.EXAM: st.Page(exam.render, title="Exam", url_path="exam"),
}
ways.note_pages(pages)
page = st.navigation(list(pages.values()), position="hidden")
heading.render(is_list=page == pages[ways.LIST])
page.run()
forget_presses()
