"""Cookies are opaque, hidden from scripts and other sites, and over https bound to the host."""

from typing import Any

import pytest
from starlette.responses import Response

from teacher_app.gate.cookies import SESSION, cookie_of, drop_cookie, key_of, new_cookie_value, set_cookie


def scope(cookie_header: str) -> dict[str, Any]:
    return {"type": "http", "headers": [(b"cookie", cookie_header.encode("latin-1"))]}


def test_values_are_long_random_and_stored_only_as_hashes() -> None:
    values = {new_cookie_value() for _ in range(100)}
    assert len(values) == 100
    assert all(len(value) == 43 for value in values)
    assert all(key_of(value) != value for value in values)


@pytest.mark.parametrize("is_https", [False, True])
def test_the_cookie_is_hidden_from_scripts_and_other_sites(is_https: bool) -> None:
    response = Response()
    set_cookie(response, SESSION, "value", is_https=is_https)
    name, *attributes = response.headers["set-cookie"].lower().split("; ")
    assert name == ("__host-" if is_https else "") + f"{SESSION}=value"
    assert {"httponly", "path=/", "samesite=strict"} <= set(attributes)
    assert ("secure" in attributes) is is_https
    assert not any(attribute.startswith(("domain", "max-age", "expires")) for attribute in attributes)


def test_a_cookie_is_found_among_others_even_malformed_ones() -> None:
    header = f'theme="dark; {SESSION}=mine; bad name=1; x={{"a":1}}'
    assert cookie_of(scope(header), SESSION, is_https=False) == "mine"
    assert cookie_of(scope(f"theme=dark;{SESSION}=mine;x=1"), SESSION, is_https=False) == "mine"


def test_over_https_a_cookie_that_a_plain_http_page_could_set_is_ignored() -> None:
    assert cookie_of(scope(f"{SESSION}=planted"), SESSION, is_https=True) is None
    assert cookie_of(scope(f"__Host-{SESSION}=mine"), SESSION, is_https=True) == "mine"
    assert cookie_of(scope(f"__Host-{SESSION}=mine"), SESSION, is_https=False) is None


@pytest.mark.parametrize("header", ["", f"{SESSION}=", f"x{SESSION}=1", f"{SESSION}=" + "a" * 65])
def test_no_cookie_or_no_cookie_of_ours_is_none(header: str) -> None:
    assert cookie_of(scope(header), SESSION, is_https=False) is None


def test_clearing_uses_the_same_cookie_attributes() -> None:
    response = Response()
    drop_cookie(response, SESSION, is_https=True)
    header = response.headers["set-cookie"].lower()
    assert header.startswith(f'__host-{SESSION}=""')
    assert "max-age=0" in header
    assert "secure" in header
