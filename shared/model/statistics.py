"""Statistics of an exam. Marks (absent, exempt) are counted apart, never as zeros.

Written in plain Python, so that the students' process, which counts at every change, need not hold pandas in
memory: a thousand results have some fifty different grades, and each of these is read and counted once.

The small-group rule, in one place (`disclosure`):

- fewer than SMALL_GROUP scored results: their number, and nothing else. From a mean of two, each of the two
  can work out the other's grade;
- audience CODES: what describes the group (mean, median, quartiles, spread, distribution), but nothing that
  is one person's (lowest, highest), no pass rate of none or all (it would reveal everybody's result), and a
  percentile only to the nearest ten;
- otherwise everything.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from shared.model.errors import GradeOutsideScale
from shared.model.exam import Audience, Result
from shared.model.grades import Grade, Mark, grade_text, parse_grade
from shared.model.scales import LevelScale, NumberScale, Scale, number_text

__all__ = [
    "BINS_MAX",
    "SCORE_DECIMALS",
    "SINGLE_VALUES_MAX",
    "SMALL_GROUP",
    "Bin",
    "Disclosure",
    "Summary",
    "Tally",
    "bin_index",
    "bins",
    "disclosure",
    "distribution",
    "has_mean",
    "places",
    "rate_text",
    "read_grade",
    "score_text",
    "spread_text",
    "summary",
    "tally_of",
    "tiles",
    "whole_percent",
]

SMALL_GROUP = 5  # with fewer scored results no statistic is shown
BINS_MAX = 20
SINGLE_VALUES_MAX = 31  # a scale of so few numbers has a bar for each
SCORE_DECIMALS = 6  # as scores are compared with the bins' ends
SCORE_TOLERANCE = 0.5 * 10**-SCORE_DECIMALS


class Disclosure(StrEnum):
    """How much may be shown of one exam's results."""

    NOTHING = "NOTHING"
    GROUP = "GROUP"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: results with a score from `least_score` on, and below the next bin's.

    `tick` is for the axis. `lower` and `upper` are its ends in numbers of the scale, as they are drawn from
    left to right; NaN where grades are no numbers.
    """

    label: str
    tick: str
    lower: float
    upper: float
    least_score: float


@dataclass(frozen=True, slots=True)
class Tally:
    """The grades of one exam, counted.

    `scores` has each score that occurs (0 to 1, above with extra credit) and how often, in ascending order;
    `passed` is how many of the scored results passed. `unreadable` grades do not fit the scale.
    """

    scores: tuple[tuple[float, int], ...]
    passed: int
    absent: int
    exempt: int
    unreadable: int

    @property
    def scored(self) -> int:
        return sum(count for _, count in self.scores)

    @property
    def count(self) -> int:
        return self.scored + self.absent + self.exempt + self.unreadable


@dataclass(frozen=True, slots=True)
class Summary:
    """One exam in numbers. Scores run from 0 to 1; None is a number that does not exist or may not be shown.

    `count` is all results: scored + absent + exempt + unreadable (a grade that does not fit the scale).
    `spread` is the standard deviation of the scored results; `pass_rate` their share that passed.
    """

    disclosure: Disclosure
    count: int
    scored: int
    absent: int
    exempt: int
    unreadable: int
    mean: float | None = None
    median: float | None = None
    lower_quartile: float | None = None
    upper_quartile: float | None = None
    spread: float | None = None
    lowest: float | None = None
    highest: float | None = None
    pass_rate: float | None = None


def disclosure(scored: int, audience: Audience) -> Disclosure:
    """How much may be shown of `scored` scored results: the small-group rule at the top of this module."""
    if scored < SMALL_GROUP:
        return Disclosure.NOTHING
    return Disclosure.GROUP if audience.has_codes else Disclosure.ALL


def tally_of(results: Iterable[Result], scale: Scale) -> Tally:
    """Counts the grades of all results that are not awaited, in whichever order they are."""
    counts = Counter(result.grade for result in results if not result.is_awaited)
    scores: Counter[float] = Counter()
    marks: Counter[Mark] = Counter()
    passed = unreadable = 0
    for text, count in counts.items():
        grade = read_grade(text, scale)
        if grade is None:
            unreadable += count
        elif grade.mark is not None:
            marks[grade.mark] += count
        else:
            scores[grade.score] += count
            passed += count * grade.is_passing
    return Tally(tuple(sorted(scores.items())), passed, marks[Mark.ABSENT], marks[Mark.EXEMPT], unreadable)


@functools.lru_cache(maxsize=65536)
def read_grade(text: str, scale: Scale) -> Grade | None:
    """A stored grade on its exam's scale; None for one that does not fit: the API stores what it is given."""
    try:
        return parse_grade(text, scale)
    except GradeOutsideScale:
        return None


