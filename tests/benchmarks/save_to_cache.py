"""How long from a teacher's save to a student dashboard's cache: `python -m tests.benchmarks.save_to_cache`.

Starts the embedded backend as a process, signs a teacher in, lets a feed watch one exam, and times single
results and batches, each from just before the request until the cache has notified its listeners.
Also measures the request's own response. `--changes N --batches N --results N --json FILE`; times in
milliseconds.
"""

import argparse
import contextlib
import datetime as dt
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from anyio.from_thread import start_blocking_portal

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.identity.guest import GuestCredentials
from shared.live.cache import Change, ExamCache, ResultsChanged
from shared.live.feed import Feed
from shared.live.status import ExamLoad, FeedState
from shared.model.exam import NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import load_student_settings
from tests.backend_process import BackendProcess
from tests.waiting import wait_until

__all__ = ["main"]

DEADLINE_S = 20.0


class Arrivals:
    """When each row reached the cache, by the monotonic clock."""

    def __init__(self) -> None:
        self._arrived = threading.Condition()
        self._at_s: dict[str, float] = {}

    def record(self, change: Change) -> None:
        if isinstance(change, ResultsChanged):
            now_s = time.perf_counter()
            with self._arrived:
                self._at_s.update((row.id, now_s) for row in change.upserts)
                self._arrived.notify_all()

    def at_s(self, row_id: str) -> float:
        """Waits for the row if necessary."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: row_id in self._at_s, DEADLINE_S):
                raise SystemExit(f"the row {row_id} never reached the cache")
            return self._at_s[row_id]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Times a teacher's save until a student's cache has it.")
    parser.add_argument("--changes", type=int, default=300, help="single results to save")
    parser.add_argument("--batches", type=int, default=20, help=f"batches of {BATCH_MAX} to save")
    parser.add_argument("--results", type=int, default=1000, help="results that the exam has already")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    given = parser.parse_args(arguments)
    figures = _measure(given.changes, given.batches, given.results)
    for name, figure in figures.items():
        print(
            f"{name:32} p50 {figure['p50_ms']:7.2f} ms   p95 {figure['p95_ms']:7.2f} ms   n {figure['n']:.0f}"
        )
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _measure(changes: int, batches: int, results: int) -> dict[str, dict[str, float]]:
    with contextlib.ExitStack() as stack:
        data_dir = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        backend = stack.enter_context(BackendProcess(data_dir))
        backend.create_teacher("ada")
        token = backend.sign_in("ada").access_token
        settings = load_student_settings({}, data_dir / "backend.env").backend
        api = stack.enter_context(contextlib.closing(TeacherApi(settings, lambda: token)))
        exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
        for begin in range(0, results, BATCH_MAX):
            rows = [NewResult(f"Student {begin + n}", "10") for n in range(min(BATCH_MAX, results - begin))]
            api.create_results(exam.id, rows)
        exam = api.publish_exam(exam.id, exam.version)

        guest = stack.enter_context(contextlib.closing(GuestCredentials(settings, time.time)))
        cache, arrivals = ExamCache(time.time), Arrivals()
        cache.add_listener(arrivals.record)
        portal = stack.enter_context(start_blocking_portal())
        feed = stack.enter_context(portal.wrap_async_context_manager(Feed(settings, guest, cache)))
        portal.call(feed.watch, exam.id)
        wait_until(lambda: feed.status.state is FeedState.LIVE, deadline_s=DEADLINE_S)
        wait_until(lambda: feed.load_of(exam.id) is ExamLoad.LOADED, deadline_s=DEADLINE_S)

        def one() -> list[NewResult]:
            return [NewResult("Bob", "14")]

        def batch() -> list[NewResult]:
            return [NewResult(f"Student {number}", "14") for number in range(BATCH_MAX)]

        figures = _timed(
            "one result", changes, one, lambda rows: api.create_result(exam.id, rows[0]), arrivals
        )
        figures |= _timed(
            f"batch of {BATCH_MAX}",
            batches,
            batch,
            lambda rows: api.create_results(exam.id, rows),
            arrivals,
        )
        counters = feed.counters
        if counters.gaps or counters.losses:
            raise SystemExit(f"the connection was not sound: {counters}")
        return figures


def _timed(
    name: str,
    repetitions: int,
    make: Callable[[], list[NewResult]],
    save: Callable[[list[NewResult]], object],
    arrivals: Arrivals,
) -> dict[str, dict[str, float]]:
    save(make())  # opens connections and warms up the code
    to_cache_ms, to_answer_ms = [], []
    for _ in range(repetitions):
        rows = make()
        begun_s = time.perf_counter()
        save(rows)
        to_answer_ms.append((time.perf_counter() - begun_s) * 1000)
        to_cache_ms.append((max(arrivals.at_s(row.id) for row in rows) - begun_s) * 1000)
    return {f"{name}: save to cache": _figure(to_cache_ms), f"{name}: save to answer": _figure(to_answer_ms)}


def _figure(times_ms: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times_ms, n=100, method="inclusive")
    return {"p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98], "n": len(times_ms)}


if __name__ == "__main__":
    sys.exit(main())
