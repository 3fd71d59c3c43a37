"""HTML templates of the dashboards' own pages."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.model.grades import shown_grade
from shared.model.hours import hour_text
from shared.model.text import date_text

__all__ = ["html_templates"]


def html_templates(folder: Path) -> Environment:
    """The templates of `folder`: every value is escaped, and an undefined name is an error. Filters:
    `date_text`, `hour_text`, `shown_grade`."""
    templates = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"date_text": date_text, "hour_text": hour_text, "shown_grade": shown_grade}
    return templates
