"""The pair under steady load for long: `python -m tests.benchmarks.soak [--minutes 30] [--viewers 1000]`.

A teacher saves a result a second, and deletes the one of a hundred seconds before, while every viewer of
that exam notes what arrives; writers beside correct results of exams of their own. Memory, open files and
threads of the backend and of the student dashboard are sampled. It prints the first third beside the last,
and its verdict; ends with 1 if anything was lost or grew.
"""

import argparse
import contextlib
import datetime as dt
import os
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from shared.api.calls import TeacherApi
from shared.model.exam import NewExam, NewResult, Result
from shared.model.scales import OUT_OF_20
from tests.benchmarks.soak_figures import Sample, changed, thirds, thirds_of_arrivals
from tests.benchmarks.viewers.arrivals import read_arrivals
from tests.benchmarks.viewers.changes import Changes, Teacher
from tests.benchmarks.viewers.designs import AT_ONCE, HOST, counted_backend, dashboard
from tests.benchmarks.viewers.figures import mark_of
from tests.benchmarks.viewers.load import LoadOrder, raise_file_limit
from tests.benchmarks.viewers.processes import Load

__all__ = ["main"]

SAMPLE_S = 5.0
WARM_UP_S = 30.0  # before the first sample: caches fill, the viewers' pages settle
RESULTS = 300
KEPT = 100  # of the results that are saved: what is stored stays as large as it is
WRITERS = 4
WRITER_ROWS = 20
WRITER_PAUSE_S = 0.2
ADMISSION_S = 900.0
PATIENCE_S = 60.0


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.soak", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--streams-only", action="store_true", help="viewers without a Streamlit session")
    given = parser.parse_args()
    raise_file_limit()
    with tempfile.TemporaryDirectory() as folder:
        kind = "streams" if given.streams_only else "ours"
        faults = _soak(Path(folder), given.viewers, kind, round(given.minutes * 60))
    print("verdict: " + ("; ".join(faults) if faults else "nothing was lost, nothing grew"))
    return 1 if faults else 0


def _soak(folder: Path, viewers: int, kind: str, seconds: int) -> list[str]:
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(counted_backend(folder))
        teacher = stack.enter_context(Teacher(backend))
        exam = teacher.prepare(RESULTS, 1)
        server = stack.enter_context(dashboard(backend, viewers=viewers))
        order = LoadOrder(
            viewers=viewers,
            kind=kind,
            host=HOST,
            port=server.port,
            exam_id=exam.id,
            changes_max=seconds,
            arrivals=str(folder / "arrivals"),
            at_once=AT_ONCE[kind],
            admission_s=ADMISSION_S,
            keys={},
            certificate="",
        )
        load = stack.enter_context(Load(order.to_json()))
        ready = load.wait_for("ready", ADMISSION_S + PATIENCE_S)
        print(
            f"{ready['count']} of {viewers} viewers are in; load average {os.getloadavg()[0]:.1f}", flush=True
        )
        writers = [_Writer(teacher.api, f"Exam {number}") for number in range(WRITERS)]
        with _running(writers):
            time.sleep(WARM_UP_S)
            sampler = _Sampler({"backend": backend.pid, "dashboard": server.process.pid})
            with _running([sampler]):
                changes = _save_and_delete(teacher.api, exam.id, seconds)
        done = load.finish(len(changes.sent_s), PATIENCE_S)
        then, now = sampler.load_averages[0], sampler.load_averages[-1]
        print(f"the machine's load average: {then:.1f} at first, {now:.1f} at last; {done['tallies']}")
        faults = [*sampler.failures, *(fault for writer in writers for fault in writer.faults())]
        arrived_s = read_arrivals(folder / "arrivals")
        first, last, whole = thirds_of_arrivals(changes.sent_s, arrived_s, ready["count"])
        print(f"{len(changes.sent_s)} changes to {ready['count']} viewers, lost {whole.lost}")
        print(f"beside: {sum(writer.answered for writer in writers)} corrections by {WRITERS} writers")
        for name, spread in (("first third", first), ("last third", last)):
            print(f"  {name}: p50 {spread.p50_ms:.0f}, p95 {spread.p95_ms:.0f}, p99 {spread.p99_ms:.0f} ms")
        faults += [f"{whole.lost} changes were lost"] if whole.lost else []
        faults += [f"{viewers - ready['count']} viewers did not come in"] if ready["count"] < viewers else []
        faults += ["the latency grew"] if changed("p95_ms", first.p95_ms, last.p95_ms) else []
        for process, samples in sampler.samples.items():
            for name, (then, now) in thirds(samples).items():
                print(f"  {process} {name}: {then:.0f} at first, {now:.0f} at last")
                faults += [f"{name} of the {process} grew"] if changed(name, then, now) else []
        return faults


