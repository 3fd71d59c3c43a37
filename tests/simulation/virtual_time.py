"""An event loop whose clock jumps to the next thing that is due: minutes pass in milliseconds.

What the code under test gives to threads runs on the loop, at a moment of the simulated future.
"""

import asyncio
import selectors
from collections.abc import Callable
from typing import Any

__all__ = ["TURN_S", "VirtualLoop"]

TURN_S = 1e-6  # that each turn of the loop takes: time never stands still


class _Selector(selectors.SelectSelector):
    """Waits for no file: it moves the clock on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "everything waits for something that never happens"
        self.now_s += timeout + TURN_S
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """`latency_s` draws how long a call takes to reach whoever does it, and its answer to come back."""

    def __init__(self, latency_s: Callable[[], float]) -> None:
        self._virtual = _Selector()
        self._latency_s = latency_s
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now_s

    def run_in_executor(self, _executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        future: asyncio.Future[Any] = self.create_future()

        def act() -> None:
            try:
                answer = func(*args)
            except Exception as error:  # noqa: BLE001  # handed to the caller, as an executor does
                self.call_later(self._latency_s(), _settle, future, None, error)
            else:
                self.call_later(self._latency_s(), _settle, future, answer, None)

        self.call_later(self._latency_s(), act)
        return future


def _settle(future: "asyncio.Future[Any]", answer: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(answer)
    else:
        future.set_exception(error)
