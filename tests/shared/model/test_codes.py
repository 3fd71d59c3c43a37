"""Student codes: readable, different, random."""

import random
import re
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.codes import CODE_ALPHABET, CODE_LENGTH, OWN_CODE_LENGTH, is_code, new_codes


def test_codes_are_different_from_each_other_and_from_those_taken() -> None:
    taken = set(new_codes(50, (), random.Random(1)))
    codes = new_codes(50, taken, random.Random(1))  # the same random choices recur and must be skipped
    assert len(set(codes)) == 50
    assert not taken & set(codes)


@pytest.mark.parametrize("length", [CODE_LENGTH, OWN_CODE_LENGTH])
def test_every_code_matches_the_pattern_that_the_api_checks(length: int) -> None:
    for code in new_codes(500, (), secrets.SystemRandom(), length):
        assert is_code(code, length)
        assert re.fullmatch(f"[2-9A-HJKMNP-TV-Z]{{{length}}}", code)


def test_the_alphabet_has_no_ambiguous_characters() -> None:
    assert not set("01OILU") & set(CODE_ALPHABET)
    assert len(set(CODE_ALPHABET)) == len(CODE_ALPHABET) == 30


@given(st.text(max_size=8))
def test_a_text_is_a_code_exactly_when_it_is_made_of_the_alphabet(text: str) -> None:
    assert is_code(text) == (len(text) == CODE_LENGTH and set(text) <= set(CODE_ALPHABET))


def test_a_code_followed_by_a_line_break_is_not_a_code() -> None:
    assert not is_code("ABC234\n")
    assert not is_code("abc234")
