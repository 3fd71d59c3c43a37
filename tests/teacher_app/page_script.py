"""The dashboard's script with any of its pages as the first one: AppTest follows no address."""

import streamlit as st

from teacher_app.views import exam, exam_new, exams, heading, ways

first = st.session_state["first_page"]
pages = {
    name: st.Page(render, title=title, url_path=name, default=first == name)
    for name, title, render in (
        (ways.LIST, "My exams", exams.render),
        (ways.NEW, "New exam", exam_new.render),
        (ways.EXAM, "Exam", exam.render),
    )
}
ways.note_pages(pages)
page = st.navigation(list(pages.values()), position="hidden")
heading.render(is_list=page == pages[ways.LIST])
page.run()
