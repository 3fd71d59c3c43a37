"""The arithmetic of the viewers benchmark: from sent and arrived times to the figures of one design. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

__all__ = ["MARK", "Figures", "Spread", "mark_of", "marks_in", "ratios", "spread_of"]

MARK = re.compile(rb"chg-(\d{6})")


def mark_of(change: int) -> str:
    """What identifies this change in any transport: the beginning of its student's name."""
    return f"chg-{change:06d}"


def marks_in(data: bytes) -> list[int]:
    """The changes whose marks are in `data`, whatever surrounds them."""
    return [int(digits) for digits in MARK.findall(data)]


@dataclass(frozen=True, slots=True)
class Spread:
    """Statistics of the measured times in milliseconds; NaN if there are none. `lost` never arrived."""

    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    arrived: int
    lost: int


def spread_of(sent_s: Sequence[float], arrived_s: Sequence[float], viewers: int) -> Spread:
    """`arrived_s` has one time per viewer and change, viewer by viewer; 0 where nothing arrived."""
    changes = len(sent_s)
    if len(arrived_s) != viewers * changes:
        raise ValueError(f"{len(arrived_s)} arrivals are not {viewers} viewers with {changes} changes each")
    times_ms = sorted(
        (arrived - sent_s[index % changes]) * 1000 for index, arrived in enumerate(arrived_s) if arrived
    )
    return Spread(
        p50_ms=_percentile(times_ms, 50),
        p95_ms=_percentile(times_ms, 95),
        p99_ms=_percentile(times_ms, 99),
        max_ms=times_ms[-1] if times_ms else math.nan,
        arrived=len(times_ms),
        lost=len(arrived_s) - len(times_ms),
    )


@dataclass(frozen=True, slots=True)
class Figures:
    """The measurements of one design.

    `cpu_percent` (100: one core) and `rss_mb` (its highest) are those of the process that serves the viewers:
    the dashboard, or in the tutorial's design, which has none, the backend itself. Operations are queries and
    delivered events; bytes are bodies and WebSocket texts of the backend, both ways.
    """

    viewers: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    lost: int
    cpu_percent: float
    rss_mb: float
    api_operations_per_change: float
    api_bytes_per_change: float
    details: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """JSON has no NaN: null stands for missing measurements."""
        flat = {**asdict(self), **self.details}
        del flat["details"]
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in flat.items()
        }


def ratios(of: Figures, to: Figures) -> dict[str, float]:
    """`of` as a multiple of `to`: latencies, CPU, memory, operations and bytes; NaN if one is missing."""
    return {name: _ratio(getattr(of, name), getattr(to, name)) for name in _COMPARED}


_COMPARED = (
    *("p50_ms", "p95_ms", "p99_ms", "cpu_percent", "rss_mb"),
    *("api_operations_per_change", "api_bytes_per_change"),
)


def _ratio(one: float, other: float) -> float:
    return one / other if other else math.nan


def _percentile(ordered: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of all do not exceed (nearest rank)."""
    if not ordered:
        return math.nan
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
