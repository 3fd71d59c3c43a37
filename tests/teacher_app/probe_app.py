"""The gate around a small script, for tests: the user pool is asked at every touch."""

from pathlib import Path

from streamlit.starlette import App

from shared.settings import load_teacher_settings
from teacher_app.server import create_app as create_dashboard

__all__ = ["create_app"]


def create_app() -> App:
    return create_dashboard(
        load_teacher_settings(), check_after_s=0.0, script=Path(__file__).with_name("probe_script.py")
    )
