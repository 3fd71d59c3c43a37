"""Full collections are run explicitly, and the collector's settings are restored afterwards."""

import asyncio
import gc
import weakref

import pytest

from student_app.ops.garbage import seldom_full_collections


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
            del ring
            await asyncio.wait_for(is_gone.wait(), 10)
            assert reference() is None

    asyncio.run(run())


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
