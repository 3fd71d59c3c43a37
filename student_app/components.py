"""The browser's parts of a Streamlit page: the live board of one exam, and the charts of several."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from student_app.drawing.files import (
    BOARD_SCRIPT,
    BOARD_STYLE,
    COMPARISON_HTML,
    COMPARISON_SCRIPT,
    COMPARISON_STYLE,
    board_html,
)
from student_app.stream.messages import Json

__all__ = ["comparison_charts", "live_board"]

_board = st.components.v2.component("exam_live_board", html=board_html(), css=BOARD_STYLE, js=BOARD_SCRIPT)
_charts = st.components.v2.component(
    "exam_comparison", html=COMPARISON_HTML, css=COMPARISON_STYLE, js=COMPARISON_SCRIPT
)


def live_board(
    exam_id: str,
    *,
    refresh_s: float,
    snapshot: Json | None,
    is_awaited: bool,
    on_changed: Callable[[], None],
    on_unreachable: Callable[[], None],
    on_reachable: Callable[[], None],
    on_choosing: Callable[[], None],
) -> None:
    """Mount the board of one exam, drawn from the stream; with `is_awaited` the page was drawn without it.

    `on_changed` is triggered when the exam is withdrawn or an awaited one appears; `on_unreachable` when the
    stream cannot be opened, `on_reachable` when it can again; `on_choosing`, seldom, when a list of exams
    gets the focus. While the stream cannot be opened, the page runs again every
    `refresh_s` seconds, and the board draws `snapshot`, a snapshot_object(), instead of the stream.
    """
    _board(
        key="board",
        data={"exam_id": exam_id, "refresh_s": refresh_s, "snapshot": snapshot, "is_awaited": is_awaited},
        on_changed_change=on_changed,
        on_unreachable_change=on_unreachable,
        on_reachable_change=on_reachable,
        on_choosing_change=on_choosing,
    )


def comparison_charts(exams: Mapping[str, str]) -> None:
    """Mount a small chart for each exam, by id; the texts are their labels."""
    _charts(key="comparison", data={"exams": list(exams.items())})
