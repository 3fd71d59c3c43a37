"""The arithmetic of the soak: whether what was sampled stayed as it was. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.viewers.figures import Spread, spread_of

__all__ = ["Sample", "changed", "thirds", "thirds_of_arrivals"]

# How much the last third may exceed the first: relatively, plus so much.
TOLERANCES: Mapping[str, tuple[float, float]] = {
    "memory_mb": (0.10, 10.0),
    "files": (0.02, 10.0),
    "threads": (0.0, 4.0),
    "p95_ms": (0.5, 50.0),
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One process at one moment."""

    memory_mb: float
    files: int
    threads: int


def thirds(samples: Sequence[Sample]) -> Mapping[str, tuple[float, float]]:
    """The median of the first third and of the last, of each quantity."""
    count = max(1, len(samples) // 3)
    return {
        name: (
            statistics.median(getattr(sample, name) for sample in samples[:count]),
            statistics.median(getattr(sample, name) for sample in samples[-count:]),
        )
        for name in ("memory_mb", "files", "threads")
    }


def thirds_of_arrivals(
    sent_s: Sequence[float], arrived_s: Sequence[float], viewers: int
) -> tuple[Spread, Spread, Spread]:
    """Of the first third of the changes, of the last, and of all. `arrived_s` is as for `spread_of`."""
    count = len(sent_s)
    third = max(1, count // 3)

    def part(begin: int, end: int) -> Spread:
        arrived = [
            moment
            for viewer in range(viewers)
            for moment in arrived_s[viewer * count + begin : viewer * count + end]
        ]
        return spread_of(sent_s[begin:end], arrived, viewers)

    return part(0, third), part(count - third, count), spread_of(sent_s, arrived_s, viewers)


def changed(name: str, first: float, last: float) -> bool:
    """Whether the last third is higher than this quantity may drift. A missing figure counts as that."""
    share, more = TOLERANCES[name]
    return math.isnan(first) or math.isnan(last) or last > first * (1 + share) + more
