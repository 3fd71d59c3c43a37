"""What was changed in an exam: when, by whom, and how to restore it."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace

import streamlit as st

from shared.model.exam import Result, new_id
from shared.model.history import Change
from shared.model.text import escape_markdown
from teacher_app.context import current_session
from teacher_app.exam.history import ChangeLine, change_line, restoring
from teacher_app.rows.commands import (
    Conflict,
    CreateRow,
    Deleted,
    Duplicate,
    NotSaved,
    Receipt,
    Refused,
    Saved,
    person_of,
)
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter
from teacher_app.views.buttons import storing_button
from teacher_app.views.clock import local_zone
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.labels import held_labels

__all__ = ["render"]

_WIDTH_PX = 480
PAGE = 25  # changes that are shown at first, and with each press more
REFRESH_S = 15.0  # after this, the next interaction reads what was changed elsewhere
REQUESTS_MAX = 5  # for one press: the changes of one student may be far apart


@dataclass(slots=True)
class _Read:
    """What was read of one listing, newest first. `next_token` is None at its end."""

    result_id: str | None
    read_at_s: float
    changes: list[Change] = field(default_factory=list)
    next_token: str | None = None


def render(workspace: Workspace) -> None:
    """Everything of the exam, or of one student."""
    exam_id = workspace.exam.id
    st.markdown(
        "What was changed, newest first. Nobody else can read this. It is erased when you delete the exam."
    )
    result_id = _chosen_result(workspace)
    _show_outcome(exam_id)
    try:
        read = _read(workspace, result_id)
        reader = current_session().sub
    except EXPECTED as error:
        explain(error, retry_key="history-again")
        return
    if not read.changes:
        st.info(
            "Nothing was changed yet."
            if read.next_token is None
            else "Nothing of this student among the newest changes.",
            icon=":material/history:",
        )
    for change in read.changes:
        _show(workspace, change, change_line(change, workspace.exam, reader, local_zone()))
    if (
        read.next_token is not None
        and storing_button("Show earlier changes", key=f"history-more-{exam_id}").take()
    ):
        try:
            _read_more(workspace, read)
        except EXPECTED as error:
            explain(error)
        else:
            st.rerun()


def _chosen_result(workspace: Workspace) -> str | None:
    key = f"history-student-{workspace.exam.id}"
    names = {row.id: _name(row, workspace) for row in workspace.results}
    labels = held_labels(key, {"": "All students, and the exam itself", **names})
    chosen = st.selectbox(
        "Student",
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        width=_WIDTH_PX,
    )
    return chosen or None


def _name(row: Result, workspace: Workspace) -> str:
    audience = workspace.exam.audience
    parts = [person_of(row, audience), row.student if audience.has_codes else "", row.number or ""]
    return ", ".join(filter(None, parts))


def _read(workspace: Workspace, result_id: str | None) -> _Read:
    """What is kept of this listing, read again when it has become old. Raises what the API raises."""
    key = _key(workspace.exam.id)
    read: _Read | None = st.session_state.get(key)
    is_first_page = read is not None and len(read.changes) <= PAGE
    is_old = read is not None and is_first_page and time.monotonic() - read.read_at_s > REFRESH_S
    if read is None or read.result_id != result_id or is_old:
        read = _Read(result_id, time.monotonic())
        _read_more(workspace, read)
        st.session_state[key] = read
    return read


def _read_more(workspace: Workspace, read: _Read) -> None:
    """At least one more change, unless REQUESTS_MAX requests find none."""
    for _ in range(REQUESTS_MAX):
        page = workspace.api.list_changes(
            workspace.exam.id, result_id=read.result_id, limit=PAGE, next_token=read.next_token
        )
        read.changes += page.changes
        read.next_token = page.next_token
        if page.changes or page.next_token is None:
            return


def _show(workspace: Workspace, change: Change, line: ChangeLine) -> None:
    about = f"**{escape_markdown(line.about)}**: " if line.about else ""
    key = f"history-restore-{change.exam_id}-{change.id}"
    current = workspace.result(change.result_id or "")
    command = restoring(change, current, new_id(), workspace.exam.audience)
    with st.container(horizontal=True, vertical_alignment="center", key=f"{key}-row"):
        st.markdown(f"{about}{escape_markdown(line.what)}  \n:small[{escape_markdown(line.by_and_when)}]")
        if command is None:
            return
        what = f"{line.about}: {line.what}"
        restore = storing_button("Restore", key=key, help=f"Undo this change. {what}", width="content")
    if restore.take():
        writer = RowWriter(workspace, secrets.SystemRandom())
        if isinstance(command, CreateRow):
            # Whoever is entered already is not entered once more, also if this was restored before.
            command = replace(command, accepts_duplicate=not command.person)
        (receipt,) = writer.write([command]).values()
        st.session_state[f"{_key(change.exam_id)}-outcome"] = line.about, receipt
        st.session_state.pop(_key(change.exam_id), None)
        st.rerun()  # the whole page: its title counts the results


def _show_outcome(exam_id: str) -> None:
    about, receipt = st.session_state.pop(f"{_key(exam_id)}-outcome", ("", None))
    if receipt is None:
        return
    person = escape_markdown(about)
    match receipt:
        case Saved() | Deleted():
            st.success(f"Restored: {person}.", icon=":material/check:")
        case _:
            st.warning(f"**{person}** is not restored. {_why_not(receipt)}", icon=":material/call_split:")


def _why_not(receipt: Receipt) -> str:
    match receipt:
        case Duplicate(existing=existing):
            return f"This student has a result already: {escape_markdown(existing.grade)}."
        case Conflict(theirs=Result()):
            return "The result was changed in another tab or by somebody else. Look at it, then try again."
        case Conflict():
            return "The result was deleted in another tab or by somebody else. Restore that deletion."
        case Refused(reason=reason):
            return escape_markdown(reason)
        case NotSaved():
            return "The server does not answer, or your session has ended. Try again."
    return ""


def _key(exam_id: str) -> str:
    return f"history-of-{exam_id}"
