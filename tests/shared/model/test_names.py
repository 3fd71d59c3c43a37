"""Students find themselves however they write their names and codes, and stand in one order everywhere."""

import random

import pytest

from shared.model.exam import Audience
from shared.model.names import (
    SameNumber,
    code_of,
    fold,
    has_words,
    language_of,
    name_key,
    same_number,
    sort_key,
)
from shared.model.students import find_students, sorted_by_student
from tests.builders import a_published_exam, a_result

SAME_NAMES = [
    ("ada  LOVELACE ", "Ada Lovelace"),
    ("Ada\u00a0Lovelace", "Ada Lovelace"),
    ("Ada\u200b Love\u00adlace\ufeff", "Ada Lovelace"),
    ("Ａｄａ Ｌｏｖｅｌａｃｅ", "Ada Lovelace"),
    ("Lovelace, Ada", "Ada Lovelace"),
    ("LOVELACE ,Ada", "Ada Lovelace"),
    ("Elodie Brule", "Élodie Brûlé"),
    ("E\u0301lodie Bru\u0302le\u0301", "Élodie Brûlé"),
    ("angel nunez", "Ángel Núñez"),
    ("ipek isik", "İpek Işık"),
    ("IPEK IŞIK", "İpek Işık"),
    ("Sean O'Brien", "Sean O’Brien"),
    ("sean obrien", "Sean O´Brien"),
    ("Anne Marie Weiss", "Anne‑Marie Weiß"),
    ("ANNE—MARIE WEISS", "Anne-Marie Weiß"),
    ("Soren Aeroe", "Søren Ærøe"),
    ("Lukasz Dabrowski", "Łukasz Dąbrowski"),
    ("J. R. R. Tolkien", "J.R.R. Tolkien"),
    ("Σωκράτης", "σωκρατησ"),
]
NUMBERS = [
    ("17", "17", SameNumber.YES),
    (" s-17", "S-17", SameNumber.YES),
    ("000429", "429", SameNumber.BUT_FOR_ZEROS),
    ("0123", "00123", SameNumber.BUT_FOR_ZEROS),
    ("A0123", "A123", SameNumber.NO),  # no spreadsheet takes these
    ("1230", "123", SameNumber.NO),
    ("17", "", SameNumber.UNKNOWN),
    (None, None, SameNumber.UNKNOWN),
]
OTHER_NAMES = [
    ("Ada Lovelace", "Ada Lovelace, PhD, Dr"),
    ("Ada", "Ada Lovelace"),
    ("सुमन", "समन"),  # a vowel sign is no accent
    ("Tom &amp; Jerry", "Tom & Jerry"),
]


@pytest.mark.parametrize(("first", "second", "likeness"), NUMBERS)
def test_zeros_in_front_tell_no_students_apart(
    first: str | None, second: str | None, likeness: SameNumber
) -> None:
    assert same_number(first, second) is same_number(second, first) is likeness


@pytest.mark.parametrize(("typed", "written"), SAME_NAMES, ids=ascii)
def test_spellings_of_one_name_are_the_same(typed: str, written: str) -> None:
    assert name_key(typed) == name_key(written)
    assert has_words(written, typed)


