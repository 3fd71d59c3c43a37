"""The teacher dashboard's script: which page is shown."""

import streamlit as st

from teacher_app.views import exam, exams, heading

__all__: list[str] = []

st.set_page_config(page_title="Exam results", layout="wide")
page = st.navigation(
    [
        st.Page(exams.render, title="My exams", url_path="exams", default=True),
        st.Page(exam.render, title="Exam", url_path="exam"),
    ],
    position="hidden",
)
heading.render()
page.run()
