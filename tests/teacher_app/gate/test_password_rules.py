"""The rules shown on the pages match those of the user pool."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.cognito.user_pool.password_policy import DEFAULT_POLICY
from teacher_app.gate.password_rules import missing_rules

SAMPLES = [
    "",
    "a",
    "Abcdefghijk1",
    "abcdefghijk1",
    "ABCDEFGHIJK1",
    "Abcdefghijkl",
    "Short1a",
    " Abcdefghijk1",
    "Abcdefghijk1 ",
    "Abc defghij 1",
]


@pytest.mark.parametrize("password", SAMPLES)
def test_a_password_with_nothing_missing_is_accepted_by_the_pool(password: str) -> None:
    assert (missing_rules(password) == []) == (DEFAULT_POLICY.violation_of(password) is None)


@given(st.text(alphabet="abAB12 !_", max_size=14))
def test_rules_and_pool_agree_on_any_ascii_password(password: str) -> None:
    assert (missing_rules(password) == []) == (DEFAULT_POLICY.violation_of(password) is None)


@given(st.text(alphabet="aA1éÉ٣ß", max_size=14))
def test_letters_of_other_alphabets_are_allowed_but_do_not_count(password: str) -> None:
    """AWS counts basic Latin letters only, so a page that counted é would promise too much."""
    if missing_rules(password) == []:
        assert DEFAULT_POLICY.violation_of(password) is None
        assert set(password) & set("a")


def test_missing_rules_are_named_in_the_order_of_the_list() -> None:
    assert [rule.name for rule in missing_rules("abc")] == ["length", "uppercase", "digit"]
