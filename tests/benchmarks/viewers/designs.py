"""One run of one design: its servers, its viewers, the changes, and the figures of what was seen."""

import contextlib
import math
import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from tests.backend_process import BackendClient
from tests.benchmarks.viewers.arrivals import read_arrivals
from tests.benchmarks.viewers.bare import Recorder, replayed
from tests.benchmarks.viewers.changes import Changes, Rhythm, Teacher
from tests.benchmarks.viewers.chromium import BoardInChromium, board_in_chromium
from tests.benchmarks.viewers.figures import Figures, Spread, spread_of
from tests.benchmarks.viewers.load import LoadOrder
from tests.benchmarks.viewers.processes import Load, Meter, PolledServer, get_json
from tests.ports import free_port
from tests.proxy_process import ProxyProcess, streamlit_static_folder

__all__ = ["DESIGNS", "Plan", "counted_backend", "dashboard", "measured"]

DESIGNS = ("ours", "rerun", "tutorial", "proxied")
HOST = "127.0.0.1"
PAGE = Path(__file__).parent / "rerun_app" / "page.py"
SETTLE_S = 3.0
BOARD = {"ours", "proxied"}  # the student dashboard; the latter behind the containers' proxy
AT_ONCE = {"ours": 16, "streams": 50, "rerun": 4, "tutorial": 16}


@dataclass(frozen=True, slots=True)
class Plan:
    """The parameters of a run, the same for all designs."""

    viewers: int
    rhythm: Rhythm
    results: int
    exams: int
    idle_s: float
    admission_s: float
    patience_s: float
    has_sessions: bool
    has_chromium: bool


@dataclass(frozen=True, slots=True)
class _Busy:
    """CPU seconds of the whole machine and of this benchmark's processes, at a moment."""

    at_s: float
    machine_s: float
    own_s: float


def measured(design: str, plan: Plan) -> Figures:
    """Runs the design from an empty folder until all its processes have ended; with the student dashboard,
    afterwards the loop that only writes the same messages."""
    with tempfile.TemporaryDirectory() as folder:
        figures, first, messages = _measured(design, plan, Path(folder))
        if not messages:
            return figures
        bare = replayed(figures.viewers, first, messages, Path(folder), changes=1)
        cpu_s = float(str(figures.details["cpu_s"]))
        details = {
            **figures.details,
            "messages": len(messages),
            "us_per_delivery": 1e6 * cpu_s / (figures.viewers * len(messages)),
            "bare_us_per_delivery": bare.us_per_delivery,
        }
        return replace(figures, details=details)


