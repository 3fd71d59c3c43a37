"""Pages run one at a time, when the loop admits them."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from shared.live.cache import ExamCache
from shared.live.status import FeedState, FeedStatus
from student_app.context import Serving, set_serving
from student_app.stream.run_gate import RunGate, run_gate

pytestmark = pytest.mark.usefixtures("installed_components_read_once")

SCRIPT = Path(__file__).parents[3] / "student_app" / "app.py"
DEADLINE_S = 30.0


class NoFeed:
    """A feed on which nothing is watched and nothing arrives."""

    status = FeedStatus(FeedState.OFFLINE, 0.0, None)

    def touch(self, exam_id: str) -> None: ...
    def add_listener(self, listener: object) -> object: ...


def test_a_page_waits_until_the_previous_one_is_ready() -> None:
    drawn: list[list[str]] = []
    is_drawn = threading.Event()

    def draw() -> None:
        page = AppTest.from_file(str(SCRIPT), default_timeout=DEADLINE_S).run()
        drawn.append([info.value for info in page.info])
        is_drawn.set()

    with set_serving(Serving(ExamCache(time.time), NoFeed())):  # type: ignore[arg-type]
        with run_gate:
            thread = threading.Thread(target=draw)
            thread.start()
            assert not is_drawn.wait(0.5)
        assert is_drawn.wait(DEADLINE_S)
        thread.join(DEADLINE_S)
    assert drawn == [["Loading the exams …"]]


def test_no_page_starts_before_the_loops_pending_callbacks_have_run() -> None:
    order: list[str] = []

    def page() -> None:
        with gate, gate:  # a fragment within its page
            order.append("page")

    async def run() -> None:
        loop = asyncio.get_running_loop()
        with gate.controlled_by(loop):
            pages = [threading.Thread(target=page) for _ in range(3)]
            for thread in pages:
                thread.start()
            order.extend(["message"] * 3)
            for thread in pages:
                await asyncio.to_thread(thread.join, DEADLINE_S)
                assert not thread.is_alive()

    gate = RunGate()
    asyncio.run(run())
    assert order == ["message"] * 3 + ["page"] * 3


def test_only_one_page_at_a_time_is_admitted() -> None:
    gate = RunGate()
    inside: set[int] = set()
    at_a_time: list[int] = []

    def page(number: int) -> None:
        with gate:
            inside.add(number)
            threading.Event().wait(0.01)  # long enough for another to be admitted, if it could
            at_a_time.append(len(inside))
            inside.discard(number)

    async def run() -> None:
        with gate.controlled_by(asyncio.get_running_loop()):
            await asyncio.gather(*(asyncio.to_thread(page, number) for number in range(4)))

    asyncio.run(run())
    assert at_a_time == [1, 1, 1, 1]


def test_a_failing_page_releases_the_gate() -> None:
    gate = RunGate()

    def fail() -> None:
        with gate:
            raise ValueError("a page")

    def succeed() -> str:
        with gate:
            return "drawn"

    async def run() -> None:
        with gate.controlled_by(asyncio.get_running_loop()):
            with pytest.raises(ValueError, match="a page"):
                await asyncio.to_thread(fail)
            assert await asyncio.wait_for(asyncio.to_thread(succeed), DEADLINE_S) == "drawn"

    asyncio.run(run())


def test_at_shutdown_no_page_waits_forever() -> None:
    gate, is_entered = RunGate(), threading.Event()

    def page() -> None:
        with gate:
            is_entered.set()

    thread = threading.Thread(target=page)

    async def run() -> None:
        with gate.controlled_by(asyncio.get_running_loop()):
            thread.start()  # its request is not seen: the loop is busy here until the block has ended
            assert not is_entered.wait(0.2)

    asyncio.run(run())
    assert is_entered.wait(DEADLINE_S)
    thread.join(DEADLINE_S)
