"""What every page shows at the head of an exam: tiles and a chart, computed once and ready to draw.

Whoever draws rounds nothing, counts nothing and needs no scale: texts are as people read them, lengths and
places are percentages of the plot.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shared.model.exam import Exam, Result
from shared.model.scales import PASS_FAIL, LevelScale, NumberScale, Scale
from shared.model.statistics import (
    SCORE_DECIMALS,
    Disclosure,
    bins,
    distribution,
    frame_from_results,
    rate_text,
    score_text,
    summary,
    tiles,
)

__all__ = ["Axis", "Bar", "Mark", "Overview", "axis_of", "overview_of"]

HEIGHT_MAX = 88  # percent: above the highest bar there is room for its number
TICKS_MAX = 14  # with more bars every second tick is left out


@dataclass(frozen=True, slots=True)
class Axis:
    """`labels` and `ticks` have one entry for each bar; a tick is "" where it would be crowded.

    `last_tick` is the right end of the last range, whose bars start at their ticks; "" where each bar is one
    grade, with its tick beneath its middle.
    """

    labels: tuple[str, ...]
    ticks: tuple[str, ...]
    last_tick: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `height` in percent of the plot's, 0 only for an empty one; `share` of the scored results."""

    label: str
    tick: str
    count: int
    height: int
    share: str

    @property
    def text(self) -> str:
        """The bar in words: "12–13: 3 students, 25 %"."""
        return f"{self.label}: {self.count} {'student' if self.count == 1 else 'students'}, {self.share}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the plot, `left` percent from its left end."""

    left: float
    text: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`bars` and `marks` are empty where the small-group rule lets no statistic out."""

    tiles: tuple[tuple[str, str], ...]
    axis: Axis
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]

    @property
    def words(self) -> str:
        """The chart for those who do not see it."""
        filled = ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars if bar.count)
        marks = "".join(f" {mark.text}." for mark in self.marks)
        return f"Histogram of {sum(bar.count for bar in self.bars)} grades. {filled}.{marks}"


@functools.lru_cache(maxsize=256)
def axis_of(scale: Scale) -> Axis:
    """The labels beneath the bars of statistics.bins, which may differ for each scale only."""
    found = bins(scale)
    is_ranges = _is_ranges(scale)
    is_crowded = len(found) > TICKS_MAX
    ticks = ["" if is_crowded and index % 2 else bin_.tick for index, bin_ in enumerate(found)]
    if is_crowded and is_ranges and len(found) % 2:
        ticks[-1] = ""  # the last tick stands beside it
    return Axis(
        tuple(bin_.label for bin_ in found), tuple(ticks), f"{found[-1].upper:g}" if is_ranges else ""
    )


def overview_of(exam: Exam, results: Iterable[Result]) -> Overview:
    """The tiles and the chart of an exam's results. For 10,000 results it takes tens of milliseconds."""
    scale = exam.scale
    frame = frame_from_results(results, scale)
    numbers = summary(frame, scale, exam.audience)
    axis = axis_of(scale)
    shown = tiles(numbers, scale)
    if numbers.disclosure is Disclosure.NOTHING:
        return Overview(shown, axis, (), ())
    counts = [int(count) for count in distribution(frame, scale, exam.audience)["count"]]
    most = max(counts)
    bars = tuple(
        Bar(label, tick, count, _height(count, most), rate_text(count / numbers.scored))
        for label, tick, count in zip(axis.labels, axis.ticks, counts, strict=True)
    )
    return Overview(shown, axis, bars, _marks(scale, numbers.median))


def _height(count: int, most: int) -> int:
    return max(1, round(HEIGHT_MAX * count / most)) if count else 0


def _marks(scale: Scale, median: float | None) -> tuple[Mark, ...]:
    if scale == PASS_FAIL:  # its two bars say it all
        return ()
    marks = []
    if median is not None:
        marks.append(Mark(_place(scale, median), f"Median {score_text(median, scale)}"))
    left, text = _pass_mark(scale)
    if 0 < left < 100:
        marks.append(Mark(left, f"Pass mark {text}"))
    return tuple(marks)


def _pass_mark(scale: Scale) -> tuple[float, str]:
    """Where passing begins: at the pass mark in a range, else before the first bar that passes."""
    if isinstance(scale, LevelScale):
        passing = [level for level in scale.levels if level.is_passing]
        return round(100 * (1 - len(passing) / len(scale.levels)), 2), passing[-1].label
    text = scale.pass_mark_text
    score = scale.score(scale.pass_mark)
    if _is_ranges(scale):
        return _place(scale, score), text
    found = bins(scale)
    failing = sum(bin_.least_score < round(score, SCORE_DECIMALS) for bin_ in found)
    return round(100 * failing / len(found), 2), text


def _place(scale: Scale, score: float) -> float:
    """Percent from the left: the ranges lie edge to edge, a bar of one grade has it in its middle."""
    found = bins(scale)
    scores = [bin_.least_score for bin_ in found]
    if _is_ranges(scale):
        places = np.arange(len(found) + 1) / len(found)
        scores = [*scores, 1.0]
    else:
        places = (np.arange(len(found)) + 0.5) / len(found)
    return round(100 * float(np.interp(score, scores, places)), 2)


def _is_ranges(scale: Scale) -> bool:
    found = bins(scale)[0]
    return isinstance(scale, NumberScale) and found.lower != found.upper
