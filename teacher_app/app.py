"""The teacher dashboard's script: greets whoever the gate let in."""

import streamlit as st

from shared.errors import SessionEnded
from teacher_app import gate_paths
from teacher_app.current import current_session, sign_in_again_path

__all__: list[str] = []

st.set_page_config(page_title="Exam results", layout="wide")
try:
    teacher = current_session()
except SessionEnded:
    st.warning("Your session has ended. Nothing that you typed is lost.")
    st.link_button("Sign in again in another tab", sign_in_again_path())
    st.stop()
st.title(f"Welcome, {teacher.display_name}")
st.markdown(f"[Your account and sign out]({gate_paths.ACCOUNT})")
