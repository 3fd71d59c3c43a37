"""All results of an exam as a table of plain fields: no key is lost, however fast somebody types.

A browser's own field takes each key in turn, even while the server answers or the machine is slow. A cell
that is drawn on a canvas and opened for each edit can lose an Enter, and then all lines below it get each
other's grades.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from teacher_app.components import folder_component

__all__ = ["result_grid"]

_component = folder_component(
    "exam_result_grid",
    Path(__file__).parent,
    markup="grid",
    scripts=("../outbox.js", "../stored_rows.js", "row.js", "grid.js"),
)


def result_grid(key: str, data: Mapping[str, Any]) -> None:
    """Mount the table. `st.session_state[key]["outbox"]` has an entry for each line that differs from what is
    stored, sent when the typing pauses or the cursor leaves. It is described in
    teacher_app/rows/page_messages.py."""
    _component(key=key, data=dict(data), on_outbox_change=lambda: None)
