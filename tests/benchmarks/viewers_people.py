"""One viewer of each design, simulated by the load process.

ours      a Streamlit session and an event stream; after changes the board requests one fragment run, as
          rarely and as spread out as board.js does in a visible page
streams   an event stream alone
rerun     a Streamlit session whose st_autorefresh fires every 2 s once everybody is in: a favour, since
          otherwise few would ever be admitted
tutorial  separate subscriptions; on each event the whole list is fetched again
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from typing import Protocol

from tests.benchmarks.viewers_place import Place
from tests.benchmarks.viewers_session import SessionRefused, StreamlitSession
from tests.benchmarks.viewers_stream import EventStream

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
        self.stream = EventStream(
            place,
            local_address(number),
            on_data,
            self.on_change,
            self.on_spread,
        )

    def on_change(self) -> None:
        """Nothing to do: there is only the stream."""

    def on_spread(self, _spread_s: float) -> None:
        """Nothing to do: there is only the stream."""

    async def open(self) -> None:
        await self.stream.open()
        async with asyncio.timeout(OPEN_DEADLINE_S):
            await self.stream.snapshot_came.wait()

    def begin(self) -> None:
        """Nothing to do: it is already listening."""

    async def close(self) -> None:
        self.stream.close()

    def tallies(self) -> Mapping[str, int]:
        return {"stream_cuts": self.stream.cuts}


class BoardViewer(StreamViewer):
    """The session is opened first; its page tells the board which exam to follow."""

    def __init__(self, place: Place, number: int, on_data: OnData) -> None:
        super().__init__(place, number, on_data)
        self.session = StreamlitSession(place, local_address(number), lambda _data: None)
        self._told_at_s = float("-inf")
        self._spread_s = 0.0
        self._telling: asyncio.TimerHandle | None = None
        self._is_owed = False
        self._sending: asyncio.Task[None] | None = None
        self.runs_asked = 0

    async def open(self) -> None:
        await self.session.open(OPEN_DEADLINE_S)
        if not self.session.component_data.get("exam_id"):
            raise SessionRefused("the page holds no board")
        await super().open()

    def on_change(self) -> None:
        if self._telling is not None:
            self._is_owed = True
            return
        self._is_owed = False
        loop = asyncio.get_running_loop()
        refresh_s = float(str(self.session.component_data["refresh_s"]))
        rest_s = self._told_at_s + max(refresh_s, self._spread_s) - loop.time()
        self._telling = loop.call_later(max(rest_s, random.random() * self._spread_s), self._request_run)

    def on_spread(self, spread_s: float) -> None:
        self._spread_s = spread_s

    def _request_run(self) -> None:
        loop = asyncio.get_running_loop()
        self._telling, self._told_at_s = None, loop.time()
        self.runs_asked += 1
        request = self.session.rerun([self.session.trigger("changed")], is_fragment=True)
        self._sending = loop.create_task(request)
        if self._is_owed:
            self.on_change()

    async def close(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
        await super().close()
        await self.session.close()

    def tallies(self) -> Mapping[str, int]:
        return {
            **super().tallies(),
            "session_cuts": self.session.cuts,
            "fragment_runs_asked": self.runs_asked,
            "fragment_runs": self.session.finished_runs - 1,
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