def _measured(design: str, plan: Plan, folder: Path) -> tuple[Figures, bytes, Sequence[tuple[float, bytes]]]:
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(counted_backend(folder))
        teacher = stack.enter_context(Teacher(backend))
        exam = teacher.prepare(plan.results, plan.exams)
        backend_meter = stack.enter_context(Meter(backend.pid))
        server = stack.enter_context(_server(design, backend, plan)) if design != "tutorial" else None
        meter = stack.enter_context(Meter(server.process.pid)) if server else backend_meter
        kind = ("ours" if plan.has_sessions else "streams") if design in BOARD else design
        proxy = stack.enter_context(_proxy(folder, server)) if server and design == "proxied" else None
        proxy_meter = stack.enter_context(Meter(proxy.process.pid)) if proxy else None
        port = proxy.student_port if proxy else server.port if server else backend.port
        chromium = None
        if server and design == "ours" and plan.has_chromium:
            url = f"http://{HOST}:{server.port}/?exam={exam.id}"
            chromium = stack.enter_context(board_in_chromium(url))
        arrivals = folder / "arrivals"
        order = LoadOrder(
            viewers=plan.viewers,
            kind=kind,
            host=HOST,
            port=port,
            exam_id=exam.id,
            changes_max=plan.rhythm.changes,
            arrivals=str(arrivals),
            at_once=AT_ONCE[kind],
            admission_s=plan.admission_s,
            keys=_keys(backend) if design == "tutorial" else {},
            certificate=str(proxy.certificate) if proxy else "",
        )
        empty_mb, began_s = meter.rss_mb(), time.monotonic()
        load = stack.enter_context(Load(order.to_json()))
        ready = load.wait_for("ready", plan.admission_s + 300)
        admission_s = time.monotonic() - began_s
        time.sleep(SETTLE_S)
        idle_percent, idle_mb = meter.percent_over(plan.idle_s), meter.rss_mb()

        recorder = None
        if server and design == "ours":
            recorder = stack.enter_context(contextlib.closing(Recorder(server.port, exam.id)))
        load_average, changes_begin_s = os.getloadavg()[0], time.monotonic()
        counts, busy = _counts(backend), _busy()
        cpu_s, backend_cpu_s = meter.cpu_s(), backend_meter.cpu_s()
        proxy_cpu_s = proxy_meter.cpu_s() if proxy_meter else 0.0
        changes = teacher.make_changes(exam.id, plan.rhythm)
        done = load.finish(len(changes.sent_s), plan.patience_s)
        used_s, changes_end_s = meter.cpu_s() - cpu_s, time.monotonic()
        after, now = _counts(backend), _busy()
        elapsed_s = now.at_s - busy.at_s
        made = {name: (after[name] - counts[name]) / len(changes.sent_s) for name in after}
        arrived_s = read_arrivals(arrivals)
        spread = spread_of(changes.sent_s, arrived_s, ready["count"])
        own_percent = 100 * (now.own_s - busy.own_s) / elapsed_s
        machine_percent = 100 * (now.machine_s - busy.machine_s) / elapsed_s
        details: dict[str, object] = {
            "viewers_asked": plan.viewers,
            "viewers_are": kind,
            "refusals": ready["refusals"],
            "admission_s": round(admission_s, 1),
            "changes": len(changes.sent_s),
            "changes_planned": plan.rhythm.changes,
            "saves_without_answer": _answers(changes).lost,
            "results_at_first": plan.results,
            "exams": plan.exams,
            "max_ms": spread.max_ms,
            "arrived": spread.arrived,
            "save_to_answer_p95_ms": _answers(changes).p95_ms,
            "cpu_s": used_s,
            "idle_cpu_percent": idle_percent,
            "rss_before_viewers_mb": empty_mb,
            "rss_at_rest_mb": idle_mb,
            "backend_cpu_percent": 100 * (backend_meter.cpu_s() - backend_cpu_s) / elapsed_s,
            "backend_rss_mb": backend_meter.rss_max_mb,
            "api_queries_per_change": made["queries"],
            "api_events_per_change": made["events"],
            "api_subscriptions_per_change": made["subscriptions"],
            "p95_ms_of_each_change": _of_each_change(changes.sent_s, arrived_s),
            "tallies": done["tallies"],
            "load_process_lag_p95_ms": done["own_lag_p95_ms"],
            "machine_cores": os.cpu_count(),
            "machine_load_average": load_average,
            "machine_busy_percent": machine_percent,
            "other_programs_percent": max(0.0, machine_percent - own_percent),
            **_dom(chromium, changes),
        }
        if proxy_meter:
            details["proxy_cpu_percent"] = 100 * (proxy_meter.cpu_s() - proxy_cpu_s) / elapsed_s
            details["proxy_rss_mb"] = proxy_meter.rss_max_mb
        figures = Figures(
            viewers=ready["count"],
            p50_ms=spread.p50_ms,
            p95_ms=spread.p95_ms,
            p99_ms=spread.p99_ms,
            lost=spread.lost,
            cpu_percent=100 * used_s / elapsed_s,
            rss_mb=meter.rss_max_mb,
            api_operations_per_change=made["queries"] + made["events"] + made["subscriptions"],
            api_bytes_per_change=made["read_bytes"],
            details=details,
        )
        if recorder is None:
            return figures, b"", []
        return figures, recorder.first(), recorder.between(changes_begin_s, changes_end_s)


class _CountedBackend(BackendClient):
    def __init__(self, server: PolledServer, data_dir: Path) -> None:
        super().__init__(f"http://{HOST}:{server.port}", data_dir)
        self.port, self.pid = server.port, server.process.pid


