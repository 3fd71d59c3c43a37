"""An import before it is saved: its columns, its rows with the outcome of each, and their correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import pandas as pd
import streamlit as st

from shared.model.scales import NumberScale, number_text
from shared.model.text import escape_markdown
from teacher_app.exam.wording import count_text
from teacher_app.importing.columns import HEADING_ROWS, NO_GRADES, column_labels
from teacher_app.importing.draft import ImportDraft, outcome_counts
from teacher_app.importing.headed import Dialect
from teacher_app.importing.outcomes import CheckedRow, Choices, OtherNumber, Outcome, Repeated, There
from teacher_app.importing.rows import SourceRow
from teacher_app.reading.files import Kind
from teacher_app.reading.tables import DRAWN, SPACES

__all__ = ["editor_key", "show_choices", "show_columns", "show_rows"]

_T = TypeVar("_T")

_DELIMITER_WORDS = {
    "\t": "columns divided by tabs",
    ";": "columns divided by semicolons",
    ",": "columns divided by commas",
    "|": "columns divided by bars",
    SPACES: "columns divided by spaces",
    DRAWN: "a drawn table",
}
_OUTCOME_WORDS = {  # after a number
    Outcome.NEW: "new",
    Outcome.REPLACES: "to replace a saved grade",
    Outcome.SAME: "already saved",
    Outcome.SKIPPED: "left out",
    Outcome.NO_GRADE: "without a grade yet",
    Outcome.REPEATED: "repeated",
    Outcome.BAD: "to correct",
    Outcome.UNTICKED: "not ticked",
}
_OUTCOME_SIGNS = {  # shapes, not only colours; all in common fonts
    Outcome.NEW: "✓ New",
    Outcome.REPLACES: "⇄",
    Outcome.SAME: "●",
    Outcome.SKIPPED: "–",
    Outcome.NO_GRADE: "○",
    Outcome.REPEATED: "✗",
    Outcome.BAD: "✗",
    Outcome.UNTICKED: "–",
}
_THERE_WORDS = {
    There.SKIP: "Keep what is saved",
    There.REPLACE: "Replace it with what is imported",
    There.ADD: "Add the imported grade as a second result",
}
_REPEATED_WORDS = {
    Repeated.CORRECT: "Mark them so that I can correct them",
    Repeated.FIRST: "The first one counts",
    Repeated.LAST: "The last one counts",
    Repeated.ALL: "Different students: save them all",
}
_NUMBERS_WORDS = {
    OtherNumber.CORRECT: "Mark them so that I can correct them",
    OtherNumber.NEW: "They are other students: save them as new",
    OtherNumber.SAME: "They are the same students: keep the saved number",
}
_NO_GRADES_WORDS = "None yet: a list of students"
_NO_COLUMN = -1
_WHO_SEES = (
    "Only you see numbers. A comment is for you and, where each student sees the own result only, for that "
    "student."
)
ROW_HEIGHT_PX, ROWS_SHOWN = 35, 14
FIRST_ROWS = 4
FIRST_CELL_MAX = 80  # characters: a comment fills no screen
REASONS_SHOWN = 6  # above the table, which shows all


def show_columns(draft: ImportDraft, key: str) -> None:
    """How the source was read, with choices for a teacher who knows better."""
    layout, table = draft.layout, draft.table
    with st.expander(_how_it_was_read(draft), expanded=draft.asks_for_columns, icon=":material/view_column:"):
        if len(draft.source.tables) > 1:
            sheets = list(draft.source.tables)
            sheet = st.selectbox("Sheet", sheets, index=sheets.index(draft.sheet), key=f"{key}-sheet")
            if sheet != draft.sheet:
                draft.choose_sheet(sheet)
                st.rerun()
        if layout.dialect is not Dialect.ONEROSTER:
            rows: list[int | None] = [None, *range(min(len(table.rows), HEADING_ROWS))]
            heading_row = st.selectbox(
                "The heading is in",
                rows,
                index=rows.index(layout.heading_row),
                format_func=lambda row: _heading_words(draft, row),
                key=f"{key}-heading-{draft.sheet}",
            )
            if heading_row != layout.heading_row:
                draft.choose_heading(heading_row)
                st.rerun()
        labels = column_labels(table, layout)
        columns = list(range(table.width))
        widgets = f"{key}-{draft.sheet}-{layout.heading_row}"
        names = st.multiselect(
            "Student: one column, or several to be joined in this order",
            columns,
            default=list(layout.name_columns),
            max_selections=3,
            format_func=lambda column: labels[column],
            key=f"{widgets}-names",
        )
        grade = st.selectbox(
            "Grade",
            [NO_GRADES, *columns],
            index=(None if layout.grade is None else layout.grade + 1) if layout.has_grades else 0,
            format_func=lambda column: _NO_GRADES_WORDS if column == NO_GRADES else labels[column],
            placeholder="Choose a column",
            key=f"{widgets}-grade",
        )
        number = _optional_column("Student number", labels, layout.number, f"{widgets}-number")
        # Another column of grades may come with comments of its own.
        comment = _optional_column("Comment", labels, layout.comment, f"{widgets}-{layout.grade}-comment")
        st.caption(_WHO_SEES)
        st.caption("The first rows of each column")
        st.table(_first_rows(draft, labels), hide_index=True)
        if draft.choose_columns(names, grade, layout.code, number=number, comment=comment):
            st.rerun()  # the heading above describes the layout
    if table.is_comma_ambiguous:
        st.warning(
            "Commas seem to divide the columns and to stand within names or numbers at once. Paste the rows "
            "from the spreadsheet, or use semicolons between the columns.",
            icon=":material/warning:",
        )
    if hidden := len(table.hidden_lines):
        st.warning(
            f"The workbook hides {count_text(hidden, 'row')}, as a filter does: left out unless ticked.",
            icon=":material/visibility_off:",
        )
    points, scale = layout.points, draft.scale
    if points is not None and isinstance(scale, NumberScale) and points != scale.highest:
        st.warning(
            f"In the file {number_text(points)} points are possible; this exam is {scale.label}. "
            "Grades are taken as they are, unless you convert them.",
            icon=":material/warning:",
        )


def _optional_column(label: str, labels: Sequence[str], chosen: int | None, key: str) -> int | None:
    """The column that is chosen now; None for none."""
    column = st.selectbox(
        label,
        [_NO_COLUMN, *range(len(labels))],
        index=0 if chosen is None else chosen + 1,
        format_func=lambda column: "None" if column == _NO_COLUMN else labels[column],
        key=key,
    )
    return None if column == _NO_COLUMN else column


def _heading_words(draft: ImportDraft, row: int | None) -> str:
    if row is None:
        return "no line: the students begin at once"
    table = draft.table
    return f"line {table.lines[row]}: {' · '.join(table.rows[row])[:80]}"


def _first_rows(draft: ImportDraft, labels: Sequence[str]) -> pd.DataFrame:
    first = draft.layout.first_row
    rows = draft.table.rows[first : first + FIRST_ROWS]
    return pd.DataFrame(
        {
            label: [_shortened(row[index]) if index < len(row) else "" for row in rows]
            for index, label in enumerate(labels)
        }
    )


def _shortened(cell: str) -> str:
    """The beginning of a long cell, such as a comment; Markdown that shows it as it is."""
    text = " ".join(cell.split())
    return escape_markdown(text if len(text) <= FIRST_CELL_MAX else f"{text[:FIRST_CELL_MAX].rstrip()} …")


def show_choices(draft: ImportDraft, key: str) -> None:
    """What to do with students who already have a result, or who are repeated, and with too many decimals;
    only if there are any."""
    checked = draft.checked_without_choices()
    outcomes = {one.outcome for one in checked}
    to_round = sum(one.is_rounding_offered for one in checked)
    there, repeated, numbers = draft.choices.there, draft.choices.repeated, draft.choices.numbers
    if Outcome.SKIPPED in outcomes:
        question = "Some students already have a different grade or comment"
        there = _choose(question, _THERE_WORDS, there, f"{key}-there")
    if Outcome.REPEATED in outcomes:
        question = "Some students appear more than once"
        repeated = _choose(question, _REPEATED_WORDS, repeated, f"{key}-repeated")
    if any(one.has_other_number for one in checked):
        question = "Some students of these names are here with another number"
        numbers = _choose(question, _NUMBERS_WORDS, numbers, f"{key}-numbers")
    rounds = bool(to_round) and st.checkbox(
        f"Round {count_text(to_round, 'grade')} with too many decimals",
        value=draft.choices.rounds,
        key=f"{key}-rounds",
    )
    out_of = None
    if (points := draft.other_points) is not None and isinstance(draft.scale, NumberScale):
        most = number_text(draft.scale.highest)
        if st.checkbox(
            f"Convert: {number_text(points)} in the file become {most}",
            value=draft.choices.out_of is not None,
            key=f"{key}-converts",
        ):
            out_of = points
    draft.choices = Choices(there, repeated, numbers, rounds, out_of)


def _choose(question: str, words: Mapping[_T, str], chosen: _T, key: str) -> _T:
    """The option that is chosen now; `words` has the options in order, each with its label."""
    options = list(words)
    answer = st.radio(question, options, index=options.index(chosen), format_func=words.__getitem__, key=key)
    return answer or chosen


def show_rows(draft: ImportDraft, key: str) -> list[CheckedRow]:
    """Show the rows for checking and correction. Returns them as they are now."""
    chosen = _chosen_positions(draft, key)
    editor = editor_key(draft, key, shows_all=chosen is None)
    positions = list(range(len(draft.rows))) if chosen is None else chosen
    offered = _offered(draft, editor)
    _apply_edits(draft, positions, offered, st.session_state.get(editor, {}))
    checked = draft.checked()
    _show_counts(checked)
    _say_what_to_correct(checked)
    data = pd.DataFrame(
        {
            "Import": [offered[position].is_included for position in positions],
            "Line": [checked[position].row.line for position in positions],
            "Student": [offered[position].person for position in positions],
            "Number": [offered[position].number for position in positions],
            "Code": [offered[position].code for position in positions],
            "Grade": [offered[position].grade for position in positions],
            "Comment": [offered[position].comment for position in positions],
            "What happens": [_becomes(checked[position]) for position in positions],
        }
    )
    has_codes = draft.audience.has_codes and any(one.row.code for one in checked)
    has_numbers = any(row.number for row in offered)
    has_comments = any(row.comment for row in offered)
    st.data_editor(
        data,
        key=editor,
        hide_index=True,
        width="stretch",
        height=ROW_HEIGHT_PX * (min(len(positions), ROWS_SHOWN) + 1) + 3,
        disabled=["Line", "Code", "What happens"],
        column_order=[
            "Import",
            "Line",
            "Student",
            *(["Number"] if has_numbers else []),
            *(["Code"] if has_codes else []),
            "Grade",
            *(["Comment"] if has_comments else []),
            "What happens",
        ],
        column_config={
            "Import": st.column_config.CheckboxColumn(width=60),
            "Line": st.column_config.NumberColumn(width=60),
            "Student": st.column_config.TextColumn(width="medium"),
            "Number": st.column_config.TextColumn(
                width=90, help="The school's number of the student. Only you see it."
            ),
            "Grade": st.column_config.TextColumn(width=90),
            "Comment": st.column_config.TextColumn(width="medium"),
            "What happens": st.column_config.TextColumn(width="large"),
        },
        placeholder="",
        alt="The rows of the import: line, student, grade, comment and what happens to each",
    )
    return checked


def editor_key(draft: ImportDraft, key: str, *, shows_all: bool) -> str:
    """The editor's key in the session; each table and each selection of rows has its own editor."""
    return f"{key}-rows-{_layout_key(draft)}-{'all' if shows_all else 'some'}"


