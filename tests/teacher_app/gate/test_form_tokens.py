"""A form counts only if it comes from a page that was made for the same browser."""

import pytest

from teacher_app.gate.form_tokens import FormTokens

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def test_a_token_is_good_for_its_browser_in_every_process_with_the_key() -> None:
    assert FormTokens(KEY).is_valid(FormTokens(KEY).token_for("ada's cookie"), "ada's cookie")


def test_another_browsers_token_or_one_made_with_another_key_is_refused() -> None:
    tokens = FormTokens(KEY)
    assert not tokens.is_valid(tokens.token_for("grace's cookie"), "ada's cookie")
    assert not tokens.is_valid(FormTokens(OTHER_KEY).token_for("ada's cookie"), "ada's cookie")


@pytest.mark.parametrize("token", ["", "…", FormTokens(KEY).token_for("ada's cookie")[:-1]])
def test_an_invented_token_is_refused(token: str) -> None:
    assert not FormTokens(KEY).is_valid(token, "ada's cookie")


@pytest.mark.parametrize("token", ["", FormTokens(KEY).token_for("")])
def test_without_a_cookie_no_token_is_good(token: str) -> None:
    assert not FormTokens(KEY).is_valid(token, None)
