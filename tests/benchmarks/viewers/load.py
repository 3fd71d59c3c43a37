"""The viewers, all of one design, in their own process: `python -m tests.benchmarks.viewers.load JSON`.

It reports progress in JSON lines: {"event": "viewers", "count"}, then {"event": "ready", "count",
"refusals"}, and after the line {"changes", "patience_s"} on its standard input, once all has arrived or
the time is over, {"event": "done", ...} with the arrivals in the named file.
"""

import asyncio
import gc
import json
import resource
import ssl
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from botocore.credentials import Credentials

from tests.benchmarks.viewers.appsync import GuestSigner, TutorialViewer
from tests.benchmarks.viewers.arrivals import Arrivals
from tests.benchmarks.viewers.people import BoardViewer, OnData, RerunViewer, StreamViewer, Viewer
from tests.benchmarks.viewers.place import Place
from tests.benchmarks.viewers.session import SessionRefused

__all__ = ["LoadOrder", "main", "raise_file_limit"]

REPORT_EVERY = 50
LAG_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class LoadOrder:
    """The process's task. `keys`: a guest's credentials, for viewers who call the API themselves;
    `certificate`: a file with the proxy's certificate authority, empty without a proxy."""

    viewers: int
    kind: str
    host: str
    port: int
    exam_id: str
    changes_max: int
    arrivals: str
    at_once: int
    admission_s: float
    keys: Mapping[str, str]
    certificate: str

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def raise_file_limit() -> int:
    """Raises the open-file limit to the machine's maximum for this user; returns it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def main() -> None:
    order = LoadOrder(**json.loads(sys.argv[1]))
    raise_file_limit()
    asyncio.run(_Load(order).run())


class _Load:
    def __init__(self, order: LoadOrder) -> None:
        self._order = order
        self._arrivals = Arrivals(order.viewers, order.changes_max)
        self._new_viewer = _maker(order)
        self._viewers: dict[int, Viewer] = {}
        self._refusals: Counter[str] = Counter()
        self._waiting = iter(range(order.viewers))
        self._lags_ms: list[float] = []

    async def run(self) -> None:
        lines = await _standard_input()
        try:
            await self._admit_all()
            for viewer in self._viewers.values():
                viewer.begin()
            gc.freeze()  # spares scanning thousands of connections again and again
            _say("ready", count=len(self._viewers), refusals=dict(self._refusals.most_common(3)))
            measuring = asyncio.create_task(self._measure_lag())
            line = await lines.readline()
            if line:
                await self._finish(**json.loads(line))
            measuring.cancel()
            await asyncio.wait([measuring])
        finally:
            async with asyncio.TaskGroup() as group:
                for viewer in self._viewers.values():
                    group.create_task(viewer.close())

    async def _admit_all(self) -> None:
        """Several at a time, until all are admitted or the time is over."""
        admitting = [asyncio.create_task(self._admit_one_by_one()) for _ in range(self._order.at_once)]
        _, late = await asyncio.wait(admitting, timeout=self._order.admission_s)
        for task in late:
            task.cancel()
        for outcome in await asyncio.gather(*admitting, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    async def _admit_one_by_one(self) -> None:
        for number in self._waiting:
            viewer = self._new_viewer(number, self._on_data_of(number))
            try:
                await viewer.open()
            except (OSError, TimeoutError, SessionRefused) as error:
                self._refusals[f"{type(error).__name__}: {error}"[:200]] += 1
                await viewer.close()
                continue
            except asyncio.CancelledError:
                await viewer.close()
                raise
            self._viewers[number] = viewer
            if len(self._viewers) % REPORT_EVERY == 0:
                _say("viewers", count=len(self._viewers))

    def _on_data_of(self, number: int) -> OnData:
        note = self._arrivals.note
        return lambda data: note(number, data)

    async def _finish(self, changes: int, patience_s: float) -> None:
        ends_at = time.monotonic() + patience_s
        wanted = changes * len(self._viewers)
        while self._arrivals.count < wanted and time.monotonic() < ends_at:  # noqa: ASYNC110  # an event is set too often
            await asyncio.sleep(LAG_STEP_S)
        self._arrivals.write(Path(self._order.arrivals), self._viewers, changes)
        tallies: Counter[str] = Counter()
        for viewer in self._viewers.values():
            tallies.update(viewer.tallies())
        lags = sorted(self._lags_ms) or [0.0]  # none is known yet when everything came at once
        _say("done", tallies=tallies, own_lag_p95_ms=round(lags[int(len(lags) * 0.95)], 2))

    async def _measure_lag(self) -> None:
        """The lag of this process itself, which makes every design look slower than it is."""
        while True:
            begun_s = time.monotonic()
            await asyncio.sleep(LAG_STEP_S)
            self._lags_ms.append((time.monotonic() - begun_s - LAG_STEP_S) * 1000)


def _maker(order: LoadOrder) -> Callable[[int, OnData], Viewer]:
    """Returns a factory for the viewer with a given number."""
    tls = ssl.create_default_context(cafile=order.certificate) if order.certificate else None
    place = Place(order.host, order.port, order.exam_id, tls)
    if order.kind == "tutorial":
        keys = order.keys
        credentials = Credentials(keys["access_key"], keys["secret_key"], keys["token"])
        signer = GuestSigner(credentials, keys["region"], f"{order.host}:{order.port}")
        return lambda number, on_data: TutorialViewer(place, number, on_data, signer)
    kinds: Mapping[str, Callable[[Place, int, OnData], Viewer]] = {
        "ours": BoardViewer,
        "streams": StreamViewer,
        "rerun": RerunViewer,
    }
    return lambda number, on_data: kinds[order.kind](place, number, on_data)


def _say(event: str, **values: object) -> None:
    print(json.dumps({"event": event, **values}), flush=True)


async def _standard_input() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    return reader


if __name__ == "__main__":
    main()
