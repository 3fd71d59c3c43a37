"""The browser compares, finds and sorts names exactly as the server does."""

import random
import sys
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from shared.model.names import TABLES, code_pattern, fold, has_words, name_key, sort_key
from shared.web.scripts import NAMES_SCRIPT
from tests.browser.people import Person
from tests.shared.model.test_names import OTHER_NAMES, SAME_NAMES

CHARACTERS = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) not in {"Cn", "Co", "Cs"}
]


@pytest.fixture
def page(new_person: Callable[..., Person]) -> Page:
    page = new_person().page
    functions = "fold, nameKey, sortKey, codePattern, hasWords"
    page.evaluate(f"window.names = (() => {{ {NAMES_SCRIPT}; return {{ {functions} }} }})()")
    return page


def in_the_browser(page: Page, function: str, texts: list[str]) -> Any:
    return page.evaluate(f"texts => texts.map(text => names.{function}(text))", texts)


def test_each_character_is_folded_alike(page: Page) -> None:
    texts = [f"a{character}B 7" for character in CHARACTERS]
    assert in_the_browser(page, "fold", texts) == [fold(text) for text in texts]


def test_names_and_codes_have_the_same_keys(page: Page) -> None:
    letters = random.Random(7)
    known = [name for pair in [*SAME_NAMES, *OTHER_NAMES] for name in pair]
    marks = " ,.-'’—\u200b\u00a0" * 8 + "0OIL1UVHА" * 3
    made = [
        "".join(letters.choice(marks + "".join(letters.sample(CHARACTERS, 40))) for _ in range(12))
        for _ in range(3000)
    ]
    texts = known + made
    for function, same in (
        ("nameKey", name_key),
        ("sortKey", sort_key),
        ("codePattern", code_pattern),
    ):
        assert in_the_browser(page, function, texts) == [same(text) for text in texts]
    pairs = [[one, other[:4]] for one, other in zip(texts, [*texts[1:], *known], strict=False)]
    found = page.evaluate("pairs => pairs.map(pair => names.hasWords(...pair))", pairs)
    assert found == [has_words(*pair) for pair in pairs]


def test_names_are_sorted_as_in_each_language(page: Page) -> None:
    """As Intl.Collator has it, whose data are Unicode's; it knows some languages under another's name."""
    chance = random.Random(11)
    for language, order in TABLES["orders"].items():
        own = [letter for letter in order if len(letter) == 1 and letter.islower()]
        vowels = [letter for letter in [*"aou", *own] if fold(letter)[0] in "aou"]
        others = [letter for letter in [*"bcdhlnrsz", *own] if letter not in vowels]
        made = ["".join(map(chance.choice, (others, vowels) * 2)).capitalize() for _ in range(300)]
        arguments = [sorted({"Chlup", "Hus", "Cyril", "Ivan", *made}), language]
        keys = page.evaluate(
            "([texts, language]) => texts.map(text => names.sortKey(text, language))", arguments
        )
        assert keys == [sort_key(text, language) for text in arguments[0]]
        expected = page.evaluate(
            """([texts, language]) => {
                const collator = new Intl.Collator(language, { sensitivity: "base" });
                const isKnown = collator.resolvedOptions().locale === language;
                return isKnown && texts.toSorted((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
            }""",
            arguments,
        )
        if expected:
            assert sorted(arguments[0], key=lambda text: (sort_key(text, language), text)) == expected
