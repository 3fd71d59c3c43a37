"""What Streamlit's own page loads, to be put at the end of ours. Streamlit is found, not imported."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path

__all__ = ["streamlit_tags"]

# The styles, scripts and preloads of the head; the icon and the title are ours.
_TAG = re.compile(
    r"<script\b[^>]*>.*?</script>|<link\s[^>]*\brel=\"(?:modulepreload|stylesheet|preload)\"[^>]*>", re.DOTALL
)


@cache
def streamlit_tags() -> str:
    """The tags with which the installed Streamlit starts its page, in its order."""
    spec = importlib.util.find_spec("streamlit")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("streamlit")
    page = (Path(spec.origin).parent / "static" / "index.html").read_text("utf-8")
    return "\n".join(_TAG.findall(page))
