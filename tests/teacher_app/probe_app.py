"""`python -m tests.teacher_app.probe_app`: the gate around a small script, for tests.

The user pool is asked at every touch, and time can be moved: PROBE_CLOCK, if set, names a file with the
number of seconds that this process is ahead of real time.
"""

import os
import time
from pathlib import Path

import streamlit.logger
from streamlit.starlette import App

from shared.settings import TeacherSettings, load_teacher_settings
from shared.web.serving import serve
from teacher_app.server import create_app as create_dashboard

__all__ = ["CLOCK_VARIABLE"]

CLOCK_VARIABLE = "PROBE_CLOCK"


def _create_app(settings: TeacherSettings) -> App:
    return create_dashboard(
        settings,
        now_s=_now_s,
        steady_s=_now_s,
        check_after_s=0.0,
        script=Path(__file__).with_name("probe_script.py"),
    )


def _now_s() -> float:
    path = os.environ.get(CLOCK_VARIABLE)
    return time.time() + (float(Path(path).read_text()) if path else 0.0)


if __name__ == "__main__":
    serve(
        "probe",
        load_teacher_settings,
        _create_app,
        port=8501,
        streamlit_logger=streamlit.logger,
        compresses_websockets=True,
        websocket_message_bytes_max=16 * 1024 * 1024,
    )