@contextlib.contextmanager
def counted_backend(folder: Path) -> Iterator[_CountedBackend]:
    arguments = [
        "-m",
        "tests.benchmarks.viewers.backend",
        "--port",
        "{port}",
        "--data-dir",
        str(folder / "data"),
    ]
    with PolledServer(arguments, {}, ready_path="/healthz") as server:
        yield _CountedBackend(server, folder / "data")


def _server(design: str, backend: _CountedBackend, plan: Plan) -> PolledServer:
    """The dashboard as in production, or the rerunning page as Streamlit runs it by default."""
    environment = {"EXAM_RESULTS_ENV_FILE": str(backend.data_dir / "backend.env")}
    if design == "rerun":
        environment["PYTHONPATH"] = str(PAGE.parents[4])
        arguments = [
            "-m",
            "streamlit",
            "run",
            str(PAGE),
            "--server.port",
            "{port}",
            "--server.headless",
            "true",
        ]
        arguments += ["--server.address", HOST, "--browser.gatherUsageStats", "false"]
        return PolledServer(arguments, environment, ready_path="/_stcore/health", folder=backend.data_dir)
    return dashboard(backend, viewers=plan.viewers, is_proxied=design == "proxied")


def dashboard(backend: BackendClient, *, viewers: int, is_proxied: bool = False) -> PolledServer:
    """The student dashboard as in production, with room for so many viewers."""
    environment = {
        "EXAM_RESULTS_ENV_FILE": str(backend.data_dir / "backend.env"),
        "EXAM_RESULTS_TRUSTED_PROXIES": "1" if is_proxied else "0",
        "EXAM_RESULTS_STREAMS_MAX": str(max(5000, viewers + 100)),
    }
    arguments = ["-m", "student_app", "--host", HOST, "--port", "{port}"]
    return PolledServer(arguments, environment, ready_path="/readyz")


def _proxy(folder: Path, server: PolledServer) -> ProxyProcess:
    return ProxyProcess(
        folder, student_port=server.port, teacher_port=free_port(), static_root=streamlit_static_folder()
    )


def _keys(backend: _CountedBackend) -> Mapping[str, str]:
    given = backend.guest_credentials()
    return {
        "access_key": given.access_key,
        "secret_key": given.secret_key,
        "token": given.token or "",
        "region": backend.region,
    }


def _counts(backend: _CountedBackend) -> Mapping[str, int]:
    counts: Mapping[str, int] = get_json(f"{backend.url}/counts")
    return counts


def _answers(changes: Changes) -> Spread:
    return spread_of(changes.sent_s, changes.answered_s, 1)


def _of_each_change(sent_s: Sequence[float], arrived_s: Sequence[float]) -> list[float | None]:
    """Shows whether delays were constant or occasional; None where nothing arrived."""
    changes = len(sent_s)
    spreads = [
        spread_of([sent], arrived_s[change::changes], len(arrived_s) // changes)
        for change, sent in enumerate(sent_s)
    ]
    return [round(spread.p95_ms, 1) if spread.arrived else None for spread in spreads]


def _dom(chromium: BoardInChromium | None, changes: Changes) -> Mapping[str, object]:
    if chromium is None:
        return {}
    spread = spread_of(changes.sent_s, chromium.arrived_s(len(changes.sent_s)), 1)
    return {
        "dom_p50_ms": spread.p50_ms,
        "dom_p95_ms": spread.p95_ms,
        "dom_max_ms": spread.max_ms,
        "dom_lost": spread.lost,
        "dom_clock_error_ms": chromium.clock_error_ms,
    }


def _busy() -> _Busy:
    machine = psutil.cpu_times()
    own = psutil.Process()
    times = [process.cpu_times() for process in (own, *own.children(recursive=True))]
    idle_s = machine.idle + getattr(machine, "iowait", 0.0)
    return _Busy(
        at_s=time.monotonic(),
        machine_s=math.fsum(machine) - idle_s - getattr(machine, "guest", 0.0),
        own_s=sum(one.user + one.system for one in times),
    )
