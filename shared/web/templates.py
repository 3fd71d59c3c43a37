"""HTML templates of the dashboards' own pages."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["html_templates"]


def html_templates(folder: Path) -> Environment:
    """The templates of `folder`: every value is escaped, and an undefined name is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
