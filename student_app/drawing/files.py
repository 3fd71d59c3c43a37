"""What draws an exam in the browser, for Streamlit's component and for the first answer alike."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from shared.web.scripts import NAMES_SCRIPT
from shared.web.templates import html_templates

__all__ = [
    "BOARD_SCRIPT",
    "BOARD_STYLE",
    "COMPARISON_HTML",
    "COMPARISON_SCRIPT",
    "COMPARISON_STYLE",
    "board_html",
]

_FOLDER = Path(__file__).parent
_templates = html_templates(_FOLDER)


def _text(*names: str) -> str:
    return "\n".join((_FOLDER / name).read_text("utf-8") for name in names)


# One module, whose export mounts the board.
BOARD_SCRIPT: Final = f"{NAMES_SCRIPT}\n{_text('elements.js', 'chart.js', 'own.js', 'board.js')}"
BOARD_STYLE: Final = _text("board.css")
COMPARISON_HTML: Final = _text("comparison.html")
COMPARISON_SCRIPT: Final = _text("elements.js", "comparison.js")
COMPARISON_STYLE: Final = _text("comparison.css")


def board_html(**values: object) -> str:
    """The board's elements: empty, or as they are drawn for an exam whose `values` board.html names."""
    return _templates.get_template("board.html").render(**values)
