"""All results of an exam in one grid."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import streamlit as st

from shared.model.exam import Result
from shared.model.grades import grade_text
from shared.model.text import escape_markdown
from teacher_app.components.result_grid import result_grid
from teacher_app.context import sign_in_again_path
from teacher_app.exam.wording import comment_reader_text, count_text
from teacher_app.reading.headings import heading_words
from teacher_app.rows.bad_cells import COMMENT, GRADE, NUMBER, PERSON
from teacher_app.rows.commands import ChangeRow, Conflict, CreateRow, Duplicate, Hindrance, person_of
from teacher_app.rows.grid_session import GridSession
from teacher_app.rows.workspace import Workspace
from teacher_app.views import navigation
from teacher_app.views.buttons import storing_button

__all__ = ["render"]

_COLUMN_NAMES = {PERSON: "student", GRADE: "grade", NUMBER: "number", COMMENT: "comment"}
_BAD_CELLS_SHOWN = 20


@st.fragment
def render(workspace: Workspace) -> None:
    """The grid, what is to be corrected, what is to be decided. A fragment: typing runs nothing else."""
    exam = workspace.exam
    place = f"grid-{exam.id}"
    session: GridSession | None = st.session_state.get(place)
    if session is None or session.workspace is not workspace:
        session = st.session_state[place] = GridSession(workspace, secrets.SystemRandom())
    key = f"{place}-grid"
    outbox = st.session_state.get(key, {}).get("outbox")
    if outbox is not None:  # None until the script has sent again what it kept while another part was shown
        session.read_outbox(outbox)
    if navigation.is_other_part_chosen():
        st.rerun()
    st.markdown(
        f"{exam.scale.hint} You can paste from a spreadsheet. New students go into the last line. "
        "Nothing is saved until you press Save. Alt+Enter breaks the line of a comment."
    )
    data = session.grid_data(place=f"exam-results-grid-{exam.owner}-{exam.id}")
    reader = comment_reader_text(exam.audience)
    result_grid(key, {**data, "headings": heading_words(), "comment_reader": reader})
    _show_bad_cells(session)
    _show_buttons(place, session)
    _show_outcome(place, session)
    for entry_key, receipt in session.choices.items():
        _show_choice(place, session, entry_key, receipt)


def _show_bad_cells(session: GridSession) -> None:
    cells = [
        (session.entries[key].line_number, cell, _person(session, key))
        for key, found in session.bad_cells().items()
        for cell in found
    ]
    cells.sort(key=lambda found: found[0])
    if not cells:
        return
    lines = [
        f"- Line {number}, {escape_markdown(person) or 'nobody'}, "
        f"{_COLUMN_NAMES[cell.column]}: {escape_markdown(cell.reason)}"
        for number, cell, person in cells[:_BAD_CELLS_SHOWN]
    ]
    more = len(cells) - len(lines)
    if more:
        lines.append(f"- and {more} more")
    st.warning(
        f"{count_text(len(cells), 'cell')} to correct; the other results can be saved.\n\n"
        + "\n".join(lines),
        icon=":material/edit_note:",
    )


def _person(session: GridSession, key: str) -> str:
    command = session.entries[key].command
    return command.person if isinstance(command, CreateRow | ChangeRow) else ""


def _show_buttons(place: str, session: GridSession) -> None:
    count = len(session.unsaved)
    left, middle, right = st.columns(3)
    label = f"Save {count_text(count, 'change')}" if count else "Save"
    with left:
        # Never disabled: what was typed just now may be on its way, and is meant to be saved too.
        save = storing_button(label, key=f"{place}-save", type="primary", width="stretch")
    with middle:
        discard = storing_button(
            "Discard my changes", key=f"{place}-discard", disabled=count == 0, width="stretch"
        )
    undoable = session.undoable_count
    label = f"Undo the last save ({count_text(undoable, 'change')})" if undoable else "Undo the last save"
    with right:
        undo = storing_button(label, key=f"{place}-undo", disabled=undoable == 0, width="stretch")
    if save.take():
        if count == 0:
            st.info("Nothing to save: you have changed nothing.", icon=":material/check_circle:")
            return
        bar = st.progress(0.0, "Saving …")
        for done, total in session.save():
            bar.progress(done / total, f"{done} of {total} done")
        st.rerun()  # the whole page: its title counts the results
    if discard.take():
        session.discard()
        st.rerun()
    if undo.take():
        with st.spinner("Undoing …"):
            failed = session.undo()
        st.session_state[f"{place}-not-undone"] = len(failed)
        st.rerun()


def _show_outcome(place: str, session: GridSession) -> None:
    not_undone = st.session_state.pop(f"{place}-not-undone", 0)
    if not_undone:
        st.warning(
            f"{count_text(not_undone, 'change')} could not be undone: changed elsewhere since, or no answer "
            "from the server."
        )
    hindrances = session.hindrances
    if Hindrance.SESSION_ENDED in hindrances:
        st.error("Not saved: your session has ended. Nothing is lost: sign in again, then press Save again.")
        st.link_button("Sign in again in another tab", sign_in_again_path())
    elif hindrances:
        st.error(
            "Not saved: the server does not answer. Nothing is lost: wait a moment, then press Save again."
        )


def _values_text(person: str, grade: str, number: str | None, comment: str | None) -> str:
    values = (person, number and f"number {number}", grade, comment and f"“{comment}”")
    return escape_markdown(" ".join(", ".join(filter(None, values)).split()))


def _show_choice(place: str, session: GridSession, key: str, receipt: Conflict | Duplicate) -> None:
    """One line that was changed elsewhere, or whose student is stored already."""
    command = session.entries[key].command
    mine = "deleted"
    if isinstance(command, CreateRow | ChangeRow):
        mine = _values_text(command.person, command.grade, command.number, command.comment)
    choices = {"Keep what I typed here": session.keep_mine, "Use the other one": session.take_theirs}
    match receipt:
        case Duplicate(existing=existing):
            there = grade_text(existing.grade)
            text = f"**{mine}** is not saved: this student already has {escape_markdown(there)}."
            choices = {
                f"Replace {there}": session.replace_existing,
                "Save as a second result": session.keep_mine,
                "Discard what I typed": session.take_theirs,
            }
            if receipt.is_same_grade:
                text = f"**{mine}** is not saved: this student already has this grade."
                choices = dict(list(choices.items())[1:])
        case Conflict(theirs=Result() as theirs):
            person = person_of(theirs, session.audience) or theirs.student
            now = _values_text(person, grade_text(theirs.grade), theirs.number, theirs.comment)
            text = (
                f"Changed in another tab or by somebody else. Typed here: **{mine}**. Saved there: **{now}**."
            )
        case _:
            text = f"**{mine}** is not saved: the result was deleted in another tab or by somebody else."
            choices = {
                "Restore it with what I typed": session.keep_mine,
                "Leave it deleted": session.take_theirs,
            }

    def decide(choose: Callable[[str], None]) -> None:
        if key in session.choices:
            choose(key)

    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(text)
        for label, choose in choices.items():
            st.button(escape_markdown(label), key=f"{place}-{label}-{key}", on_click=decide, args=(choose,))
