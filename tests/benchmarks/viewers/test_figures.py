"""The arithmetic of the viewers benchmark."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from tests.benchmarks.viewers.arrivals import Arrivals, read_arrivals
from tests.benchmarks.viewers.figures import Figures, mark_of, marks_in, ratios, spread_of

FIGURES = Figures(
    viewers=2,
    p50_ms=10.0,
    p95_ms=20.0,
    p99_ms=40.0,
    lost=0,
    cpu_percent=5.0,
    rss_mb=100.0,
    api_operations_per_change=1.0,
    api_bytes_per_change=200.0,
)


def test_percentiles_are_measured_times() -> None:
    sent_s = [float(change) for change in range(100)]
    arrived_s = [sent + (change + 1) / 1000 for change, sent in enumerate(sent_s)]
    spread = spread_of(sent_s, arrived_s, viewers=1)
    assert [spread.p50_ms, spread.p95_ms, spread.p99_ms] == pytest.approx([50, 95, 99])
    assert spread.max_ms == pytest.approx(100)
    assert (spread.arrived, spread.lost) == (100, 0)


def test_each_viewer_is_timed_against_the_same_changes() -> None:
    spread = spread_of([10.0, 20.0], [10.1, 20.2, 10.3, 20.4], viewers=2)
    assert spread.p50_ms == pytest.approx(200)
    assert spread.max_ms == pytest.approx(400)


def test_a_missing_arrival_is_counted_as_lost_and_has_no_time() -> None:
    spread = spread_of([10.0, 20.0], [10.5, 0.0, 0.0, 0.0], viewers=2)
    assert (spread.arrived, spread.lost) == (1, 3)
    assert spread.p99_ms == pytest.approx(500)


def test_without_measurements_there_is_no_percentile() -> None:
    spread = spread_of([1.0], [0.0, 0.0], viewers=2)
    assert math.isnan(spread.p95_ms)
    assert spread.lost == 2


def test_arrivals_that_do_not_match_the_viewers_are_refused() -> None:
    with pytest.raises(ValueError, match="3 arrivals are not 2 viewers with 2 changes each"):
        spread_of([1.0, 2.0], [1.0, 2.0, 3.0], viewers=2)


def test_ratios_are_multiples() -> None:
    other = replace(FIGURES, p95_ms=5000.0, api_operations_per_change=2000.0)
    times = ratios(other, FIGURES)
    assert (times["p50_ms"], times["p95_ms"], times["api_operations_per_change"]) == (1.0, 250.0, 2000.0)
    assert math.isnan(ratios(FIGURES, replace(FIGURES, cpu_percent=0.0))["cpu_percent"])


def test_the_file_has_the_figures_and_null_for_missing_ones() -> None:
    written = json.loads(json.dumps(replace(FIGURES, p99_ms=math.nan, details={"changes": 3}).as_json()))
    assert written == {
        "viewers": 2,
        "p50_ms": 10.0,
        "p95_ms": 20.0,
        "p99_ms": None,
        "lost": 0,
        "cpu_percent": 5.0,
        "rss_mb": 100.0,
        "api_operations_per_change": 1.0,
        "api_bytes_per_change": 200.0,
        "changes": 3,
    }


def test_marks_are_found_anywhere() -> None:
    assert mark_of(7) == "chg-000007"
    packed = f'["{mark_of(7)} Lovelace"]{mark_of(123456)}{mark_of(8)}'.encode()  # the way Arrow packs texts
    assert marks_in(packed) == [7, 123456, 8]
    assert marks_in(b"chg-12 chg-") == []


def test_the_first_arrival_counts_for_each_viewer_separately(tmp_path: Path) -> None:
    arrivals = Arrivals(viewers=3, changes=2)
    arrivals.note(0, mark_of(0).encode())
    arrivals.note(2, (mark_of(0) + mark_of(1)).encode())
    first = list(_written(arrivals, tmp_path, changes=2))
    arrivals.note(0, mark_of(0).encode())
    arrivals.note(2, mark_of(5).encode())  # a change that was not made in this run
    assert arrivals.count == 3
    assert list(_written(arrivals, tmp_path, changes=2)) == first
    assert [bool(at_s) for at_s in first] == [True, False, True, True]
    assert list(_written(arrivals, tmp_path, changes=1)) == [first[0], first[2]]


def _written(arrivals: Arrivals, folder: Path, *, changes: int) -> list[float]:
    """Arrivals of the viewers 0 and 2: 1 was never admitted."""
    arrivals.write(folder / "arrivals", [0, 2], changes)
    return list(read_arrivals(folder / "arrivals"))
