"""Buttons that store something, whose press is not lost.

A run that answers a press can be overtaken by the next touch (a cell left, a box ticked) before it has come
to the answer; Streamlit forgets the press then. Here a press is noted before the run begins, and it waits
until it is taken, or until a run has come to its end without taking it. Only a touch that follows in the few
milliseconds before that beginning has the press forgotten all the same: a page must not send on its own.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

__all__ = ["Press", "forget_presses", "set_state", "storing_button"]

_NOTED = "pressed-buttons"  # in the session: keys of buttons


class Press:
    """That of one button, which may have happened."""

    def __init__(self, key: str) -> None:
        self._key = key

    def take(self) -> bool:
        """Whether the button was pressed; True once for each press.

        Taken right before what it is for: a run can be overtaken wherever something is drawn.
        """
        noted = _noted()
        is_pressed = self._key in noted
        noted.discard(self._key)
        return is_pressed


def storing_button(label: str, *, key: str, disabled: bool = False, **options: Any) -> Press:
    """Draw the button. `options` as of st.button. A press before it was disabled counts no more."""
    if disabled:
        _noted().discard(key)
    st.button(label, key=key, disabled=disabled, on_click=_noted().add, args=(key,), **options)
    return Press(key)


def forget_presses() -> None:
    """At the end of a run: what was pressed on a page that is not shown any more shall not happen later."""
    _noted().clear()


def set_state(key: str, value: object) -> None:
    """Put a value into the session, as a button's `on_click`."""
    st.session_state[key] = value


def _noted() -> set[str]:
    noted: set[str] = st.session_state.setdefault(_NOTED, set())
    return noted
