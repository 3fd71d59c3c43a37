"""One box that finds a student in all exams that were read, while the teacher types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.model.exam import Exam, Result
from teacher_app.components import folder_component
from teacher_app.components.student_finder.rows import finder_data

__all__ = ["student_finder"]

_component = folder_component(
    "student_finder", Path(__file__).parent, markup="finder", scripts=("finder.js",)
)


def student_finder(
    exams: Sequence[Exam], results: Mapping[str, Sequence[Result]], *, is_complete: bool, key: str
) -> str | None:
    """Draw the box; `results` by the exam's id, `is_complete` if all are read that will be. Returns an exam's
    id, once, when it is chosen; else None."""
    data = {**finder_data(exams, results), "isComplete": is_complete}
    chosen = _component(key=key, data=data, on_chosen_change=lambda: None).chosen
    return None if chosen is None else str(chosen)
