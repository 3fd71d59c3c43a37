"""All results of an exam as a table of plain fields: no key is lost, however fast somebody types.

A browser's own field takes each key in its turn, also while the server answers or the machine is slow. A cell
that is drawn, and opened for each change, can lose an Enter then, and all lines below it get each other's
grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from teacher_app.components import folder_component

__all__ = ["result_grid"]

_component = folder_component(
    "exam_result_grid", Path(__file__).parent, markup="grid", scripts=("row.js", "grid.js")
)


def result_grid(key: str, data: Mapping[str, Any]) -> None:
    """Mount the table. What was typed is `st.session_state[key]["edits"]`, told when the typing rests or the
    cursor leaves; teacher_app/grid_messages.py has the words between the two."""
    _component(key=key, data=dict(data), on_edits_change=lambda: None)