@pytest.mark.parametrize(("one", "other"), OTHER_NAMES, ids=ascii)
def test_other_names_are_other_names(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@pytest.mark.parametrize("search", ["", "élo", "brule elo", "elodie b", "Brûlé, É"])
def test_a_name_is_found_by_parts_of_its_words_in_any_order(search: str) -> None:
    assert has_words("Élodie Brûlé", search)
    assert not has_words("Élodie Brûlé", f"{search} x")


def test_punctuation_alone_is_still_something() -> None:
    assert name_key("-") != name_key("") == name_key(" \u200b")
    assert fold("—") == "-"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("NWX VD2", ["NWXVD2"]),
        (" nwx-vd2 ", ["NWXVD2"]),
        ("ＮＷＸ\u200bvd2", ["NWXVD2"]),
        ("NWХ VD2", ["NWXVD2"]),  # a Cyrillic Х
        ("nwxud2", ["NWXVD2"]),  # no code has a U: it was a V
        ("nwxvO2", ["NWXVD2", "NWXVQ2"]),
        ("NWXV02", ["NWXVD2", "NWXVQ2"]),
        ("NWXVI2", ["NWXV72"]),
        ("NWXV", []),
        ("NWXVD22", []),
        ("ada lovelace", []),
        ("..", []),
        ("", []),
    ],
    ids=ascii,
)
def test_a_code_is_found_however_it_is_typed(typed: str, meant: list[str]) -> None:
    exam = a_published_exam(audience=Audience.CODES)
    rows = [a_result(code, "10", exam) for code in ("NWXVD2", "NWXVQ2", "NWXV72", "222222")]
    assert [row.student for row in find_students(rows, typed, Audience.CODES)] == meant


def test_students_of_one_name_are_all_found() -> None:
    exam = a_published_exam()
    rows = [a_result(name, "10", exam) for name in ("Ada Lovelace", "Lovelace, Ada", "Ada")]
    assert find_students(rows, "ada lovelace", Audience.NAMES) == rows[:2]


@pytest.mark.parametrize("asked", ["", "   ", "Lovelace", "Ad", "%"])
def test_part_of_a_name_finds_no_one(asked: str) -> None:
    assert find_students([a_result("Ada Lovelace", "17", a_published_exam())], asked, Audience.NAMES) == []


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("nwx vd2", "NWXVD2"),
        ("NWX–UD2", "NWXVD2"),
        ("７Ｋ４ＱＸ２", "7K4QX2"),
        ("nwxv02", ""),  # D or Q
        ("nwx!d2", ""),
        (" - ", ""),
    ],
    ids=ascii,
)
def test_one_code_is_read_from_what_may_mean_no_other(typed: str, code: str) -> None:
    assert code_of(typed) == code


def test_names_are_sorted_as_people_expect_and_codes_by_their_text() -> None:
    names = ["Ab", "edith", "Élodie", "Emil", "Obrian", "O’Brien", "Student 2", "Student 10", "Zoe"]
    codes = ["23ABCD", "2ABCDE", "A22222", "A3BCDE"]
    exam = a_published_exam()
    for wanted, audience in ((names, Audience.NAMES), (codes, Audience.CODES)):
        shuffled = random.Random(1).sample(wanted, len(wanted))
        rows = [a_result(student, "10", exam) for student in shuffled]
        assert [row.student for row in sorted_by_student(rows, audience)] == wanted
    assert sort_key("Group 2") < sort_key("group 010")


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("sv-SE,sv;q=0.9,en;q=0.8", ["Asa", "Zoe", "Åsa", "Ärla", "Öberg", "Östen"]),
        ("da", ["Asa", "Zoe", "Ærla", "Østen", "Åsa"]),
        ("de-DE", ["Asa", "Åsa", "Öberg", "Zoe"]),
        ("es;q=0.7", ["Nadia", "Nzo", "Ñandu", "Olga"]),
        ("cs-CZ", ["Cyril", "Čapek", "Hus", "Chlup", "Ivan", "Zeman", "Žák"]),
        ("tr", ["Hulya", "Işık", "İpek", "Zeki"]),
    ],
)
def test_names_stand_where_the_readers_alphabet_has_them(accepted: str, wanted: list[str]) -> None:
    language = language_of(accepted)
    assert sorted(wanted, key=lambda name: (sort_key(name, language), name)) == wanted


@pytest.mark.parametrize("accepted", [None, "", "*", "en-GB", "zz", "svenska"])
def test_other_readers_get_the_order_that_suits_most_languages(accepted: str | None) -> None:
    assert language_of(accepted) == ""
