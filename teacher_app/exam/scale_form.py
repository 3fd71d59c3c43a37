"""The scale in the form of an exam: what is chosen and typed, and the scale that it means."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from shared.model.errors import ScaleUnknown
from shared.model.exam import Result
from shared.model.grades import shown_grade
from shared.model.scale_presets import PRESETS, preset_of
from shared.model.scales import (
    OUT_OF_20,
    Level,
    LevelScale,
    NumberScale,
    Scale,
    describe,
    number_text,
    parse_scale,
)
from shared.model.statistics import read_grade

__all__ = ["LEVELS_HELP", "ScaleFields", "level_changes", "level_counts", "scale_choices"]

LEVELS_HELP: Final = (
    "One level a line, the best first, such as “A = 90”. A line of --- stands above the first that fails."
)
_OWN_LEVELS: Final = parse_scale("LEVELS=A,B,C,D|F")
_BAR: Final = "---"
_NUMBER = re.compile(r"[-\u2212]?[0-9]+(?:[.,][0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class ScaleFields:
    """The form's present content, right or wrong. Numbers are texts as they are typed; `levels` are the
    levels of a scale without numbers, `key` those that a scale of numbers assigns to points."""

    is_of_levels: bool
    lowest: str = "0"
    highest: str = ""
    step: str = "0.01"
    pass_mark: str = ""
    is_percent: bool = False
    is_lowest_best: bool = False
    allows_more: bool = False
    has_signs: bool = False
    honours: str = ""
    key: str = ""
    levels: str = ""

    @classmethod
    def of(cls, scale: Scale) -> ScaleFields:
        """The fields that mean `scale`."""
        if isinstance(scale, LevelScale):
            return cls(is_of_levels=True, levels=_lines(scale.levels))
        return cls(
            is_of_levels=False,
            lowest=number_text(scale.lowest),
            highest=number_text(scale.highest),
            step=number_text(scale.step),
            pass_mark="" if _is_half(scale) else number_text(scale.pass_mark),
            is_percent=scale.is_percent,
            is_lowest_best=scale.is_lowest_best,
            allows_more=scale.allows_more,
            has_signs=scale.has_signs,
            honours=scale.honours or "",
            key=_lines(scale.key),
        )

    def scale(self) -> Scale:
        """The scale that these fields mean. Raises ScaleUnknown, whose `problem` says what to change."""
        if self.is_of_levels:
            return LevelScale(_levels(self.levels))
        highest = Decimal(100) if self.is_percent else _number(self.highest, "the highest grade")
        lowest = Decimal(0) if self.is_percent else _number(self.lowest, "the lowest grade")
        key = _levels(self.key) if self.key.strip() else ()
        passing = [level.value for level in key if level.is_passing and level.value is not None]
        if passing:
            pass_mark = passing[-1]
        elif not self.pass_mark.strip() and lowest == 0 and not self.is_lowest_best:
            pass_mark = highest / 2
        else:
            pass_mark = _number(self.pass_mark, "the pass mark")
        return NumberScale(
            lowest=lowest,
            highest=highest,
            pass_mark=pass_mark,
            step=_number(self.step, "the step"),
            is_percent=self.is_percent,
            is_lowest_best=self.is_lowest_best,
            allows_more=self.allows_more,
            has_signs=self.has_signs,
            honours=self.honours.strip() or None,
            key=key,
        )


def scale_choices(start: Scale, used: Iterable[Scale] = ()) -> dict[str, Scale]:
    """Scales to choose from by name: `start` and those `used` before where they are the teacher's own, then
    the presets, then two to begin a new one from. `start` is always among them."""
    choices: dict[str, Scale] = {}
    for scale in (start, *used):
        if preset_of(scale) is None:
            choices.setdefault(f"My own: {describe(scale)}", scale)
    choices |= {preset.name: preset.scale for preset in PRESETS}
    return choices | {"New: numbers": OUT_OF_20, "New: levels": _OWN_LEVELS}


def level_counts(results: Iterable[Result], scale: NumberScale) -> list[tuple[str, int]]:
    """How many students get each level of the scale's key, the best level first."""
    grades = [read_grade(row.grade, scale) for row in results]
    found = Counter(grade.level for grade in grades if grade is not None)
    return [(level.label, found[level.label]) for level in scale.key]


def level_changes(results: Iterable[Result], now: Scale, then: Scale) -> list[tuple[str, str, str]]:
    """Students whose displayed grade would change: (student, shown now, shown then), in row order."""
    changes = []
    for row in results:
        before, after = shown_grade(row.grade, now), shown_grade(row.grade, then)
        if before != after:
            changes.append((row.name or row.student, before, after))
    return changes


def _is_half(scale: NumberScale) -> bool:
    return scale.lowest == 0 and not scale.is_lowest_best and scale.pass_mark == scale.highest / 2


def _lines(levels: Iterable[Level]) -> str:
    lines: list[str] = []
    was_passing = True
    for level in levels:
        if was_passing and not level.is_passing:
            lines.append(_BAR)
        was_passing = level.is_passing
        lines.append(level.label if level.value is None else f"{level.label} = {number_text(level.value)}")
    return "\n".join(lines)


def _levels(text: str) -> tuple[Level, ...]:
    is_passing = True
    found: list[Level] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if set(line) <= set("-\u2013\u2014") and len(line) > 1:
            is_passing = False
            continue
        label, equals, value = line.partition("=")
        number = _number(value, f"the number of “{label.strip()}”") if equals else None
        found.append(Level(label.strip(), is_passing, number))
    return tuple(found)


def _number(text: str, name: str) -> Decimal:
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        raise ScaleUnknown(text, f"{name} is not a number: “{plain}”" if plain else f"type {name}")
    return Decimal(plain.replace(",", ".").replace("\u2212", "-"))
