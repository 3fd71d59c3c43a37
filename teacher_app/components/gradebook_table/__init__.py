"""Students × exams of a class list: a table that searches, filters and sorts in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from teacher_app.components import folder_component
from teacher_app.components.gradebook_table.rows import gradebook_data
from teacher_app.gradebook.choice import Edits
from teacher_app.gradebook.exams import OfferedExam
from teacher_app.gradebook.gradebook import Gradebook

__all__ = ["gradebook_table"]

_component = folder_component(
    "gradebook_table",
    Path(__file__).parent,
    markup="table",
    scripts=("../tab_memory.js", "table.js"),
)


def gradebook_table(
    key: str,
    book: Gradebook,
    offered: Sequence[OfferedExam],
    *,
    reader: str,
    applied: Edits,
    faults: Mapping[str, str],
) -> str | None:
    """Draw the table for the teacher with the id `reader`. Returns an exam's id, once, when it is chosen.

    `st.session_state[key]["edits"]` has what the teacher changed since the table was mounted: "weights", the
    text typed for each exam, and "shown", the ticks. `applied` are those that are stored; `faults` say what
    is wrong with a weight; all by the exam's id.
    """
    data = {**gradebook_data(book, offered), "reader": reader, "applied": applied, "faults": faults}
    opened = _component(key=key, data=data, on_open_change=lambda: None, on_edits_change=lambda: None).open
    return None if opened is None else str(opened)
