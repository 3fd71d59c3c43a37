"""A page that keeps what was typed when its session ends, as the dashboard's own pages do."""

import streamlit as st

from shared.model.errors import SessionEnded
from teacher_app.context import current_api, current_session, current_settings, sign_in_again_path

st.title("Probe")
typed = st.text_input("Typed", key="typed")
st.button("Look again")
try:
    teacher = current_session()
    count = len(list(current_api().list_my_exams()))
    st.write(f"{teacher.username} has {count} exams and typed “{typed}”.")
    st.caption(f"Idle for {current_settings().session_idle_minutes} minutes at most.")
except SessionEnded:
    st.warning("The session has ended.")
    st.link_button("Sign in again", sign_in_again_path())
