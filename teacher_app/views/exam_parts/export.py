"""The results as files for other programs, each made when it is requested."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from shared.model.exam import Exam, Result
from shared.model.names import language_of, sort_key
from shared.model.scales import NumberScale
from shared.model.text import escape_markdown
from teacher_app.context import current_reader
from teacher_app.exam.wording import count_text, names_text
from teacher_app.exporting.fill_in import FILLED_IN, GradebookFile
from teacher_app.exporting.formats import FORMATS, Format
from teacher_app.exporting.persons import shown_person
from teacher_app.reading.files import Source
from teacher_app.reading.limits import BYTES_MAX, FileNotReadable
from teacher_app.rows.workspace import Workspace

__all__ = ["render"]

_NAMES_SHOWN = 8


def render(workspace: Workspace) -> None:
    """One button per format, and filling in an exported gradebook."""
    exam = workspace.exam
    # By name even where codes are shown, since the order of codes is meaningless.
    graded = [row for row in workspace.results if not row.is_awaited]
    language = language_of(st.context.locale)
    rows = sorted(graded, key=lambda row: sort_key(shown_person(row, exam), language))
    if not rows:
        st.info("There is no result to export yet.", icon=":material/download:")
        return
    st.markdown(
        f"All {count_text(len(rows), 'result')} of this exam. What you export can be imported again, here "
        "or in another exam, without change."
        if len(rows) > 1
        else "The result of this exam. What you export can be imported again without change."
    )
    if awaited := len(workspace.results) - len(rows):
        st.caption(f"{count_text(awaited, 'student')} without a grade yet: left out.")
    if exam.audience.has_codes:
        st.warning("These files hold names beside codes: keep them to yourself.", icon=":material/lock:")
    for form in FORMATS:
        _offer(form, exam, rows)
    with st.expander("Fill in a gradebook's own file", icon=":material/edit_document:"):
        _fill_in(exam, rows)


def _offer(form: Format, exam: Exam, rows: Sequence[Result]) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"export-{form.key}"):
        st.download_button(
            form.label,
            partial(form.make, exam, rows),
            form.file_name(exam),
            form.media_type,
            icon=":material/download:",
            on_click="ignore",
            width=250,
            key=f"export-{form.key}-{exam.id}",
        )
        st.markdown(form.description, width="stretch")


def _fill_in(exam: Exam, rows: Sequence[Result]) -> None:
    st.markdown(
        f"Export the gradebook of {', '.join(FILLED_IN[:-1])} or {FILLED_IN[-1]} there and choose that file "
        "here: you get it back with these grades in it, ready to be imported there. Its ids of students stay "
        "as they are."
    )
    key = f"fill-in-{exam.id}"
    # Of any extension: what cannot be filled in is explained below.
    file = st.file_uploader("Gradebook file", max_upload_size=BYTES_MAX // 1_000_000, key=f"{key}-file")
    if file is None:
        return
    try:
        gradebook = GradebookFile(_source(file, key), exam)
    except FileNotReadable as error:
        st.error(escape_markdown(error.reason), icon=":material/error:")
        return
    columns = gradebook.columns
    column = st.selectbox(
        f"Column of {gradebook.kind.value} for these grades",
        list(columns),
        index=None if gradebook.suggested is None else list(columns).index(gradebook.suggested),
        format_func=columns.__getitem__,
        placeholder="Choose a column",
        key=f"{key}-column-{file.file_id}",
    )
    if column is None:
        return
    _warn_of_points(gradebook.points(column), exam)
    filled = gradebook.filled(rows, column)
    st.markdown(f"**{filled.count:,} of {count_text(len(rows), 'student')}** found in it.")
    if filled.missing:
        names = escape_markdown(names_text(filled.missing, shown_max=_NAMES_SHOWN))
        st.warning(
            f"Not in it, more than once, or with another number: {names}. Enter these grades there by hand.",
            icon=":material/person_search:",
        )
    if filled.unchanged:
        names = escape_markdown(names_text(filled.unchanged, shown_max=_NAMES_SHOWN))
        st.info(
            f"{gradebook.kind.value} has no word for absent or exempt that it could import: the cell stays "
            f"as it was for {names}.",
            icon=":material/info:",
        )
    name, _, extension = file.name.rpartition(".")
    st.download_button(
        f"Filled-in file for {gradebook.kind.value}",
        filled.data,
        f"{name or 'gradebook'}-filled.{extension if name else 'csv'}",
        "text/csv",
        type="primary",
        icon=":material/download:",
        on_click="ignore",
        disabled=not filled.count,
        key=f"{key}-download",
    )


def _source(file: UploadedFile, key: str) -> Source:
    """Read once for all reruns of the page. Raises FileNotReadable."""
    read: dict[str, Source] = st.session_state.setdefault(f"{key}-read", {})
    if file.file_id not in read:
        read.clear()
        read[file.file_id] = current_reader().file(file.getvalue())
    return read[file.file_id]


def _warn_of_points(points: str, exam: Exam) -> None:
    try:
        number = float(points.replace(",", "."))
    except ValueError:
        return
    if isinstance(exam.scale, NumberScale) and number != exam.scale.highest:
        st.warning(
            f"That column is out of {number:g}, this exam is {exam.scale.label}. Grades are not converted.",
            icon=":material/warning:",
        )