def _offered(draft: ImportDraft, editor: str) -> Sequence[SourceRow]:
    """The rows as they were when this editor was first drawn, which its edits refer to.

    If the corrected texts were put into it, it would drop its edits as changing nothing and rerun the page
    for each; a press at that moment would be lost.
    """
    if editor not in st.session_state or editor not in draft.offered:
        draft.offered[editor] = draft.rows
    return draft.offered[editor]


def _apply_edits(
    draft: ImportDraft, positions: Sequence[int], offered: Sequence[SourceRow], state: Mapping[str, Any]
) -> None:
    """Bring the draft's rows in line with the editor, including texts that were typed back."""
    edited = {int(shown): edits for shown, edits in state.get("edited_rows", {}).items()}
    rows = draft.rows
    for shown, position in enumerate(positions):
        before = offered[position]
        edits = edited.get(shown, {})
        person, grade = edits.get("Student", before.person), edits.get("Grade", before.grade)
        number, comment = edits.get("Number", before.number), edits.get("Comment", before.comment)
        is_included = bool(edits.get("Import", before.is_included))
        row = rows[position]
        typed = person or "", grade or "", number or "", comment or "", is_included
        if typed != (row.person, row.grade, row.number, row.comment, row.is_included):
            draft.correct(
                position,
                person or "",
                grade or "",
                is_included=is_included,
                number=number or "",
                comment=comment or "",
            )


