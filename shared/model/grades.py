"""Grade texts: what a teacher types becomes one canonical text, and a score where there is one.

On every scale a student may also be absent or exempt. Those are marks and not numbers: nobody's absence
counts as a zero.

Canonical texts: numbers with a point and without trailing zeros ("14.5"), also "2+" on a scale with signs;
the label of a level ("A+", "02"); "ABSENT", "EXEMPT". Reading a canonical text gives the same text again.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from shared.model.errors import GradeOutsideScale
from shared.model.scales import PASS_FAIL, Level, LevelScale, NumberScale, Scale, number_text
from shared.model.text import normalize_spaces

__all__ = ["GRADE_TEXT_MAX", "Grade", "Mark", "grade_text", "parse_grade", "shown_grade"]

GRADE_TEXT_MAX = 16  # the API refuses a longer one
_SIGN_WORTH = Decimal("0.3")  # what a + or - behind a grade is worth: 2+ is 1.7, 2- is 2.3


class Mark(StrEnum):
    """What stands in the place of a grade."""

    ABSENT = "ABSENT"
    EXEMPT = "EXEMPT"


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade. `text` is canonical; `score` runs from 0 (worst) to 1 (best), above 1 with extra credit, and
    is NaN exactly when `mark` is set. `level` is the level that the scale's key gives to a number."""

    text: str
    score: float
    is_passing: bool = False
    mark: Mark | None = None
    level: str | None = None

    @property
    def is_scored(self) -> bool:
        """Whether it counts in statistics."""
        return self.mark is None


_NUMBER = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,9})?|[.,][0-9]{1,9}", re.ASCII)

_MARK_WORDS = {
    **dict.fromkeys(
        ("absent", "abs", "abs.", "ab", "a.b.s.", "abst", "did not sit", "dns", "no show"), Mark.ABSENT
    ),
    **dict.fromkeys(
        ("exempt", "exempted", "ex", "ex.", "excused", "exc", "disp", "disp.", "dispensé"), Mark.EXEMPT
    ),
}
_SHOWN_WORDS = {"ABSENT": "absent", "EXEMPT": "exempt", "PASS": "pass", "FAIL": "fail"}
_PASS_WORDS = frozenset({"pass", "passed", "p", "yes", "y", "ok", "true", "✓", "✔"})
_FAIL_WORDS = frozenset({"fail", "failed", "f", "no", "n", "false", "✗", "✘"})


def parse_grade(text: str, scale: Scale) -> Grade:
    """The grade that a teacher means by `text` on `scale`.

    Accepts a decimal comma, any spaces (also non-breaking ones), either case, "14/20" and "85 %" where they
    fit the scale. Raises GradeOutsideScale, whose reason says what to type.
    """
    plain = normalize_spaces(text).replace("\u2212", "-").replace("\u2013", "-")
    if not plain:
        raise GradeOutsideScale(text, scale.text, f"The grade is empty. {scale.hint}")
    if isinstance(scale, LevelScale) and (level := _level(plain, scale)) is not None:
        return Grade(level.label, scale.score(level), level.is_passing)
    mark = _MARK_WORDS.get(plain.casefold())
    if mark is not None:
        return Grade(mark.value, math.nan, mark=mark)
    if isinstance(scale, NumberScale):
        return _number(text, plain, scale)
    raise GradeOutsideScale(text, scale.text, f"“{plain}” is not one of this exam's grades. {scale.hint}")


def grade_text(grade: str) -> str:
    """A stored grade as people read it: marks, pass and fail as words, all else as it is."""
    return _SHOWN_WORDS.get(grade, grade)


def shown_grade(grade: str, scale: Scale) -> str:
    """As grade_text(), and with the level that the scale's key gives to a number: "67 (B)"."""
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
        word = plain.casefold()
        return scale.levels[0] if word in _PASS_WORDS else scale.levels[1] if word in _FAIL_WORDS else None
    value = _decimal(plain)  # 2 for 02, and 4.0 for 4
    return (
        None
        if value is None
        else next((level for level in scale.levels if _decimal(level.label) == value), None)
    )


def _decimal(digits: str) -> Decimal | None:
    sign, unsigned = (-1, digits[1:]) if digits.startswith("-") else (1, digits)
    return sign * Decimal(unsigned.replace(",", ".")) if _NUMBER.fullmatch(unsigned) else None


def _number(text: str, plain: str, scale: NumberScale) -> Grade:
    if scale.honours is not None and plain.replace(" ", "").casefold() == scale.honours.casefold():
        return Grade(scale.honours, 1.0, is_passing=True)
    digits = _without_unit(text, plain.replace(" ", ""), scale)
    sign = digits[-1] if scale.has_signs and digits[-1] in "+-" else ""
    value = _decimal(digits.removesuffix(sign))
    if value is None:
        raise GradeOutsideScale(text, scale.text, f"“{plain}” is no number. {scale.hint}")
    if (scale.is_lowest_best or not scale.allows_more) and value > scale.highest:
        reason = f"“{plain}” is above {number_text(scale.highest)}. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    if (not scale.is_lowest_best or not scale.allows_more) and value < scale.lowest:
        reason = f"“{plain}” is below {number_text(scale.lowest)}. {scale.hint}"
        raise GradeOutsideScale(text, scale.text, reason)
    rounded = (value / scale.step).quantize(Decimal(1), ROUND_HALF_UP) * scale.step
    if rounded != value:
        steps = "more than two decimals" if scale.step == Decimal("0.01") else _steps_text(scale)
        raise GradeOutsideScale(text, scale.text, f"“{plain}” has {steps}. Round it.", number_text(rounded))
    canonical = number_text(value) + sign
    level = scale.level(value)
    if sign:
        if value != value.to_integral_value():
            raise GradeOutsideScale(text, scale.text, f"“{plain}” has both decimals and a sign. {scale.hint}")
        # A 4- passes where a 4 does: the sign moves the grade within its step.
        moved = value + (_SIGN_WORTH if (sign == "+") is not scale.is_lowest_best else -_SIGN_WORTH)
        score = min(max(scale.score(moved), 0.0), 1.0)
    else:
        score = scale.score(value)
    return Grade(canonical, score, scale.passes(value), level=None if level is None else level.label)


def _steps_text(scale: NumberScale) -> str:
    return f"more decimals than steps of {number_text(scale.step)} allow"


def _without_unit(text: str, compact: str, scale: NumberScale) -> str:
    """`compact` without "/20" or "%", if that is what the scale means by it."""
    if compact.endswith("%"):
        if not scale.is_percent:
            raise GradeOutsideScale(
                text, scale.text, f"This exam is {scale.label}, not in percent. {scale.hint}"
            )
        return compact[:-1]
    value, slash, out_of = compact.partition("/")
    if not slash:
        return compact
    if _decimal(out_of) != scale.highest:
        raise GradeOutsideScale(
            text, scale.text, f"This exam is {scale.label}, not out of {out_of or '?'}. {scale.hint}"
        )
    return value
