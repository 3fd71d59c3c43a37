"""The labels of a list of choices, by which Streamlit's browser side says what is chosen.

So no two may be the same, and a choice whose label has changed since must be told to the browser again: it
would be no option any more, and the first one would be taken (SelectboxSerde, in 1.67).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar

import streamlit as st

__all__ = ["held_labels"]

T = TypeVar("T", bound=Hashable)


def held_labels(key: str, labels: Mapping[T, str]) -> dict[T, str]:
    """These labels, the equal ones numbered, for a list with this key that is drawn right afterwards. What is
    chosen in it stays chosen, whatever its label is now."""
    counts: Counter[str] = Counter()
    held: dict[T, str] = {}
    for option, label in labels.items():
        counts[label] += 1
        held[option] = label if counts[label] == 1 else f"{label}, no. {counts[label]}"
    drawn: dict[T, str] = st.session_state.get(f"{key}-labels", held)
    chosen = st.session_state.get(key)
    if chosen in held and drawn.get(chosen) != held[chosen]:
        st.session_state[key] = chosen
    st.session_state[f"{key}-labels"] = held
    return held
