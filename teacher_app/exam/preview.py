"""An exam as students will see it: the tiles and bars of their board as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.exam import Exam, Result
from shared.model.grades import shown_grade
from shared.model.statistics import (
    Disclosure,
    bins,
    distribution,
    frame_from_results,
    summary,
    tiles,
)
from shared.model.text import sort_key

__all__ = ["Bar", "Preview", "preview_of"]

HEIGHT_MAX = 88  # percent: leaves room for the number above the highest bar
TICKS_MAX = 14  # with more bars only every second one is labelled, as on the board


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin of the histogram; `height` is in percent of the plot's height."""

    label: str
    tick: str
    count: int
    height: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`bars` is empty where the small-group rule allows no statistics; `rows` are (student, grade)."""

    tiles: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    rows: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """The histogram as text, for screen readers."""
        filled = ", ".join(f"{bar.label}: {bar.count}" for bar in self.bars if bar.count)
        return f"Histogram of {sum(bar.count for bar in self.bars)} grades. {filled}."


def preview_of(exam: Exam, results: Sequence[Result]) -> Preview:
    """The students' view of `results`, sorted by the shown name."""
    frame = frame_from_results(results, exam.scale)
    numbers = summary(frame, exam.scale, exam.audience)
    rows = sorted(results, key=lambda row: (sort_key(row.student), row.id))
    bars = () if numbers.disclosure is Disclosure.NOTHING else _bars(exam, results)
    return Preview(
        tiles(numbers, exam.scale),
        bars,
        tuple((row.student, shown_grade(row.grade, exam.scale)) for row in rows),
    )


def _bars(exam: Exam, results: Sequence[Result]) -> tuple[Bar, ...]:
    counts = distribution(frame_from_results(results, exam.scale), exam.scale, exam.audience)["count"]
    most = max(1, int(counts.max()))
    is_crowded = len(counts) > TICKS_MAX
    bars = []
    for index, (found, count) in enumerate(zip(bins(exam.scale), map(int, counts), strict=True)):
        tick = "" if is_crowded and index % 2 else found.tick
        bars.append(Bar(found.label, tick, count, round(HEIGHT_MAX * count / most)))
    return tuple(bars)
