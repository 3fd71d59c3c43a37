"""The credentials of a real-time handshake: found, decoded, not yet believed. Pure.

They come as `?header=<base64 JSON>&payload=<base64 JSON>` (gql and older clients) or as a second subprotocol
`header-<base64url JSON, unpadded>` beside `graphql-ws` (Amplify).
"""

import base64
import json
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

__all__ = ["SUBPROTOCOL", "handshake_authorization"]

SUBPROTOCOL = "graphql-ws"
HEADER_LENGTH_MAX = 32_768

_PREFIX = "header-"


def handshake_authorization(query: str, subprotocols: Sequence[str]) -> Mapping[str, str] | None:
    """The authorization object (names and values of headers); None when there is none, or none readable."""
    for subprotocol in subprotocols:
        if subprotocol.startswith(_PREFIX):
            return _decoded(subprotocol.removeprefix(_PREFIX))
    try:
        values = parse_qs(query, max_num_fields=10).get("header", [])
    except ValueError:
        return None
    # In a query, an unescaped "+" of plain base64 arrives as a blank.
    return _decoded(values[0].replace(" ", "+")) if values else None


def _decoded(text: str) -> Mapping[str, str] | None:
    if len(text) > HEADER_LENGTH_MAX:
        return None
    standard = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        document = json.loads(base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or not _holds_texts(document):
        return None
    return document


def _holds_texts(document: Mapping[str, object]) -> bool:
    return all(isinstance(value, str) for value in document.values())
