"""Scales and grade texts: what a teacher types becomes one canonical text, and a score where there is one.

Scales, as on the wire: `OUT_OF_<n>` (n from 1 to 1000), `PERCENT`, `LETTERS`, `PASS_FAIL`. On every scale a
student may also be absent or exempt. Those are marks and not numbers: nobody's absence counts as a zero.

Canonical texts: numbers with a point, at most two decimals, no trailing zeros ("14.5"); "A+" to "F"; "PASS",
"FAIL"; "ABSENT", "EXEMPT". Reading a canonical text gives the same text again.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from shared.model.errors import GradeOutsideScale, ScaleUnknown
from shared.model.text import normalize_spaces

__all__ = [
    "GRADE_TEXT_MAX",
    "LETTERS",
    "LETTER_SCORES",
    "MAXIMUM_LIMIT",
    "OUT_OF_10",
    "OUT_OF_20",
    "OUT_OF_100",
    "PASS_FAIL",
    "PERCENT",
    "Grade",
    "Mark",
    "Scale",
    "ScaleKind",
    "grade_text",
    "parse_grade",
    "parse_scale",
]

GRADE_TEXT_MAX = 16  # the API refuses a longer one
MAXIMUM_LIMIT = 1000


class ScaleKind(StrEnum):
    """The four ways of grading."""

    OUT_OF = "OUT_OF"
    PERCENT = "PERCENT"
    LETTERS = "LETTERS"
    PASS_FAIL = "PASS_FAIL"  # noqa: S105  # no password


class Mark(StrEnum):
    """What stands in the place of a grade."""

    ABSENT = "ABSENT"
    EXEMPT = "EXEMPT"


@dataclass(frozen=True, slots=True)
class Scale:
    """One way of grading. `maximum` is the n of OUT_OF_n, None for the other kinds. Raises ScaleUnknown."""

    kind: ScaleKind
    maximum: int | None = None

    def __post_init__(self) -> None:
        if (self.kind is ScaleKind.OUT_OF) != (self.maximum is not None):
            raise ScaleUnknown(f"{self.kind} {self.maximum}")
        if self.maximum is not None and not 1 <= self.maximum <= MAXIMUM_LIMIT:
            raise ScaleUnknown(f"OUT_OF_{self.maximum}")

    @property
    def text(self) -> str:
        """The form on the wire."""
        return f"OUT_OF_{self.maximum}" if self.maximum is not None else self.kind.value

    @property
    def label(self) -> str:
        """A short form for people: "out of 20", "percent", "letters", "pass or fail"."""
        if self.maximum is not None:
            return f"out of {self.maximum}"
        return {ScaleKind.PERCENT: "percent", ScaleKind.LETTERS: "letters"}.get(self.kind, "pass or fail")

    @property
    def points(self) -> float | None:
        """The best number of points: n, or 100 for percent; None where grades are no numbers."""
        if self.maximum is not None:
            return float(self.maximum)
        return 100.0 if self.kind is ScaleKind.PERCENT else None

    @property
    def hint(self) -> str:
        """What to type, for a person in front of an empty cell."""
        return f"Type {_WANTED[self.kind].format(maximum=self.maximum)}, “absent” or “exempt”."


_WANTED = {
    ScaleKind.OUT_OF: "a number from 0 to {maximum}",
    ScaleKind.PERCENT: "a number from 0 to 100",
    ScaleKind.LETTERS: "a letter from A+ to F (A+, A, A-, B+ ... D-, F)",
    ScaleKind.PASS_FAIL: "“pass” or “fail”",
}

OUT_OF_10 = Scale(ScaleKind.OUT_OF, 10)
OUT_OF_20 = Scale(ScaleKind.OUT_OF, 20)
OUT_OF_100 = Scale(ScaleKind.OUT_OF, 100)
PERCENT = Scale(ScaleKind.PERCENT)
LETTERS = Scale(ScaleKind.LETTERS)
PASS_FAIL = Scale(ScaleKind.PASS_FAIL)

# Best first. Scores are the usual grade points (A = 4.0 ... F = 0) over 4.3, so that A+ is 1 and F is 0.
LETTER_SCORES: dict[str, float] = {
    letter: points / 4.3
    for letter, points in {
        "A+": 4.3,
        "A": 4.0,
        "A-": 3.7,
        "B+": 3.3,
        "B": 3.0,
        "B-": 2.7,
        "C+": 2.3,
        "C": 2.0,
        "C-": 1.7,
        "D+": 1.3,
        "D": 1.0,
        "D-": 0.7,
        "F": 0.0,
    }.items()
}


@dataclass(frozen=True, slots=True)
class Grade:
    """One grade. `text` is canonical; `score` runs from 0 to 1 and is NaN exactly when `mark` is set."""

    text: str
    score: float
    mark: Mark | None = None

    @property
    def is_scored(self) -> bool:
        """Whether it counts in statistics."""
        return self.mark is None


_SCALE_TEXT = re.compile(r"OUT_OF_([1-9][0-9]{0,2}|1000)", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,4}(?:[.,][0-9]{1,6})?|[.,][0-9]{1,6}", re.ASCII)
_LETTER = re.compile(r"([A-DF])([+-]?)", re.ASCII)

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


def parse_scale(text: str) -> Scale:
    """The scale whose wire form is `text`. Raises ScaleUnknown."""
    found = _SCALE_TEXT.fullmatch(text)
    if found:
        return Scale(ScaleKind.OUT_OF, int(found.group(1)))
    try:
        return {"PERCENT": PERCENT, "LETTERS": LETTERS, "PASS_FAIL": PASS_FAIL}[text]
    except KeyError:
        raise ScaleUnknown(text) from None


def parse_grade(text: str, scale: Scale) -> Grade:
    """The grade that a teacher means by `text` on `scale`.

    Accepts a decimal comma, any spaces (also non-breaking ones), either case, "14/20" and "85 %" where they
    fit the scale. Raises GradeOutsideScale, whose reason says what to type.
    """
    plain = normalize_spaces(text).replace("\u2212", "-").replace("\u2013", "-")
    if not plain:
        raise GradeOutsideScale(text, scale.text, f"The grade is empty. {scale.hint}")
    mark = _MARK_WORDS.get(plain.casefold())
    if mark is not None:
        return Grade(mark.value, math.nan, mark)
    if scale.kind is ScaleKind.LETTERS:
        return _letter(text, plain, scale)
    if scale.kind is ScaleKind.PASS_FAIL:
        return _pass_or_fail(text, plain, scale)
    return _number(text, plain, scale)


def grade_text(grade: str) -> str:
    """A stored grade as people read it: marks, pass and fail as words, all else as it is."""
    return _SHOWN_WORDS.get(grade, grade)


def _letter(text: str, plain: str, scale: Scale) -> Grade:
    found = _LETTER.fullmatch(plain.replace(" ", "").upper())
    letter = found.group(0) if found else ""
    if letter not in LETTER_SCORES:
        raise GradeOutsideScale(text, scale.text, f"“{plain}” is no letter grade. {scale.hint}")
    return Grade(letter, LETTER_SCORES[letter])


def _pass_or_fail(text: str, plain: str, scale: Scale) -> Grade:
    word = plain.casefold()
    if word in _PASS_WORDS:
        return Grade("PASS", 1.0)
    if word in _FAIL_WORDS:
        return Grade("FAIL", 0.0)
    raise GradeOutsideScale(text, scale.text, f"“{plain}” is neither pass nor fail. {scale.hint}")


def _number(text: str, plain: str, scale: Scale) -> Grade:
    points = scale.points
    assert points is not None  # noqa: S101  # only scales of numbers come here
    digits = _without_unit(text, plain.replace(" ", ""), scale)
    if digits.startswith("-") and _NUMBER.fullmatch(digits[1:]):
        raise GradeOutsideScale(text, scale.text, f"“{plain}” is below 0. {scale.hint}")
    if not _NUMBER.fullmatch(digits):
        raise GradeOutsideScale(text, scale.text, f"“{plain}” is no number. {scale.hint}")
    whole, _, fraction = digits.replace(",", ".").partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > 2:
        raise GradeOutsideScale(text, scale.text, f"“{plain}” has more than two decimals. Round it.")
    canonical = str(int(whole or "0")) + (f".{fraction}" if fraction else "")
    value = float(canonical)
    if value > points:
        raise GradeOutsideScale(text, scale.text, f"“{plain}” is above {points:.0f}. {scale.hint}")
    return Grade(canonical, value / points)


def _without_unit(text: str, compact: str, scale: Scale) -> str:
    """`compact` without "/20" or "%", if that is what the scale means by it."""
    if compact.endswith("%"):
        if scale.kind is not ScaleKind.PERCENT:
            raise GradeOutsideScale(
                text, scale.text, f"This exam is {scale.label}, not in percent. {scale.hint}"
            )
        return compact[:-1]
    value, slash, out_of = compact.partition("/")
    if not slash:
        return compact
    wanted = str(scale.maximum or 100)
    if out_of != wanted:
        raise GradeOutsideScale(
            text, scale.text, f"This exam is {scale.label}, not out of {out_of or '?'}. {scale.hint}"
        )
    return value
