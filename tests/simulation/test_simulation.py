"""Some simulated trouble with each change, and proof that faults in the live path would be found.

`python -m tests.simulation` does 10,000 runs.
"""

import asyncio
from collections.abc import Iterator
from unittest import mock

import pytest

from shared.live.cache import ExamCache
from shared.live.hours import Hours
from shared.live.status import FeedMonitor, FeedState, FeedStatus
from student_app.stream.channel import Channel
from tests.simulation.network import Network
from tests.simulation.run import START_S, Fault, Figures, simulate, simulated_network

RUNS = 120
ALWAYS_LIVE = FeedStatus(FeedState.LIVE, START_S, START_S)


@pytest.fixture(scope="module")
def networks() -> Iterator[dict[str, Network]]:
    with simulated_network() as simulated:
        yield simulated


def test_after_any_trouble_caches_and_pages_equal_the_api_and_meanwhile_they_say_so(
    networks: dict[str, Network],
) -> None:
    whole = Figures()
    for seed in range(RUNS):
        for name, count in simulate(seed, networks).counts.items():
            whole.count(name, count)
    for trouble in ("connection cut", "connection half-open", "network down", "restart", "page cut"):
        assert whole.counts[trouble] >= RUNS / 2
    assert whole.counts["events"] >= 10 * RUNS


@pytest.mark.parametrize(
    ("place", "name", "broken"),
    [
        (ExamCache, "remove_results", lambda *_arguments: None),
        (Channel, "note_gone", lambda *_arguments: None),
        (FeedMonitor, "status", property(lambda _monitor: ALWAYS_LIVE)),
        (Hours, "run", lambda _hours: asyncio.Event().wait()),
    ],
    ids=[
        "a deletion that is not heard",
        "a withdrawn exam that stays",
        "staleness that is not told",
        "an hour at which nobody asks",
    ],
)
def test_a_planted_fault_is_found(
    networks: dict[str, Network], place: type, name: str, broken: object
) -> None:
    def simulate_all() -> None:
        for seed in range(RUNS):
            simulate(seed, networks)

    with mock.patch.object(place, name, broken), pytest.raises(Fault):
        simulate_all()


def test_a_seed_repeats_its_run(networks: dict[str, Network]) -> None:
    first, second = simulate(7, networks), simulate(7, networks)
    assert (first.seconds, first.counts) == (second.seconds, second.counts)


@pytest.mark.parametrize("seed", [479, 1622, 2035, 2324, 3013, 3875, 4082, 4193, 4620, 4993, 8453, 20011])
def test_what_a_seed_once_found_is_mended(networks: dict[str, Network], seed: int) -> None:
    simulate(seed, networks)
