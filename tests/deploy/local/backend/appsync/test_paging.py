"""Page tokens continue the listing they were made for, and no other."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.paging import next_token, position_after

LISTING = ("listResults", "exam-1")


def test_no_token_is_the_first_page() -> None:
    """There is no key to continue after."""
    assert position_after(None, LISTING, 1) is None


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_token_returns_its_key(first: str, second: str) -> None:
    """Whatever the key's texts are."""
    token = next_token(("listExams",), (first, second))
    assert position_after(token, ("listExams",), 2) == (first, second)


@pytest.mark.parametrize(
    "listing", [("listResults", "exam-2"), ("listExams",), ("listResults",), ("listResultsexam-1",)]
)
def test_a_token_from_another_listing_is_refused(listing: tuple[str, ...]) -> None:
    """Another exam's, another field's."""
    with pytest.raises(ApiError) as caught:
        position_after(next_token(listing, ("k",)), LISTING, 1)
    assert caught.value.error_type == "BadRequest"
    assert caught.value.error_info == {"field": "nextToken"}


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "é",
        "!!!!",
        "x" * 2000,
        base64.urlsafe_b64encode(b"no json").decode(),
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(b"[1,2]").decode(),
        base64.urlsafe_b64encode(b"[" * 700).decode(),
        next_token(LISTING, ("one", "too many")),
    ],
)
def test_a_garbled_token_is_refused(token: str) -> None:
    """Never with an internal error."""
    with pytest.raises(ApiError) as caught:
        position_after(token, LISTING, 1)
    assert caught.value.error_type == "BadRequest"


@given(st.text(max_size=100))
def test_any_text_is_handled(token: str) -> None:
    """Any text is either a token of this listing or refused."""
    with pytest.raises(ApiError):
        position_after(token, LISTING, 1)
