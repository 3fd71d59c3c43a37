"""`python -m student_app`: the student dashboard as a process."""

import streamlit.logger

from shared.settings import load_student_settings
from shared.web.serving import serve
from student_app.server import create_app

if __name__ == "__main__":
    serve(
        "student dashboard",
        load_student_settings,
        create_app,
        port=8502,
        streamlit_logger=streamlit.logger,
        # Compression would cost 48 kB of memory a session, for a page of 25 kB.
        compresses_websockets=False,
        websocket_message_bytes_max=256 * 1024,  # a page only says what was chosen
    )
