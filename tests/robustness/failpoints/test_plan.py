"""The plan repeats, and leaves nothing out."""

from itertools import islice

from tests.robustness.failpoints.plan import NETWORKS, PROCESSES, Failpoint, plan

ONE_PACK = 60


def test_a_seed_has_one_plan_and_another_seed_another() -> None:
    def steps(seed: int) -> list[object]:
        return [step for order in plan(seed) for step in islice(order, ONE_PACK)]

    assert steps(1) == steps(1)
    assert steps(1) != steps(2)


def test_every_failpoint_comes_with_every_target_before_long() -> None:
    dealt = {(step.failpoint, step.target) for order in plan(1) for step in islice(order, ONE_PACK)}
    assert {failpoint for failpoint, _ in dealt} == set(Failpoint)
    for failpoint in (Failpoint.KILL, Failpoint.PAUSE):
        assert {(failpoint, process) for process in PROCESSES} <= dealt
    for failpoint in (Failpoint.CUT, Failpoint.HALF_OPEN, Failpoint.HOLD_ANSWERS, Failpoint.DELAY):
        assert {(failpoint, network) for network in NETWORKS} <= dealt
