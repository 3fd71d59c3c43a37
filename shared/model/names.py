"""Names and codes as people type them: when two are the same, how they are found, and how they are sorted.

The browser does the same with shared/web/names.js, which receives the tables of this module. All patterns
mean the same in Python and in JavaScript.
"""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum
from typing import Final

from shared.model.codes import CODE_ALPHABET

__all__ = [
    "TABLES",
    "SameNumber",
    "are_other_numbers",
    "code_of",
    "code_pattern",
    "fold",
    "has_words",
    "language_of",
    "name_key",
    "number_key",
    "same_number",
    "sort_key",
]

# Letters that Unicode does not take apart into a plain letter and an accent; kinds of one punctuation mark.
_LETTERS: Final = {
    **dict.fromkeys("’‘ʼʻʹ`´′", "'"),
    **dict.fromkeys("‐‒–—―−⁃", "-"),
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ı": "i",
    "ł": "l",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ħ": "h",
    "ŧ": "t",
    "ŋ": "n",
    "ĸ": "k",
    "ς": "σ",
}
# Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, and what is invisible. Vowel signs stay.
_IGNORED: Final = (
    r"[\u00ad\u0300-\u036f\u0591-\u05c7\u061c\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]+"
)
_SPACES: Final = r"[\u0000-\u0020\u007f-\u009f\u1680\u2028\u2029]+"  # the others become plain ones before
_BETWEEN_WORDS: Final = "[-,. ]+"
_DIGITS: Final = 12  # to which numbers are filled up, so that 2 stands before 10
# What a typed character may be in a code: itself; what it looks like, if no code has it; the Latin letter, if
# the keyboard is Cyrillic or Greek.
_CODE_CHARACTERS: Final = {
    **{character: character for character in CODE_ALPHABET},
    **dict.fromkeys("0O", "[DQ]"),
    **dict.fromkeys("1IL", "[7JT]"),
    "U": "V",
    **dict(zip("АВЕКМНРСТХ", "ABEKMHPCTX", strict=True)),
    **dict(zip("ΑΒΕΖΗΚΜΝΡΤΥΧ", "ABEZHKMNPTYX", strict=True)),
}
# Letters, small, that stand in a language's alphabet elsewhere than beside their plain letter (Unicode CLDR):
# each behind what follows it here, where "~" stands behind every letter.
_AFTER_Z_NORDIC: Final = {"æ": "z~a", "ä": "z~a", "ø": "z~b", "ö": "z~b", "å": "z~c", "aa": "z~c"}
_AFTER_Z_SWEDISH: Final = {"å": "z~a", "ä": "z~b", "æ": "z~b", "ö": "z~c", "ø": "z~c"}
_SLAVIC: Final = {"č": "c~", "š": "s~", "ž": "z~"}
_SOUTH_SLAVIC: Final = {**_SLAVIC, "č": "c~a", "ć": "c~b", "đ": "d~"}
_ALPHABETS: Final = {
    **dict.fromkeys(("da", "nb", "nn", "no"), _AFTER_Z_NORDIC),
    **dict.fromkeys(("sv", "fi"), _AFTER_Z_SWEDISH),
    **dict.fromkeys(("hr", "bs", "sl"), _SOUTH_SLAVIC),
    "cs": {**_SLAVIC, "ch": "h~", "ř": "r~"},
    "es": {"ñ": "n~"},
    "pl": {
        "ą": "a~",
        "ć": "c~",
        "ę": "e~",
        "ł": "l~",
        "ń": "n~",
        "ó": "o~",
        "ś": "s~",
        "ź": "z~a",
        "ż": "z~b",
    },
    "tr": {"ç": "c~", "ğ": "g~", "ı": "h~", "ö": "o~", "ş": "s~", "ü": "u~"},
}


def _with_capitals(language: str, alphabet: dict[str, str]) -> dict[str, str]:
    capitals = {form: place for one, place in alphabet.items() for form in (one.upper(), one.capitalize())}
    return {**alphabet, **capitals, **({"I": "h~", "İ": "i"} if language == "tr" else {})}


_ORDERS: Final = {language: _with_capitals(language, alphabet) for language, alphabet in _ALPHABETS.items()}
_ORDER_PATTERNS: Final = {
    language: "|".join(sorted(order, key=len, reverse=True)) for language, order in _ORDERS.items()
}

