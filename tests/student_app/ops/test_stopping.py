"""A signal to stop is handled at once, and the previous handler runs, too."""

import asyncio
import os
import signal
import threading

import pytest

from student_app.ops.stopping import at_stop_signal

DEADLINE_S = 5.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_action_runs_on_the_loop_and_so_does_the_previous_handler(number: signal.Signals) -> None:
    heard: list[int] = []
    before = signal.signal(number, lambda received, _frame: heard.append(received))

    async def run() -> None:
        acted = asyncio.Event()
        with at_stop_signal(acted.set):
            os.kill(os.getpid(), number)
            await asyncio.wait_for(acted.wait(), DEADLINE_S)

    try:
        own = signal.getsignal(number)
        asyncio.run(run())
        assert signal.getsignal(number) is own
    finally:
        signal.signal(number, before)
    assert heard == [number]


def test_on_another_thread_signals_are_left_alone() -> None:
    seen: list[object] = []
    before = signal.getsignal(signal.SIGTERM)

    async def run() -> None:
        with at_stop_signal(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    thread.join(DEADLINE_S)
    assert seen == [before]
