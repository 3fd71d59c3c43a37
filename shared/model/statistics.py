"""Statistics of one exam and of several, with pandas. Marks (absent, exempt) are counted apart, never as
zeros.

The small-group rule, in one place (`disclosure`):

- fewer than SMALL_GROUP scored results: how many there are, and nothing else. A mean of two tells each of
  the two what the other has;
- audience CODES: what describes the group (mean, median, quartiles, spread, distribution), but nothing that
  is one person's (lowest, highest), no pass rate of none or all (it would tell everybody's result), and a
  percentile only to the nearest ten;
- otherwise everything.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from shared.model.errors import GradeOutsideScale
from shared.model.exam import Audience, Exam, Result
from shared.model.grades import LETTER_SCORES, Grade, Mark, Scale, ScaleKind, parse_grade

__all__ = [
    "BINS_MAX",
    "PASS_SCORE",
    "SMALL_GROUP",
    "Disclosure",
    "Summary",
    "comparison",
    "disclosure",
    "distribution",
    "frame_from_results",
    "percentile",
    "score_text",
    "summary",
]

SMALL_GROUP = 5  # fewer scored results than this, and no statistic leaves
PASS_SCORE = 0.5  # half of the points; with letters every one but F passes
BINS_MAX = 20

_COLUMNS = ("id", "student", "grade", "score", "kind")


class Disclosure(StrEnum):
    """How much may be told of one exam's results."""

    NOTHING = "NOTHING"
    GROUP = "GROUP"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Summary:
    """One exam in numbers. Scores run from 0 to 1; None is what there is not or what may not be told.

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
    """How much may be told of `scored` scored results: the small-group rule at the head of this module."""
    if scored < SMALL_GROUP:
        return Disclosure.NOTHING
    return Disclosure.GROUP if audience is Audience.CODES else Disclosure.ALL


def frame_from_results(results: Iterable[Result], scale: Scale) -> pd.DataFrame:
    """One row a result, in the order given; an empty frame keeps its columns.

    Columns: id, student, grade: str; score: float (0 to 1, NaN when there is none); kind: str, one of
    "scored", "absent", "exempt", "unreadable".
    """
    rows = list(results)
    grades = [_grade(row.grade, scale) for row in rows]
    return pd.DataFrame(
        {
            "id": pd.Series([row.id for row in rows], dtype="str"),
            "student": pd.Series([row.student for row in rows], dtype="str"),
            "grade": pd.Series([row.grade for row in rows], dtype="str"),
            "score": pd.Series(
                [math.nan if grade is None else grade.score for grade in grades], dtype="float64"
            ),
            "kind": pd.Series([_kind(grade) for grade in grades], dtype="str"),
        },
        columns=list(_COLUMNS),
    )


def summary(frame: pd.DataFrame, scale: Scale, audience: Audience) -> Summary:
    """The numbers of one exam, as far as they may be told. `frame` is frame_from_results' of the same
    scale."""
    kinds = frame["kind"].value_counts()
    scores = _scores(frame)
    told = disclosure(len(scores), audience)
    counts = Summary(
        disclosure=told,
        count=len(frame),
        scored=len(scores),
        absent=int(kinds.get("absent", 0)),
        exempt=int(kinds.get("exempt", 0)),
        unreadable=int(kinds.get("unreadable", 0)),
    )
    if told is Disclosure.NOTHING:
        return counts
    passed = int((scores >= _pass_score(scale)).sum())
    lower, median, upper = (float(value) for value in np.quantile(scores, (0.25, 0.5, 0.75)))
    is_all = told is Disclosure.ALL
    return Summary(
        disclosure=told,
        count=counts.count,
        scored=counts.scored,
        absent=counts.absent,
        exempt=counts.exempt,
        unreadable=counts.unreadable,
        mean=float(scores.mean()),
        median=median,
        lower_quartile=lower,
        upper_quartile=upper,
        spread=float(scores.std(ddof=0)),
        lowest=float(scores.min()) if is_all else None,
        highest=float(scores.max()) if is_all else None,
        pass_rate=passed / len(scores) if is_all or 0 < passed < len(scores) else None,
    )


def distribution(frame: pd.DataFrame, scale: Scale, audience: Audience) -> pd.DataFrame:
    """How many scored results fall in each bin, lowest bin first; all bins of the scale, also empty ones.

    Columns: label: str; lower, upper: float, in points (NaN where grades are no numbers); count: int. A bin
    holds its lower end and not its upper one, but for the last, which holds both. All counts are 0 for a
    small group.

    Bins: OUT_OF_n in whole steps, BINS_MAX at most (halves below 5 points); PERCENT in tens; one a letter;
    PASS, FAIL.
    """
    scores = _scores(frame)
    if disclosure(len(scores), audience) is Disclosure.NOTHING:
        scores = scores[:0]
    points = scale.points
    if points is None:
        labels = ["FAIL", "PASS"] if scale.kind is ScaleKind.PASS_FAIL else list(reversed(LETTER_SCORES))
        steps = [0.0, 1.0] if scale.kind is ScaleKind.PASS_FAIL else [LETTER_SCORES[name] for name in labels]
        counts = [int(np.isclose(scores, step).sum()) for step in steps]
        ends = [math.nan] * len(labels)
        return pd.DataFrame({"label": labels, "lower": ends, "upper": ends, "count": counts})
    edges = _edges(scale, points)
    # A grade has two decimals at most: rounding puts what was n/maximum back on its place before it is
    # binned.
    filled, _ = np.histogram(np.round(scores * points, 6), bins=edges)
    lower, upper = edges[:-1], edges[1:]
    return pd.DataFrame(
        {
            "label": [f"{low:g}–{high:g}" for low, high in zip(lower, upper, strict=True)],
            "lower": lower,
            "upper": upper,
            "count": filled.astype(np.int64),
        }
    )


def percentile(frame: pd.DataFrame, result_id: str, audience: Audience) -> float | None:
    """The share of scored results below this one, equal ones half, from 0 to 100.

    None for a row without a score, an unknown one, and in a small group; to the nearest ten with audience
    CODES.
    """
    scores = _scores(frame)
    told = disclosure(len(scores), audience)
    own = frame.loc[frame["id"] == result_id, "score"].to_numpy(dtype=float)
    if told is Disclosure.NOTHING or len(own) == 0 or math.isnan(own[0]):
        return None
    is_equal = np.isclose(scores, own[0])
    below = int(((scores < own[0]) & ~is_equal).sum())
    share = 100 * (below + int(is_equal.sum()) / 2) / len(scores)
    return float(round(share / 10) * 10) if told is Disclosure.GROUP else share


def comparison(exams: Sequence[tuple[Exam, pd.DataFrame]]) -> pd.DataFrame:
    """One row an exam, in the order given; scores as shares from 0 to 1, NaN where nothing may be told.

    Columns: exam_id, subject, teacher: str; date: datetime64; count, scored: int; mean, median,
    lower_quartile, upper_quartile, spread, pass_rate: float.
    """
    told = [(exam, summary(frame, exam.scale, exam.audience)) for exam, frame in exams]
    columns: dict[str, object] = {
        "exam_id": pd.Series([exam.id for exam, _ in told], dtype="str"),
        "subject": pd.Series([exam.subject for exam, _ in told], dtype="str"),
        "teacher": pd.Series([exam.teacher for exam, _ in told], dtype="str"),
        "date": pd.to_datetime(pd.Series([exam.date for exam, _ in told], dtype="object")),
        "count": pd.Series([numbers.count for _, numbers in told], dtype="int64"),
        "scored": pd.Series([numbers.scored for _, numbers in told], dtype="int64"),
    }
    for name in ("mean", "median", "lower_quartile", "upper_quartile", "spread", "pass_rate"):
        values = [getattr(numbers, name) for _, numbers in told]
        columns[name] = pd.Series([math.nan if value is None else value for value in values], dtype="float64")
    return pd.DataFrame(columns)


def score_text(score: float | None, scale: Scale) -> str:
    """A score as people read it on this scale: "13.4", "67.5 %", "about B+"; "–" for None and NaN."""
    if score is None or math.isnan(score):
        return "–"
    if scale.kind is ScaleKind.LETTERS:
        return min(LETTER_SCORES, key=lambda letter: abs(LETTER_SCORES[letter] - score))
    points = scale.points
    if scale.kind is ScaleKind.PERCENT or points is None:
        return f"{_short(score * 100)} %"
    return _short(score * points)


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _scores(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return frame["score"].dropna().to_numpy(dtype=np.float64)


def _pass_score(scale: Scale) -> float:
    return LETTER_SCORES["D-"] if scale.kind is ScaleKind.LETTERS else PASS_SCORE


def _edges(scale: Scale, points: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    if scale.kind is ScaleKind.PERCENT:
        step = 10.0
    elif points < 5:
        step = 0.5
    else:
        steps = (1, 2, 5, 10, 20, 25, 50, 100)
        step = float(next(whole for whole in steps if math.ceil(points / whole) <= BINS_MAX))
    return np.append(np.arange(0.0, points, step), points)


def _kind(grade: Grade | None) -> str:
    if grade is None:
        return "unreadable"
    if grade.mark is None:
        return "scored"
    return "absent" if grade.mark is Mark.ABSENT else "exempt"


@functools.lru_cache(maxsize=65536)
def _grade(text: str, scale: Scale) -> Grade | None:
    """None for a grade that does not fit: the API stores what it is given."""
    try:
        return parse_grade(text, scale)
    except GradeOutsideScale:
        return None
