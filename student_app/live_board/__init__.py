"""The live board: a component that draws one exam in the browser, straight from the stream."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from student_app.stream.messages import Json

__all__ = ["live_board"]

_FOLDER = Path(__file__).parent

_component = st.components.v2.component(
    "exam_live_board",
    html=(_FOLDER / "board.html").read_text("utf-8"),
    css=(_FOLDER / "board.css").read_text("utf-8"),
    js=(_FOLDER / "board.js").read_text("utf-8"),
)


def live_board(
    exam_id: str,
    *,
    own_result_id: str | None,
    refresh_s: float,
    snapshot: Json | None,
    is_awaited: bool,
    on_changed: Callable[[], None],
    on_unreachable: Callable[[], None],
    on_reachable: Callable[[], None],
) -> None:
    """Mount the board of one exam; with `is_awaited` also its first snapshot triggers `on_changed`.

    `on_changed` is triggered after changes, at most every `refresh_s` seconds; `on_unreachable` when the
    stream cannot be opened, `on_reachable` when it can again. In between, the board draws `snapshot`, a
    snapshot_object(), instead of the stream.
    """
    _component(
        key="board",
        data={
            "exam_id": exam_id,
            "own": own_result_id,
            "refresh_s": refresh_s,
            "snapshot": snapshot,
            "is_awaited": is_awaited,
        },
        on_changed_change=on_changed,
        on_unreachable_change=on_unreachable,
        on_reachable_change=on_reachable,
    )
