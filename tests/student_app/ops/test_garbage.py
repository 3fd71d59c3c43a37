"""Full collections are made on purpose, and everything is as before afterwards."""

import asyncio
import gc
import weakref

import pytest

from student_app.ops.garbage import seldom_full_collections


class Stopped(Exception):
    """The server's end, whatever its reason."""


class Ring:
    """Garbage that only a collection finds."""

    def __init__(self) -> None:
        self.itself = self


def test_garbage_of_the_oldest_generation_is_found_after_the_pause_and_not_by_itself() -> None:
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


def test_the_process_is_left_as_it_was() -> None:
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
