"""Both ways in which clients send their credentials at the handshake."""

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.appsync.realtime.handshake import handshake_authorization

HEADERS = {"host": "127.0.0.1:8500", "Authorization": "token?>~"}
PLAIN = base64.b64encode(json.dumps(HEADERS).encode()).decode()
URL_SAFE = base64.urlsafe_b64encode(json.dumps(HEADERS).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("query", [f"header={PLAIN}&payload=e30=", f"header={quote(PLAIN)}&payload=e30%3D"])
def test_in_the_query(query: str) -> None:
    """Base64, with its + and / escaped or not."""
    assert handshake_authorization(query, ["graphql-ws"]) == HEADERS


def test_in_a_second_subprotocol() -> None:
    """Base64 for URLs, without padding."""
    assert handshake_authorization("", ["graphql-ws", f"header-{URL_SAFE}"]) == HEADERS


@pytest.mark.parametrize(
    ("query", "subprotocols"),
    [
        ("", ["graphql-ws"]),
        ("header=", ["graphql-ws"]),
        ("header=%%%", ["graphql-ws"]),
        ("payload=e30=", ["graphql-ws"]),
        ("", ["graphql-ws", "header-"]),
        ("", ["graphql-ws", "header-!!!"]),
        ("", ["graphql-ws", f"header-{'A' * 40_000}"]),
        ("header=" + base64.b64encode(b"[]").decode(), []),
        ("header=" + base64.b64encode(b'{"host":5}').decode(), []),
        ("header=" + base64.b64encode(rb'{"host":"\ud800"}').decode(), []),
        ("&".join(["header=x"] * 50), []),
    ],
)
def test_nothing_readable_is_no_credentials(query: str, subprotocols: list[str]) -> None:
    """Missing, garbled, too long, or not names and texts."""
    assert handshake_authorization(query, subprotocols) is None


@given(st.text(max_size=200), st.lists(st.text(max_size=60), max_size=3))
def test_any_handshake_is_handled(query: str, subprotocols: list[str]) -> None:
    """For any input, the result is an object of texts or None."""
    found = handshake_authorization(query, [f"header-{text}" for text in subprotocols])
    assert found is None or all(isinstance(value, str) for value in found.values())
