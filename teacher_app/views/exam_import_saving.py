"""An import while it is saved, when it was stopped, and when it is through."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from shared.markdown import plain_markdown
from teacher_app.importing.draft import ImportDraft, Progress
from teacher_app.importing.saving import Refusal, Saving
from teacher_app.views.clock import local_now
from teacher_app.views.guard import EXPECTED, explain
from teacher_app.wording import count_text

__all__ = ["show_saving"]


def show_saving(draft: ImportDraft, key: str) -> None:
    """The bar while it runs; else what is saved, what is not, and the way on."""
    saving = draft.saving
    assert saving is not None  # noqa: S101  # begun
    if draft.progress is Progress.RUNNING:
        _run(draft, saving, key)
    elif draft.progress is Progress.PAUSED:
        _show_pause(draft, saving, key)
    else:
        _show_end(draft, saving)


def _run(draft: ImportDraft, saving: Saving, key: str) -> None:
    bar = st.progress(0.0, _progress_text(saving.total - saving.left, saving.total))
    st.button("Cancel", on_click=draft.pause, args=(local_now,), key=f"{key}-cancel")
    with suppress(*EXPECTED):  # the pause says it
        # Whatever else is pressed meanwhile runs this page anew, between two batches, and it goes on.
        for done, total in draft.run(local_now):
            bar.progress(done / total, _progress_text(done, total))
    st.rerun()


def _show_pause(draft: ImportDraft, saving: Saving, key: str) -> None:
    dealt_with = saving.total - saving.left
    st.progress(dealt_with / saving.total, _progress_text(dealt_with, saving.total))
    if draft.hindrance is not None:
        explain(draft.hindrance)
    st.markdown(
        f"**{saving.done:,} of {saving.total:,} are saved**, {saving.left:,} are not. "
        "“Go on” saves the rest; nothing is saved twice."
    )
    with st.container(horizontal=True):
        st.button("Go on", type="primary", on_click=draft.go_on, key=f"{key}-go-on")
        st.button("Back to the rows", on_click=draft.stop, key=f"{key}-stop")
    _show_refusals(saving.refusals)


def _show_end(draft: ImportDraft, saving: Saving) -> None:
    if saving.done:
        st.success(
            f"{count_text(saving.done, 'result')} saved at {draft.finished_at:%H:%M:%S}.",
            icon=":material/check_circle:",
        )
    _show_refusals(saving.refusals)


def _show_refusals(refusals: list[Refusal]) -> None:
    if not refusals:
        return
    lines = "\n".join(
        f"- Line {one.line}, {plain_markdown(one.person)}: {plain_markdown(one.reason)}" for one in refusals
    )
    st.error(f"{count_text(len(refusals), 'row')} not saved:\n{lines}", icon=":material/error:")


def _progress_text(done: int, total: int) -> str:
    return f"{done:,} of {total:,}"
