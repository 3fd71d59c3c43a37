"""The page of one exam: which one, and the parts of the work on it."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from shared.errors import ApiRefused, BackendUnreachable, NotFound, SessionEnded
from teacher_app.current import current_api, current_session
from teacher_app.views import exam_enter
from teacher_app.views.guard import explain
from teacher_app.workspace import Workspace

__all__ = ["render"]

REFRESH_S = 15.0  # what others change is seen at the next touch after so long
PARTS: dict[str, Callable[[Workspace], None]] = {
    "Enter": exam_enter.render,
}


def render() -> None:
    """The exam named in the address (?exam=ID)."""
    exam_id = st.query_params.get("exam", "")
    workspace = _workspace(exam_id)
    if workspace is None:
        return
    exam = workspace.exam
    st.title(exam.subject)
    st.caption(f"{exam.date:%d %B %Y} · {exam.teacher} · {exam.scale.label} · {exam.status.value.lower()}")
    part = st.segmented_control(
        "Part of the work",
        list(PARTS),
        default="Enter",
        required=True,
        key=f"part-{exam_id}",
        label_visibility="collapsed",
    )
    PARTS[part](workspace)


def _workspace(exam_id: str) -> Workspace | None:
    key = f"workspace-{exam_id}"
    workspace: Workspace | None = st.session_state.get(key)
    try:
        if workspace is None:
            workspace = st.session_state[key] = Workspace(current_api, exam_id, time.time)
        elif workspace.age_s > REFRESH_S:
            workspace.refresh()
        current_session()
    except NotFound:
        st.warning("There is no such exam, or it is somebody else's draft.")
        return None
    except (SessionEnded, BackendUnreachable, ApiRefused) as error:
        explain(error)  # what was read before is still shown, so that nothing typed is lost
    return workspace
