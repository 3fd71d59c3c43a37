"""A change on every screen, with and without the containers' proxy in front: many event streams, one machine.

    python -m tests.benchmarks.proxy_streams [--viewers 1000] [--seconds 30]

A teacher saves one result a second through shared.api; a time runs from the beginning of that call until the
change has come to a viewer. Viewers hold an event stream each, in a process of their own: plain HTTP straight
to the student dashboard, then HTTPS through Caddy with the shipped Caddyfile. They have no Streamlit
sessions.
"""

import argparse
import asyncio
import contextlib
import functools
import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.backend_process import ROOT, BackendProcess
from tests.benchmarks.viewers_arrivals import Arrivals, read_arrivals
from tests.benchmarks.viewers_changes import Rhythm, Teacher
from tests.benchmarks.viewers_figures import spread_of
from tests.benchmarks.viewers_load import raise_file_limit
from tests.benchmarks.viewers_people import local_address
from tests.benchmarks.viewers_processes import Meter, ServerProcess
from tests.benchmarks.viewers_stream import EventStream
from tests.pair_process import free_port
from tests.proxy_process import ProxyProcess, streamlit_static_folder

__all__ = ["main"]

AT_ONCE = 50
PATIENCE_S = 20.0
ADMISSION_S = 180.0


@dataclass(frozen=True, slots=True)
class Order:
    """What the viewers' process does; `certificate` is empty where there is no TLS."""

    viewers: int
    port: int
    certificate: str
    exam_id: str
    changes: int
    arrivals: str


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Event streams with and without the proxy.")
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--viewers-process", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    raise_file_limit()
    if given.viewers_process:
        asyncio.run(_watch(Order(**json.loads(given.viewers_process))))
        return 0
    rhythm = Rhythm(given.seconds, 1.0, 1)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        backend = stack.enter_context(BackendProcess(folder / "data"))
        teacher = stack.enter_context(Teacher(backend))
        for is_through_proxy in (False, True):
            exam = teacher.prepare(300, 1)  # a new one: rows of the first run would count for the second
            with contextlib.ExitStack() as run:
                server = run.enter_context(_student(backend, given.viewers, is_through_proxy))
                proxy = None
                if is_through_proxy:
                    made = ProxyProcess(
                        folder,
                        student_port=server.port,
                        teacher_port=free_port(),
                        static_root=streamlit_static_folder(),
                    )
                    proxy = run.enter_context(made)
                order = Order(
                    given.viewers,
                    int(proxy.student_url.rsplit(":", 1)[1]) if proxy else server.port,
                    str(proxy.certificate) if proxy else "",
                    exam.id,
                    rhythm.changes,
                    str(folder / "arrivals"),
                )
                meters = {"dashboard": run.enter_context(Meter(server.process.pid))}
                if proxy:
                    meters["proxy"] = run.enter_context(Meter(proxy.process.pid))
                print("through the proxy, HTTPS:" if proxy else "straight, HTTP:", flush=True)
                print(_measured(order, teacher, rhythm, meters), flush=True)
    return 0


def _student(backend: BackendProcess, viewers: int, is_behind_proxy: bool) -> ServerProcess:
    return ServerProcess(
        [
            *("-m", "uvicorn", "--factory", "student_app.server:create_app_from_environment"),
            *("--host", "127.0.0.1", "--port", "{port}", "--ws", "websockets-sansio"),
            *("--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "3"),
            *("--no-access-log", "--no-proxy-headers"),
        ],
        {
            "EXAM_RESULTS_ENV_FILE": str(backend.data_dir / "backend.env"),
            "EXAM_RESULTS_TRUSTED_PROXIES": "1" if is_behind_proxy else "0",
            "EXAM_RESULTS_STREAMS_MAX": str(viewers + 100),
        },
        ready_path="/readyz",
    )


def _measured(order: Order, teacher: Teacher, rhythm: Rhythm, meters: dict[str, Meter]) -> str:
    command = [sys.executable, "-m", "tests.benchmarks.proxy_streams", "--viewers-process"]
    with subprocess.Popen(
        [*command, json.dumps(asdict(order))],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as viewers:
        assert viewers.stdout is not None
        watching = json.loads(viewers.stdout.readline())["watching"]
        begun = {name: meter.cpu_s() for name, meter in meters.items()}
        changes = teacher.make_changes(order.exam_id, rhythm)
        viewers.communicate("\n", timeout=PATIENCE_S * 2)
        if viewers.returncode != 0:
            raise SystemExit(f"the viewers' process ended with {viewers.returncode}")
        spread = spread_of(changes.sent_s, read_arrivals(Path(order.arrivals)), watching)
    costs = ", ".join(
        f"{name} {100 * (meter.cpu_s() - begun[name]) / rhythm.seconds:.0f} % of a core, "
        f"{meter.rss_max_mb:.0f} MB"
        for name, meter in meters.items()
    )
    return (
        f"  {watching} of {order.viewers} viewers, {len(changes.sent_s)} changes: "
        f"p50 {spread.p50_ms:.0f} ms, p95 {spread.p95_ms:.0f} ms, p99 {spread.p99_ms:.0f} ms, "
        f"longest {spread.max_ms:.0f} ms, lost {spread.lost}\n  {costs}"
    )


class _TlsStream(EventStream):
    """An event stream over HTTPS; the proxy knows its site by name."""

    def __init__(self, port: int, context: ssl.SSLContext, number: int, *more: object) -> None:
        super().__init__("localhost", port, local_address(number), *more)  # type: ignore[arg-type]
        self._connect = functools.partial(
            asyncio.get_running_loop().create_connection,
            lambda: self,
            "127.0.0.1",
            port,
            ssl=context,
            server_hostname="localhost",
            local_addr=(local_address(number), 0),
        )

    async def open(self) -> None:
        await self._connect()


async def _watch(order: Order) -> None:
    """All in, then until everything has come, or for PATIENCE_S after the line on standard input."""
    arrivals = Arrivals(order.viewers, order.changes)
    context = ssl.create_default_context(cafile=order.certificate) if order.certificate else None

    def stream_of(number: int) -> EventStream:
        note: Callable[[bytes], None] = functools.partial(arrivals.note, number)
        more = (f"/live/{order.exam_id}", note, lambda: None, lambda _spread_s: None)
        if context is not None:
            return _TlsStream(order.port, context, number, *more)
        return EventStream("127.0.0.1", order.port, local_address(number), *more)

    streams: dict[int, EventStream] = {}
    waiting = iter(range(order.viewers))

    async def admit() -> None:
        for number in waiting:
            stream = stream_of(number)
            await stream.open()
            await stream.snapshot_came.wait()
            streams[number] = stream

    try:
        async with asyncio.timeout(ADMISSION_S), asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(admit())
        print(json.dumps({"watching": len(streams)}), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while arrivals.count < order.changes * len(streams):  # noqa: ASYNC110  # set too often
                    await asyncio.sleep(0.05)
        arrivals.write(Path(order.arrivals), sorted(streams), order.changes)
    finally:
        for stream in streams.values():
            stream.close()


if __name__ == "__main__":
    sys.exit(main())
