"""Publishing an exam while many pages wait for it: from the press until each page has every result.

    python -m tests.benchmarks.release [--pages 1000,5000] [--results 300] [--sessions-max 1000] [--announced]

With --announced, the pages count down to the exam's hour, and the time is taken from the hour on.

The pages of up to --sessions-max viewers have a Streamlit session besides the stream, as in a browser, and
ask for a run of the page once the exam is there; more pages are streams alone. A page has every result when
the last row of the snapshot is there. In the same run, a process that does nothing else writes the same bytes
to as many sockets. Both times include the lag of the one process that simulates all viewers.
"""

import argparse
import contextlib
import datetime as dt
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from shared.api.calls import BATCH_MAX
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.benchmarks.viewers.arrivals import read_arrivals
from tests.benchmarks.viewers.bare import Recorder, replayed
from tests.benchmarks.viewers.changes import Teacher
from tests.benchmarks.viewers.designs import counted_backend, dashboard
from tests.benchmarks.viewers.figures import Spread, mark_of, spread_of
from tests.benchmarks.viewers.load import LoadOrder, raise_file_limit
from tests.benchmarks.viewers.processes import Load, Meter

__all__ = ["main"]

ADMISSION_S = 300.0
PATIENCE_S = 60.0
SETTLE_S = 3.0
COUNTDOWN_S = 15.0
AT_ONCE = {"ours": 16, "streams": 50}


def draft_with(teacher: Teacher, results: int) -> Exam:
    """An unpublished exam; the student in the last row of its snapshot, which is ordered by id, is marked."""
    api = teacher.api
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    for begin in range(0, results, BATCH_MAX):
        numbers = range(begin, min(begin + BATCH_MAX, results))
        rows = [NewResult(f"Student {number:05d}", str(number % 21)) for number in numbers]
        api.create_results(exam.id, rows)
    *_, last = api.list_results(exam.id)
    api.update_result(exam.id, last.id, last.version, student=f"{mark_of(0)} Lovelace")
    return exam


def released(pages: int, results: int, *, has_sessions: bool, is_announced: bool) -> None:
    """One release to so many pages; prints what it measures."""
    kind = "ours" if has_sessions else "streams"
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        backend = stack.enter_context(counted_backend(folder))
        teacher = stack.enter_context(Teacher(backend))
        exam = draft_with(teacher, results)
        server = stack.enter_context(dashboard(backend, viewers=pages))
        meter = stack.enter_context(Meter(server.process.pid))
        order = LoadOrder(
            viewers=pages,
            kind=kind,
            host="127.0.0.1",
            port=server.port,
            exam_id=exam.id,
            changes_max=1,
            arrivals=str(folder / "ours"),
            at_once=AT_ONCE[kind],
            admission_s=ADMISSION_S,
            keys={},
            certificate="",
        )
        load = stack.enter_context(Load(order.to_json()))
        ready = load.wait_for("ready", ADMISSION_S + 60)
        recorder = stack.enter_context(contextlib.closing(Recorder(server.port, exam.id)))
        time.sleep(SETTLE_S)
        load_average, pressed_s, used_s = os.getloadavg()[0], time.monotonic(), meter.cpu_s()
        if is_announced:
            hour = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=COUNTDOWN_S)
            teacher.api.publish_exam(exam.id, exam.version, release_at=hour)
            pressed_s = time.monotonic() + hour.timestamp() - time.time()
            time.sleep(pressed_s - time.monotonic() - 1)
            used_s = meter.cpu_s()
        else:
            teacher.api.publish_exam(exam.id, exam.version)
        done = load.finish(1, PATIENCE_S)
        used_s = meter.cpu_s() - used_s
        messages = [part for part in recorder.between(pressed_s, time.monotonic()) if part[1]]
        first = recorder.first()
        spread = spread_of([pressed_s], read_arrivals(folder / "ours"), ready["count"])
        what = "pages with sessions" if has_sessions else "streams without sessions"
        what = f"{what} that count down" if is_announced else what
        print(f"{ready['count']} of {pages} {what}, an exam of {results} results; load {load_average:.2f}")
        print(
            f"  this project     {_times(spread)}; {used_s:.2f} s of processor, {meter.rss_max_mb:.0f} MB; "
            f"the load's own lag p95 {done['own_lag_p95_ms']} ms",
            flush=True,
        )
    with tempfile.TemporaryDirectory() as name:
        begin_s = messages[0][0]
        messages = [(at_s - begin_s, data) for at_s, data in messages]
        bare = replayed(ready["count"], first, messages, Path(name), changes=1)
    bare_spread = spread_of([bare.begun_s], bare.arrived_s, ready["count"])
    bare_s = bare.us_per_delivery * ready["count"] * len(messages) / 1e6
    print(f"  the bare loop    {_times(bare_spread)}; {bare_s:.2f} s of processor", flush=True)


def _times(spread: Spread) -> str:
    return (
        f"p50 {spread.p50_ms:.0f} ms, p95 {spread.p95_ms:.0f} ms, p99 {spread.p99_ms:.0f} ms, "
        f"longest {spread.max_ms:.0f} ms, lost {spread.lost}"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", default="1000,5000", help="how many pages wait, one run for each number")
    parser.add_argument("--results", type=int, default=300)
    parser.add_argument("--sessions-max", type=int, default=1000, help="more pages have no sessions besides")
    parser.add_argument("--announced", action="store_true", help="the results come out at an hour")
    given = parser.parse_args(arguments)
    raise_file_limit()
    for pages in map(int, given.pages.split(",")):
        has_sessions = pages <= given.sessions_max
        released(pages, given.results, has_sessions=has_sessions, is_announced=given.announced)


if __name__ == "__main__":
    main()
