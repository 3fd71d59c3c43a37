"""Texts of people inside Markdown."""

from __future__ import annotations

__all__ = ["plain_markdown"]

_SPECIAL = frozenset(r"\`*_{}[]()#+-.!|<>~$:")


def plain_markdown(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
