"""Who is signed in, for the dashboard's scripts, and what reads files and many exams for them.

After SessionEnded a page shows sign_in_again_path() as a link that opens another tab; once the teacher has
signed in there, a rerun of the page continues where it was.

Nothing here counts as a touch of the session: the gate sees what a person does, and a page may rerun without
anybody at the keyboard.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from shared.api.calls import TeacherApi
from shared.identity.teacher_session import TeacherSession
from shared.model.errors import SessionEnded
from shared.settings import TeacherSettings
from teacher_app.gate import paths
from teacher_app.gate.gate import Gate
from teacher_app.gate.middleware import PAGE_HEADER
from teacher_app.gate.sessions import GateSession
from teacher_app.gradebook.reading import ResultsReader
from teacher_app.reading.reader import FileReader

__all__ = [
    "current_api",
    "current_reader",
    "current_results_reader",
    "current_session",
    "current_settings",
    "serving",
    "sign_in_again_path",
    "tab_path",
]

# Of the app that serves in this process; empty when none does.
_serving: list[tuple[Gate, FileReader, ResultsReader]] = []
_serving_lock = threading.Lock()  # guards _serving


@contextmanager
def serving(gate: Gate) -> Iterator[None]:
    """Make `gate` the one that the scripts of this process use, while the block runs, with readers for their
    files and exams."""
    with closing(FileReader()) as reader, closing(ResultsReader()) as results_reader:
        served = (gate, reader, results_reader)
        with _serving_lock:
            _serving.append(served)
        try:
            yield
        finally:
            with _serving_lock:
                _serving.remove(served)


def current_session() -> TeacherSession:
    """The signed-in teacher. Raises SessionEnded; the page then keeps its state and may continue later."""
    return _gate_session().teacher


def current_api() -> TeacherApi:
    """The exam API as the signed-in teacher. Raises SessionEnded."""
    return _gate_session().api


def current_settings() -> TeacherSettings:
    """The dashboard's settings."""
    return _gate().settings


def current_reader() -> FileReader:
    """What reads the files that teachers choose. Raises SessionEnded when the dashboard is stopping."""
    return _current()[1]


def current_results_reader() -> ResultsReader:
    """What reads the results of many exams. Raises SessionEnded when the dashboard is stopping."""
    return _current()[2]


def sign_in_again_path() -> str:
    """The address of a sign-in page after which this page continues with everything that was typed."""
    return paths.sign_in_path(resume=_page_id() or "")


def tab_path() -> str:
    """Where this page asks whether its session has ended."""
    return paths.tab_path(_page_id() or "")


def _gate_session() -> GateSession:
    gate = _gate()
    found = gate.session_of_page(_page_id())
    context = get_script_run_ctx()
    if context is not None:
        gate.pages.note_streamlit_session(context.session_id, found.teacher.sub)
    return found


def _gate() -> Gate:
    return _current()[0]


def _current() -> tuple[Gate, FileReader, ResultsReader]:
    with _serving_lock:
        if not _serving:
            raise SessionEnded
        return _serving[-1]


def _page_id() -> str | None:
    """The id that the gate added to the WebSocket's handshake."""
    return st.context.headers.get(PAGE_HEADER)
