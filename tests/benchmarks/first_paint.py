"""How soon a student on a slow phone can read a result: cold, in fourfold slowed Chromium, two slow networks.

    python -m tests.benchmarks.first_paint [--times 3]

Three pages of one exam with 300 results in one run: the dashboard's first answer (useful when its heading,
a tile and a row are drawn), a static page of the same content, and the same dashboard until Streamlit's page
has taken its place, which is what a student waited for without the first answer. Times run from the request;
bytes are those on the wire until the useful moment, as Chromium counts them, and never less than the page's.
"""

import argparse
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.backend_process import BackendClient
from tests.benchmarks.viewers.changes import Teacher
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.browser.people import PHONE
from tests.pair_process import PairProcess

__all__ = ["main"]

CPU_SLOWDOWN = 4
DEADLINE_MS = 180_000
RESULTS = 300


@dataclass(frozen=True, slots=True)
class Network:
    """Throttling as in Chromium's developer tools: a delay per request, and bits per second."""

    name: str
    latency_ms: int
    down_bit_s: int
    up_bit_s: int


NETWORKS = (
    Network("fast 3G", 150, 1_600_000, 750_000),
    Network("slow 3G", 400, 400_000, 400_000),
)


@dataclass(frozen=True, slots=True)
class Visit:
    seconds: float
    kilobytes: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Time and bytes until a student reads a result.")
    parser.add_argument("--times", type=int, default=3)
    given = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pair = stack.enter_context(PairProcess(folder / "data"))
        teacher = stack.enter_context(Teacher(BackendClient(pair.backend_url, pair.data_dir)))
        exam = teacher.prepare(RESULTS, 1)
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        stack.callback(chromium.close)
        designs: dict[str, tuple[str, Callable[[Page], None]]] = {
            "first answer": (f"/?exam={exam.id}", _first_answer_is_useful),
            "static page": (f"/board/{exam.id}", _static_page_is_useful),
            "Streamlit's page": (f"/?exam={exam.id}", _streamlit_is_useful),
        }
        for network in NETWORKS:
            for name, (path, is_useful) in designs.items():
                visits = [
                    _visit(chromium, f"{pair.student_url}{path}", network, is_useful)
                    for _ in range(given.times)
                ]
                print(f"{network.name}, {name}: {_described(visits)}", flush=True)
    return 0


def _first_answer_is_useful(page: Page) -> None:
    first = page.locator("#first-paint")
    for part in (first.locator("h1"), first.locator(".tile").first, first.locator("tr[data-id]").first):
        part.wait_for(timeout=DEADLINE_MS)


def _static_page_is_useful(page: Page) -> None:
    for part in (page.locator("h1"), page.locator("dd").first, page.locator("td").first):
        part.wait_for(timeout=DEADLINE_MS)


def _streamlit_is_useful(page: Page) -> None:
    page.locator("#first-paint").wait_for(state="detached", timeout=DEADLINE_MS)


def _visit(browser: Browser, url: str, network: Network, is_useful: Callable[[Page], None]) -> Visit:
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]  # playwright's own keywords
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": network.latency_ms,
            "downloadThroughput": network.down_bit_s / 8,
            "uploadThroughput": network.up_bit_s / 8,
        },
    )
    wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
    received: list[Any] = []
    wire.on(
        "Network.dataReceived", lambda event: received.append(event)
    )  # playwright sets attributes on handlers
    begun_s = time.monotonic()
    answer = page.goto(url, wait_until="commit", timeout=DEADLINE_MS)
    is_useful(page)
    seconds = time.monotonic() - begun_s
    until_useful = sum(event["encodedDataLength"] for event in received)
    assert answer is not None
    kilobytes = max(until_useful, answer.request.sizes()["responseBodySize"]) / 1000
    context.close()
    return Visit(seconds, kilobytes)


def _described(visits: Sequence[Visit]) -> str:
    seconds = statistics.median(visit.seconds for visit in visits)
    kilobytes = statistics.median(visit.kilobytes for visit in visits)
    return f"useful after {seconds:.1f} s, {kilobytes:.0f} kB (medians of {len(visits)})"


if __name__ == "__main__":
    sys.exit(main())
