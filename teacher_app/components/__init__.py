"""Components of this dashboard: a folder each, with its html, its css and its scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from shared.web.scripts import NAMES_SCRIPT

__all__ = ["folder_component"]

_NODES = Path(__file__).with_name("nodes.js")  # for the scripts of all


def folder_component(name: str, folder: Path, *, markup: str, scripts: Sequence[str]) -> Any:
    """The component `name`, to be mounted by calling it: of `folder`, `markup`.html and .css, and `scripts`,
    which make one module: the later ones use the earlier, and all of them names.js and nodes.js."""
    paths = (_NODES, *(folder / script for script in scripts))
    return st.components.v2.component(
        name,
        html=(folder / f"{markup}.html").read_text("utf-8"),
        css=(folder / f"{markup}.css").read_text("utf-8"),
        js="\n".join([NAMES_SCRIPT, *(path.read_text("utf-8") for path in paths)]),
    )
