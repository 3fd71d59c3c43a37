"""Pages take turns."""

import sys
import threading
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from shared.cache import ExamCache
from shared.feed import FeedState, FeedStatus
from student_app.current import Serving, set_serving
from student_app.turns import SWITCH_S, page_turn, short_turns

SCRIPT = Path(__file__).parents[2] / "student_app" / "app.py"
DEADLINE_S = 30.0


class NoFeed:
    """Nothing is watched and nothing comes."""

    status = FeedStatus(FeedState.OFFLINE, 0.0, None)

    def watch(self, exam_id: str) -> None: ...
    def unwatch(self, exam_id: str) -> None: ...
    def add_listener(self, listener: object) -> object: ...


def test_a_page_waits_until_the_one_before_is_ready() -> None:
    drawn: list[list[str]] = []
    is_drawn = threading.Event()

    def draw() -> None:
        page = AppTest.from_file(str(SCRIPT), default_timeout=DEADLINE_S).run()
        drawn.append([info.value for info in page.info])
        is_drawn.set()

    with set_serving(Serving(ExamCache(time.time), NoFeed())):  # type: ignore[arg-type]
        with page_turn:
            thread = threading.Thread(target=draw)
            thread.start()
            assert not is_drawn.wait(0.5)
        assert is_drawn.wait(DEADLINE_S)
        thread.join(DEADLINE_S)
    assert drawn == [["Loading the exams …"]]


def test_threads_give_way_sooner_while_the_server_runs() -> None:
    before_s = sys.getswitchinterval()
    with short_turns():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    assert sys.getswitchinterval() == before_s