def has_mean(scale: Scale) -> bool:
    """Whether a mean says anything: not of levels that have an order and no points."""
    return isinstance(scale, NumberScale) or scale.has_points


def summary(tally: Tally, scale: Scale, audience: Audience) -> Summary:
    """The numbers of one exam, as far as they may be shown. `tally` is of the same scale."""
    scored = tally.scored
    allowed = disclosure(scored, audience)
    counts = Summary(
        disclosure=allowed,
        count=tally.count,
        scored=scored,
        absent=tally.absent,
        exempt=tally.exempt,
        unreadable=tally.unreadable,
    )
    if allowed is Disclosure.NOTHING:
        return counts
    mean = math.fsum(score * count for score, count in tally.scores) / scored
    variance = math.fsum(count * (score - mean) ** 2 for score, count in tally.scores) / scored
    is_meaningful = has_mean(scale)
    is_all = allowed is Disclosure.ALL
    return replace(
        counts,
        mean=mean if is_meaningful else None,
        median=_quantile(tally, 0.5),
        lower_quartile=_quantile(tally, 0.25),
        upper_quartile=_quantile(tally, 0.75),
        spread=math.sqrt(variance) if is_meaningful else None,
        lowest=tally.scores[0][0] if is_all else None,
        highest=tally.scores[-1][0] if is_all else None,
        pass_rate=tally.passed / scored if is_all or 0 < tally.passed < scored else None,
    )


def _quantile(tally: Tally, share: float) -> float:
    """Between two scores in proportion, as pandas and spreadsheets have it (Hyndman and Fan's type 7)."""
    ends = list(itertools.accumulate(count for _, count in tally.scores))
    position = share * (ends[-1] - 1)
    below = tally.scores[bisect.bisect_right(ends, math.floor(position))][0]
    above = tally.scores[bisect.bisect_right(ends, math.ceil(position))][0]
    return below + (above - below) * (position % 1)


@functools.lru_cache(maxsize=256)
def bins(scale: Scale) -> tuple[Bin, ...]:
    """The bars of a scale's histogram, the worst first, so that the best is drawn on the right.

    One bar for each level, and for each number of a scale that has BINS_MAX of them at most; other numbers in
    whole steps, so many that there are BINS_MAX ranges at most (halves below 5 points, percent in tens).
    """
    if isinstance(scale, LevelScale):
        return tuple(
            Bin(grade_text(level.label), grade_text(level.label), math.nan, math.nan, scale.score(level))
            for level in reversed(scale.levels)
        )
    width = float(scale.highest - scale.lowest)
    if width / float(scale.step) + 1 <= SINGLE_VALUES_MAX:
        count = int((scale.highest - scale.lowest) / scale.step) + 1
        direction = -scale.step if scale.is_lowest_best else scale.step
        values = [scale.worst + direction * index for index in range(count)]
        singles = [_value_bin(scale, value) for value in values]
        if scale.honours is not None:
            singles[-1] = replace(singles[-1], label=f"{singles[-1].label}, {scale.honours}")
        return tuple(singles)
    edges = _edges(scale, width)
    if scale.is_lowest_best:
        edges.reverse()
    return tuple(
        Bin(f"{near:g}–{far:g}", f"{near:g}", near, far, _rounded_score(scale, Decimal(repr(near))))
        for near, far in itertools.pairwise(edges)
    )


def bin_index(score: float, scale: Scale) -> int:
    """Which of the scale's bins a score falls in, as `distribution` counts it."""
    return max(0, bisect.bisect_right(_starts(scale), round(score, SCORE_DECIMALS)) - 1)


@functools.lru_cache(maxsize=256)
def _starts(scale: Scale) -> tuple[float, ...]:
    return tuple(bin_.least_score - SCORE_TOLERANCE for bin_ in bins(scale))


