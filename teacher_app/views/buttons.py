"""Buttons that store something, and whose presses are never lost.

The run that handles a press can be interrupted by the next interaction (a cell left, a box ticked) before it
gets there, and Streamlit then forgets the press. Here a press is recorded before the run begins, and kept
until it is taken or until a run completes without taking it. Only an interaction in the few milliseconds
before the run begins still loses the press: so a page must not send anything on its own.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

__all__ = ["Press", "forget_presses", "set_state", "storing_button"]

_PRESSED = "pressed-buttons"  # in the session: keys of buttons


class Press:
    """Whether one button was pressed."""

    def __init__(self, key: str) -> None:
        self._key = key

    def take(self) -> bool:
        """Whether the button was pressed; True once per press.

        Call it right before acting on it: a run can be interrupted wherever something is drawn.
        """
        pressed = _pressed()
        is_pressed = self._key in pressed
        pressed.discard(self._key)
        return is_pressed


def storing_button(label: str, *, key: str, disabled: bool = False, **options: Any) -> Press:
    """Draw the button, with `options` as for st.button. Disabling it cancels an earlier press."""
    if disabled:
        _pressed().discard(key)
    st.button(label, key=key, disabled=disabled, on_click=_pressed().add, args=(key,), **options)
    return Press(key)


def forget_presses() -> None:
    """At the end of a run: a press on a page that is no longer shown must not take effect later."""
    _pressed().clear()


def set_state(key: str, value: object) -> None:
    """Set a value in the session; for a button's `on_click`."""
    st.session_state[key] = value


def _pressed() -> set[str]:
    pressed: set[str] = st.session_state.setdefault(_PRESSED, set())
    return pressed
