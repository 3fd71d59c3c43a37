"""Visitors during a rehearsal: viewers with live streams, and one who loads pages."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import requests

from deploy.aws.smoke.pages import Pages

__all__ = ["Audience", "Visits", "visits", "watch"]

REQUEST_S = 20.0
LAST_WORD_S = 30.0  # for the last change to arrive
VISIT_INTERVAL_S = 1.0


@dataclass(frozen=True, slots=True)
class Audience:
    """What viewers received: how many of them every change, and the longest time from save to viewer."""

    viewers: int
    complete: int
    slowest_s: float


def watch(
    pages: Pages, exam_id: str, viewers: int, names: list[str], save: Callable[[str], None]
) -> Audience:
    """So many viewers each hold a stream of the exam while `save` stores one name after another."""
    url, saved_at = f"{pages.student_url}/live/{exam_id}", dict[str, float]()
    all_are_there = threading.Barrier(viewers + 1)

    def view(_number: int) -> dict[str, float]:
        seen: dict[str, float] = {}
        with (
            pages.visitor() as visitor,
            visitor.get(url, stream=True, timeout=REQUEST_S, headers={"Cookie": ""}) as stream,
        ):
            all_are_there.wait(REQUEST_S)
            deadline = time.monotonic() + len(names) + LAST_WORD_S
            for line in stream.iter_lines(chunk_size=1, decode_unicode=True):
                seen |= {name: time.monotonic() for name in names if name in line and name not in seen}
                if len(seen) == len(names) or time.monotonic() > deadline:
                    break
        return seen

    with ThreadPoolExecutor(viewers) as threads:
        views = [threads.submit(view, number) for number in range(viewers)]
        all_are_there.wait(REQUEST_S)
        for name in names:
            saved_at[name] = time.monotonic()
            save(name)
        received = [view.result() for view in views]
    delays = [at_s - saved_at[name] for seen in received for name, at_s in seen.items()]
    complete = sum(len(seen) == len(names) for seen in received)
    return Audience(viewers, complete, max(delays, default=0.0))


@dataclass(slots=True)
class Visits:
    """`answers`: how often each status came, or the name of an error."""

    answers: Counter[str] = field(default_factory=Counter)

    @property
    def refused(self) -> dict[str, int]:
        """The answers that no visitor should get. 401 is the sign-in page."""
        return {answer: count for answer, count in self.answers.items() if answer not in ("200", "401")}


@contextmanager
def visits(pages: Pages) -> Iterator[Visits]:
    """Within the block, a visitor loads a page of both dashboards every second."""
    ended, made = threading.Event(), Visits()

    def visit() -> None:
        with pages.visitor() as visitor:
            while not ended.is_set():
                for url in (f"{pages.student_url}/board", f"{pages.teacher_url}/"):
                    try:
                        made.answers[str(visitor.get(url, timeout=REQUEST_S).status_code)] += 1
                    except requests.RequestException as error:
                        made.answers[type(error).__name__] += 1
                ended.wait(VISIT_INTERVAL_S)

    thread = threading.Thread(target=visit, name="visits")
    thread.start()
    try:
        yield made
    finally:
        ended.set()
        thread.join()
