"""Scripts that both dashboards' pages contain, made of tables of the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from shared.model.names import TABLES

__all__ = ["NAMES_SCRIPT"]

# fold, nameKey, sortKey, compareTexts, hasWords and codePattern, for every script that stands behind it.
NAMES_SCRIPT: Final = f"const NAMES = {json.dumps(TABLES, separators=(',', ':'))};\n" + Path(
    __file__
).with_name("names.js").read_text("utf-8")
