"""All results of an exam in one grid."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import streamlit as st

from shared.model.exam import Result
from shared.model.grades import grade_text
from shared.model.text import escape_markdown
from teacher_app.components.result_grid import result_grid
from teacher_app.context import sign_in_again_path
from teacher_app.exam.wording import count_text
from teacher_app.rows.commands import Conflict, Duplicate, Hindrance, NotSaved, person_of
from teacher_app.rows.grid_changes import GRADE, PERSON, BadCell, GridLine, bad_cells, command_for, has_edits
from teacher_app.rows.grid_messages import grid_data
from teacher_app.rows.grid_session import GridPage
from teacher_app.rows.workspace import Workspace
from teacher_app.views.buttons import storing_button

__all__ = ["render"]

_COLUMN_NAMES = {PERSON: "Student", GRADE: "Grade"}
_BAD_CELLS_SHOWN = 20


@st.fragment
def render(workspace: Workspace) -> None:
    """The grid, what is to mend, what is to choose. A fragment: a cell typed here runs nothing else."""
    place = f"grid-{workspace.exam.id}"
    page: GridPage | None = st.session_state.get(place)
    if page is None or page.workspace is not workspace:
        page = st.session_state[place] = GridPage(workspace, secrets.SystemRandom())
    kept: dict[str, Any] = st.session_state.get(f"{place}-edits", {})
    key = f"{place}-grid"
    if key not in st.session_state:
        page.absorb(kept)  # the grid went away while another part of the page was shown
    edits = page.hear(st.session_state.get(key, {}).get("edits"))
    page.catch_up(edits)
    st.session_state[f"{place}-edits"] = edits
    st.markdown(
        f"{workspace.exam.scale.hint} Paste into fields, too; the last line takes new students. "
        "Nothing is stored before you press Save."
    )
    lines = page.lines_with(edits)
    bad = bad_cells(lines, workspace.exam.scale, page.audience)
    data = grid_data(
        page.lines,
        lines,
        bad,
        page.audience,
        edits=edits,
        generation=page.generation,
        sequence=page.heard,
        has_unsaved=bool(page.unsaved),
    )
    result_grid(key, data)
    _say_what_to_mend(bad)
    _buttons(place, page, lines, edits)
    _say_what_happened(place, page)
    for line in page.to_choose:
        _choice(place, page, line)


def _say_what_to_mend(bad: list[BadCell]) -> None:
    if not bad:
        return
    cells = [
        f"- Line {cell.position + 1}, {escape_markdown(cell.person) or 'nobody'}, "
        f"{_COLUMN_NAMES[cell.column].lower()}: {escape_markdown(cell.reason)}"
        for cell in bad[:_BAD_CELLS_SHOWN]
    ]
    more = len(bad) - len(cells)
    if more:
        cells.append(f"- and {more} more")
    st.warning(
        f"{count_text(len(bad), 'cell')} to mend; the other lines can be saved.\n\n" + "\n".join(cells),
        icon=":material/edit_note:",
    )


def _buttons(place: str, page: GridPage, lines: list[GridLine], edits: dict[str, Any]) -> None:
    count = sum(command_for(line, page.audience) is not None for line in lines)
    left, middle, right = st.columns(3)
    label = f"Save {count_text(count, 'changed line')}" if count else "Save"
    with left:
        # Never disabled: what was typed just now may be on its way, and who presses means that, too.
        save = storing_button(label, key=f"{place}-save", type="primary", width="stretch")
    with middle:
        discard = storing_button(
            "Throw my changes away",
            key=f"{place}-discard",
            disabled=count == 0 and not has_edits(edits),
            width="stretch",
        )
    undoable = page.undoable_count
    label = f"Undo the last save ({count_text(undoable, 'line')})" if undoable else "Undo the last save"
    with right:
        undo = storing_button(label, key=f"{place}-undo", disabled=undoable == 0, width="stretch")
    if save.take():
        if count == 0:
            st.info("There is nothing to save: all is as it is stored.", icon=":material/check_circle:")
            return
        page.absorb(edits)
        st.session_state.pop(f"{place}-edits", None)
        bar = st.progress(0.0, "Saving …")
        for done, total in page.save():
            bar.progress(done / total, f"{done} of {total} saved or judged")
        st.rerun()  # all of the page: its title counts the results
    if discard.take():
        page.discard()
        st.session_state.pop(f"{place}-edits", None)
        st.rerun()  # all of the page: its title counts the results
    if undo.take():
        page.absorb(edits)
        with st.spinner("Taking it back …"):
            failed = page.undo()
        st.session_state.pop(f"{place}-edits", None)
        st.session_state[f"{place}-not-undone"] = len(failed)
        st.rerun()  # all of the page: its title counts the results


def _say_what_happened(place: str, page: GridPage) -> None:
    not_undone = st.session_state.pop(f"{place}-not-undone", 0)
    if not_undone:
        st.warning(f"{count_text(not_undone, 'line')} not taken back: changed elsewhere since, or no answer.")
    hindrances = {line.receipt.hindrance for line in page.lines if isinstance(line.receipt, NotSaved)}
    if Hindrance.SESSION_ENDED in hindrances:
        st.error("Not saved: your session has ended. Nothing is lost: sign in again, then press Save again.")
        st.link_button("Sign in again in another tab", sign_in_again_path())
    elif hindrances:
        st.error("Not saved: the server does not answer. Nothing is lost: wait a bit, then press Save again.")


def _choice(place: str, page: GridPage, line: GridLine) -> None:
    """One line that was changed elsewhere, or whose student is there already."""
    mine = "deleted" if line.is_deleted else escape_markdown(f"{line.person}, {line.grade}")
    keep, take = "Keep mine", "Take theirs"
    match line.receipt:
        case Duplicate(there=there):
            text = f"**{mine}** is not saved: already here with {escape_markdown(grade_text(there.grade))}."
            keep, take = "Save as a second line", "Leave it out"
        case Conflict(theirs=Result() as theirs):
            person = person_of(theirs, page.audience) or theirs.student
            now = escape_markdown(f"{person}, {grade_text(theirs.grade)}")
            text = f"Changed elsewhere meanwhile. Mine: **{mine}**. Theirs: **{now}**."
        case _:
            text = f"**{mine}** is not saved: the line was deleted elsewhere meanwhile."
            keep, take = "Put it back with my values", "Leave it deleted"

    def decide(choose: Callable[[str], None]) -> None:
        page.absorb(st.session_state.pop(f"{place}-edits", None))
        choose(line.key)

    with st.container(border=True):
        st.markdown(text)
        left, right = st.columns(2)
        left.button(keep, key=f"{place}-keep-{line.key}", on_click=decide, args=(page.keep_mine,))
        right.button(take, key=f"{place}-take-{line.key}", on_click=decide, args=(page.take_theirs,))
