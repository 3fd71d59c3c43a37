"""What Streamlit's fields lack for the keyboard and for those who cannot see: Enter, faults, the focus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

__all__ = ["mark_faults", "move_focus_to", "press_on_enter"]

_component = st.components.v2.component("form_keys", js=Path(__file__).with_suffix(".js").read_text("utf-8"))


def press_on_enter(button_key: str, *, fields: str, begin_in: str | None = None) -> None:
    """Enter in a field whose key starts with `fields` presses the button with that key. When the form opens,
    the cursor is in the field with the key `begin_in`, unless it is in a field already."""
    data = {"button": button_key, "fields": fields, "begin": begin_in}
    _component(key=f"keys-{button_key}", data=data)


def mark_faults(keys: Sequence[str]) -> None:
    """Mark the fields with these keys as invalid, and put the cursor into the first."""
    _component(key=f"keys-faults-{'-'.join(keys)}", data={"faults": list(keys)})


def move_focus_to(container_key: str) -> None:
    """Give the focus to the container with that key."""
    _component(key=f"keys-focus-{container_key}", data={"focus": container_key})
