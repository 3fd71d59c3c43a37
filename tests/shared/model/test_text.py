"""One way to compare names, one to sort them, and no text is run as a formula or shown as Markdown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.text import escape_formula, escape_markdown, name_key, sort_key, unescape_formula


@pytest.mark.parametrize(
    "written",
    ["ada  LOVELACE ", "Ada\u00a0Lovelace", "Ada Lovelace", "Ａｄａ Ｌｏｖｅｌａｃｅ"],
    ids=ascii,
)
def test_case_spaces_and_the_encoding_of_letters_make_no_other_name(written: str) -> None:
    assert name_key(written) == name_key("Ada Lovelace")


def test_an_accent_makes_another_name_but_does_not_change_its_place() -> None:
    assert name_key("É") == name_key("E\u0301") != name_key("E")
    assert sorted(["Emil", "Élodie", "edith"], key=sort_key) == ["edith", "Élodie", "Emil"]


def test_nothing_that_a_teacher_types_is_taken_for_markdown() -> None:
    assert escape_markdown("C# *basics* [x](y) $1$ :red[z]") == (
        r"C\# \*basics\* \[x\]\(y\) \$1\$ \:red\[z\]"
    )


@given(st.text() | st.text(alphabet="'=+-@＝ a"))
def test_a_cell_that_would_be_a_formula_is_text_and_comes_back(text: str) -> None:
    cell = escape_formula(text)
    assert unescape_formula(cell) == text
    assert len(cell) == 1 or not cell.startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
