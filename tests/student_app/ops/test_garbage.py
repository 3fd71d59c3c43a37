"""Full collections are run explicitly, and the collector's settings are restored afterwards."""

import asyncio
import gc
import weakref

import pytest

from student_app.ops.garbage import seldom_full_collections

pytestmark = pytest.mark.usefixtures("nothing_frozen")


class Stopped(Exception):
    """The server stops for any reason."""


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_of_the_oldest_generation_is_collected_after_the_pause_and_not_automatically() -> None:
    async def run() -> None:
        async with seldom_full_collections(pause_s=0.01):
            assert gc.get_freeze_count() > 0
            is_gone = asyncio.Event()
            ring = Ring()
            reference = weakref.ref(ring, lambda _ring: is_gone.set())
            gc.collect(1)
            del ring
            await asyncio.wait_for(is_gone.wait(), 10)
            assert reference() is None

    asyncio.run(run())


def test_without_thousands_of_new_objects_there_is_no_full_collection() -> None:
    """As while changes go out to viewers, whom it would keep waiting."""
    full_runs = 0

    def count(phase: str, info: dict[str, int]) -> None:
        nonlocal full_runs
        full_runs += phase == "start" and info["generation"] == 2

    async def run() -> list[int]:
        counts = []
        async with seldom_full_collections(pause_s=0.0):
            begun = full_runs
            for _ in range(2):
                for _ in range(100):
                    await asyncio.sleep(0)
                counts.append(full_runs - begun)
                gc.collect(1)
        return counts

    gc.callbacks.append(count)
    try:
        assert asyncio.run(run()) == [0, 1]
    finally:
        gc.callbacks.remove(count)


def test_the_process_settings_are_restored() -> None:
    async def run() -> None:
        async with seldom_full_collections():
            assert gc.get_threshold()[2] > before[2]
            raise Stopped

    before = gc.get_threshold()
    frozen = gc.get_freeze_count()
    with pytest.raises(Stopped):
        asyncio.run(run())
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == frozen == 0
