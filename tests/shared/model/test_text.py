"""No text is run as a formula or shown as Markdown."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from shared.model.text import date_text, escape_formula, escape_markdown, unescape_formula


def test_a_date_has_its_month_in_letters() -> None:
    assert date_text(dt.date(2026, 6, 5)) == "5 June 2026"


def test_nothing_that_a_teacher_types_is_taken_for_markdown() -> None:
    assert escape_markdown("C# *basics* [x](y) $1$ :red[z] &amp;") == (
        r"C\# \*basics\* \[x\]\(y\) \$1\$ \:red\[z\] \&amp;"
    )


@given(st.text() | st.text(alphabet="'=+-@＝ a"))
def test_a_cell_that_would_be_a_formula_is_text_and_comes_back(text: str) -> None:
    cell = escape_formula(text)
    assert unescape_formula(cell) == text
    assert len(cell) == 1 or not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
