"""How the dashboard's scripts learn who is at the keyboard.

    session = current_session()      raises SessionEnded: show sign_in_again_path() as a link that
                                       opens another tab; after signing in there, a rerun goes on from here
    current_api()                      the exam API as this teacher
    current_settings()

Nothing here touches the session: the gate counts what the person does, and a page that reruns by itself is
nobody at the keyboard.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

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

__all__ = ["current_api", "current_session", "current_settings", "serving", "sign_in_again_path"]

_gates: list[Gate] = []  # the gate of the app that serves in this process; none while none serves
_gates_lock = threading.Lock()  # guards _gates


@contextmanager
def serving(gate: Gate) -> Iterator[None]:
    """Makes `gate` the one that scripts of this process ask, for as long as the app serves."""
    with _gates_lock:
        _gates.append(gate)
    try:
        yield
    finally:
        with _gates_lock:
            _gates.remove(gate)


def current_session() -> TeacherSession:
    """The signed-in teacher. Raises SessionEnded; the page then keeps its state and may go on later."""
    return _gate_session().teacher


def current_api() -> TeacherApi:
    """The exam API as the signed-in teacher. Raises SessionEnded."""
    return _gate_session().api


def current_settings() -> TeacherSettings:
    """The dashboard's settings."""
    return _gate().settings


def sign_in_again_path() -> str:
    """The address of a sign-in page after which this very page goes on with what was typed."""
    return paths.sign_in_path(resume=_page_id() or "")


def _gate_session() -> GateSession:
    gate = _gate()
    found = gate.session_of_page(_page_id())
    context = get_script_run_ctx()
    if context is not None:
        gate.pages.note_streamlit_session(context.session_id, found.teacher.sub)
    return found


def _gate() -> Gate:
    with _gates_lock:
        if not _gates:
            raise SessionEnded
        return _gates[-1]


def _page_id() -> str | None:
    """The id that the gate put into the WebSocket's handshake."""
    return st.context.headers.get(PAGE_HEADER)
