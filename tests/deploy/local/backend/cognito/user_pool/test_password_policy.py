"""Which passwords are accepted; every temporary one is."""

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.cognito.user_pool.password_policy import (
    DEFAULT_POLICY,
    PasswordPolicy,
    new_temporary_password,
)


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("Short-Pass-1"[:11], "Password not long enough"),
        ("no-upper-case-1", "Password must have uppercase characters"),
        ("NO-LOWER-CASE-1", "Password must have lowercase characters"),
        ("No-digit-at-all", "Password must have numeric characters"),
        (" Leading-space-1", "Password must not begin or end with a space"),
        ("Trailing-space-1\n", "Password must not begin or end with a space"),
        ("Aa1" * 100, "Password longer than 256 characters"),
        ("", "Password not long enough"),
    ],
)
def test_a_refused_password_gets_a_reason(password: str, fault: str) -> None:
    assert DEFAULT_POLICY.violation_of(password) == f"Password did not conform with policy: {fault}"


@pytest.mark.parametrize("password", ["Twelve-chars1", "pässWörter 123", "A" * 11 + "b1", "Ωmega-lång-1ä"])
def test_an_accepted_password_gets_no_reason(password: str) -> None:
    assert DEFAULT_POLICY.violation_of(password) is None


def test_a_policy_may_require_symbols() -> None:
    policy = PasswordPolicy(length_min=8, needs_symbol=True)
    assert (
        policy.violation_of("NoSymbol1")
        == "Password did not conform with policy: Password must have symbol characters"
    )
    assert policy.violation_of("Symbol-1") is None


def test_temporary_passwords_are_accepted_differ_and_are_easy_to_read() -> None:
    made = {new_temporary_password(secrets.token_bytes) for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert DEFAULT_POLICY.violation_of(password) is None
        assert not set(password) & set("0O1lIo ")


def test_any_position_in_a_temporary_password_may_have_any_kind_of_character() -> None:
    first = {new_temporary_password(secrets.token_bytes)[0] for _ in range(400)}
    assert any(character.isdigit() for character in first)
    assert any(character.islower() for character in first)
    assert any(character.isupper() for character in first)


@given(st.text(max_size=300))
def test_any_text_is_accepted_or_gets_a_reason(password: str) -> None:
    fault = DEFAULT_POLICY.violation_of(password)
    assert fault is None or fault.startswith("Password did not conform with policy: ")
