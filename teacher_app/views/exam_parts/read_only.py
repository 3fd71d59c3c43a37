"""Another teacher's published exam, read-only."""

from __future__ import annotations

import streamlit as st

from teacher_app.rows.workspace import Workspace
from teacher_app.views.exam_parts.review import show_preview

__all__ = ["render"]


def render(workspace: Workspace) -> None:
    """As students see it."""
    st.info(
        "This exam belongs to another teacher, who alone can change it. You see it as students do.",
        icon=":material/lock:",
    )
    show_preview(workspace)
