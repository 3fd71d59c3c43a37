"""Bytes of a text file to text: byte-order marks, UTF-8, UTF-16, else the encoding whose letters fit best.

Class lists are too short for the statistics of a general detector. What gives a wrong encoding away in names
is their shape: capitals and signs within a word, two scripts in one word, rows of accented letters.
"""

from __future__ import annotations

import codecs
import itertools
import re
import unicodedata
from dataclasses import dataclass

from teacher_app.importing.headings import is_known_heading
from teacher_app.importing.limits import FileNotReadable

__all__ = ["ENCODINGS", "Decoded", "decode", "text_from_bytes"]

# What spreadsheets write without a mark, the likelier first: of equally good readings the first is taken.
ENCODINGS = {
    "cp1252": "Western European (Windows)",
    "cp1250": "Central European (Windows)",
    "cp1254": "Turkish (Windows)",
    "cp1251": "Cyrillic (Windows)",
    "mac_roman": "Western European (Mac)",
    "shift_jis": "Japanese (Shift-JIS)",
    "gbk": "Chinese (GBK)",
}
_MARKED_ENCODINGS = {
    (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE): "utf-16",
    (codecs.BOM_UTF8,): "utf-8-sig",
}
_SAMPLE_WORDS = 2_000
_IMPLAUSIBLE = 0.5  # faults for each word with letters beyond ASCII; more is no text in that encoding
_KNOWN_HEADING_WORTH = 0.05  # decides between readings that are otherwise as good
_FIRST_LINE_MAX = 10_000  # characters
_WORD_MAX = 60  # letters; a longer word is judged by its first ones
_WORD = re.compile(r"[^\s;,|\"'()0-9]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`encoding` as Python names it, with a byte-order mark where the file has one ("utf-8-sig", "utf-16").
    `is_guessed`: the bytes do not say it themselves."""

    text: str
    encoding: str
    is_guessed: bool = False


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """The text, without a byte-order mark, read as `encoding` if one is given. Raises FileNotReadable."""
    try:
        if encoding is not None:
            return Decoded(data.decode(encoding), encoding, is_guessed=True)
        for marks, marked in _MARKED_ENCODINGS.items():
            if data.startswith(marks):
                return Decoded(data.decode(marked), marked)
        if b"\0" in data:
            return _utf_16_without_mark(data)
        return _guessed(data)
    except UnicodeDecodeError:
        raise FileNotReadable(
            "The letters of this file cannot be read. Save it again as “CSV UTF-8” or as XLSX."
        ) from None


def text_from_bytes(data: bytes) -> str:
    """The text of decode(). Raises FileNotReadable."""
    return decode(data).text


def _utf_16_without_mark(data: bytes) -> Decoded:
    for encoding, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if len(data) % 2 == 0 and 2 * zeros.count(0) > len(zeros):
            return Decoded(data.decode(encoding), encoding)
    raise FileNotReadable("This is no text file. Choose a CSV or an XLSX file, or paste the rows.")


def _guessed(data: bytes) -> Decoded:
    try:
        return Decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        readings = [
            (faults, encoding) for encoding in ENCODINGS if (faults := _faults(data, encoding)) is not None
        ]
        best = min(readings, key=lambda reading: reading[0], default=(1.0, ""))
        if best[0] > _IMPLAUSIBLE:
            raise error
        return Decoded(data.decode(best[1]), best[1], is_guessed=True)


def _faults(data: bytes, encoding: str) -> float | None:
    """Faults for each word beyond ASCII; None where the bytes are not of this encoding."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    foreign = (found[0][:_WORD_MAX] for found in _WORD.finditer(text) if not found[0].isascii())
    words = list(itertools.islice(foreign, _SAMPLE_WORDS))
    if not words:
        return 1.0
    first_line = re.split(r"[\r\n]", text[:_FIRST_LINE_MAX].lstrip(), maxsplit=1)[0]
    known = sum(map(is_known_heading, re.split(r"[\t;|,]", first_line)))
    return sum(map(_faults_of_word, words)) / len(words) - _KNOWN_HEADING_WORTH * known


def _faults_of_word(word: str) -> float:
    faults = 0.0
    categories = [unicodedata.category(letter) for letter in word]
    faults += sum(category[0] not in "LMP" for category in categories)  # £ukasz, Pe¤a
    faults += sum(
        not letter.isascii() and category[0] == "P" for letter, category in zip(word, categories, strict=True)
    )
    faults += sum(category == "Cc" for category in categories)
    pairs = list(itertools.pairwise(categories))
    if not word.isupper():
        faults += sum(before == "Ll" and after == "Lu" for before, after in pairs)  # JosŽ
        faults += 0.5 * sum(before == after == "Lu" for before, after in pairs)
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in word if letter.isalpha()}
    faults += 2 * (len(scripts - {"MODIFIER"}) - 1 if scripts - {"MODIFIER"} else 0)
    if "LATIN" in scripts:
        # Ýþýl: in Turkish lists these three are İ, ş and ı; they are Icelandic otherwise.
        faults += 0.6 * sum(letter in "þýðÞÝÐ" for letter in word)
        faults += 0.5 * len(re.findall(r"[^\x00-\x7f]{3,}", word))
    if scripts & {"HALFWIDTH", "KATAKANA-HIRAGANA"}:
        faults += 1
    if "CJK" in scripts and scripts == {"CJK"}:
        faults += 0.1  # any two bytes are a Chinese character: a word of another script comes first
    return faults
