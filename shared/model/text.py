"""The texts that people type: how they are compared and sorted, and how they are escaped where Markdown or a
spreadsheet would interpret them."""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "escape_formula",
    "escape_markdown",
    "name_key",
    "normalize_spaces",
    "sort_key",
    "unescape_formula",
]

_MARKDOWN_SPECIAL = frozenset(r"\`*_{}[]()#+-.!|<>~$:")

# Characters that start a formula or a command, including their full-width forms and invisible characters.
_FORMULA_START = r"[=+\-@\t\r\n＝＋－＠]."
_FORMULA = re.compile(f"'*{_FORMULA_START}", re.DOTALL)
_ESCAPED_FORMULA = re.compile(f"''*{_FORMULA_START}", re.DOTALL)
_SAME_LETTERS = str.maketrans(
    {
        **dict.fromkeys("’‘ʼ`´", "'"),
        **dict.fromkeys("‐\u2011‒–−", "-"),
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "đ": "d",
    }
)


def normalize_spaces(text: str) -> str:
    """`text` in Unicode's NFKC form, trimmed, with single spaces between its words."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def name_key(text: str) -> str:
    """Equal for names, or codes, that differ only in case, spaces or the encoding of the same letters."""
    return normalize_spaces(text).casefold()


def sort_key(text: str) -> str:
    """For sorting, searching and comparing: name_key() without accents and invisible characters and with one
    kind of apostrophe and hyphen, so that "Élodie" stands between "Edith" and "Emil"."""
    letters = unicodedata.normalize("NFKD", name_key(text).translate(_SAME_LETTERS))
    return "".join(letter for letter in letters if unicodedata.category(letter) not in {"Mn", "Cf"})


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
