"""Responses are rendered off the event loop, once per version, for all waiting requests."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from student_app.stream.renderings import Renderings

DEADLINE_S = 30.0


class Renderer:
    """Counts what it renders and on which threads."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.threads: set[int] = set()

    def of(self, name: str) -> Callable[[], bytes]:
        def render() -> bytes:
            self.names.append(name)
            self.threads.add(threading.get_ident())
            return b"%s %d" % (name.encode(), len(self.names))

        return render


def test_a_response_is_rendered_once_per_version() -> None:
    async def run() -> None:
        renderings, renderer = Renderings(10), Renderer()
        first = await renderings.get("exam", 1, renderer.of("a"))
        assert await renderings.get("exam", 1, renderer.of("b")) is first
        assert (await renderings.get("exam", 2, renderer.of("c"))).digest != first.digest
        assert renderer.names == ["a", "c"]

    asyncio.run(run())


def test_the_least_recently_requested_rendering_is_dropped() -> None:
    async def run() -> None:
        renderings, renderer = Renderings(2), Renderer()
        for name in ("a", "b", "a", "c", "a", "b"):
            await renderings.get(name, 1, renderer.of(name))
        assert renderer.names == ["a", "b", "c", "b"]

    asyncio.run(run())


def test_requests_that_wait_share_one_rendering_off_the_loop() -> None:
    """The loop accepts a hundred requests during one rendering; an abandoned one affects no other."""

    async def run() -> None:
        renderings, renderer, may_end = Renderings(10), Renderer(), threading.Event()

        def render() -> bytes:
            assert may_end.wait(DEADLINE_S)
            return renderer.of("exam")()

        requests = [asyncio.create_task(renderings.get("exam", 1, render)) for _ in range(100)]
        await asyncio.sleep(0)
        requests.pop(0).cancel()
        await asyncio.sleep(0)
        may_end.set()
        assert len(set(await asyncio.gather(*requests))) == 1
        assert renderer.names == ["exam"]
        assert threading.get_ident() not in renderer.threads

    asyncio.run(run())


def test_a_failed_rendering_is_retried_for_the_next_request() -> None:
    def fail() -> bytes:
        raise ValueError("a template")

    async def run() -> None:
        renderings = Renderings(10)
        with pytest.raises(ValueError, match="a template"):
            await renderings.get("exam", 1, fail)
        assert (await renderings.get("exam", 1, Renderer().of("exam"))).body.plain == b"exam 1"

    asyncio.run(run())
