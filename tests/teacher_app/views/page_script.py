"""The dashboard's script with any of its pages first, because AppTest does not open addresses."""

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

first = st.session_state["first_page"]
pages = {
    name: st.Page(render, title=title, url_path=name, default=first == name)
    for name, title, render in (
        (navigation.LIST, "My exams", exams.render),
        (navigation.NEW, "New exam", new_exam.render),
        (navigation.CLASSES, "Class lists", classes.render),
        (navigation.GRADEBOOK, "Gradebook", gradebook.render),
        (navigation.FIND, "Find a student", find_student.render),
        (navigation.STUDENT, "One student", student.render),
        (navigation.EXAM, "Exam", exam.render),
    )
}
navigation.note_pages(pages)
page = st.navigation(list(pages.values()), position="hidden")
navigation.note_arrival(page)
heading.render(is_list=page == pages[navigation.LIST])
page.run()
