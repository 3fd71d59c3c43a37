"""Texts that a spreadsheet would take for a formula: written so that it does not, and read back.

A name such as "=HYPERLINK(...)" in a CSV file is run by the spreadsheet that opens it. With an apostrophe
before it, it is text; a sign that stands alone is no formula. A name that has apostrophes of its own before
such a sign gets one more, so that nothing is lost on the way back; "'t Hooft" stays as it is.
"""

from __future__ import annotations

import re

__all__ = ["escaped", "unescaped"]

# Signs that begin a formula or a command, also in their wide forms, and what hides them from the eye.
_RISKY = re.compile(r"'*[=+\-@\t\r\n＝＋－＠].", re.DOTALL)
_ESCAPED = re.compile(r"''*[=+\-@\t\r\n＝＋－＠].", re.DOTALL)


def escaped(text: str) -> str:
    """`text` as a cell of a CSV file."""
    return f"'{text}" if _RISKY.match(text) else text


def unescaped(cell: str) -> str:
    """What escaped() was given."""
    return cell[1:] if _ESCAPED.match(cell) else cell
