"""The browser's own prompt before a page with unsaved work is closed or reloaded."""

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
    """Prompt for as long as this is drawn; `work` names what is unsaved. Other pages of the dashboard open
    without a prompt, since the session keeps what is unsaved."""
    _component(key=f"leaving-{work}")
