"""JSON from clients: what can be read, stored and sent again. Pure."""

import json

__all__ = ["parsed_json"]


def parsed_json(text: str | bytes) -> object:
    """The value; None when the text is no JSON, is nested too deeply, or contains lone surrogates.

    JSON can carry half of a surrogate pair, but UTF-8 cannot: an answer that repeats it could not be sent.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        value: object = json.loads(text)
        if "\\" in text or not text.isascii():
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    return value
