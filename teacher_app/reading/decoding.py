"""Bytes of a text file to text: byte-order marks, UTF-8, UTF-16, else the encoding whose letters fit best.

Class lists are too short for the statistics of a general detector. What gives a wrong encoding away in names
is their shape (capitals and signs within a word, two scripts in one word), and letters that no single
language has together: "Rùžièka" is no Czech and no French, "Růžička" is Czech. Chinese, Japanese and Korean
names are known by their first characters, the usual surnames.
"""

from __future__ import annotations

import codecs
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from teacher_app.reading.headings import is_known_heading
from teacher_app.reading.limits import FileNotReadable

__all__ = ["ENCODINGS", "Decoded", "decode", "text_from_bytes"]

# What programs write without a mark.
ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8 twice": "UTF-8, stored twice",
    "cp1252": "Western European (Windows)",
    "mac_roman": "Western European (Mac)",
    "cp850": "Western European (DOS)",
    "cp1250": "Central European (Windows)",
    "iso8859_2": "Central European (ISO 8859-2)",
    "cp852": "Central European (DOS)",
    "cp1254": "Turkish (Windows)",
    "cp1257": "Baltic (Windows)",
    "cp1251": "Cyrillic (Windows)",
    "koi8_r": "Cyrillic (KOI8-R)",
    "cp866": "Cyrillic (DOS)",
    "cp1253": "Greek (Windows)",
    "cp1255": "Hebrew (Windows)",
    "cp1256": "Arabic (Windows)",
    "cp874": "Thai (Windows)",
    "gbk": "Chinese (GBK)",
    "big5": "Chinese, traditional (Big5)",
    "shift_jis": "Japanese (Shift-JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "euc_kr": "Korean (EUC-KR)",
}
_WEST, _CENTRAL = ("cp1252", "mac_roman", "cp850"), ("cp1250", "iso8859_2", "cp852")
_TWICE = "utf-8 twice"
_RARE = ("cp850", "cp852", "cp866", "iso8859_2", "koi8_r")  # the others come first where both fit
_GUESSED = tuple(ENCODINGS)[2:]
# The first characters of usual surnames.
_JAPANESE = (
    "佐鈴高田渡伊山中小加吉松井木林斎清森池橋阿石前岡長藤後近村遠青坂斉福太西金三原竹和内宮大野河上安今菅武杉"
    "丸千平新島北神南水本久関工"
)
_CHINESE = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤欧司"
)
_TRADITIONAL_CHINESE = (
    "王李張劉陳楊黃趙吳周徐孫馬朱胡郭何高林羅鄭梁謝宋唐許韓馮鄧曹彭曾蕭田董袁潘于蔣蔡余杜葉程蘇魏呂丁任沈姚盧"
    "姜崔鍾譚陸汪范金石廖賈夏方白鄒孟熊秦邱江莊賴洪游詹歐司"
)
_KOREAN = (
    "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구라진민지엄채원천방공현함변염여"
    "추도소석선설마길연위표명기반왕"
)
# What is written with letters beyond ASCII in each language, in lower case, where it uses which encodings.
# Of languages that fit equally well the first one is taken: those with more writers come first.
_LANGUAGES: tuple[tuple[tuple[str, ...], str], ...] = (
    (_WEST, "[áéíóúüñçàèòïºª]"),  # Spanish, Catalan
    (_WEST, "[éèêëàâçîïôûùüÿœæ]"),  # French
    (_WEST, "[äöüßéçş]"),  # German
    (_WEST, "[áéíóúâêôàçü]|ã(?=[oe]|\\b)|õ(?=e)"),  # Portuguese
    (_WEST, "[àèéìíîòóùú]"),  # Italian
    (_WEST, "[éëïöüáóíúèêâ]"),  # Dutch
    (_WEST, "[æøåäöüéèáò]"),  # the languages of Scandinavia
    (_CENTRAL, "[ąćęłńóśźż]"),  # Polish
    (_CENTRAL, "[áčďéěíňóřšťúůýžöü]"),  # Czech
    (_CENTRAL, "[áéíóöőúüű]"),  # Hungarian
    (_CENTRAL, "[ăâîşţșț]"),  # Romanian
    (_CENTRAL, "[áäčďéíĺľňóôŕšťúýž]"),  # Slovak
    (_CENTRAL, "[čćđšž]"),  # Croatian, Slovene
    (("cp1254",), "[çğıöşüâîû\u0307]"),  # Turkish
    (("cp1257",), "[ąčęėįšųūž]"),  # Lithuanian
    (("cp1257",), "[āčēģīķļņšūž]"),  # Latvian
    (("cp1257", "cp1252"), "[äõöüšž]"),  # Estonian
    (("cp1252", "mac_roman"), "[áéíóúýþæöð]"),  # Icelandic
    (("cp1251",), "[а-яё]"),  # Russian
    (("cp1251",), "[а-яёіїєґўђјљњћџ]"),  # the other Cyrillic alphabets
    (("cp1253",), "[α-ωάέήίόύώϊϋΐΰ]"),
    (("cp1255",), "[א-ת\u05b0-\u05c7]"),
    (("koi8_r", "cp866"), "[а-яё]"),
    (("cp1256",), "[ء-يپچژگکی]"),
    (("shift_jis", "euc_jp"), rf"[ぁ-んァ-ヶー]|\b[{_JAPANESE}][一-龥々ぁ-んァ-ヶー]{{1,5}}\b"),
    (("gbk",), rf"\b[{_CHINESE}][一-龥]{{1,3}}\b"),
    (("big5",), rf"\b[{_TRADITIONAL_CHINESE}][一-龥]{{1,3}}\b"),
    (("euc_kr",), rf"\b[{_KOREAN}][가-힣]{{1,3}}\b"),
    (("cp874",), "[ก-๛]"),
    (("shift_jis",), "[ｦ-ﾟ]"),
)
_MARKED_ENCODINGS = {
    (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE): "utf-32",  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE): "utf-16",
    (codecs.BOM_UTF8,): "utf-8-sig",
}
_SAMPLE_WORDS = 2_000
_IMPLAUSIBLE = 1.3  # faults; more is no text in that encoding
_KNOWN_HEADING_WORTH = 0.5  # of one that has letters beyond ASCII: "氏名" is nothing in another encoding
# One word may have all of them.
_EAST_ASIAN_SCRIPTS = dict.fromkeys(
    ("CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL"), "CJK"
)
_READINGS_MIN = 3  # there is always something to choose from
_WORSE_MAX = 1.5  # faults more than the best reading has: further ones are not worth showing
_READINGS_MAX = 8  # no teacher looks at more
_EXAMPLE_WORDS = 4
_FIRST_LINE_MAX = 10_000  # characters
_WORD_MAX = 60  # letters; a longer word is judged by its first ones
_WORD = re.compile(r"[^\s;,|\"'()0-9]+")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`encoding` as Python names it, with a byte-order mark where the file has one ("utf-8-sig", "utf-16").
    `readings`: where the bytes do not say it themselves, the encodings that they may be in, the likeliest
    first, each with some words as they would be read."""

    text: str
    encoding: str
    readings: Mapping[str, str] = field(default_factory=dict)


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """The text, without a byte-order mark, read as `encoding` if one is given. Raises FileNotReadable."""
    try:
        if encoding in {"utf-8", _TWICE}:
            return _as_utf_8(data, is_repaired=encoding == _TWICE)
        if encoding is not None:
            return Decoded(data.decode(encoding), encoding, _readings(data)[1])
        if data.endswith(b"\0") and b"\0" not in (shorter := data.rstrip(b"\0")):
            data = shorter  # some programs fill up the last block of a file
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
    """Digits and line ends have their zeros all on one side."""
    for encoding, zeros, others in (
        ("utf-16-le", data[1::2], data[::2]),
        ("utf-16-be", data[::2], data[1::2]),
    ):
        if len(data) % 2 == 0 and 0 not in others and 20 * zeros.count(0) > len(zeros):
            text = data.decode(encoding)
            if "\n" in text or "\t" in text:
                return Decoded(text, encoding)
    raise FileNotReadable("This is no text file. Choose a CSV or an XLSX file, or paste the rows.")


def _guessed(data: bytes) -> Decoded:
    try:
        return _as_utf_8(data)
    except UnicodeDecodeError as error:
        faults, readings = _readings(data)
        if faults > _IMPLAUSIBLE:
            raise error
        likeliest = next(iter(readings))
        return Decoded(data.decode(likeliest), likeliest, readings)


def _as_utf_8(data: bytes, *, is_repaired: bool = True) -> Decoded:
    """ "Zoë" that some program read as cp1252 and stored as "ZoÃ«" is read as "Zoë" again. Raises
    UnicodeDecodeError."""
    text = data.decode("utf-8")
    try:
        # Most texts are found out by their first words.
        example = _bytes_behind(_example(text)).decode("utf-8")
        repaired = _bytes_behind(text).decode("utf-8") if _is_of_letters(example) else text
    except UnicodeError:
        repaired = text
    if repaired == text:
        return Decoded(text, "utf-8")
    readings = {_TWICE: example, "utf-8": _example(text)}
    return Decoded(repaired, _TWICE, readings) if is_repaired else Decoded(text, "utf-8", readings)


def _is_of_letters(words: str) -> bool:
    """Whether all that is beyond ASCII is letters, and there is something."""
    foreign = [unicodedata.category(letter)[0] for letter in words if not letter.isascii()]
    return bool(foreign) and all(category in "LM" for category in foreign)


def _bytes_behind(text: str) -> bytes:
    """What was read as cp1252; the five bytes that it does not have became control characters."""
    return b"".join(letter.encode("latin-1" if "\x80" <= letter <= "\x9f" else "cp1252") for letter in text)


def _example(text: str) -> str:
    return " ".join(itertools.islice(_foreign_words(text), _EXAMPLE_WORDS))


def _foreign_words(text: str, start: int = 0) -> Iterator[str]:
    """Those with letters beyond ASCII."""
    return (found[0][:_WORD_MAX] for found in _WORD.finditer(text, start) if not found[0].isascii())


def _readings(data: bytes) -> tuple[float, dict[str, str]]:
    """The faults of the best reading, and Decoded.readings without those that give the same letters."""
    best: dict[str, tuple[float, bool, int]] = {}
    samples = {encoding: sample for encoding in _GUESSED if (sample := _sample(data, encoding))}
    for place, (encodings, letters) in enumerate(_LANGUAGES):
        for encoding in encodings:
            if encoding in samples:
                found = (round(samples[encoding].faults(letters), 6), encoding in _RARE, place)
                best[encoding] = min(found, best.get(encoding, found))
    ordered = sorted(best, key=best.__getitem__)
    encoding_of = {samples[encoding].text: encoding for encoding in reversed(ordered)}
    likely = [encoding for encoding in ordered if encoding_of[samples[encoding].text] == encoding]
    faults = best[likely[0]][0] if likely else math.inf
    shown = [
        encoding
        for place, encoding in enumerate(likely[:_READINGS_MAX])
        if place < _READINGS_MIN or best[encoding][0] <= faults + _WORSE_MAX
    ]
    return faults, {encoding: samples[encoding].example for encoding in shown}


@dataclass(frozen=True, slots=True)
class _Sample:
    """Words with letters beyond ASCII, in lower case, one a line; how many such letters there are, and the
    faults of the words' shapes for each word."""

    text: str
    letters: int
    shape_faults: float
    example: str  # the first of these words as they are

    def faults(self, letters: str) -> float:
        """0 where all is as that language writes it."""
        known = sum(len(found[0]) for found in re.finditer(letters, self.text))
        return self.shape_faults + 1 - min(known / self.letters, 1)


