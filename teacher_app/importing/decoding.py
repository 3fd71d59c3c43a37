"""Bytes of a text file to text: byte-order marks, UTF-8, UTF-16 and Windows-1252."""

from __future__ import annotations

import codecs

from teacher_app.importing.limits import FileNotReadable

__all__ = ["text_from_bytes"]


def text_from_bytes(data: bytes) -> str:
    """The text, without a byte-order mark. Raises FileNotReadable."""
    try:
        if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return data.decode("utf-16")
        if data.startswith(codecs.BOM_UTF8):
            return data.decode("utf-8-sig")
        if b"\0" in data:
            raise FileNotReadable("This is no text file. Choose a CSV or an XLSX file, or paste the rows.")
        return _without_mark(data)
    except UnicodeDecodeError:
        raise FileNotReadable(
            "The letters of this file cannot be read. Save it again as “CSV UTF-8” or as XLSX."
        ) from None


def _without_mark(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # What older spreadsheets write. Almost any bytes are letters there, so it is asked last.
        return data.decode("cp1252")
