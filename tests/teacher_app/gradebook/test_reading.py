"""Reading the results of many exams at once."""

from __future__ import annotations

import threading
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest

from shared.model.errors import BackendUnreachable
from teacher_app.gradebook.reading import READ_AT_ONCE_MAX, ResultsReader

IDS = [f"exam-{number}" for number in range(20)]


class CountingApi(SimpleNamespace):
    """An API that notes how many exams are read at once; each group waits until it is complete."""

    def __init__(self) -> None:
        self.most = 0
        self.asked: list[str] = []
        self._now = 0
        self._lock = threading.Lock()
        self._together = threading.Barrier(2)  # two at least are read at once

    def list_results(self, exam_id: str) -> list[str]:
        with self._lock:
            self.asked.append(exam_id)
            self._now += 1
            self.most = max(self.most, self._now)
        self._together.wait(timeout=10)
        with self._lock:
            self._now -= 1
        return [exam_id]


def test_twenty_exams_are_read_some_at_once_and_never_more() -> None:
    api: Any = CountingApi()
    with closing(ResultsReader()) as reader:
        found: Any = reader.results(api, IDS)
    assert found == {exam_id: [exam_id] for exam_id in IDS}
    assert 2 <= api.most <= READ_AT_ONCE_MAX


def test_two_teachers_share_the_bound() -> None:
    api: Any = CountingApi()
    with closing(ResultsReader()) as reader:
        threads = [threading.Thread(target=reader.results, args=(api, IDS[:12])) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(api.asked) == 36
    assert api.most <= READ_AT_ONCE_MAX


def test_a_fault_ends_the_reading() -> None:
    asked: list[str] = []

    def fail(exam_id: str) -> list[str]:
        asked.append(exam_id)
        raise BackendUnreachable("http://api", "no answer")

    api: Any = SimpleNamespace(list_results=fail)
    with closing(ResultsReader()) as reader, pytest.raises(BackendUnreachable):
        reader.results(api, IDS)
    assert len(asked) <= READ_AT_ONCE_MAX