def _save_and_delete(api: TeacherApi, exam_id: str, seconds: int) -> Changes:
    """A result a second. When each call began and was answered."""
    sent_s, answered_s, kept = [], [], deque[Result]()
    begun_s = time.monotonic()
    for number in range(seconds):
        time.sleep(max(0.0, begun_s + number - time.monotonic()))
        sent_s.append(time.monotonic())
        kept.append(api.create_result(exam_id, NewResult(f"{mark_of(number)} Lovelace", "12")))
        answered_s.append(time.monotonic())
        if len(kept) > KEPT:
            oldest = kept.popleft()
            api.delete_result(exam_id, oldest.id, oldest.version)
    return Changes(sent_s, answered_s)


class _Thread(threading.Thread):
    """Repeats `act` every `pause_s` until it is stopped, or fails."""

    def __init__(self, pause_s: float) -> None:
        super().__init__()
        self.failures: list[str] = []
        self._pause_s = pause_s
        self._stopping = threading.Event()

    def run(self) -> None:
        try:
            while not self._stopping.wait(self._pause_s):
                self.act()
        except Exception as error:  # noqa: BLE001  # it is part of the verdict
            self.failures.append(f"{type(self).__name__} failed: {error!r}")

    def act(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        self._stopping.set()
        self.join()


class _Writer(_Thread):
    """Corrects the results of a published exam of its own, and remembers what was answered."""

    def __init__(self, api: TeacherApi, subject: str) -> None:
        super().__init__(WRITER_PAUSE_S)
        self.answered = 0
        self._api = api
        exam = api.create_exam(NewExam(subject, dt.date(2026, 6, 1), "Mr Euler", OUT_OF_20))
        rows = api.create_results(exam.id, [NewResult(f"Student {n}", "0") for n in range(WRITER_ROWS)])
        self._exam_id = api.publish_exam(exam.id, exam.version).id
        self._rows = {row.id: row for row in rows}

    def act(self) -> None:
        row = list(self._rows.values())[self.answered % WRITER_ROWS]
        grade = str(self.answered % 21)
        self._rows[row.id] = self._api.update_result(self._exam_id, row.id, row.version, grade=grade)
        self.answered += 1

    def faults(self) -> list[str]:
        """What is stored that was not answered last, or the other way round."""
        stored = {row.id: (row.version, row.grade) for row in self._api.list_results(self._exam_id)}
        answered = {row.id: (row.version, row.grade) for row in self._rows.values()}
        never = [] if self.answered else ["a writer never wrote"]
        lost = [] if stored == answered else ["an answered correction was lost"]
        return [*self.failures, *never, *lost]


class _Sampler(_Thread):
    def __init__(self, pids: Mapping[str, int]) -> None:
        super().__init__(SAMPLE_S)
        self.samples: dict[str, list[Sample]] = {name: [] for name in pids}
        self.load_averages: list[float] = []
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}

    def act(self) -> None:
        self.load_averages.append(os.getloadavg()[0])
        for name, process in self._processes.items():
            with process.oneshot():
                memory_mb = process.memory_info().rss / 1e6
                self.samples[name].append(Sample(memory_mb, process.num_fds(), process.num_threads()))


@contextlib.contextmanager
def _running(threads: list[_Writer] | list[_Sampler]) -> Iterator[None]:
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.stop()


if __name__ == "__main__":
    sys.exit(main())
