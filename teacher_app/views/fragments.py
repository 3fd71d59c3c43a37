"""HTML fragments for the pages, from templates that escape every value."""

from __future__ import annotations

from pathlib import Path

from shared.web.templates import html_templates

__all__ = ["STYLE_SHEET", "fragment"]

_FOLDER = Path(__file__).parent / "html"
STYLE_SHEET = _FOLDER / "page.css"

_templates = html_templates(_FOLDER)


def fragment(template: str, **values: object) -> str:
    """The rendered template of that name in views/html."""
    return _templates.get_template(template).render(**values)