def _chosen_positions(draft: ImportDraft, key: str) -> list[int] | None:
    """The positions of the rows to correct, fixed at first sight, so that a corrected row stays visible; None
    for all rows."""
    frozen = f"{key}-to-correct-{_layout_key(draft)}"
    if frozen not in st.session_state:
        st.session_state[frozen] = _to_correct(draft)
    to_correct: list[int] = st.session_state[frozen]
    if not to_correct:
        return None
    words = {True: f"To correct ({len(to_correct):,})", False: f"All rows ({len(draft.rows):,})"}
    only = st.segmented_control(
        "Rows shown",
        [True, False],
        format_func=words.__getitem__,
        default=True,
        required=True,
        key=f"{frozen}-only",
        label_visibility="collapsed",
    )
    return to_correct if only else None


def _to_correct(draft: ImportDraft) -> list[int]:
    return [position for position, one in enumerate(draft.checked()) if one.outcome.needs_correction]


def _layout_key(draft: ImportDraft) -> str:
    layout = draft.layout
    names = "+".join(map(str, layout.name_columns))
    others = "-".join(map(str, (layout.grade, layout.code, layout.number, layout.comment)))
    return f"{draft.sheet}-{layout.heading_row}-{names}-{others}"


def _how_it_was_read(draft: ImportDraft) -> str:
    layout, table = draft.layout, draft.table
    if layout.dialect is not Dialect.PLAIN:
        parts = [f"Read as an export of {layout.dialect.value}"]
    elif draft.source.kind is Kind.WORKBOOK:
        parts = [f"Sheet “{escape_markdown(draft.sheet)}”"]
    else:
        parts = ["Text"]
    if table.delimiter in _DELIMITER_WORDS:
        parts.append(_DELIMITER_WORDS[table.delimiter])
    if layout.is_complete:
        labels = column_labels(table, layout)
        names = " and ".join(f"“{escape_markdown(labels[column])}”" for column in layout.name_columns)
        grades = "no grades yet"
        if layout.grade is not None:
            grades = f"grades from “{escape_markdown(labels[layout.grade])}”"
        parts.append(f"students from {names or 'the codes'}, {grades}")
        for what, column in (("numbers", layout.number), ("comments", layout.comment)):
            if column is not None:
                parts.append(f"{what} from “{escape_markdown(labels[column])}”")
    return ": ".join([parts[0], ", ".join(parts[1:])]) if parts[1:] else parts[0]


def _show_counts(checked: list[CheckedRow]) -> None:
    counts = outcome_counts(checked)
    words = [f"{counts[outcome]:,} {_OUTCOME_WORDS[outcome]}" for outcome in Outcome if counts[outcome]]
    rows = count_text(len(checked), "row")
    st.markdown(f"**{rows}:** {' · '.join(words)}" if checked else "There are no rows in it.")


def _say_what_to_correct(checked: list[CheckedRow]) -> None:
    """The reasons above the table as well: on a phone their column is far to the right."""
    bad = [one for one in checked if one.outcome.needs_correction]
    if not bad:
        return
    lines = [
        f"- Line {one.row.line}, {escape_markdown(one.row.person) or 'nobody'}: {escape_markdown(one.reason)}"
        for one in bad[:REASONS_SHOWN]
    ]
    if len(bad) > len(lines):
        lines.append(f"- and {len(bad) - len(lines):,} more")
    st.warning(
        f"{count_text(len(bad), 'row')} to correct in the table; the others can be saved.\n\n"
        + "\n".join(lines),
        icon=":material/edit_note:",
    )


def _becomes(one: CheckedRow) -> str:
    return f"{_OUTCOME_SIGNS[one.outcome]} {one.reason}".rstrip()
