"""The fast form and the rows below it: a component that takes rows as fast as somebody types.

Its script keeps what is not saved yet, in the page and in the tab's session storage, and sends all of
it again until each entry has its receipt. The protocol is in teacher_app/rows/page_messages.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from teacher_app.components import folder_component

__all__ = ["fast_entry"]

_component = folder_component(
    "exam_fast_entry",
    Path(__file__).parent,
    markup="entry",
    scripts=("../outbox.js", "../stored_rows.js", "line.js", "lines.js", "entry.js"),
)


def fast_entry(
    key: str, data: Mapping[str, Any], *, on_outbox: Callable[[], None], on_rested: Callable[[], None]
) -> None:
    """Mount the form. `st.session_state[key]["outbox"]` has what the page wants to be saved; `on_outbox` is
    called before the run in which it changed, `on_rested` once all is saved and nothing was typed for some
    seconds."""
    _component(key=key, data=dict(data), on_outbox_change=on_outbox, on_rested_change=on_rested)
