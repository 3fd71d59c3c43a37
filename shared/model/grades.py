"""Grade texts: what a teacher types becomes one canonical text, and a score where there is one.

On every scale a student may also be absent or exempt. Those are marks and not numbers: nobody's absence
counts as a zero.

Canonical texts: numbers with a point and without trailing zeros ("14.5"), also "2+" on a scale with signs;
the label of a level ("A+", "02"); "ABSENT", "EXEMPT". Reading a canonical text returns the same text.
A student without a grade yet has AWAITED in its place: no grade, which nobody types and nothing counts.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from shared.model.errors import GradeOutsideScale
from shared.model.grade_words import Word, may_mean_failed, word_of
from shared.model.scales import PASS_FAIL, USUAL_STEP, Level, LevelScale, NumberScale, Scale, number_text
from shared.model.text import normalize_spaces

__all__ = [
    "AWAITED",
    "GRADE_TEXT_MAX",
    "Grade",
    "Mark",
    "grade_text",
    "parse_grade",
    "shown_grade",
    "stored_grade",
    "typed_grade",
]

GRADE_TEXT_MAX = 16  # the API refuses a longer one
AWAITED = "AWAITED"  # in the place of a grade that is not there yet
_SIGN_WORTH = Decimal("0.3")  # what a + or - behind a grade is worth: 2+ is 1.7, 2- is 2.3


class Mark(StrEnum):
    """What stands in the place of a grade."""

    ABSENT = "ABSENT"
    EXEMPT = "EXEMPT"


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade. `text` is canonical; `score` runs from 0 (worst) to 1 (best), above 1 with extra credit, and
    is NaN exactly when `mark` is set. `level` is the one that the scale's key assigns to a number."""

    text: str
    score: float
    is_passing: bool = False
    mark: Mark | None = None
    level: str | None = None

    @property
    def is_scored(self) -> bool:
        """Whether it counts in statistics."""
        return self.mark is None


_PLAIN = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,20})?|[.,][0-9]{1,20}", re.ASCII)
_GROUPED = re.compile(r"([0-9]{1,3})([.,' ])([0-9]{3})(?:([.,])([0-9]{1,20}))?", re.ASCII)
_VULGAR_FRACTION = re.compile(r"([0-9]*) ?([¼-¾⅐-⅞])")
_WITH_FRACTION = re.compile(r"([0-9]{1,4}) ([1-9])/([2-9]|10)", re.ASCII)
_OUT_OF = re.compile(
    r"(.+?) ?(?:/|\b(?:out of|of|sur|von|de|su|van|av|af|z|из)\b) ?([0-9]{1,4}(?:[.,][0-9]{1,2})?)",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r" ?(?:points?|pts?|marks?|punkte?n?|pkte?|punti|punto|puntos|pontos?|punten|punkt(?:y|ów)?|pkt|puan"
    r"|poäng|bod[yů]?|балл(?:а|ов)?|p|分|点|점)\.?$",
    re.IGNORECASE,
)
_PERCENT = re.compile(  # in Turkish and Basque the sign stands in front
    r"% ?(?P<behind>[0-9.,]+)|(?P<before>.+?) ?(?:%|per ?cent|pct\.?|prozent|pour ?cent|por ?cien(?:to)?"
    r"|por cento|per cento|procent[ay]?|yüzde|процент(?:а|ов)?)",
    re.IGNORECASE,
)
# Italian, Latin, Spanish: the best number with distinction.
_WITH_HONOURS = re.compile(
    r"(?P<number>[0-9]{1,3})(?:/(?P=number))? ?(?:(?:e|con|cum|et) ?)?"
    r"(?:lode|laude|l|mh|matr[ií]cula de honor)"
    r"|(?:trenta )?e lode",
    re.IGNORECASE,
)
_MONTH = (
    r"(?:jan|feb|f[ée]v|m[aä]r|mrz|apr|avr|abr|ma[iy]|jun|juin|jul|juil|aug|ao[uû]t|ago|sep|okt|oct|nov"
    r"|dec|d[ée]z|dic)"
)
_DATE = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:[T ][0-9:.]+)?|[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2,4}"
    rf"|[0-9]{{1,2}}[-/. ]{{1,2}}{_MONTH}[a-zé]*\.?(?:[-/. ][0-9]{{2,4}})?"
    rf"|{_MONTH}[a-zé]*\.?[-/. ][0-9]{{2,4}}",
    re.IGNORECASE,
)
_WITH_LEVEL = re.compile(r"(.+?) ?\(([^()]+)\)")
_SHEET_ERROR = re.compile(r"#[A-Z][A-Z0-9/ÄÖÜÉ]*[!?]?|#[A-Z]+/[A-Z0-9]+[!?]?", re.IGNORECASE)
_SIGNS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2044": "/", "٫": ".", "٬": ",", "٪": "%", "’": "'"})
_SHOWN_WORDS = {AWAITED: "", "ABSENT": "absent", "EXEMPT": "exempt", "PASS": "pass", "FAIL": "fail"}


