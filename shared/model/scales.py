"""Grading scales: which grades an exam may have, which of them pass, and which end is best.

A scale is a range of numbers (`NumberScale`) or an ordered list of levels (`LevelScale`). Each has exactly
one text, which is what the API stores:

    OUT_OF_20                                     0 to 20, half passes
    OUT_OF_22.5;PASS=9;OVER                       extra credit may exceed the highest
    PERCENT;PASS=40
    FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS    German school grades, 2+ and 2- allowed
    OUT_OF_30;STEP=1;PASS=18;HONOURS=30L          Italian universities
    OUT_OF_100;KEY=A:90,B:80,C:70|F:0             points; students also see the level that the key gives
    LEVELS=A*,A,B,C,D,E|U                         best first; those after the bar fail
    LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3    levels that are worth points
    LETTERS, PASS_FAIL                            short for two usual lists of levels

Options keep this order, and an option with its usual value is left out, so equal scales have equal texts.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Final

from shared.model.errors import ScaleUnknown

__all__ = [
    "HIGHEST_LIMIT",
    "LETTERS",
    "LEVELS_MAX",
    "OUT_OF_20",
    "PASS_FAIL",
    "PERCENT",
    "SCALE_TEXT_MAX",
    "USUAL_STEP",
    "Level",
    "LevelScale",
    "NumberScale",
    "Scale",
    "describe",
    "number_text",
    "out_of",
    "parse_scale",
]

HIGHEST_LIMIT: Final = 1000
LEVELS_MAX: Final = 30
LABEL_MAX: Final = 16  # a level's label is a grade's text, and the API refuses a longer one
SCALE_TEXT_MAX: Final = 512  # characters; the API refuses a longer text
USUAL_STEP: Final = Decimal("0.01")

_NUMBER = r"-?(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{0,3}[1-9])?"
_OPTION = re.compile(r"(STEP|BEST|PASS|OVER|SIGNS|HONOURS|KEY)(?:=(.+))?")
_RANGE = re.compile(
    rf"OUT_OF_(?P<most>{_NUMBER})|FROM_(?P<low>{_NUMBER})_TO_(?P<high>{_NUMBER})|PERCENT", re.ASCII
)
_LABEL = re.compile(r"[^\s,;:|=](?:[^,;:|=\n\r\t]*[^\s,;:|=])?")


@dataclass(frozen=True, slots=True)
class Level:
    """One level. `value` is what it is worth in points, or in a key the least points that reach it."""

    label: str
    is_passing: bool
    value: Decimal | None = None


@dataclass(frozen=True)
class NumberScale:
    """Numbers from `lowest` to `highest` in steps of `step`.

    `pass_mark` is the last number that passes, seen from the best end; it may lie between two steps, as half
    of 15 does on whole points, and then the next better number passes. `allows_more` admits numbers beyond
    the best end. `has_signs` admits 2+ and 2- (three tenths better and worse, as German schools count them).
    `honours` is a grade above the best number, such as 30L. `key` assigns a level to each number, the best
    level first. Raises ScaleUnknown where these contradict one another.
    """

    lowest: Decimal
    highest: Decimal
    pass_mark: Decimal
    step: Decimal = USUAL_STEP
    is_percent: bool = False
    is_lowest_best: bool = False
    allows_more: bool = False
    has_signs: bool = False
    honours: str | None = None
    key: tuple[Level, ...] = ()

    def __post_init__(self) -> None:
        problem = self._problem()
        if problem:
            raise ScaleUnknown(self.text, problem)

    @cached_property
    def text(self) -> str:
        """The one text of this scale."""
        if self.is_percent:
            head = "PERCENT"
        elif self.lowest == 0 and not self.is_lowest_best:
            head = f"OUT_OF_{number_text(self.highest)}"
        else:
            head = f"FROM_{number_text(self.lowest)}_TO_{number_text(self.highest)}"
        is_usual = not head.startswith("FROM") and self.pass_mark == self.highest / 2
        options = [
            f"STEP={number_text(self.step)}" if self.step != USUAL_STEP else "",
            "BEST=LOW" if self.is_lowest_best else "",
            "" if self.key or is_usual else f"PASS={number_text(self.pass_mark)}",
            "OVER" if self.allows_more else "",
            "SIGNS" if self.has_signs else "",
            f"HONOURS={self.honours}" if self.honours else "",
            f"KEY={_levels_text(self.key)}" if self.key else "",
        ]
        return ";".join([head, *filter(None, options)])

    @property
    def best(self) -> Decimal:
        """The best number without extra credit."""
        return self.lowest if self.is_lowest_best else self.highest

    @property
    def worst(self) -> Decimal:
        """The number at the other end."""
        return self.highest if self.is_lowest_best else self.lowest

    @property
    def label(self) -> str:
        """A short form for people: "out of 20", "percent", "1 to 6, 1 is best"."""
        if self.is_percent:
            return "percent"
        if self.lowest == 0 and not self.is_lowest_best:
            return f"out of {number_text(self.highest)}"
        return f"{number_text(self.lowest)} to {number_text(self.highest)}, {number_text(self.best)} is best"

    @property
    def is_pass_fail(self) -> bool:
        """Never: a range of numbers has more to say than who passed."""
        return False

    @property
    def pass_text(self) -> str:
        """The pass mark for people: "passed: 10 or more", "passed: 4 or better"."""
        return f"passed: {self.pass_mark_text} or {'better' if self.is_lowest_best else 'more'}"

    @property
    def pass_mark_text(self) -> str:
        """The pass mark with its unit: "10", "40 %"."""
        return f"{number_text(self.pass_mark)}{' %' if self.is_percent else ''}"

    @property
    def hint(self) -> str:
        """What to type, for a person in front of an empty cell."""
        wanted = f"a number from {number_text(self.lowest)} to {number_text(self.highest)}"
        if self.has_signs:
            wanted += ", also with + or -"
        if self.honours:
            wanted += f" or {self.honours}"
        if self.allows_more:
            wanted += f" (more than {number_text(self.best)} counts as extra credit)"
        return f"Type {wanted}, “absent” or “exempt”."

    def score(self, value: Decimal) -> float:
        """0 at the worst end, 1 at the best, above 1 with extra credit."""
        return float((value - self.worst) / (self.best - self.worst))

    def value(self, score: float) -> float:
        """The number with that score."""
        return float(self.worst) + score * float(self.best - self.worst)

    def passes(self, value: Decimal) -> bool:
        """Whether that number passes."""
        return value <= self.pass_mark if self.is_lowest_best else value >= self.pass_mark

    def level(self, value: Decimal) -> Level | None:
        """The level that the key assigns to that number; None without a key."""
        for level in self.key:
            assert level.value is not None  # noqa: S101  # checked when the scale was made
            if value <= level.value if self.is_lowest_best else value >= level.value:
                return level
        return None

    def _problem(self) -> str | None:
        if not self.lowest < self.highest:
            return "the lowest grade must be below the highest"
        if max(abs(self.lowest), abs(self.highest)) > HIGHEST_LIMIT:
            return f"numbers go up to {HIGHEST_LIMIT}"
        if not 0 < self.step <= self.highest - self.lowest:
            return "the step must be above 0 and at most the whole range"
        if not self.lowest <= self.pass_mark <= self.highest:
            return "the pass mark must be a grade of the scale"
        if self.is_percent and (self.lowest != 0 or self.highest != 100 or self.is_lowest_best):
            return "percent goes from 0 to 100"
        if self.honours is not None and (
            not _is_label(self.honours) or re.fullmatch(_NUMBER, self.honours, re.ASCII)
        ):
            return f"“{self.honours}” cannot be a grade"
        if self.key:
            return self._key_problem()
        return None

    def _key_problem(self) -> str | None:
        limits = [level.value for level in self.key]
        if any(limit is None for limit in limits):
            return "each level of the key needs its points"
        known = [limit for limit in limits if limit is not None]
        if known != sorted(set(known), reverse=not self.is_lowest_best):
            return "the levels of the key go from the best down, each with other points"
        if known[-1] != self.worst:
            return f"the last level of the key begins at {number_text(self.worst)}"
        if known[0] < self.lowest or known[0] > self.highest:
            return "the key's points must lie on the scale"
        if self.pass_mark != _pass_mark_of_key(self.key, self.best):
            return "the pass mark is that of the key"
        return _levels_problem(self.key)


@dataclass(frozen=True)
class LevelScale:
    """Levels, the best first.

    With points for every level a mean can be given; without, only what follows from the order.
    Raises ScaleUnknown where these contradict one another.
    """

    levels: tuple[Level, ...]

    def __post_init__(self) -> None:
        problem = _levels_problem(self.levels)
        values = [level.value for level in self.levels]
        if (
            problem is None
            and any(value is None for value in values)
            and any(value is not None for value in values)
        ):
            problem = "either all levels have points or none"
        known = [value for value in values if value is not None]
        if problem is None and known and (known != sorted(known, reverse=True) or known[0] == known[-1]):
            problem = "a better level has no fewer points than the next"
        if problem:
            raise ScaleUnknown(self.text, problem)

    @cached_property
    def text(self) -> str:
        """The one text of this scale."""
        for name, levels in (("LETTERS", _LETTER_LEVELS), ("PASS_FAIL", _PASS_FAIL_LEVELS)):
            if self.levels == levels:
                return name
        return f"LEVELS={_levels_text(self.levels)}"

    @property
    def has_points(self) -> bool:
        """Whether the levels are worth points."""
        return self.levels[0].value is not None

    @property
    def is_pass_fail(self) -> bool:
        """Whether there are two levels only, of which one passes."""
        return len(self.levels) == 2 and not self.levels[-1].is_passing

    @property
    def label(self) -> str:
        """A short form for people: "letters", "pass or fail", "12 to -3"."""
        if self.levels == _LETTER_LEVELS:
            return "letters"
        if self.levels == _PASS_FAIL_LEVELS:
            return "pass or fail"
        return f"{self.levels[0].label} to {self.levels[-1].label}"

    @property
    def pass_text(self) -> str:
        """The pass mark for people: "passed: E or better"; empty where the levels say it themselves."""
        if self.levels == _PASS_FAIL_LEVELS:
            return ""
        passing = [level.label for level in self.levels if level.is_passing]
        return f"passed: {passing[-1]}{' or better' if len(passing) > 1 else ''}"

    @property
    def hint(self) -> str:
        """What to type, for a person in front of an empty cell."""
        if self.levels == _PASS_FAIL_LEVELS:
            return "Type “pass” or “fail”, “absent” or “exempt”."
        if self.levels == _LETTER_LEVELS:
            return "Type a letter from A+ to F (A+, A, A-, B+ ... D-, F), “absent” or “exempt”."
        return f"Type {', '.join(level.label for level in self.levels)}, “absent” or “exempt”."

    def score(self, level: Level) -> float:
        """0 for the worst level, 1 for the best; by points where there are any, else by place."""
        if level.value is None:
            return 1 - self.levels.index(level) / (len(self.levels) - 1)
        best, worst = self.levels[0].value, self.levels[-1].value
        assert best is not None and worst is not None  # noqa: S101, PT018  # all or none have points
        return float((level.value - worst) / (best - worst))

    def nearest(self, score: float) -> Level:
        """The level whose score is nearest; of two that are equally near the better one."""
        return min(self.levels, key=lambda level: round(abs(self.score(level) - score), 9))

    def find(self, label: str) -> Level | None:
        """The level of that label as a person types it: in either case, with or without spaces."""
        wanted = _typed(label)
        return next((level for level in self.levels if _typed(level.label) == wanted), None)


Scale = NumberScale | LevelScale


def out_of(highest: int | str | Decimal, pass_mark: int | str | Decimal | None = None) -> NumberScale:
    """Points from 0 to `highest`; half pass unless `pass_mark` says otherwise. Raises ScaleUnknown."""
    most = Decimal(highest)
    return NumberScale(Decimal(0), most, most / 2 if pass_mark is None else Decimal(pass_mark))


def describe(scale: Scale) -> str:
    """A scale with its pass mark, for people: "out of 20, passed: 10 or more"."""
    return ", ".join(filter(None, (scale.label, scale.pass_text)))


def number_text(value: Decimal) -> str:
    """A number as it is stored and shown: with a point, without trailing zeros, never with an exponent."""
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@lru_cache(maxsize=1024)
def parse_scale(text: str) -> Scale:
    """The scale with that text. Raises ScaleUnknown, also for a second way of writing a scale."""
    scale = _read(text)
    if scale.text != text:
        raise ScaleUnknown(text, f"write it as {scale.text}")
    return scale


def _read(text: str) -> Scale:
    if len(text) > SCALE_TEXT_MAX:
        raise ScaleUnknown(text[:SCALE_TEXT_MAX], f"it is longer than {SCALE_TEXT_MAX} characters")
    if text == "LETTERS":
        return LETTERS
    if text == "PASS_FAIL":
        return PASS_FAIL
    if text.startswith("LEVELS="):
        return LevelScale(_levels(text, text.removeprefix("LEVELS=")))
    head, *rest = text.split(";")
    found = _RANGE.fullmatch(head)
    if found is None:
        raise ScaleUnknown(text)
    options: dict[str, str] = {}
    for part in rest:
        option = _OPTION.fullmatch(part)
        if option is None or option[1] in options:
            raise ScaleUnknown(text)
        options[option[1]] = option[2] or ""
    is_percent = head == "PERCENT"
    low = Decimal(found["low"] or 0)
    high = Decimal(100) if is_percent else Decimal(found["high"] or found["most"])
    is_lowest_best = options.get("BEST") == "LOW"
    key = _levels(text, options["KEY"]) if "KEY" in options else ()
    if key:
        pass_mark = _pass_mark_of_key(key, low if is_lowest_best else high)
    else:
        if "PASS" not in options and found["low"] is not None:
            raise ScaleUnknown(text, "add the pass mark, such as PASS=4")
        pass_mark = _number(text, options["PASS"]) if "PASS" in options else high / 2
    return NumberScale(
        lowest=low,
        highest=high,
        pass_mark=pass_mark,
        step=_number(text, options["STEP"]) if "STEP" in options else USUAL_STEP,
        is_percent=is_percent,
        is_lowest_best=is_lowest_best,
        allows_more="OVER" in options,
        has_signs="SIGNS" in options,
        honours=options.get("HONOURS"),
        key=key,
    )


def _number(text: str, part: str) -> Decimal:
    if not re.fullmatch(_NUMBER, part, re.ASCII):
        raise ScaleUnknown(text)
    return Decimal(part)


def _levels(text: str, part: str) -> tuple[Level, ...]:
    passing, bar, failing = part.partition("|")
    found: list[Level] = []
    for names, is_passing in ((passing, True), (failing, False)):
        for name in names.split(",") if names else ():
            label, colon, value = name.partition(":")
            found.append(Level(label, is_passing, _number(text, value) if colon else None))
    if not passing or (bar and not failing):
        raise ScaleUnknown(text, "at least one level must pass")
    return tuple(found)


def _levels_text(levels: tuple[Level, ...]) -> str:
    def part(is_passing: bool) -> str:
        return ",".join(
            level.label if level.value is None else f"{level.label}:{number_text(level.value)}"
            for level in levels
            if level.is_passing is is_passing
        )

    return f"{part(True)}|{part(False)}" if part(False) else part(True)


def _levels_problem(levels: tuple[Level, ...]) -> str | None:
    if not 2 <= len(levels) <= LEVELS_MAX:
        return f"there are 2 to {LEVELS_MAX} levels"
    if not levels[0].is_passing:
        return "the best level must pass"
    if any(better.is_passing < worse.is_passing for better, worse in itertools.pairwise(levels)):
        return "no level passes below one that fails"
    for level in levels:
        if not _is_label(level.label):
            return f"“{level.label}” cannot be a level"
    if len({_typed(level.label) for level in levels}) < len(levels):
        return "each level needs a label of its own"
    return None


def _is_label(label: str) -> bool:
    return (
        len(label) <= LABEL_MAX
        and _LABEL.fullmatch(label) is not None
        and _typed(label) not in {"absent", "exempt"}
    )


def _pass_mark_of_key(key: tuple[Level, ...], best: Decimal) -> Decimal:
    passing = [level.value for level in key if level.is_passing and level.value is not None]
    return passing[-1] if passing else best


def _typed(label: str) -> str:
    return "".join(label.split()).casefold().replace("\u2212", "-")


# Grade points as most American colleges count them; A+ is above A to distinguish the two.
_LETTER_LEVELS = tuple(
    Level(label, label != "F", Decimal(points))
    for label, points in (
        ("A+", "4.3"), ("A", "4"), ("A-", "3.7"), ("B+", "3.3"), ("B", "3"), ("B-", "2.7"), ("C+", "2.3"),
        ("C", "2"), ("C-", "1.7"), ("D+", "1.3"), ("D", "1"), ("D-", "0.7"), ("F", "0"),
    )
)  # fmt: skip
_PASS_FAIL_LEVELS = (Level("PASS", is_passing=True), Level("FAIL", is_passing=False))

OUT_OF_20: Final = out_of(20)
PERCENT: Final = NumberScale(Decimal(0), Decimal(100), Decimal(50), is_percent=True)
LETTERS: Final = LevelScale(_LETTER_LEVELS)
PASS_FAIL: Final = LevelScale(_PASS_FAIL_LEVELS)
