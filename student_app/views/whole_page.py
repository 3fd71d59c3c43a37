"""What a viewer asks of the whole page while only the board runs again.

Streamlit's browser side joins what happens at one moment into one message and may take it for the board's
alone (`scheduleFlush` of its WidgetStateManager, in 1.67). Then the callbacks of all widgets run, but nothing
outside the board is drawn again: so they leave word, and the board's own run asks for the rest.
"""

from __future__ import annotations

import streamlit as st

__all__ = ["ask_for_whole_page", "begin_whole_page", "is_whole_page_asked"]

_ASKED = "whole-page-asked"


def ask_for_whole_page() -> None:
    """For the `on_change` of a widget outside the board."""
    st.session_state[_ASKED] = True


def begin_whole_page() -> None:
    """At the beginning of the whole page's run."""
    st.session_state[_ASKED] = False


def is_whole_page_asked() -> bool:
    """Whether a widget outside the board has changed since the whole page ran."""
    return bool(st.session_state.get(_ASKED))
