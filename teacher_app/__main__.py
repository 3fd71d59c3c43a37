"""`python -m teacher_app`: the teacher dashboard as a process."""

import streamlit.logger

from shared.settings import load_teacher_settings
from shared.web.serving import serve
from teacher_app.server import create_app

if __name__ == "__main__":
    serve(
        "teacher dashboard",
        lambda: create_app(load_teacher_settings()),
        port=8501,
        streamlit_logger=streamlit.logger,
        compresses_websockets=True,
    )
