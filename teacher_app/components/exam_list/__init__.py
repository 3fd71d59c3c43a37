"""The list of exams: a component that searches, filters and sorts in the browser, with real links."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shared.model.exam import Exam
from teacher_app.components import folder_component
from teacher_app.components.exam_list.rows import list_rows

__all__ = ["exam_list"]

_component = folder_component(
    "exam_list", Path(__file__).parent, markup="list", scripts=("../tab_memory.js", "list.js")
)


def exam_list(exams: Sequence[Exam], *, reader: str, key: str) -> str | None:
    """Draw the list for the teacher with the id `reader`. Returns an exam's id, once, when it is
    chosen; else None."""
    data = {"exams": list_rows(exams), "reader": reader}
    chosen = _component(key=key, data=data, on_chosen_change=lambda: None).chosen
    return None if chosen is None else str(chosen)
