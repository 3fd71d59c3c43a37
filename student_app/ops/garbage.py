"""Full garbage collections on a schedule, because they are expensive.

A full collection visits every object: with a thousand viewers there are some 320,000, and the process pauses
for 0.2 s. By default CPython runs one every 20 s while pages run. They free little (some 300 objects a
second, 30 kB), so one every two minutes is enough, and none while streams alone are busy: a change makes
nothing that only a collection frees. Younger generations are collected as usual.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

__all__ = ["FULL_COLLECTION_S", "seldom_full_collections"]

FULL_COLLECTION_S = 120.0
_NEVER = 1_000_000_000  # collections of the middle generation before a full one is due


@contextlib.asynccontextmanager
async def seldom_full_collections(pause_s: float = FULL_COLLECTION_S) -> AsyncIterator[None]:
    """Within the block, full collections run every `pause_s` seconds at most, if enough was made since the
    last one, and do not visit loaded modules."""
    young, middle, old = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(young, middle, _NEVER)
    collecting = asyncio.create_task(_collect_for_ever(pause_s), name="full-collections")
    try:
        yield
    finally:
        collecting.cancel()
        await asyncio.wait([collecting])
        gc.set_threshold(young, middle, old)
        gc.unfreeze()


async def _collect_for_ever(pause_s: float) -> None:
    while True:
        await asyncio.sleep(pause_s)
        _, _, middle_collections = gc.get_count()
        if middle_collections:  # each follows thousands of new objects
            gc.collect()
