"""A file of any kind that teachers have, or pasted text, to tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from teacher_app.reading.decoding import decode
from teacher_app.reading.html_tables import is_html, table_from_html
from teacher_app.reading.limits import BYTES_MAX, FileNotReadable
from teacher_app.reading.oneroster import table_from_oneroster
from teacher_app.reading.opendocument import MEDIA_TYPE, tables_from_opendocument
from teacher_app.reading.tables import Table, table_from_text

__all__ = ["Kind", "Source", "source_from_file", "source_from_text", "what_it_is"]

_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx with a password
_ZIP = b"PK\x03\x04"


class Kind(StrEnum):
    """How the cells were stored."""

    TEXT = "text"
    WORKBOOK = "workbook"
    ONEROSTER = "OneRoster"


@dataclass(frozen=True, slots=True)
class Source:
    """`tables` by sheet name; text and OneRoster have one, named "". A text file also has its `text` and the
    `encoding` that it was read with; where that was guessed, so that names may be misread, `readings` has the
    likely encodings in order, each with some words as they would be read."""

    kind: Kind
    tables: Mapping[str, Table]
    text: str = ""
    encoding: str = ""
    readings: Mapping[str, str] = field(default_factory=dict)


def source_from_text(text: str) -> Source:
    """What was pasted. Raises FileNotReadable."""
    if len(text) > BYTES_MAX:
        raise FileNotReadable(f"This is too much to paste: {len(text):,} characters. Choose a file instead.")
    return Source(Kind.TEXT, {"": _table(text)})


def source_from_file(data: bytes, encoding: str | None = None) -> Source:
    """The contents decide the kind; the file's name is not asked. `encoding`: read a text as that instead of
    guessing. Raises FileNotReadable."""
    if len(data) > BYTES_MAX:
        size = f"{len(data) / 1_000_000:.1f} MB"
        raise FileNotReadable(
            f"This file has {size}; {BYTES_MAX // 1_000_000} MB is the most. Keep only the class list."
        )
    if data.startswith(_OLD_OFFICE):
        raise FileNotReadable(
            "This is an old Excel file (.xls) or one with a password. "
            "Save it as XLSX without a password, or as CSV."
        )
    if data.startswith(b"%PDF"):
        raise FileNotReadable(
            "This is a PDF. Choose the spreadsheet that it was made from, or paste the rows."
        )
    if not data.startswith(_ZIP):
        decoded = decode(data, encoding)
        return Source(Kind.TEXT, {"": _table(decoded.text)}, decoded.text, decoded.encoding, decoded.readings)
    if MEDIA_TYPE in data[:200]:
        return Source(Kind.WORKBOOK, tables_from_opendocument(data))
    if b"xl/" in data:
        # Only here: openpyxl is a quarter of what the dashboard would load, which reads no files itself.
        from teacher_app.reading.workbooks import tables_from_workbook

        return Source(Kind.WORKBOOK, tables_from_workbook(data))
    if b"Index/" in data and b".iwa" in data:
        raise FileNotReadable("This is a Numbers document. Export it there as XLSX or as CSV.")
    return Source(Kind.ONEROSTER, {"": table_from_oneroster(data)})


def what_it_is(data: bytes) -> str:
    """The kind of a file in a word for people, whether or not it can be read."""
    if data.startswith(_ZIP):
        return "workbook" if MEDIA_TYPE in data[:200] or b"xl/" in data else "zip file"
    return "PDF" if data.startswith(b"%PDF") else "text file"


def _table(text: str) -> Table:
    return table_from_html(text) if is_html(text) else table_from_text(text)
