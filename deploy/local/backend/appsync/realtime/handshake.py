"""The authorization object of a real-time handshake: found and decoded, not yet verified. Pure.

It comes as `?header=<base64 JSON>&payload=<base64 JSON>` (gql and older clients) or as a second subprotocol
`header-<base64url JSON, unpadded>` in addition to `graphql-ws` (Amplify).

https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html
"""

import base64
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from deploy.local.backend.appsync.json_text import parsed_json

__all__ = ["SUBPROTOCOL", "authorization_object", "handshake_authorization"]

SUBPROTOCOL = "graphql-ws"
HEADER_LENGTH_MAX = 32_768

_PREFIX = "header-"


def handshake_authorization(query: str, subprotocols: Sequence[str]) -> Mapping[str, str] | None:
    """The handshake's authorization object; None when it is missing or unreadable."""
    for subprotocol in subprotocols:
        if subprotocol.startswith(_PREFIX):
            return _decoded(subprotocol.removeprefix(_PREFIX))
    try:
        values = parse_qs(query, max_num_fields=10).get("header", [])
    except ValueError:
        return None
    # An unescaped "+" of plain base64 is read as a space in a query.
    return _decoded(values[0].replace(" ", "+")) if values else None


def authorization_object(value: object) -> Mapping[str, str] | None:
    """`value` if it is one: an object of header names and values."""
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        return None
    return value


def _decoded(text: str) -> Mapping[str, str] | None:
    if len(text) > HEADER_LENGTH_MAX:
        return None
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        decoded = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:
        return None
    return authorization_object(parsed_json(decoded))
