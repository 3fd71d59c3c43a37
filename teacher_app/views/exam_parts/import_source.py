"""Importing results: pasted text or a file, checked, corrected and saved."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from shared.model.text import escape_markdown
from teacher_app.context import current_reader
from teacher_app.exam.wording import count_text
from teacher_app.importing.draft import ImportDraft, Progress
from teacher_app.importing.headed import Dialect
from teacher_app.importing.outcomes import Outcome
from teacher_app.reading.decoding import ENCODINGS
from teacher_app.reading.files import Source
from teacher_app.reading.limits import BYTES_MAX, FileNotReadable
from teacher_app.reading.reader import not_readable
from teacher_app.reading.reading_process import raised_at
from teacher_app.rows.entry_session import result_reader_text
from teacher_app.rows.workspace import Workspace
from teacher_app.views.buttons import storing_button
from teacher_app.views.clock import local_now
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.exam_parts.import_rows import show_choices, show_columns, show_rows
from teacher_app.views.exam_parts.import_saving import show_saving
from teacher_app.views.exam_parts.import_several import show_several
from teacher_app.views.unsaved_changes import ask_before_leaving

__all__ = ["render"]

_GRADEBOOKS = [dialect.value for dialect in Dialect if dialect is not Dialect.PLAIN]
_EXAMPLE = "Ada Lovelace\t14,5\nGrace Hopper\t17\nAlan Turing\tabsent"


@dataclass
class _Page:
    """The import of one open page. `generation` counts imports, as each has widgets of its own."""

    generation: int = 0
    draft: ImportDraft | None = None
    file: bytes | None = None  # what the draft was read from, None for pasted text


def render(workspace: Workspace) -> None:
    """Ask for the source, then show its rows until the teacher starts over."""
    page = st.session_state.setdefault(f"import-{workspace.exam.id}", _Page())
    key = f"import-{workspace.exam.id}-{page.generation}"
    if page.draft is None:
        _ask_for_source(page, workspace, key)
    else:
        if page.draft.progress is not Progress.FINISHED:
            ask_before_leaving(key)
        _show_draft(page, page.draft, workspace, key)


def _ask_for_source(page: _Page, workspace: Workspace, key: str) -> None:
    current_reader().prepare()
    st.markdown(
        "One row for each student: the name, then the grade if there is one yet. Copy it from a "
        "spreadsheet or a list, or choose the file that another program made. "
        f"{escape_markdown(workspace.exam.scale.hint)}"
    )
    text = st.text_area(
        "Paste rows", height=220, placeholder=_EXAMPLE, key=f"{key}-text", persist_state="session"
    )
    if text:
        ask_before_leaving(key)
    read = storing_button("Read the rows", key=f"{key}-read", type="primary")
    file = st.file_uploader(
        "Or choose a file",
        help="CSV or text, XLSX, ODS, or the export of a gradebook: " + ", ".join(_GRADEBOOKS) + ".",
        max_upload_size=BYTES_MAX // 1_000_000,
        key=f"{key}-file",
    )
    try:
        if file is not None:
            page.file = file.getvalue()
            page.draft = _draft(lambda: current_reader().file(file.getvalue()), workspace)
        elif read.take():
            page.file = None
            page.draft = _draft(lambda: current_reader().pasted(text), workspace)
    except FileNotReadable as error:
        st.error(escape_markdown(error.reason), icon=":material/error:")
        return
    if page.draft is not None:
        st.rerun()


def _draft(read: Callable[[], Source], workspace: Workspace) -> ImportDraft:
    """Raises FileNotReadable, also where reading fails in a way that nobody expected."""
    source = read()
    try:
        return ImportDraft(source, workspace)
    except FileNotReadable:
        raise
    except Exception as error:  # noqa: BLE001  # a file of any making must not break the page
        raise not_readable(source.kind.value, type(error).__name__, raised_at(error)) from None


def _ask_about_letters(page: _Page, draft: ImportDraft, workspace: Workspace, key: str) -> None:
    """Another reading of a text whose encoding was guessed."""
    readings, encoding = draft.source.readings, draft.source.encoding
    if not readings or page.file is None or draft.progress is not Progress.NONE:
        return
    st.warning(
        "This file does not say how its letters are stored. Look at the names below: if letters are wrong, "
        "choose another reading.",
        icon=":material/translate:",
    )
    encodings = list(dict.fromkeys([*readings, encoding]))
    chosen = st.selectbox(
        "Letters read as",
        encodings,
        index=encodings.index(encoding),
        format_func=lambda one: f"{ENCODINGS[one]}: {readings.get(one, '')}",
        key=f"{key}-encoding",
    )
    if chosen == encoding:
        return
    data = page.file
    try:
        page.draft = _draft(lambda: current_reader().file(data, chosen), workspace)
    except FileNotReadable as error:
        st.error(escape_markdown(error.reason), icon=":material/error:")
    else:
        st.rerun()


def _show_draft(page: _Page, draft: ImportDraft, workspace: Workspace, key: str) -> None:
    if draft.progress in {Progress.RUNNING, Progress.PAUSED}:
        show_saving(draft, key)
        return
    _ask_about_letters(page, draft, workspace, key)
    show_columns(draft, key)
    show_several(draft, workspace, key)
    if not draft.layout.is_complete:
        st.info("Choose above which columns hold the names and the grades.", icon=":material/view_column:")
        _start_over(page, key)
        return
    show_choices(draft, key)
    checked = show_rows(draft, key)
    if draft.progress is Progress.FINISHED:
        show_saving(draft, key)
    count = sum(one.outcome.is_saved for one in checked)
    is_public = workspace.exam.is_published and not workspace.exam.is_announced(local_now())
    if is_public and any(one.outcome in {Outcome.NEW, Outcome.REPLACES} for one in checked):
        st.info(
            f"This exam is published: {result_reader_text(workspace.exam.audience)} as soon as it is saved.",
            icon=":material/sensors:",
        )
    with st.container(horizontal=True):
        are_graded = any(one.outcome.is_saved and one.outcome is not Outcome.NO_GRADE for one in checked)
        label = f"Save {count_text(count, 'result' if are_graded else 'student')}"
        is_saved = draft.progress is Progress.FINISHED and not count
        save = storing_button(
            label if count else "All saved" if is_saved else "Nothing to save",
            key=f"{key}-save",
            disabled=not count,
            type="primary",
        )
        _start_over(page, key)
    if save.take():
        try:
            # Compare with what is stored now, so that nothing saved meanwhile by another tab is duplicated.
            workspace.refresh()
        except EXPECTED as error:
            explain(error)
            return
        draft.begin(secrets.SystemRandom())
        st.rerun()


def _start_over(page: _Page, key: str) -> None:
    def start_over() -> None:
        page.draft = None
        page.generation += 1

    is_over = page.draft is not None and page.draft.progress is Progress.FINISHED
    label = "Import more" if is_over else "Start over"
    st.button(label, on_click=start_over, key=f"{key}-over", type="secondary" if is_over else "tertiary")
