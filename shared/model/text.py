"""Dates as people read them; texts that they type, escaped for Markdown and for spreadsheets."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

__all__ = [
    "date_text",
    "escape_formula",
    "escape_markdown",
    "normalize_spaces",
    "raised",
    "unescape_formula",
]

_MARKDOWN_SPECIAL = frozenset(r"\`*_{}[]()#+-.!|<>~$:&")

# Characters that start a formula or a command, including their full-width forms and invisible characters.
_FORMULA_START = r"[=+\-@\t\r\n＝＋－＠]."
_FORMULA = re.compile(f"'*{_FORMULA_START}", re.DOTALL)
_ESCAPED_FORMULA = re.compile(f"''*{_FORMULA_START}", re.DOTALL)
_RAISED_DIGITS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def date_text(date: dt.date) -> str:
    """Such as "6 June 2026", which is unambiguous everywhere. Files have dates as in ISO 8601."""
    return f"{date.day} {date:%B %Y}"


def normalize_spaces(text: str) -> str:
    """`text` in Unicode's NFKC form, trimmed, with single spaces between its words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def raised(text: str) -> str:
    """`text` with its digits raised, so that nobody takes them for digits of the number beside them."""
    return text.translate(_RAISED_DIGITS)


def escape_markdown(text: str) -> str:
    """`text` so that Markdown shows it unchanged."""
    return "".join(f"\\{character}" if character in _MARKDOWN_SPECIAL else character for character in text)


def escape_formula(text: str) -> str:
    """`text` as a cell of a CSV file that no spreadsheet runs as a formula, such as "=HYPERLINK(...)".

    An apostrophe in front makes it text. A sign that stands alone is no formula. Text that already has
    apostrophes in front of such a sign gets one more, so that unescape_formula() restores it; "'t Hooft"
    stays as it is.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unescape_formula(cell: str) -> str:
    """The text that escape_formula() was given."""
    return cell[1:] if _ESCAPED_FORMULA.match(cell) else cell
