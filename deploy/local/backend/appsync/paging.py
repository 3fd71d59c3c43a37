"""Page tokens: the position where the next page starts. Positions are keys, so every page costs the same.

A token is opaque to clients and bound to its listing: one from another exam, teacher or field is refused. It
contains only the last row's key, which the client has just read, and grants nothing: the listing's own
conditions apply to every page.
"""

import base64
import hashlib
import json

from deploy.local.backend.appsync.errors import bad_request

__all__ = ["next_token", "position_after"]

TOKEN_LENGTH_MAX = 1024


def next_token(listing: tuple[str, ...], last_key: tuple[str, ...]) -> str:
    """The token of the page after `last_key`. `listing` is the field's name with its arguments."""
    document = json.dumps([_binding(listing), *last_key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).rstrip(b"=").decode()


def position_after(token: str | None, listing: tuple[str, ...], key_length: int) -> tuple[str, ...] | None:
    """The key that the page starts after; None for the first page.

    Raises ApiError BadRequest for a token that is not from this listing.
    """
    if token is None:
        return None
    refusal = bad_request("nextToken", "is not a token of this listing")
    if len(token) > TOKEN_LENGTH_MAX:
        raise refusal
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        document = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise refusal from None
    if not isinstance(document, list) or not all(isinstance(part, str) for part in document):
        raise refusal
    if len(document) != key_length + 1 or document[0] != _binding(listing):
        raise refusal
    return tuple(document[1:])


def _binding(listing: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()[:16]
