"""The page of one exam, with the parts of the work on it."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from shared.model.errors import InputRefused, NotFound, SessionEnded
from shared.model.scales import describe
from shared.model.text import date_text
from teacher_app.context import current_api, current_session
from teacher_app.exam.wording import AUDIENCE_WORDS, entered_text, status_text
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation
from teacher_app.views.clock import local_now, run_again_at
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.exam_parts import (
    codes,
    deletion,
    details,
    entry,
    export,
    grid,
    history,
    import_source,
    read_only,
    review,
    share,
)
from teacher_app.views.fragments import fragment
from teacher_app.views.unsaved_elsewhere import show_unsaved

__all__ = ["PARTS", "render"]

REFRESH_S = 15.0  # after this, the next interaction reads what others have changed

CODES = "Codes"  # only where students are shown by code

# The parts in the usual order of work. The first one is shown when the address names none.
PARTS: dict[str, Callable[[Workspace], None]] = {
    "Enter": entry.render,
    "Grid": grid.render,
    "Import": import_source.render,
    CODES: codes.render,
    "Review": review.render,
    navigation.SHARE: share.render,
    "Export": export.render,
    "History": history.render,
    navigation.DETAILS: details.render,
}


def render() -> None:
    """The exam named in the address (?exam=ID&part=NAME)."""
    # Going back from a copy leads over an address with the copy's parameter alone, since Streamlit sets the
    # next page's parameters at this one's first.
    exam_id = st.query_params.get("exam") or st.query_params.get(navigation.LIKE, "")
    # A container of its own, even if empty: if the elements below moved, the browser would recreate them, and
    # the focus and unsent input would be lost.
    with st.container():
        workspace = _workspace(exam_id)
        deletion.show_restored(exam_id)
    if workspace is None:
        return
    title = st.container()
    if _is_another_teachers(workspace):
        read_only.render(workspace)
    else:
        _show_part(workspace)
    with title:  # last, so that it shows what the part has just changed
        _show_title(workspace)


def _is_another_teachers(workspace: Workspace) -> bool:
    owner = workspace.exam.owner
    try:
        return owner is not None and owner != current_session().sub
    except SessionEnded:
        return False  # explained already; what was typed on the page stays


def _show_part(workspace: Workspace) -> None:
    parts = [name for name in PARTS if name != CODES or workspace.exam.audience.has_codes]
    navigation.PART_CHOICE.take_from_address(parts, absent=parts[0], unknown=parts[0])
    st.segmented_control(
        "Part of the work", parts, required=True, key=navigation.PART, label_visibility="collapsed"
    )
    part: str = st.session_state[navigation.PART]
    navigation.PART_CHOICE.put_into_address(part, absent=parts[0])
    show_unsaved(workspace.exam.owner or "", workspace.exam.id, part)
    with st.container():
        if part != navigation.DETAILS:
            details.show_unsaved(workspace.exam.id)
    PARTS[part](workspace)


def _show_title(workspace: Workspace) -> None:
    exam, now = workspace.exam, local_now()
    if exam.release_at is not None and exam.is_announced(now):
        run_again_at(exam.release_at)
    st.set_page_config(page_title=f"{exam.subject} · Exam results")
    st.html(
        fragment(
            "exam_title.html",
            exam=exam,
            status=status_text(exam, now),
            date=date_text(exam.date),
            scale=describe(exam.scale),
            audience=AUDIENCE_WORDS[exam.audience],
            results=entered_text(workspace.results),
        )
    )


def _workspace(exam_id: str) -> Workspace | None:
    key = f"workspace-{exam_id}"
    workspace: Workspace | None = st.session_state.get(key)
    try:
        if workspace is None:
            workspace = st.session_state[key] = Workspace(current_api, exam_id, time.time)
        elif workspace.age_s > REFRESH_S:
            workspace.refresh()
        current_session()
    except (NotFound, InputRefused):  # InputRefused: the address contains no valid id
        st.session_state.pop(key, None)
        st.warning("There is no such exam, or it is somebody else's draft.")
        navigation.link_to(navigation.LIST, "To my exams")
        return None
    except EXPECTED as error:
        # Keep showing what was read before, so that nothing typed is lost.
        explain(error, retry_key="exam-again")
    return workspace
