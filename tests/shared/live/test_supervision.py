"""Duties that fail, end or are cancelled from within are restarted; only their owner stops them."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from shared.live.supervision import growing_pauses_s, run_until_first, supervise


async def supervised(duty: Callable[[], Awaitable[object]], is_done: asyncio.Event) -> None:
    task = asyncio.create_task(supervise("the duty", duty, first_pause_s=0.001, longest_pause_s=0.01))
    async with asyncio.timeout(10):
        await is_done.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _fail() -> None:
    raise RuntimeError("a fault of our own")


async def _end() -> None: ...


async def _wait_for_something_cancelled() -> None:
    waited_for = asyncio.create_task(asyncio.sleep(60))
    waited_for.cancel()
    await waited_for


@pytest.mark.parametrize(
    ("ending", "logged"),
    [
        (_fail, "RuntimeError: a fault of our own"),
        (_end, "the duty ended, and starts again"),
        (_wait_for_something_cancelled, "the duty was cancelled from within, and starts again"),
    ],
)
def test_a_duty_that_ends_is_logged_and_restarted(
    ending: Callable[[], Awaitable[None]], logged: str, caplog: pytest.LogCaptureFixture
) -> None:
    starts = 0

    async def run() -> None:
        is_done = asyncio.Event()

        async def duty() -> None:
            nonlocal starts
            starts += 1
            if starts == 4:
                is_done.set()
                await asyncio.Event().wait()
            await ending()

        await supervised(duty, is_done)

    asyncio.run(run())
    assert starts == 4
    assert caplog.text.count(logged) == 3


def test_pauses_double_up_to_the_maximum_and_are_drawn_from_the_upper_half() -> None:
    pauses_s = list(itertools.islice(growing_pauses_s(0.5, 15.0), 8))
    for pause_s, ceiling_s in zip(pauses_s, [0.5, 1, 2, 4, 8, 15, 15, 15], strict=True):
        assert ceiling_s / 2 <= pause_s <= ceiling_s


def test_the_first_to_end_cancels_the_others_and_its_error_is_raised() -> None:
    ended: list[str] = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("waiting")

    async def run() -> None:
        with pytest.raises(RuntimeError, match="a fault of our own"):
            await run_until_first(wait(), _fail())

    asyncio.run(run())
    assert ended == ["waiting"]
