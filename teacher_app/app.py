"""The teacher dashboard's script: which page is shown."""

from pathlib import Path

import streamlit as st

from teacher_app.views import (
    classes,
    exam,
    exams,
    find_student,
    gradebook,
    heading,
    navigation,
    new_exam,
    student,
)
from teacher_app.views.buttons import forget_presses

__all__: list[str] = []

st.set_page_config(
    page_title="Exam results", page_icon=Path(__file__).parent / "gate" / "static" / "icon.svg", layout="wide"
)
pages = {
    navigation.LIST: st.Page(exams.render, title="My exams", url_path="exams", default=True),
    navigation.NEW: st.Page(new_exam.render, title="New exam", url_path="new"),
    navigation.CLASSES: st.Page(classes.render, title="Class lists", url_path="classes"),
    navigation.GRADEBOOK: st.Page(gradebook.render, title="Gradebook", url_path="gradebook"),
    navigation.FIND: st.Page(find_student.render, title="Find a student", url_path="find"),
    navigation.STUDENT: st.Page(student.render, title="One student", url_path="student"),
    navigation.EXAM: st.Page(exam.render, title="Exam", url_path="exam"),
}
navigation.note_pages(pages)
page = st.navigation(list(pages.values()), position="hidden")
navigation.note_arrival(page)
heading.render(is_list=page == pages[navigation.LIST])
page.run()
forget_presses()
