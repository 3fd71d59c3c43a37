"""The soak's verdict: what may drift, and what is growth."""

import math

import pytest

from tests.benchmarks.soak_figures import Sample, changed, thirds, thirds_of_arrivals


def test_a_leak_shows_between_the_first_third_and_the_last() -> None:
    steady = [Sample(100.0 + number % 3, 50, 8) for number in range(30)]
    leaking = [Sample(100.0 + 2 * number, 50 + number, 8) for number in range(30)]
    for samples, growing in ((steady, set()), (leaking, {"memory_mb", "files"})):
        assert {name for name, pair in thirds(samples).items() if changed(name, *pair)} == growing


@pytest.mark.parametrize(
    ("first_ms", "last_ms", "is_growth"), [(20, 75, False), (20, 95, True), (200, 280, False)]
)
def test_latency_may_drift_a_little(first_ms: float, last_ms: float, *, is_growth: bool) -> None:
    assert changed("p95_ms", first_ms, last_ms) is is_growth


def test_a_latency_that_is_not_known_is_no_good_sign() -> None:
    assert changed("p95_ms", 20, math.nan)


def test_arrivals_are_compared_by_the_time_of_their_changes() -> None:
    """Two viewers, six changes; the second viewer never got the fifth."""
    sent_s = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    arrived_s = [1.01, 2.01, 3.01, 4.01, 5.03, 6.03, 1.01, 2.01, 3.01, 4.01, 0.0, 6.03]
    first, last, whole = thirds_of_arrivals(sent_s, arrived_s, 2)
    assert (round(first.p95_ms), first.lost) == (10, 0)
    assert (round(last.p95_ms), last.lost) == (30, 1)
    assert (whole.arrived, whole.lost) == (11, 1)
