"""Files of installed packages, found without importing the packages."""

from __future__ import annotations

import importlib.util
from pathlib import Path

__all__ = ["package_folder", "streamlit_font"]


def package_folder(package: str) -> Path:
    """Where a package is installed. Raises ModuleNotFoundError."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent


def streamlit_font(name: str) -> Path:
    """A font of Streamlit's pages, by its file name without the hash and the suffix, as in
    "SourceSansVF-Upright"."""
    (path,) = (package_folder("streamlit") / "static" / "static" / "media").glob(f"{name}.*.woff2")
    return path
