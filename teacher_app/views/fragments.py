"""Pieces of HTML for the dashboard's own look, from templates that escape every value."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

__all__ = ["STYLE_SHEET", "fragment"]

_FOLDER = Path(__file__).parent / "html"
STYLE_SHEET = _FOLDER / "page.css"

_templates = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def fragment(template: str, **values: object) -> str:
    """The template of that name in views/html, filled."""
    return _templates.get_template(template).render(**values)
