"""Cookies are opaque, hidden from scripts and other sites, and over https bound to the host."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from starlette.responses import Response

from teacher_app.gate.cookies import (
    CLOCK_STEP_MAX_S,
    SEALED,
    SESSION,
    cookie_of,
    drop_cookie,
    key_of,
    new_cookie_value,
    opened_value,
    set_cookie,
)

NOW_S = 1_800_000_000
GOOD_FOR_S = 600.0


def scope(*cookie_headers: str) -> dict[str, Any]:
    return {"type": "http", "headers": [(b"cookie", header.encode("latin-1")) for header in cookie_headers]}


def test_values_are_long_random_and_stored_only_as_hashes() -> None:
    values = {new_cookie_value() for _ in range(100)}
    assert len(values) == 100
    assert all(len(value) == 43 for value in values)
    assert all(key_of(value) != value for value in values)


@pytest.mark.parametrize("is_https", [False, True])
def test_the_cookie_is_hidden_from_scripts_and_other_sites(is_https: bool) -> None:
    response = Response()
    set_cookie(response, SESSION, "value", is_https=is_https)
    cookie, *attributes = response.headers["set-cookie"].split("; ")
    assert cookie == ("__Host-" if is_https else "") + f"{SESSION}=value"
    assert sorted(attributes) == ["HttpOnly", "Path=/", "SameSite=strict", *["Secure"] * is_https]


def test_a_cookie_that_outlasts_the_browser_says_for_how_long() -> None:
    response = Response()
    set_cookie(response, SESSION, "value", is_https=False, max_age_s=3600)
    assert "Max-Age=3600" in response.headers["set-cookie"].split("; ")


def test_a_seal_is_read_as_it_was_set_although_it_is_quoted() -> None:
    response = Response()
    set_cookie(response, SEALED, "sealed==", is_https=False)
    sent, *_ = response.headers["set-cookie"].split("; ")
    assert sent == f'{SEALED}="sealed=="'
    assert cookie_of(scope(sent), SEALED, is_https=False) == "sealed=="


def test_a_cookie_is_found_among_others_even_malformed_ones() -> None:
    header = f'theme="dark; {SESSION}=mine; bad name=1; x={{"a":1}}'
    assert cookie_of(scope(header), SESSION, is_https=False) == "mine"
    assert cookie_of(scope(f"theme=dark;{SESSION}=mine;x=1"), SESSION, is_https=False) == "mine"
    assert cookie_of(scope("theme=dark", f"{SESSION}=mine"), SESSION, is_https=False) == "mine"
    assert cookie_of(scope(f"{SESSION}=XX"), SESSION, is_https=False) == "XX"
    assert cookie_of(scope(f"{SESSION}=; {SESSION}=mine"), SESSION, is_https=False) == "mine"


def test_over_https_a_cookie_that_a_plain_http_page_could_set_is_ignored() -> None:
    assert cookie_of(scope(f"{SESSION}=planted"), SESSION, is_https=True) is None
    assert cookie_of(scope(f"__Host-{SESSION}=mine"), SESSION, is_https=True) == "mine"
    assert cookie_of(scope(f"__Host-{SESSION}=mine"), SESSION, is_https=False) is None


def test_a_value_as_long_as_ours_may_be_is_read() -> None:
    assert cookie_of(scope(f"{SESSION}=" + "a" * 64), SESSION, is_https=False) == "a" * 64


@pytest.mark.parametrize("header", ["", f"{SESSION}=", f"x{SESSION}=1", f"{SESSION}=" + "a" * 65])
def test_no_cookie_or_no_cookie_of_ours_is_none(header: str) -> None:
    assert cookie_of(scope(header), SESSION, is_https=False) is None


@pytest.mark.parametrize("is_https", [False, True])
def test_clearing_uses_the_same_cookie_attributes(is_https: bool) -> None:
    response = Response()
    drop_cookie(response, SESSION, is_https=is_https)
    cookie, *attributes = response.headers["set-cookie"].split("; ")
    assert cookie == ("__Host-" if is_https else "") + f'{SESSION}=""'
    assert "Max-Age=0" in attributes
    kept = [attribute for attribute in attributes if not attribute.startswith(("Max-Age=", "expires="))]
    assert sorted(kept) == ["HttpOnly", "Path=/", "SameSite=strict", *["Secure"] * is_https]


@pytest.mark.parametrize("age_s", [-CLOCK_STEP_MAX_S, -1.0, 0.0, GOOD_FOR_S])
def test_a_sealed_value_opens_with_its_age(age_s: float) -> None:
    fernet = Fernet(Fernet.generate_key())
    sealed = fernet.encrypt_at_time(b"content", NOW_S).decode()
    assert opened_value(fernet, sealed, NOW_S + age_s, good_for_s=GOOD_FOR_S) == (b"content", age_s)


@pytest.mark.parametrize("age_s", [-CLOCK_STEP_MAX_S - 0.1, GOOD_FOR_S + 0.1])
def test_a_sealed_value_that_is_too_old_or_from_far_in_the_future_opens_no_more(age_s: float) -> None:
    fernet = Fernet(Fernet.generate_key())
    sealed = fernet.encrypt_at_time(b"content", NOW_S).decode()
    assert opened_value(fernet, sealed, NOW_S + age_s, good_for_s=GOOD_FOR_S) is None


def test_what_was_sealed_with_another_key_opens_nothing() -> None:
    sealed = Fernet(Fernet.generate_key()).encrypt_at_time(b"content", NOW_S).decode()
    assert opened_value(Fernet(Fernet.generate_key()), sealed, NOW_S, good_for_s=GOOD_FOR_S) is None