def parse_grade(text: str, scale: Scale) -> Grade:
    """The grade that a teacher means by `text` on `scale`.

    Accepts decimal commas, digits of any script, any spaces around numbers and units, either case, "14½",
    "14/20", "14 out of 20", "14 pts" and "85 %" where they fit the scale, and the words of grade_words.py.
    What could mean two numbers ("1,000") is refused. Raises GradeOutsideScale, whose reason says what to
    type.
    """
    if any(unicodedata.category(character) == "No" and not _is_fraction(character) for character in text):
        raise GradeOutsideScale(
            text,
            scale.text,
            f"“{text.strip()}” has a raised or enclosed digit, which is no number. {scale.hint}",
        )
    plain = _plain(text)
    if not plain:
        raise GradeOutsideScale(text, scale.text, f"The grade is empty. {scale.hint}")
    if isinstance(scale, LevelScale) and (level := _level(plain, scale)) is not None:
        return Grade(level.label, scale.score(level), level.is_passing)
    word = word_of(text)
    if word is Word.ABSENT and may_mean_failed(text) and _has_words_of_failure(scale):
        reason = f"“{plain}” may mean absent or not passed: type the one that is meant. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    if word in {Word.ABSENT, Word.EXEMPT} and not _may_be_level(plain, scale):
        return Grade(word.value, math.nan, mark=Mark(word.value))
    if _SHEET_ERROR.fullmatch(plain):
        reason = f"“{plain}” is an error in the spreadsheet, where the grade should be. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    if _DATE.fullmatch(plain):
        reason = f"A spreadsheet made a date of this grade ({plain}). Type the grade."
        raise GradeOutsideScale(text, scale.text, reason)
    if isinstance(scale, NumberScale):
        return _number(text, plain, scale)
    raise GradeOutsideScale(text, scale.text, f"“{plain}” is not one of this exam's grades. {scale.hint}")


def stored_grade(text: str, scale: Scale) -> str:
    """The canonical text of what a teacher typed, AWAITED if nothing. Raises GradeOutsideScale."""
    return parse_grade(text, scale).text if text.strip() else AWAITED


def typed_grade(grade: str) -> str:
    """A stored grade as stored_grade() reads it back."""
    return "" if grade == AWAITED else grade


def grade_text(grade: str) -> str:
    """A stored grade as people read it: marks, pass and fail as words, "" if awaited, all else as it is."""
    return _SHOWN_WORDS.get(grade, grade)


def shown_grade(grade: str, scale: Scale) -> str:
    """As grade_text(), with the level that the scale's key assigns to a number: "67 (B)"."""
    if isinstance(scale, NumberScale) and scale.key:
        try:
            level = parse_grade(grade, scale).level
        except GradeOutsideScale:
            return grade
        if level is not None:
            return f"{grade} ({level})"
    return grade_text(grade)


def _level(plain: str, scale: LevelScale) -> Level | None:
    found = scale.find(plain)
    if found is not None:
        return found
    if scale == PASS_FAIL:
        return {Word.PASS: scale.levels[0], Word.FAIL: scale.levels[1]}.get(word_of(plain) or Word.NO_GRADE)
    value = _decimal(plain)  # 2 for 02, and 4.0 for 4
    return (
        None
        if value is None
        else next((level for level in scale.levels if _decimal(level.label) == value), None)
    )


def _may_be_level(plain: str, scale: Scale) -> bool:
    """Whether it is written like a grade between two of the scale's letters, as AB is on A to F."""
    if isinstance(scale, NumberScale) or len(plain) < 2:
        return False
    letters = {level.label[0].casefold() for level in scale.levels if len(level.label) <= 2}
    return set(plain.casefold()) <= letters


def _has_words_of_failure(scale: Scale) -> bool:
    """Whether failing is written as a word or letter on such scales: German ones have “n. b.” too."""
    if isinstance(scale, NumberScale):
        return scale.is_lowest_best
    return not any(level.label[0].isdigit() for level in scale.levels)


def _is_fraction(character: str) -> bool:
    return unicodedata.decomposition(character).startswith("<fraction>")


def _plain(text: str) -> str:
    """With plain digits, signs and fractions ("14½" is "14 1/2"), without invisible characters."""
    digits = "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in text
        if unicodedata.category(character) != "Cf"
    )
    apart = _VULGAR_FRACTION.sub(lambda found: f"{found[1] or 0} {found[2]}", digits)
    return normalize_spaces(apart).translate(_SIGNS)


