"""What students will see of an exam: the same tiles and bars as their board draws, as plain values.
No Streamlit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.exam import Exam, Result
from shared.model.grades import ScaleKind, grade_text
from shared.model.statistics import (
    SMALL_GROUP,
    Disclosure,
    distribution,
    frame_from_results,
    score_text,
    summary,
)
from shared.model.text import sort_key

__all__ = ["Bar", "Preview", "preview_of"]

HEIGHT_MAX = 88  # percent: above the highest bar there is room for its number
TICKS_MAX = 14  # with more bars every second one has its number beneath, as on the board


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of the histogram; `height` is in percent of the plot's height."""

    label: str
    tick: str
    count: int
    height: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`bars` is empty where the small-group rule lets no statistic out; `rows` are (student, grade)."""

    tiles: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    rows: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The histogram for those who do not see it."""
        filled = ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars if bar.count)
        return f"Histogram of {sum(bar.count for bar in self.bars)} grades. {filled}."


def preview_of(exam: Exam, results: Sequence[Result]) -> Preview:
    """The students' view of `results`, sorted by what students see as the name."""
    frame = frame_from_results(results, exam.scale)
    numbers = summary(frame, exam.scale, exam.audience)
    tiles = [("Results", str(numbers.count))]
    if numbers.disclosure is Disclosure.NOTHING:
        tiles.append(("Statistics", f"from {SMALL_GROUP} grades on"))
    elif exam.scale.kind is not ScaleKind.PASS_FAIL:
        tiles += [
            ("Mean", score_text(numbers.mean, exam.scale)),
            ("Median", score_text(numbers.median, exam.scale)),
        ]
    if numbers.pass_rate is not None:
        tiles.append(("Passed", f"{math.floor(100 * numbers.pass_rate + 0.5)} %"))
    rows = sorted(results, key=lambda row: (sort_key(row.student), row.id))
    bars = () if numbers.disclosure is Disclosure.NOTHING else _bars(exam, results)
    return Preview(tuple(tiles), bars, tuple((row.student, grade_text(row.grade)) for row in rows))


def _bars(exam: Exam, results: Sequence[Result]) -> tuple[Bar, ...]:
    bins = distribution(frame_from_results(results, exam.scale), exam.scale, exam.audience)
    most = max(1, int(bins["count"].max()))
    is_crowded = len(bins) > TICKS_MAX
    bars = []
    for index, (label, lower, count) in enumerate(
        zip(bins["label"], bins["lower"], bins["count"], strict=True)
    ):
        tick = str(label) if math.isnan(lower) else f"{lower:g}"
        height = round(HEIGHT_MAX * int(count) / most)
        bars.append(Bar(str(label), "" if is_crowded and index % 2 else tick, int(count), height))
    return tuple(bars)
