"""A notice about what was typed elsewhere in this tab and is not saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from teacher_app.components import folder_component

__all__ = ["unsaved_notice"]

_component = folder_component(
    "unsaved_notice", Path(__file__).parent, markup="notice", scripts=("notice.js",)
)


def unsaved_notice(key: str, data: Mapping[str, Any], *, on_go: Callable[[], None]) -> None:
    """Mount the notice. `data` has the `owner`, the `exam` and `part` that are shown, and in `saved` the
    attempts that were carried out, by their entries' keys. The tab may still keep those.

    `st.session_state[key]` then has "here", {part: how many entries of this exam}, and, while `on_go` runs,
    "go", the {"exam", "part"} to which the teacher wants to go.
    """
    _component(key=key, data=dict(data), on_here_change=lambda: None, on_go_change=on_go)
