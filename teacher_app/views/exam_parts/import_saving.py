"""An import while it is saved or undone, paused, or finished."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from shared.model.text import escape_markdown
from teacher_app.exam.wording import count_text
from teacher_app.importing.draft import ImportDraft, Progress
from teacher_app.importing.saving import Refusal, Saving
from teacher_app.rows.write_job import WriteJob
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain

__all__ = ["show_saving"]


def show_saving(draft: ImportDraft, key: str) -> None:
    """The progress bar while it runs; else what is done, what is not, and how to continue."""
    if draft.progress is Progress.RUNNING:
        _run(draft, key)
    elif draft.progress is Progress.PAUSED:
        _show_pause(draft, key)
    elif draft.undoing is not None:
        _show_undone(draft, draft.undoing)
    elif draft.saving is not None:
        _show_saved(draft, draft.saving, key)


def _run(draft: ImportDraft, key: str) -> None:
    job = draft.job
    bar = st.progress(*_progress(job.total - job.left, job.total))
    st.button("Cancel", on_click=draft.pause, args=(local_now,), key=f"{key}-cancel")
    with suppress(*EXPECTED):  # shown with the pause
        # Whatever else is pressed meanwhile reruns this page between two steps, and the saving continues.
        for done, total in draft.run(local_now):
            bar.progress(*_progress(done, total))
    st.rerun()


def _show_pause(draft: ImportDraft, key: str) -> None:
    job = draft.job
    st.progress(*_progress(job.total - job.left, job.total))
    if draft.hindrance is not None:
        explain(draft.hindrance)
    if draft.undoing is None:
        st.markdown(
            f"**{job.done:,} of {job.total:,} are saved**, {job.left:,} are not. "
            "“Continue” saves the rest; nothing is saved twice."
        )
    else:
        st.markdown(f"**{job.done:,} of {job.total:,} are undone**, {job.left:,} are not.")
    with st.container(horizontal=True):
        st.button("Continue", type="primary", on_click=draft.go_on, key=f"{key}-go-on")
        st.button("Back to the table", on_click=draft.stop, key=f"{key}-stop")
    if draft.saving is not None:
        _show_refusals(draft.saving.refusals)


def _show_saved(draft: ImportDraft, saving: Saving, key: str) -> None:
    if saving.done:
        st.success(
            f"{count_text(saving.done, 'result')} saved at {draft.finished_at:%H:%M:%S}.",
            icon=":material/check_circle:",
        )
        st.button("Undo this import", icon=":material/undo:", on_click=draft.undo, key=f"{key}-undo")
    elif not saving.refusals:
        st.info("Nothing to save: everything is saved already.", icon=":material/check_circle:")
    _show_refusals(saving.refusals)


def _show_undone(draft: ImportDraft, undoing: WriteJob) -> None:
    st.info(
        f"{count_text(undoing.done, 'result')} undone at {draft.finished_at:%H:%M:%S}.",
        icon=":material/undo:",
    )
    if undoing.rejected:
        st.warning(
            f"{count_text(len(undoing.rejected), 'result')} changed since then: not undone.",
            icon=":material/warning:",
        )


def _show_refusals(refusals: list[Refusal]) -> None:
    if not refusals:
        return
    lines = "\n".join(
        f"- Line {one.line}, {escape_markdown(one.person)}: {escape_markdown(one.reason)}" for one in refusals
    )
    st.error(f"{count_text(len(refusals), 'row')} not saved:\n{lines}", icon=":material/error:")


def _progress(done: int, total: int) -> tuple[float, str]:
    return (done / total if total else 1.0), f"{done:,} of {total:,}"
