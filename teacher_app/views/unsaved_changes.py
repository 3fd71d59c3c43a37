"""The browser's own question before a page that holds unsaved work is closed or loaded again."""

from __future__ import annotations

import streamlit as st

__all__ = ["ask_before_leaving"]

_SCRIPT = """
export default function () {
  const ask = (event) => event.preventDefault();
  window.addEventListener("beforeunload", ask);
  return () => window.removeEventListener("beforeunload", ask);
}
"""

_component = st.components.v2.component("ask_before_leaving", js=_SCRIPT)


def ask_before_leaving(work: str) -> None:
    """For as long as this is drawn; `work` names what is unsaved. Other pages of the dashboard are reached
    without the question: what is unsaved waits in the session."""
    _component(key=f"leaving-{work}")
