"""A choice that the page's address names, too: a link, a bookmark and the browser's Back choose as its widget
does.

The page brings its address with every message, and on a slow line one that is older than what was put there
since: that is no reason to go back to what was shown before the teacher chose. Streamlit's own binding of a
widget to the address prevents leaving the page for another one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import streamlit as st

__all__ = ["AddressChoice"]


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """`parameter` is its name in the address, `key` that of its widget in the session."""

    parameter: str
    key: str

    def take_from_address(self, options: Collection[str], *, absent: str, unknown: str | None) -> None:
        """Before the widget is drawn: a new address overrides the choice before. One without the parameter
        names `absent`; one that names none of the options chooses `unknown`."""
        named = st.query_params.get(self.parameter, absent)
        chosen, shown = st.session_state.get(self.key), st.session_state.get(self._shown)
        on_the_way: list[str] = st.session_state.setdefault(self._on_the_way, [])
        is_late = named in on_the_way
        if is_late:
            del on_the_way[: on_the_way.index(named) + 1]
        if chosen not in options or (named != shown and not is_late and not self.is_pressed()):
            on_the_way.clear()
            st.session_state[self._shown] = named
            st.session_state[self.key] = named if named in options else unknown

    def put_into_address(self, chosen: str, *, absent: str | None = None) -> None:
        """Once the widget is drawn; `absent` needs no parameter. An address without the parameter stays as it
        is until somebody chooses: each one that is put is a step for the browser's Back."""
        on_the_way: list[str] = st.session_state[self._on_the_way]
        is_pressed = self.is_pressed()
        # To take the parameter away does not undo what is on the way.
        if chosen == absent and not on_the_way:
            st.query_params.pop(self.parameter, None)
        elif is_pressed or on_the_way or self.parameter in st.query_params:
            st.query_params[self.parameter] = chosen
        if is_pressed:
            on_the_way.append(chosen)
        st.session_state[self._shown] = chosen

    @property
    def shown(self) -> str | None:
        """What was shown last, or named by the address then."""
        shown: str | None = st.session_state.get(self._shown)
        return shown

    def is_pressed(self) -> bool:
        """Whether something else is chosen than the whole page has drawn."""
        return bool(st.session_state.get(self.key) != st.session_state.get(self._shown))

    @property
    def _shown(self) -> str:
        """In the session: what the whole page has drawn, or the address has named."""
        return f"{self.key}-shown"

    @property
    def _on_the_way(self) -> str:
        """In the session: what was put into the address, and not yet brought back by the page."""
        return f"{self.key}-on-the-way"
