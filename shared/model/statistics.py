"""Statistics of an exam, with pandas. Marks (absent, exempt) are counted apart, never as
zeros.

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
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import numpy as np
import pandas as pd

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
    "bin_index",
    "bins",
    "disclosure",
    "distribution",
    "frame_from_results",
    "has_mean",
    "places",
    "rate_text",
    "read_grade",
    "score_text",
    "spread_text",
    "summary",
    "tiles",
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
    return Disclosure.GROUP if audience is Audience.CODES else Disclosure.ALL


def frame_from_results(results: Iterable[Result], scale: Scale) -> pd.DataFrame:
    """One row per result that is not awaited, in the order given; an empty frame keeps its columns.

    Columns: id, student, grade: str; score: float (0 to 1, above with extra credit, NaN without one);
    passed: bool; kind: str, one of "scored", "absent", "exempt", "unreadable".
    """
    rows = [result for result in results if not result.is_awaited]
    grades = [read_grade(row.grade, scale) for row in rows]
    return pd.DataFrame(
        {
            "id": pd.Series([row.id for row in rows], dtype="str"),
            "student": pd.Series([row.student for row in rows], dtype="str"),
            "grade": pd.Series([row.grade for row in rows], dtype="str"),
            "score": pd.Series(
                [math.nan if grade is None else grade.score for grade in grades], dtype="float64"
            ),
            "passed": pd.Series([grade is not None and grade.is_passing for grade in grades], dtype="bool"),
            "kind": pd.Series([_kind(grade) for grade in grades], dtype="str"),
        }
    )


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


def summary(frame: pd.DataFrame, scale: Scale, audience: Audience) -> Summary:
    """The numbers of one exam, as far as they may be shown. `frame` is from frame_from_results() with the
    same scale."""
    kinds = frame["kind"].value_counts()
    scores = _scores(frame)
    allowed = disclosure(len(scores), audience)
    counts = Summary(
        disclosure=allowed,
        count=len(frame),
        scored=len(scores),
        absent=int(kinds.get("absent", 0)),
        exempt=int(kinds.get("exempt", 0)),
        unreadable=int(kinds.get("unreadable", 0)),
    )
    if allowed is Disclosure.NOTHING:
        return counts
    passed = int(frame["passed"].sum())
    is_meaningful = has_mean(scale)
    lower, median, upper = (float(value) for value in np.quantile(scores, (0.25, 0.5, 0.75)))
    is_all = allowed is Disclosure.ALL
    return replace(
        counts,
        mean=float(scores.mean()) if is_meaningful else None,
        median=median,
        lower_quartile=lower,
        upper_quartile=upper,
        spread=float(scores.std(ddof=0)) if is_meaningful else None,
        lowest=float(scores.min()) if is_all else None,
        highest=float(scores.max()) if is_all else None,
        pass_rate=passed / len(scores) if is_all or 0 < passed < len(scores) else None,
    )


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
    edges = [float(edge) for edge in _edges(scale, width)]
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


def distribution(frame: pd.DataFrame, scale: Scale, audience: Audience) -> pd.DataFrame:
    """How many scored results fall in each of the scale's bins, the worst first; also empty ones.

    Columns: label: str; lower, upper: float, the bin's ends in numbers of the scale (NaN where grades are no
    numbers); count: int. A bin includes the end that is worse and not the better one, but for the last, which
    includes both and all extra credit. All counts are 0 for a small group.
    """
    scores = _scores(frame)
    if disclosure(len(scores), audience) is Disclosure.NOTHING:
        scores = scores[:0]
    found = bins(scale)
    # Rounded as the bins are: 1/7 of the points is then the same number on both sides.
    places = np.clip(
        np.searchsorted(_starts(scale), np.round(scores, SCORE_DECIMALS), side="right") - 1, 0, None
    )
    return pd.DataFrame(
        {
            "label": [bin_.label for bin_ in found],
            "lower": [bin_.lower for bin_ in found],
            "upper": [bin_.upper for bin_ in found],
            "count": np.bincount(places, minlength=len(found)).astype(np.int64),
        }
    )


def places(frame: pd.DataFrame, audience: Audience) -> list[tuple[float, float]]:
    """Each score that occurs, in ascending order, and the share of scored results below it, equal ones half,
    from 0 to 100; to the nearest ten with audience CODES. Empty for a small group."""
    scores = _scores(frame)
    allowed = disclosure(len(scores), audience)
    if allowed is Disclosure.NOTHING:
        return []
    found, counts = np.unique(np.round(scores, SCORE_DECIMALS), return_counts=True)
    shares = 100 * (np.cumsum(counts) - counts / 2) / len(scores)
    if allowed is Disclosure.GROUP:
        shares = np.round(shares / 10) * 10
    return list(zip(found.tolist(), shares.tolist(), strict=True))


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
    percent = math.floor(100 * rate + 0.5)
    if 0 < rate < 1:
        percent = min(max(percent, 1), 99)
    return f"{percent} %"


def _short(value: float) -> str:
    """Two decimals, halves rounded up: also where a binary number is a little less than the half it means."""
    exact = Decimal(repr(round(value, SCORE_DECIMALS + 2)))
    return f"{exact.quantize(Decimal('0.01'), ROUND_HALF_UP):f}".rstrip("0").rstrip(".")


def _scores(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """In ascending order: a sum of floating-point numbers depends on theirs."""
    return np.sort(frame["score"].dropna().to_numpy(dtype=np.float64))


def _value_bin(scale: NumberScale, value: Decimal) -> Bin:
    label = number_text(value)
    return Bin(label, label, float(value), float(value), _rounded_score(scale, value))


def _rounded_score(scale: NumberScale, value: Decimal) -> float:
    return round(scale.score(value), SCORE_DECIMALS)


def _edges(scale: NumberScale, width: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if scale.is_percent:
        step = 10.0
    elif width < 5:
        step = 0.5
    else:
        steps = (1, 2, 5, 10, 20, 25, 50, 100)
        step = float(next(whole for whole in steps if math.ceil(width / whole) <= BINS_MAX))
    lowest, highest = float(scale.lowest), float(scale.highest)
    return np.append(np.arange(lowest, highest, step), highest)


def _kind(grade: Grade | None) -> str:
    if grade is None:
        return "unreadable"
    if grade.mark is None:
        return "scored"
    return "absent" if grade.mark is Mark.ABSENT else "exempt"
