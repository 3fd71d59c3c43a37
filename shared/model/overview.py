"""What every page shows at the head of an exam: tiles and a chart, computed once and ready to draw.

Whoever draws rounds nothing, counts nothing and needs no scale: texts are as people read them, lengths and
places are percentages of the plot.
"""

from __future__ import annotations

import bisect
import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.model.exam import Exam, Result
from shared.model.scales import LevelScale, NumberScale, Scale
from shared.model.statistics import (
    SCORE_DECIMALS,
    Disclosure,
    Summary,
    Tally,
    bins,
    distribution,
    places,
    rate_text,
    score_text,
    summary,
    tally_of,
    tiles,
)
from shared.model.statistics_texts import box_names, comparable_rows, place_text, rule_text, statistics_rows

__all__ = ["Axis", "Bar", "Mark", "Overview", "axis_of", "overview_of"]

HEIGHT_MAX = 88  # percent: above the highest bar there is room for its number
CHARACTER_WIDTH, MARGINS_WIDTH = 2.3, 5.0  # percent of the plot, of a mark's text on a narrow phone
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
    """One bar: `height` in percent of the plot's, 0 only for an empty one; `share` of the scored results.

    `total_height` and `total_share` are those of all results in this bar and in the ones to its left.
    """

    label: str
    tick: str
    count: int
    height: int
    share: str
    total_height: int
    total_share: str

    @property
    def text(self) -> str:
        """The bar in words: "12–13: 3 students, 25 %"."""
        return f"{self.label}: {self.count} {'student' if self.count == 1 else 'students'}, {self.share}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across the plot, `left` percent from its left end. Its text stands beside its upper end, before
    or after it, in a row above the bars: 1 is the lowest."""

    left: float
    text: str
    row: int = 1
    is_text_before: bool = False

    @property
    def begin(self) -> float:
        """Where the text begins on a narrow phone, in percent of the plot."""
        return self.left - self._width if self.is_text_before else self.left

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.left if self.is_text_before else self.left + self._width

    @property
    def _width(self) -> float:
        return MARGINS_WIDTH + CHARACTER_WIDTH * len(self.text)


@dataclass(frozen=True, slots=True)
class Overview:
    """All that a page shows of an exam's numbers.

    `bars`, `marks`, `box` and `places` are empty where the small-group rule lets no statistic out. `box` has
    the lower quartile, the median and the upper quartile of a box plot, between the lowest and the highest
    grade if they may be shown. `places` has the least score (0 to 1) of each place among the others.
    """

    tiles: tuple[tuple[str, str], ...]
    axis: Axis
    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    box: tuple[Mark, ...]
    places: tuple[tuple[float, str], ...]
    statistics: tuple[tuple[str, str], ...]
    rule: str
    comparable: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The chart for those who do not see it."""
        filled = ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars if bar.count)
        marks = "".join(f" {mark.text}." for mark in self.marks)
        return f"Histogram of {sum(bar.count for bar in self.bars)} grades. {filled}.{marks}"

    def place_of(self, score: float) -> str:
        """How many of the grades are below that score, such as "52 %"; "" if that may not be shown."""
        found = [text for least, text in self.places if least <= round(score, SCORE_DECIMALS)]
        return found[-1] if found else ""


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
    """The numbers of an exam's results. For 10,000 results it takes some milliseconds."""
    scale = exam.scale
    counted = tally_of(results, scale)
    numbers = summary(counted, scale, exam.audience)
    axis = axis_of(scale)
    is_shown = numbers.disclosure is not Disclosure.NOTHING
    counts = distribution(counted, scale, exam.audience) if is_shown else ()
    return Overview(
        tiles=tiles(numbers, scale),
        axis=axis,
        bars=_bars(axis, counts),
        marks=_marks(scale, numbers) if is_shown else (),
        box=_box(exam, numbers),
        places=_places(counted, exam),
        statistics=statistics_rows(exam, numbers),
        rule=rule_text(exam.audience, numbers.disclosure),
        comparable=comparable_rows(exam, numbers),
    )