def _sample(data: bytes, encoding: str) -> _Sample | None:
    """None where the bytes are not of this encoding."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    first_line = re.split(r"[\r\n]", text[:_FIRST_LINE_MAX].lstrip(), maxsplit=1)[0]
    headings = [cell for cell in re.split(r"[\t;|,]", first_line) if is_known_heading(cell)]
    known = sum(not heading.isascii() for heading in headings)
    # Headings are no names: names have usual first characters.
    foreign = _foreign_words(text, len(first_line) if headings else 0)
    words = list(itertools.islice(foreign, _SAMPLE_WORDS)) or list(_foreign_words(first_line))
    lower = "\n".join(words).lower()
    letters = sum(not letter.isascii() for letter in lower)
    if not letters:
        return None
    shape = sum(map(_shape_faults, words)) / len(words)
    return _Sample(lower, letters, shape - _KNOWN_HEADING_WORTH * known, " ".join(words[:_EXAMPLE_WORDS]))


def _shape_faults(word: str) -> float:
    categories = [unicodedata.category(letter) for letter in word]
    faults = float(sum(category[0] not in "LMP" for category in categories))  # £ukasz, Pe¤a
    faults += sum(
        not letter.isascii() and category[0] == "P" for letter, category in zip(word, categories, strict=True)
    )
    faults += sum(category == "Cc" for category in categories)
    pairs = list(itertools.pairwise(categories))
    if not word.isupper():
        faults += sum(before == "Ll" and after == "Lu" for before, after in pairs)  # JosŽ
        faults += 0.5 * sum(before == after == "Lu" for before, after in pairs)
    faults += 0.3 * (categories[0] == "Ll" and not word[0].isascii())  # names begin with a capital
    scripts = {
        _EAST_ASIAN_SCRIPTS.get(script := unicodedata.name(letter, "?").split()[0], script)
        for letter, category in zip(word, categories, strict=True)
        if category[0] in "LM"
    }
    return faults + 2 * max(len(scripts - {"MODIFIER", "COMBINING"}) - 1, 0)
