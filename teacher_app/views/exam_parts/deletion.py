"""Deleting an exam: what is deleted with it, the progress, and afterwards the undo."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import streamlit as st

from shared.model.text import escape_markdown
from teacher_app.exam.deletion import Deletion, Restoration
from teacher_app.exam.wording import count_text
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation
from teacher_app.views.buttons import set_state, storing_button
from teacher_app.views.errors import EXPECTED, explain

__all__ = ["offer_undo", "render", "show_restored"]

_RESTORED = "restored-exam"  # in the session: the id of the one that was brought back last
_DELETED = "deleted-exams"  # in the session, newest first: list[_Deleted]


class _Deleted:
    """A deletion in progress or done, and its undo once requested."""

    def __init__(self, deletion: Deletion) -> None:
        self.deletion = deletion
        self.restoration: Restoration | None = None


def render(workspace: Workspace) -> None:
    """The section on the exam's page."""
    exam = workspace.exam
    st.subheader("Delete", anchor=False)
    begun = next((one for one in _deleted() if one.deletion.exam.id == exam.id), None)
    asked_key = f"delete-asked-{exam.id}"
    if begun is None and not st.session_state.get(asked_key):
        st.markdown(f"The exam has {count_text(len(workspace.results), 'result')}.")
        st.button("Delete this exam …", icon=":material/delete:", on_click=set_state, args=(asked_key, True))
        return
    goes_too = f" and its {count_text(len(workspace.results), 'result')}" if workspace.results else ""
    if begun is None:
        seen = " Students cannot see it any more from then on." if exam.is_published else ""
        st.warning(
            f"This deletes the exam{goes_too}.{seen} You can undo it as long as this page "
            "stays open; the exam then gets a new address. Its history is erased for good.",
            icon=":material/delete:",
        )
    else:
        st.warning("The deletion has begun and is not finished.", icon=":material/delete:")
    with st.container(horizontal=True):
        label = f"Delete the exam{goes_too}" if begun is None else "Continue deleting"
        delete = storing_button(label, key=f"danger-delete-{exam.id}", type="primary")
        if begun is None:
            st.button("Keep it", on_click=set_state, args=(asked_key, False))
    if delete.take():
        _delete(begun or _begin(workspace))


def offer_undo() -> None:
    """Offer to restore each exam that was deleted on this page."""
    st.session_state.pop(_RESTORED, None)
    for one in _deleted():
        deletion = one.deletion
        if not deletion.is_done:
            continue
        exam = deletion.exam
        subject = escape_markdown(exam.subject)
        with st.container(horizontal=True, vertical_alignment="center", key=f"undo-row-{exam.id}"):
            goes_too = f" and its {count_text(len(deletion.taken), 'result')}" if deletion.taken else ""
            st.markdown(f":material/delete: “{subject}”{goes_too} deleted.")
            undo = storing_button("Undo", key=f"undo-{exam.id}", help=f"Bring “{subject}” back")
        if undo.take():
            _restore(one)


def show_restored(exam_id: str) -> None:
    """Say that this exam was brought back, until the teacher goes to the list."""
    if st.session_state.get(_RESTORED) == exam_id:
        st.success("It is back, as a draft. Its address is a new one.", icon=":material/undo:")


def _begin(workspace: Workspace) -> _Deleted:
    one = _Deleted(Deletion(workspace, secrets.SystemRandom()))
    _deleted().insert(0, one)
    return one


def _delete(one: _Deleted) -> None:
    if _run(one.deletion.run, "Deleting …", "deleted"):
        exam_id = one.deletion.exam.id
        for key in (f"workspace-{exam_id}", f"delete-asked-{exam_id}"):
            st.session_state.pop(key, None)
        navigation.go_to_list()


def _restore(one: _Deleted) -> None:
    if one.restoration is None:
        one.restoration = Restoration(one.deletion, secrets.SystemRandom())
    if _run(one.restoration.run, "Bringing it back …", "are back"):
        _deleted().remove(one)
        st.session_state[_RESTORED] = one.restoration.exam_id
        navigation.go_to_exam(one.restoration.exam_id)


def _run(run: Callable[[], Iterator[tuple[int, int]]], label: str, done_words: str) -> bool:
    """Run it under a progress bar. False if an error, which the page explains, stopped it."""
    bar = st.progress(0.0, label)
    try:
        for done, total in run():
            bar.progress(done / total, f"{done:,} of {total:,} results {done_words}")
    except EXPECTED as error:
        bar.empty()
        explain(error)
        return False
    return True


def _deleted() -> list[_Deleted]:
    found: list[_Deleted] = st.session_state.setdefault(_DELETED, [])
    return found
