"""The gate around a small script, for tests: the user pool is asked at every touch, and time can be moved.

PROBE_CLOCK, if set, names a file that holds how many seconds this process is ahead of the true time.
"""

import os
import time
from pathlib import Path

from streamlit.starlette import App

from shared.settings import load_teacher_settings
from teacher_app.server import create_app as create_dashboard

__all__ = ["CLOCK_VARIABLE", "create_app"]

CLOCK_VARIABLE = "PROBE_CLOCK"


def create_app() -> App:
    return create_dashboard(
        load_teacher_settings(),
        now_s=_now_s,
        check_after_s=0.0,
        script=Path(__file__).with_name("probe_script.py"),
    )


def _now_s() -> float:
    path = os.environ.get(CLOCK_VARIABLE)
    return time.time() + (float(Path(path).read_text()) if path else 0.0)