def _bars(axis: Axis, counts: tuple[int, ...]) -> tuple[Bar, ...]:
    totals = list(itertools.accumulate(counts))
    return tuple(
        Bar(
            label,
            tick,
            count,
            _height(count, max(counts)),
            rate_text(count / totals[-1]),
            _height(total, totals[-1]),
            rate_text(total / totals[-1]),
        )
        for label, tick, count, total in zip(axis.labels, axis.ticks, counts, totals, strict=False)
    )


def _height(count: int, most: int) -> int:
    return max(1, round(HEIGHT_MAX * count / most)) if count else 0


def _marks(scale: Scale, numbers: Summary) -> tuple[Mark, ...]:
    if scale.is_pass_fail:  # its two bars say it all
        return ()
    marks = [
        Mark(_place(scale, score), f"{name} {score_text(score, scale)}")
        for name, score in (("Median", numbers.median), ("Mean", numbers.mean))
        if score is not None
    ]
    left, text = _pass_mark(scale)
    if 0 < left < 100:
        marks.append(Mark(left, f"Pass mark {text}"))
    return _uncrossed(marks)


def _uncrossed(marks: Sequence[Mark]) -> tuple[Mark, ...]:
    """The marks with places for their texts, which no line crosses on its way down through the lower rows.
    Three long texts may be too long for the narrowest phone, by as little as possible."""
    fitting = (placed for placed in _placements(marks) if _excess(placed) == 0)
    return next(fitting, None) or min(_placements(marks), key=_excess)


def _placements(marks: Sequence[Mark]) -> Iterator[tuple[Mark, ...]]:
    for sides in itertools.product((False, True), repeat=len(marks)):
        for rows in itertools.permutations(range(1, len(marks) + 1)):
            yield tuple(
                replace(mark, row=row, is_text_before=is_before)
                for mark, row, is_before in zip(marks, rows, sides, strict=True)
            )


def _excess(marks: Sequence[Mark]) -> float:
    """Percent of the plot by which texts reach beyond it, or beyond the next line from a higher row."""
    excess = 0.0
    for mark in marks:
        lines = [other.left for other in marks if other.row > mark.row]
        if mark.is_text_before:
            excess += max([0.0, *(left - mark.begin for left in (0.0, *lines) if left < mark.left)])
        else:
            excess += max([0.0, *(mark.end - left for left in (100.0, *lines) if left > mark.left)])
    return excess


def _box(exam: Exam, numbers: Summary) -> tuple[Mark, ...]:
    if exam.scale.is_pass_fail:
        return ()
    lowest, highest = box_names(exam)
    parts = (
        (lowest, numbers.lowest),
        ("Lower quartile", numbers.lower_quartile),
        ("Median", numbers.median),
        ("Upper quartile", numbers.upper_quartile),
        (highest, numbers.highest),
    )
    return tuple(
        Mark(_place(exam.scale, score), f"{name} {score_text(score, exam.scale)}")
        for name, score in parts
        if score is not None
    )


def _places(counted: Tally, exam: Exam) -> tuple[tuple[float, str], ...]:
    """One for each different text, of which there are about a hundred at most."""
    found: list[tuple[float, str]] = []
    for score, share in places(counted, exam.audience):
        text = place_text(share, exam.audience)
        if not found or found[-1][1] != text:
            found.append((score, text))
    return tuple(found)


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
        offset, scores = 0.0, [*scores, 1.0]
    else:
        offset = 0.5
    score = min(max(score, scores[0]), scores[-1])
    left = min(bisect.bisect_right(scores, score), len(scores) - 1) - 1
    within = (score - scores[left]) / (scores[left + 1] - scores[left])
    return round(100 * (left + within + offset) / len(found), 2)


def _is_ranges(scale: Scale) -> bool:
    found = bins(scale)[0]
    return isinstance(scale, NumberScale) and found.lower != found.upper
