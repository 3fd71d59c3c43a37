"""Several result columns of one file, each made an exam of its own."""

from __future__ import annotations

import secrets

import pandas as pd
import streamlit as st

from shared.model.scales import describe
from shared.model.text import escape_markdown
from teacher_app.exam.wording import count_text
from teacher_app.importing.draft import ImportDraft
from teacher_app.importing.outcomes import Choices, Outcome
from teacher_app.importing.several import ColumnExam, SeveralExams
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation
from teacher_app.views.buttons import storing_button
from teacher_app.views.errors import EXPECTED, explain

__all__ = ["show_several"]


def show_several(draft: ImportDraft, workspace: Workspace, key: str) -> None:
    """Offered where the file has more than one result column and the students are known."""
    results = draft.layout.results
    if len(results) < 2 or not (draft.layout.name_columns or draft.layout.code is not None):
        return
    title = f"Make an exam of each of its {len(results)} result columns"
    with st.expander(title, icon=":material/library_add:"):
        rounds = st.checkbox("Round grades with too many decimals", key=f"{key}-several-rounds")
        try:
            several = _several(draft, workspace, Choices(rounds=rounds), key)
        except EXPECTED as error:
            explain(error)
            return
        if several is None:
            st.markdown(
                "Each column becomes an exam of its own, with this exam's date, teacher and way of showing "
                "students. An exam is made with all its results, or not at all."
            )
            st.button("Look at the columns", on_click=_look, args=(key,), key=f"{key}-several-look")
            return
        _show(several, key)


def _look(key: str) -> None:
    st.session_state[f"{key}-several-asked"] = True


def _several(draft: ImportDraft, workspace: Workspace, choices: Choices, key: str) -> SeveralExams | None:
    """Read once for what is on the page; kept while exams are being made."""
    if not st.session_state.get(f"{key}-several-asked"):
        return None
    place = f"{key}-several"
    what = (draft.sheet, draft.layout, tuple(draft.rows), choices)
    known, several = st.session_state.get(place, (None, None))
    if several is None or (known != what and not several.is_begun):
        several = SeveralExams(draft, workspace, choices)
        st.session_state[place] = what, several
    found: SeveralExams = several
    return found


def _show(several: SeveralExams, key: str) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Exam": [one.exam.subject for one in several.exams],
                "Scale": [describe(one.exam.scale) for one in several.exams],
                "What becomes of it": [_becomes(one) for one in several.exams],
            }
        ),
        hide_index=True,
        width="stretch",
        alt="The exams that can be made of this file: subject, scale and what becomes of each",
    )
    for one in several.exams:
        if one.problem:
            st.warning(f"**{escape_markdown(one.exam.subject)}**: {escape_markdown(one.problem)}")
    if several.is_begun:
        _show_made(several, key)
        return
    possible = [one.column for one in several.exams if not one.problem]
    subjects = {one.column: one.exam.subject for one in several.exams}
    columns = st.multiselect(
        "Exams to make",
        possible,
        default=possible,
        format_func=subjects.__getitem__,
        key=f"{key}-several-{'-'.join(map(str, possible))}",
    )
    make = storing_button(
        f"Make {count_text(len(columns), 'exam')}", key=f"{key}-several-make", disabled=not columns
    )
    if make.take():
        several.begin(columns)
        _run(several)


def _run(several: SeveralExams) -> None:
    bar = st.progress(0.0)
    try:
        for done, total in several.run(secrets.SystemRandom()):
            bar.progress(done / total if total else 1.0, f"{done:,} of {count_text(total, 'exam')}")
    except EXPECTED as error:
        several.hindrance = error
    st.rerun()


def _show_made(several: SeveralExams, key: str) -> None:
    made = [one for one in several.exams if one.made is not None]
    if several.hindrance is not None and several.left:
        explain(several.hindrance)
    if several.left:
        st.warning(
            f"{count_text(len(made), 'exam')} made, {len(several.left)} not yet. “Continue” makes the rest: "
            "nothing is made twice."
        )
        if storing_button("Continue", key=f"{key}-several-go-on", type="primary").take():
            _run(several)
        return
    if made:
        st.success(
            f"{count_text(len(made), 'exam')} made, as drafts that you alone see.",
            icon=":material/check_circle:",
        )
    for one in made:
        label = f"{one.exam.subject}: {count_text(one.made or 0, 'result')} saved"
        navigation.link_to(
            navigation.EXAM, label, icon=":material/arrow_forward:", query={"exam": one.exam.id}
        )


def _becomes(one: ColumnExam) -> str:
    if one.made is not None:
        return f"✓ {count_text(one.made, 'result')} saved"
    if one.problem:
        return "✗ Not made"
    kept = sum(row.outcome is Outcome.SKIPPED for row in one.rows)
    parts = [
        count_text(one.count, "student"),
        "completes the draft that is there" if one.is_there else "new",
        f"{kept:,} kept with the grade that is there" if kept else "",
    ]
    return ", ".join(filter(None, parts))
