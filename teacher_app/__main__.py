"""`python -m teacher_app`: the teacher dashboard as a process."""

import streamlit.logger

from shared.settings import load_teacher_settings
from shared.web.serving import serve
from teacher_app.server import create_app

if __name__ == "__main__":
    serve(
        "teacher dashboard",
        load_teacher_settings,
        create_app,
        port=8501,
        streamlit_logger=streamlit.logger,
        compresses_websockets=True,
        websocket_message_bytes_max=16 * 1024 * 1024,  # a pasted class list
    )
