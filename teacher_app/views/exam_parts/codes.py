"""The students' codes: slips to hand out, and the list that stays with the teacher."""

from __future__ import annotations

import math

import streamlit as st

from shared.model.exam import Audience, Result
from shared.model.names import language_of, sort_key
from shared.model.text import escape_markdown
from teacher_app.context import current_settings
from teacher_app.exam.links import student_address
from teacher_app.exam.slips import SLIPS_A_PAGE, names_without_letters, slips_pdf
from teacher_app.exam.wording import count_text, names_text
from teacher_app.exporting.delimited import csv_bytes
from teacher_app.exporting.formats import file_stem
from teacher_app.rows.workspace import Workspace
from teacher_app.views.errors import EXPECTED, explain
from teacher_app.views.fragments import fragment

__all__ = ["render"]

_NAMES_SHOWN = 5


def render(workspace: Workspace) -> None:
    """Slips to print, the list to keep, and the table of names and codes."""
    exam = workspace.exam
    language = language_of(st.context.locale)
    rows = sorted(workspace.results, key=lambda row: (sort_key(row.name or "", language), row.student))
    st.markdown(
        (
            "Nobody sees who has which grade. Each student finds their own result with a code. "
            if exam.audience is Audience.OWN
            else "Everybody sees codes, no names. Each student knows one code. "
        )
        + "You know all codes: give each slip to its student, and keep the list to yourself."
    )
    if not rows:
        st.info(
            "Nobody has a code yet. Paste the names of your students under “Import”: each gets a code, and "
            "you can print the slips before the exam. The grades can come later.",
            icon=":material/key:",
        )
        return
    try:
        address = student_address(current_settings().student_url, exam.id)
    except EXPECTED as error:
        explain(error)
        return
    _warn_of_gaps(rows)
    stem = file_stem(exam)
    pages = math.ceil(len(rows) / SLIPS_A_PAGE)
    with st.container(horizontal=True):
        st.download_button(
            f"Slips to print (PDF, {count_text(pages, 'page')})",
            lambda: slips_pdf(exam, rows, address),
            f"{stem}-slips.pdf",
            "application/pdf",
            type="primary",
            icon=":material/content_cut:",
            on_click="ignore",
            key=f"codes-slips-{exam.id}",
        )
        st.download_button(
            "List of codes (CSV)",
            lambda: csv_bytes([("Code", "Name"), *((row.student, row.name or "") for row in rows)]),
            f"{stem}-codes.csv",
            "text/csv",
            icon=":material/list:",
            on_click="ignore",
            key=f"codes-list-{exam.id}",
        )
    names = [(row.name or "", row.student) for row in rows]
    st.html(fragment("students.html", columns=("Name", "Code"), rows=names, is_for_print=False))


def _warn_of_gaps(rows: list[Result]) -> None:
    nameless = sum(row.name is None for row in rows)
    if nameless:
        st.warning(
            f"{count_text(nameless, 'code')} without a name: the slip has a line to write it on.",
            icon=":material/warning:",
        )
    gaps = names_without_letters(rows)
    if gaps:
        names = escape_markdown(names_text(gaps, shown_max=_NAMES_SHOWN))
        st.warning(
            f"The slips cannot show every letter of {names}. Write them by hand, or use the list.",
            icon=":material/warning:",
        )
