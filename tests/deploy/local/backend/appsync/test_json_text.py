"""What of JSON from clients is read, and what is refused since it could not be sent again."""

import json

import pytest

from deploy.local.backend.appsync.json_text import parsed_json

WHOLE = {"student": "Zoë 😀 \\ud800", "grade": "14"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(WHOLE),  # with a pair of escapes for the emoji
        json.dumps(WHOLE, ensure_ascii=False),
        json.dumps(WHOLE).encode(),
        json.dumps(WHOLE, ensure_ascii=False).encode(),
    ],
)
def test_a_text_is_read_whatever_its_escapes(text: str | bytes) -> None:
    assert parsed_json(text) == WHOLE


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "\\ud800"}',
        b'{"a": "\\uDFFF"}',
        b'{"\\ud83d": 1}',
        b'{"a": "\xed\xa0\x80"}',
        '{"a": "\ud800"}',
    ],
)
def test_half_a_surrogate_pair_is_refused_in_whatever_way_it_is_written(text: str | bytes) -> None:
    assert parsed_json(text) is None


@pytest.mark.parametrize("text", ["", b"", b"\xff", "{", "[" * 100_000, b'{"a": NaN}', '{"a": 1e999}'])
def test_what_is_no_json_is_refused(text: str | bytes) -> None:
    assert parsed_json(text) is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_json_is_utf_8(encoding: str) -> None:
    """RFC 8259, section 8.1: nothing else is sent between systems, and no byte order mark."""
    assert parsed_json('{"student": "Zoë"}'.encode(encoding)) is None
