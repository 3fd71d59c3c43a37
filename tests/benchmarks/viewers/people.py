"""One viewer of each design, simulated by the load process.

ours      a Streamlit session and an event stream
streams   an event stream alone
rerun     a Streamlit session whose st_autorefresh fires every 2 s once everybody is in: a favour, since
          otherwise few would ever be admitted
tutorial  separate subscriptions; on each event the whole list is fetched again
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from tests.benchmarks.viewers.place import Place
from tests.benchmarks.viewers.session import SessionRefused, StreamlitSession
from tests.benchmarks.viewers.stream import EventStream

__all__ = ["BoardViewer", "RerunViewer", "StreamViewer", "Viewer", "local_address"]

OPEN_DEADLINE_S = 120.0
AUTOREFRESH_S = 2.0
PER_ADDRESS = 1000  # viewers that share one address, as those of a school do

OnData = Callable[[bytes], None]


class Viewer(Protocol):
    """One of many. open() raises OSError, TimeoutError or SessionRefused."""

    async def open(self) -> None: ...
    def begin(self) -> None:
        """Called once everybody is admitted."""

    async def close(self) -> None: ...
    def tallies(self) -> Mapping[str, int]: ...


def local_address(number: int) -> str:
    """An address of this machine that stands for that of a home or school."""
    block = number // PER_ADDRESS
    return f"127.{1 + block // 250}.{block % 250}.1"


class StreamViewer:
    def __init__(self, place: Place, number: int, on_data: OnData) -> None:
        self.stream = EventStream(place, local_address(number), on_data)

    async def open(self) -> None:
        await self.stream.open()
        async with asyncio.timeout(OPEN_DEADLINE_S):
            await self.stream.has_begun.wait()

    def begin(self) -> None:
        """Nothing to do: it is already listening."""

    async def close(self) -> None:
        self.stream.close()

    def tallies(self) -> Mapping[str, int]:
        return {"stream_cuts": self.stream.cuts}


class BoardViewer(StreamViewer):
    """The session is opened first; its page tells the board which exam to follow. Where that is awaited, the
    board asks for one run of the page once the exam is there, at a random moment within the spread."""

    def __init__(self, place: Place, number: int, on_data: OnData) -> None:
        super().__init__(place, number, on_data)
        self.session = StreamlitSession(place, local_address(number), lambda _data: None)
        self.stream.on_snapshot = self._on_snapshot
        self._asking: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None
        self._is_awaited = False

    async def open(self) -> None:
        await self.session.open(OPEN_DEADLINE_S)
        if not self.session.component_data.get("exam_id"):
            raise SessionRefused("the page holds no board")
        self._is_awaited = bool(self.session.component_data["is_awaited"])
        await super().open()

    def _on_snapshot(self) -> None:
        if self._is_awaited:
            self._is_awaited = False
            after_s = random.random() * self.stream.spread_s
            self._asking = asyncio.get_running_loop().call_later(after_s, self._ask_for_a_run)

    def _ask_for_a_run(self) -> None:
        request = self.session.rerun([self.session.trigger("changed")], is_fragment=True)
        self._sending = asyncio.get_running_loop().create_task(request)

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
        await super().close()
        await self.session.close()

    def tallies(self) -> Mapping[str, int]:
        return {
            **super().tallies(),
            "session_cuts": self.session.cuts,
            "runs_after_the_first": self.session.finished_runs - 1,
        }


class RerunViewer:
    def __init__(self, place: Place, number: int, on_data: OnData) -> None:
        self.session = StreamlitSession(place, local_address(number), on_data)
        self._refreshing: asyncio.Task[None] | None = None
        self.runs_asked = 0

    async def open(self) -> None:
        await self.session.open(OPEN_DEADLINE_S)
        if not self.session.component_id:
            raise SessionRefused("the page holds no st_autorefresh")

    def begin(self) -> None:
        self._refreshing = asyncio.get_running_loop().create_task(self._refresh_forever())

    async def _refresh_forever(self) -> None:
        await asyncio.sleep(random.random() * AUTOREFRESH_S)
        while True:
            await asyncio.sleep(AUTOREFRESH_S)
            self.runs_asked += 1
            await self.session.rerun([self.session.value(self.runs_asked)])

    async def close(self) -> None:
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait([self._refreshing])
        await self.session.close()

    def tallies(self) -> Mapping[str, int]:
        return {
            "session_cuts": self.session.cuts,
            "reruns_asked": self.runs_asked,
            "reruns": self.session.finished_runs - 1,
        }
