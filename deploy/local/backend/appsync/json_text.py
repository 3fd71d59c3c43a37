"""JSON from clients: what can be read, stored and sent again. Pure."""

import orjson

__all__ = ["parsed_json"]


def parsed_json(text: str | bytes) -> object:
    """The value; None when the text is no JSON in UTF-8 (RFC 8259), is nested too deeply, or contains lone
    surrogates.

    JSON can carry half of a surrogate pair, but UTF-8 cannot: an answer that repeats it could not be sent.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