def _decimal(digits: str) -> Decimal | None:
    """The only number that `digits` can mean; None where it means none, or two."""
    sign, unsigned = (-1, digits[1:].lstrip()) if digits.startswith("-") else (1, digits)
    if fraction := _WITH_FRACTION.fullmatch(unsigned):
        return sign * (Decimal(fraction[1]) + Decimal(fraction[2]) / Decimal(fraction[3]))
    grouped = _GROUPED.fullmatch(unsigned)
    if grouped and grouped[4] != grouped[2] and (grouped[4] or grouped[2] in "' "):
        return sign * Decimal(f"{grouped[1]}{grouped[3]}.{grouped[5] or 0}")
    return sign * Decimal(unsigned.replace(",", ".")) if _PLAIN.fullmatch(unsigned) else None


def _number(text: str, plain: str, scale: NumberScale) -> Grade:
    if scale.honours is not None and _is_honours(plain, scale):
        return Grade(scale.honours, 1.0, is_passing=True)
    if scale.key and (found := _WITH_LEVEL.fullmatch(plain)):
        grade = parse_grade(found[1], scale)
        if grade.level is not None and grade.level.casefold() == found[2].strip().casefold():
            return grade  # as pages and files show it
    digits = _without_unit(text, plain, scale)
    sign = digits[-1:] if scale.has_signs and digits[-1:] in {"+", "-"} else ""
    digits = digits.removesuffix(sign).strip() if sign else digits
    value = _decimal(digits)
    if value is None:
        raise GradeOutsideScale(text, scale.text, f"“{_shown(text)}” is no number. {scale.hint}")
    if _may_be_thousands(digits, scale):
        grouped = digits.replace(",", "").replace(".", "")
        reason = f"“{digits}” may be {number_text(value)} or {grouped}: type the one that is meant."
        raise GradeOutsideScale(text, scale.text, reason)
    if (scale.is_lowest_best or not scale.allows_more) and value > scale.highest:
        reason = f"“{_shown(text)}” is above {number_text(scale.highest)}. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    if (not scale.is_lowest_best or not scale.allows_more) and value < scale.lowest:
        reason = f"“{_shown(text)}” is below {number_text(scale.lowest)}. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    rounded = (value / scale.step).quantize(Decimal(1), ROUND_HALF_UP) * scale.step
    if rounded != value:
        steps = "more than two decimals" if scale.step == USUAL_STEP else _steps_text(scale)
        raise GradeOutsideScale(
            text,
            scale.text,
            f"“{_shown(text)}” has {steps}. Type {number_text(rounded)}.",
            number_text(rounded),
        )
    canonical = number_text(value) + sign
    level = scale.level(value)
    if sign:
        if value != value.to_integral_value():
            raise GradeOutsideScale(
                text, scale.text, f"“{_shown(text)}” has both decimals and a sign. {scale.hint}"
            )
        # A 4- passes where a 4 does: the sign moves the grade within its step.
        moved = value + (_SIGN_WORTH if (sign == "+") is not scale.is_lowest_best else -_SIGN_WORTH)
        score = min(max(scale.score(moved), 0.0), 1.0)
    else:
        score = scale.score(value)
    return Grade(canonical, score, scale.passes(value), level=None if level is None else level.label)


def _is_honours(plain: str, scale: NumberScale) -> bool:
    if plain.replace(" ", "").casefold() == str(scale.honours).casefold():
        return True
    found = _WITH_HONOURS.fullmatch(plain)
    return found is not None and Decimal(found["number"] or scale.best) == scale.best


def _steps_text(scale: NumberScale) -> str:
    return f"more decimals than steps of {number_text(scale.step)} allow"


def _may_be_thousands(digits: str, scale: NumberScale) -> bool:
    if scale.highest < 1000 or scale.step % USUAL_STEP:
        return re.fullmatch(r"1[.,]000", digits) is not None
    return re.fullmatch(r"[1-9][.,][0-9]{3}", digits) is not None


def _shown(text: str) -> str:
    return " ".join(text.split())


def _without_unit(text: str, plain: str, scale: NumberScale) -> str:
    """`plain` without "/20", "pts" or "%", if that is what the scale means by it."""
    if percent := _PERCENT.fullmatch(plain):
        if not (scale.is_percent or (scale.lowest == 0 and scale.highest == 100)):
            reason = f"This exam is {scale.label}, not in percent. {scale.hint}"
            raise GradeOutsideScale(text, scale.text, reason)
        return percent["behind"] or percent["before"]
    plain = _UNIT.sub("", plain)
    found = _OUT_OF.fullmatch(plain)
    if found is None:
        return plain
    digits = _UNIT.sub("", found[1])
    if _decimal(digits) is None:
        return plain
    if _decimal(found[2]) != scale.highest:
        reason = f"This exam is {scale.label}, not out of {found[2]}. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    return digits
