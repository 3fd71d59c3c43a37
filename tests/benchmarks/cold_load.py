"""A browser's first visit to the student dashboard, with and without the containers' proxy in front.

    python -m tests.benchmarks.cold_load [--times 3] [--static FOLDER]

Requests and bytes on the wire as Chromium counts them, from an empty cache until the board appears in the
page; the dashboard's processor time for it; then the same visit again with the browser's cache.
"""

import argparse
import base64
import contextlib
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from playwright.sync_api import BrowserContext, sync_playwright

from deploy.containers.compress import compress_tree
from tests.backend_process import BackendClient
from tests.benchmarks.viewers.changes import Teacher
from tests.benchmarks.viewers.processes import Meter
from tests.browser.conftest import CHROMIUM, CHROMIUM_ARGUMENTS
from tests.pair_process import PairProcess
from tests.proxy_process import ProxyProcess, streamlit_static_folder

__all__ = ["main"]

DEADLINE_MS = 60_000
QUIET_MS = 1000  # after the board: files that the page loads late


@dataclass(frozen=True, slots=True)
class Visit:
    requests: int
    megabytes: float
    seconds: float
    server_cpu_ms: float


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="A cold load with and without the proxy.")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--static", type=Path, help="what deploy/containers/compress.py made; saves a minute")
    given = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        static = given.static or folder / "static"
        if not given.static:
            compress_tree(streamlit_static_folder(), static)
        pair = stack.enter_context(PairProcess(folder / "data"))
        teacher = stack.enter_context(Teacher(BackendClient(pair.backend_url, pair.data_dir)))
        exam = teacher.prepare(300, 1)
        proxy = stack.enter_context(
            ProxyProcess(
                folder,
                student_port=pair.ports[1],
                teacher_port=pair.ports[0],
                static_root=static,
            )
        )
        playwright = stack.enter_context(sync_playwright())
        issuer = proxy.certificate.with_name("intermediate.crt")  # the root itself is not sent to browsers
        # Trusted, not just tolerated: Chromium caches no file of a site with an invalid certificate.
        trusted = f"--ignore-certificate-errors-spki-list={_public_key_hash(issuer)}"
        arguments = [*CHROMIUM_ARGUMENTS, trusted]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        stack.callback(chromium.close)
        (student,) = [one for one in pair.children() if "student_app" in " ".join(one.cmdline())][-1:]
        meter = stack.enter_context(Meter(student.pid))
        for title, url in (("straight, HTTP", pair.student_url), ("the proxy, HTTPS", proxy.student_url)):
            cold, warm = [], []
            for _ in range(given.times):
                context = chromium.new_context()
                cold.append(_visited(context, f"{url}/?exam={exam.id}", meter))
                warm.append(_visited(context, f"{url}/?exam={exam.id}", meter))
                context.close()
            print(f"{title}:\n  first   {_described(cold)}\n  again   {_described(warm)}", flush=True)
    return 0


def _visited(context: BrowserContext, url: str, meter: Meter) -> Visit:
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    loaded: list[Any] = []
    # playwright sets attributes on handlers, which a list's own method does not allow.
    wire.on("Network.dataReceived", lambda event: loaded.append(event))
    wire.on("Network.loadingFinished", lambda event: loaded.append(event))
    cpu_s, begun_s = meter.cpu_s(), time.monotonic()
    page.goto(url)
    page.get_by_role("row").filter(has_text="Student 0").first.wait_for(timeout=DEADLINE_MS)
    seconds = time.monotonic() - begun_s
    page.wait_for_timeout(QUIET_MS)
    lengths = _lengths(loaded)
    visit = Visit(len(lengths), sum(lengths.values()) / 1e6, seconds, (meter.cpu_s() - cpu_s) * 1000)
    page.close()
    return visit


def _lengths(events: Sequence[Any]) -> dict[str, float]:
    """Length by request: the total of a finished one, the bytes so far of an open stream."""
    lengths: dict[str, float] = {}
    finished: dict[str, float] = {}
    for one in events:
        if "dataLength" in one:
            lengths[one["requestId"]] = lengths.get(one["requestId"], 0) + one["encodedDataLength"]
        else:
            finished[one["requestId"]] = one["encodedDataLength"]
    return {name: length for name, length in (lengths | finished).items() if length > 0}


def _public_key_hash(certificate: Path) -> str:
    public = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(public.public_bytes(*form)).digest()).decode()


def _described(visits: Sequence[Visit]) -> str:
    def middle(name: str) -> float:
        return float(statistics.median(getattr(visit, name) for visit in visits))

    return (
        f"{middle('requests'):.0f} requests, {middle('megabytes'):.2f} MB, "
        f"board after {middle('seconds'):.1f} s, "
        f"{middle('server_cpu_ms'):.0f} ms of the dashboard's processor (medians of {len(visits)})"
    )


if __name__ == "__main__":
    sys.exit(main())