TABLES: Final = {
    "letters": _LETTERS,
    "ignored": _IGNORED,
    "spaces": _SPACES,
    "betweenWords": _BETWEEN_WORDS,
    "digits": _DIGITS,
    "orders": _ORDERS,
    "orderPatterns": _ORDER_PATTERNS,
    "codeCharacters": _CODE_CHARACTERS,
}

_LETTERS_TABLE: Final = str.maketrans(_LETTERS)


def fold(text: str) -> str:
    """`text` without case, accents and invisible characters, with plain letters, one kind of apostrophe and
    hyphen, and single spaces."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS_TABLE))
    plain = re.sub(_IGNORED, "", apart).lower().translate(_LETTERS_TABLE)
    return re.sub(_SPACES, " ", plain).strip(" ")


def are_other_numbers(first: str | None, second: str | None) -> bool:
    """Whether the school's numbers of two students tell them apart."""
    return same_number(first, second) is SameNumber.NO


class SameNumber(IntEnum):
    """How sure it is that two of the school's numbers are one student's."""

    NO = 0
    UNKNOWN = 1  # one of them is missing
    BUT_FOR_ZEROS = 2
    YES = 3


def same_number(first: str | None, second: str | None) -> SameNumber:
    """Whether two students of one name are one by their numbers."""
    if not first or not second:
        return SameNumber.UNKNOWN
    if fold(first) == fold(second):
        return SameNumber.YES
    return SameNumber.BUT_FOR_ZEROS if number_key(first) == number_key(second) else SameNumber.NO


def number_key(number: str | None) -> str:
    """Equal for what may be one student's number: spreadsheets take the zeros in front of 00123."""
    plain = fold(number or "")
    return plain.lstrip("0") if plain.isdecimal() else plain


def name_key(text: str) -> str:
    """Equal for spellings of one name: "Lovelace, Ada" is "Ada Lovelace", "Sean O’Brien" is "sean obrien",
    "Anne-Marie" is "Anne Marie"."""
    last, comma, first = text.partition(",")
    if comma and "," not in first:
        text = f"{first} {last}"
    return _words(text) or fold(text)


def sort_key(text: str, language: str = "") -> str:
    """The place of a name in a list: "Élodie" between "Edith" and "Emil", "Group 2" before "Group 10".

    `language` is from language_of(): "Åsa" stands behind "Zoe" in Swedish, and beside "Asa" elsewhere.
    """
    if order := _ORDERS.get(language):
        composed = unicodedata.normalize("NFC", text)
        text = re.sub(_ORDER_PATTERNS[language], lambda found: order[found[0]], composed)
    return re.sub("[0-9]+", lambda number: number[0].lstrip("0").zfill(_DIGITS), _words(text))


def language_of(accepted: str | None) -> str:
    """Whose alphabet sorts names for a reader of `accepted`, an Accept-Language field (RFC 9110) or a locale;
    "" for the order that suits most languages."""
    preferred = (accepted or "").partition(",")[0].partition(";")[0].strip()
    language = preferred.partition("-")[0].lower()
    return language if language in _ORDERS else ""


def has_words(text: str, search: str) -> bool:
    """Whether every word of `search`, the last one perhaps not yet complete, is somewhere in `text`."""
    wanted = _words(search).split()
    words = _words(text) if wanted else ""
    return all(word in words for word in wanted)


def code_pattern(typed: str) -> str:
    """A pattern of the codes that `typed` may mean; "" if it can be none.

    Case, spaces and hyphens do not matter. A character that no code has was read wrongly, and stands for
    those that look like it.
    """
    plain = re.sub(_BETWEEN_WORDS, "", fold(typed)).upper()
    return "".join(_CODE_CHARACTERS[one] for one in plain) if set(plain) <= _CODE_CHARACTERS.keys() else ""


def code_of(typed: str) -> str:
    """The only code that `typed` may mean; "" if it can be none, or one of several."""
    pattern = code_pattern(typed)
    return pattern if "[" not in pattern else ""


def _words(text: str) -> str:
    return re.sub(_BETWEEN_WORDS, " ", fold(text).replace("'", "")).strip(" ")
