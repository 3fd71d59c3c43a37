"""A browser's first visit to the student dashboard, with and without the containers' proxy in front.

    python -m tests.benchmarks.cold_load [--times 3]

Requests and bytes on the wire as Chromium counts them, from an empty cache until the board stands in the
page; the dashboard's processor time for it; then the same visit again, with what the browser kept.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, sync_playwright

from deploy.containers.compress import compress_tree
from tests.backend_process import BackendClient
from tests.benchmarks.viewers_changes import Teacher
from tests.benchmarks.viewers_processes import Meter
from tests.pair_process import PairProcess
from tests.proxy_process import ProxyProcess, streamlit_static_folder

__all__ = ["main"]

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
DEADLINE_MS = 60_000
QUIET_MS = 1000  # after the board: late files of the page


@dataclass(frozen=True, slots=True)
class Visit:
    requests: int
    megabytes: float
    seconds: float
    server_cpu_ms: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A cold load with and without the proxy.")
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        compress_tree(streamlit_static_folder(), folder / "static")
        pair = stack.enter_context(PairProcess(folder / "data"))
        teacher = stack.enter_context(Teacher(BackendClient(pair.backend_url, pair.data_dir)))
        exam = teacher.prepare(300, 1)
        proxy = stack.enter_context(
            ProxyProcess(
                folder,
                student_port=pair.ports[1],
                teacher_port=pair.ports[0],
                static_root=folder / "static",
            )
        )
        playwright = stack.enter_context(sync_playwright())
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        stack.callback(chromium.close)
        (student,) = [one for one in pair.children() if "student_app" in " ".join(one.cmdline())][-1:]
        meter = stack.enter_context(Meter(student.pid))
        for title, url in (("straight, HTTP", pair.student_url), ("the proxy, HTTPS", proxy.student_url)):
            cold, warm = [], []
            for _ in range(given.times):
                context = chromium.new_context(ignore_https_errors=True)
                cold.append(_visited(context, f"{url}/?exam={exam.id}", meter))
                warm.append(_visited(context, f"{url}/?exam={exam.id}", meter))
                context.close()
            print(f"{title}:\n  first   {_told(cold)}\n  again   {_told(warm)}", flush=True)
    return 0


def _visited(context: BrowserContext, url: str, meter: Meter) -> Visit:
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    sent: list[Any] = []
    loaded: list[Any] = []
    cached: set[str] = set()
    wire.on("Network.requestWillBeSent", sent.append)
    wire.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    wire.on("Network.dataReceived", loaded.append)
    wire.on("Network.loadingFinished", loaded.append)
    cpu_s, begun_s = meter.cpu_s(), time.monotonic()
    page.goto(url)
    page.get_by_role("row").filter(has_text="Student 0").first.wait_for(timeout=DEADLINE_MS)
    seconds = time.monotonic() - begun_s
    page.wait_for_timeout(QUIET_MS)
    total = _bytes(loaded, cached)
    asked = {
        event["requestId"]
        for event in sent
        if event["request"]["url"].startswith("http") and event["requestId"] not in cached
    }
    visit = Visit(len(asked), total / 1e6, seconds, (meter.cpu_s() - cpu_s) * 1000)
    page.close()
    return visit


def _bytes(events: Sequence[Any], cached: set[str]) -> int:
    """On the wire: a finished request's whole length, an open stream's pieces so far."""
    finished = {one["requestId"]: one for one in events if "dataLength" not in one}
    pieces: dict[str, int] = {}
    for one in events:
        if "dataLength" in one and one["requestId"] not in finished:
            pieces[one["requestId"]] = pieces.get(one["requestId"], 0) + one["encodedDataLength"]
    whole = [one["encodedDataLength"] for name, one in finished.items() if name not in cached]
    return int(sum(whole) + sum(pieces.values()))


def _told(visits: Sequence[Visit]) -> str:
    def middle(name: str) -> float:
        return float(statistics.median(getattr(visit, name) for visit in visits))

    return (
        f"{middle('requests'):.0f} requests, {middle('megabytes'):.2f} MB, "
        f"board after {middle('seconds'):.1f} s, "
        f"{middle('server_cpu_ms'):.0f} ms of the dashboard's processor (medians of {len(visits)})"
    )


if __name__ == "__main__":
    sys.exit(main())
