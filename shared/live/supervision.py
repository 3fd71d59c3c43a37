"""Background duties that never end silently, and the pauses between two attempts."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn

__all__ = ["forever", "growing_pauses_s", "run_until_first", "supervise"]

logger = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


def growing_pauses_s(first_s: float = FIRST_PAUSE_S, longest_s: float = LONGEST_PAUSE_S) -> Iterator[float]:
    """Seconds to wait before each further attempt, doubling up to `longest_s`, without end.

    Each is drawn between half and all of that: processes that failed together do not come back together.
    """
    pause_s = first_s
    while True:
        yield random.uniform(pause_s / 2, pause_s)  # noqa: S311  # no secret
        pause_s = min(longest_s, pause_s * 2)


async def supervise(
    name: str,
    duty: Callable[[], Awaitable[object]],
    *,
    first_pause_s: float = FIRST_PAUSE_S,
    longest_pause_s: float = LONGEST_PAUSE_S,
) -> None:
    """Runs a duty that is to run for ever. Whatever ends it is logged, and it starts again after a pause.

    Only a cancellation of its own task ends it. Pauses grow while the duty fails within `longest_pause_s`.
    """
    task, time_s = asyncio.current_task(), asyncio.get_running_loop().time
    pauses_s = growing_pauses_s(first_pause_s, longest_pause_s)
    while True:
        begun_at = time_s()
        try:
            await duty()
            logger.error("%s ended, and starts again", name)
        except asyncio.CancelledError:
            # One that is not meant for this task comes from something cancelled that the duty waited for.
            if task is None or task.cancelling():
                raise
            logger.exception("%s was cancelled from within, and starts again", name)
        except Exception:
            logger.exception("%s failed, and starts again", name)
        if time_s() - begun_at > longest_pause_s:
            pauses_s = growing_pauses_s(first_pause_s, longest_pause_s)
        await asyncio.sleep(next(pauses_s))


async def forever() -> NoReturn:
    """Ends only when it is cancelled: the rest of a duty that has nothing more to do."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets that event")


async def run_until_first(*coroutines: Coroutine[Any, Any, object]) -> None:
    """Runs them together until the first one ends, cancels the others, and raises what that one raised."""
    tasks = [asyncio.create_task(coroutine) for coroutine in coroutines]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if task in done:
            task.result()