def distribution(tally: Tally, scale: Scale, audience: Audience) -> tuple[int, ...]:
    """How many scored results fall in each of the scale's bins, the worst first.

    A bin includes the end that is worse and not the better one, but for the last, which includes both and
    all extra credit. All counts are 0 for a small group.
    """
    counts = [0] * len(bins(scale))
    if disclosure(tally.scored, audience) is not Disclosure.NOTHING:
        for score, count in tally.scores:
            counts[bin_index(score, scale)] += count
    return tuple(counts)


def places(tally: Tally, audience: Audience) -> list[tuple[float, float]]:
    """Each score that occurs, in ascending order, and the share of scored results below it, equal ones half,
    from 0 to 100; to the nearest ten with audience CODES. Empty for a small group."""
    scored = tally.scored
    allowed = disclosure(scored, audience)
    if allowed is Disclosure.NOTHING:
        return []
    counts: Counter[float] = Counter()
    for score, count in tally.scores:
        counts[round(score, SCORE_DECIMALS)] += count
    found, below = [], 0
    for score, count in counts.items():
        share = 100 * (below + count / 2) / scored
        found.append((score, round(share / 10) * 10.0 if allowed is Disclosure.GROUP else share))
        below += count
    return found


def score_text(score: float | None, scale: Scale) -> str:
    """A score as people read it on this scale: "13.4", "67.5 %", the nearest level; "–" for None and NaN."""
    if score is None or math.isnan(score):
        return "–"
    if isinstance(scale, NumberScale):
        return f"{_short(scale.value(score))}{' %' if scale.is_percent else ''}"
    return scale.nearest(score).label


def tiles(numbers: Summary, scale: Scale) -> tuple[tuple[str, str], ...]:
    """The tiles above an exam: name and text of each number that may be shown."""
    shown = [("Results", str(numbers.count))]
    if numbers.disclosure is Disclosure.NOTHING:
        shown.append(("Statistics", f"from {SMALL_GROUP} grades"))
    if not scale.is_pass_fail:  # whose one number is how many passed
        if numbers.mean is not None:
            shown.append(("Mean", score_text(numbers.mean, scale)))
        if numbers.median is not None:
            shown.append(("Median", score_text(numbers.median, scale)))
    if numbers.pass_rate is not None:
        shown.append(("Passed", rate_text(numbers.pass_rate)))
    return tuple(shown)


def spread_text(spread: float, scale: Scale) -> str:
    """A distance between scores in numbers of the scale: "2.1", "10 %", "0.8 points" between levels."""
    if isinstance(scale, NumberScale):
        width = _short(spread * float(scale.highest - scale.lowest))
        return f"{width} %" if scale.is_percent else width
    best, worst = scale.levels[0].value, scale.levels[-1].value
    if best is None or worst is None:
        return f"{_short(100 * spread)} % of the scale"
    return f"{_short(spread * float(best - worst))} points"


def rate_text(rate: float) -> str:
    """A share as a percentage: "100 %" and "0 %" only for all and for none, halves rounded up."""
    percent = whole_percent(rate)
    if 0 < rate < 1:
        percent = min(max(percent, 1), 99)
    return f"{percent} %"


def whole_percent(share: float) -> int:
    """Halves rounded up: also where a binary number is a little less than the half it means, as of 23/40."""
    return math.floor(round(100 * share, SCORE_DECIMALS) + 0.5)


def _short(value: float) -> str:
    """Two decimals, halves rounded up: also where a binary number is a little less than the half it means."""
    exact = Decimal(repr(round(value, SCORE_DECIMALS + 2)))
    return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_UP):f}".rstrip("0").rstrip(".")


def _value_bin(scale: NumberScale, value: Decimal) -> Bin:
    label = number_text(value)
    return Bin(label, label, float(value), float(value), _rounded_score(scale, value))


def _rounded_score(scale: NumberScale, value: Decimal) -> float:
    return round(scale.score(value), SCORE_DECIMALS)


def _edges(scale: NumberScale, width: float) -> list[float]:
    if scale.is_percent:
        step = 10.0
    elif width < 5:
        step = 0.5
    else:
        steps = (1, 2, 5, 10, 20, 25, 50, 100)
        step = float(next(whole for whole in steps if math.ceil(width / whole) <= BINS_MAX))
    lowest, highest = float(scale.lowest), float(scale.highest)
    return [lowest + index * step for index in range(math.ceil(width / step))] + [highest]
