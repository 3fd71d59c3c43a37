"""Sessions are limited in all, for each address and in their rate; a foreign page opens none."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from student_app.ops.sessions import SESSIONS_PER_S, SessionLimits

NO_ORIGIN = object()


def websocket(
    address: str = "192.0.2.1", *, origin: object = "http://exams.example", forwarded: str = ""
) -> Scope:
    headers = [(b"host", b"exams.example")]
    if isinstance(origin, str):
        headers.append((b"origin", origin.encode()))
    if forwarded:
        headers.append((b"x-forwarded-for", forwarded.encode()))
    return {
        "type": "websocket",
        "client": (address, 5000),
        "headers": headers,
    }


async def no_message(*_: Any) -> Any:
    return {"type": "websocket.connect"}


class Door:
    """Opens sessions that stay open until `leave`; notes the code with which refused ones are closed."""

    def __init__(self, limits: SessionLimits) -> None:
        self.limits = limits
        self.codes: list[int] = []
        self._open: list[tuple[asyncio.Task[None], asyncio.Event]] = []

    async def enter(self, scope: Scope) -> bool:
        """Whether the session was opened."""
        entered, leaving = asyncio.Event(), asyncio.Event()

        async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
            entered.set()
            await leaving.wait()

        async def send(message: Message) -> None:
            self.codes.append(message["code"])

        session = asyncio.create_task(self.limits.wrap(app)(scope, no_message, send))
        waiting = asyncio.create_task(entered.wait())
        await asyncio.wait([session, waiting], return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if entered.is_set():
            self._open.append((session, leaving))
        return entered.is_set()

    async def leave(self) -> None:
        """The session that was opened first ends."""
        session, leaving = self._open.pop(0)
        leaving.set()
        await session


def limits(
    *,
    sessions_max: int = 100,
    per_address_max: int = 100,
    trusted_proxies: int = 0,
    now_s: Callable[[], float] = lambda: 0.0,
) -> SessionLimits:
    return SessionLimits(
        sessions_max=sessions_max,
        per_address_max=per_address_max,
        trusted_proxies=trusted_proxies,
        now_s=now_s,
    )


def test_sessions_are_limited_in_all_and_a_place_is_given_back() -> None:
    async def run() -> None:
        door = Door(limits(sessions_max=2))
        assert await door.enter(websocket("192.0.2.1"))
        assert await door.enter(websocket("192.0.2.2"))
        assert not await door.enter(websocket("192.0.2.3"))
        assert door.codes == [1013]
        assert (door.limits.open_count, door.limits.refused_count) == (2, 1)
        await door.leave()
        assert await door.enter(websocket("192.0.2.3"))
        for _ in range(2):
            await door.leave()
        assert door.limits.open_count == 0

    asyncio.run(run())


def test_one_address_cannot_open_every_session() -> None:
    """Others still get in, and it may open another one when one has ended."""

    async def run() -> None:
        now_s = 0.0
        door = Door(limits(per_address_max=2, now_s=lambda: now_s))
        opened = [await door.enter(websocket()) for _ in range(4)]
        assert opened == [True, True, False, False]
        assert await door.enter(websocket("192.0.2.2"))
        await door.leave()
        now_s = 10.0
        assert await door.enter(websocket())
        while door.limits.open_count:
            await door.leave()

    asyncio.run(run())


def test_a_school_arrives_at_once_and_afterwards_sessions_have_a_rate() -> None:
    """Opening and closing without end costs a page run each time."""

    async def run() -> None:
        now_s = 0.0
        door = Door(limits(per_address_max=1000, sessions_max=5000, now_s=lambda: now_s))

        async def opened(count: int) -> int:
            entered = 0
            for _ in range(count):
                if await door.enter(websocket()):
                    entered += 1
                    await door.leave()
            return entered

        assert await opened(1500) == 1000
        now_s = 2.0
        assert await opened(1500) == 2 * SESSIONS_PER_S
        now_s = 3600.0
        assert await opened(1500) == 1000

    asyncio.run(run())


@pytest.mark.parametrize(
    ("origin", "is_open"),
    [
        ("http://exams.example", True),
        ("https://exams.example", True),
        (NO_ORIGIN, True),  # no browser
        ("http://evil.example", False),
        ("http://exams.example:81", False),
        ("http://exams.example.evil.example", False),
        ("null", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_a_page_of_another_site_opens_no_session(origin: object, *, is_open: bool) -> None:
    """Streamlit would stop the event loop to ask the internet for the server's address."""

    async def run() -> None:
        door = Door(limits())
        assert await door.enter(websocket(origin=origin)) is is_open
        if is_open:
            await door.leave()

    asyncio.run(run())


def test_behind_a_proxy_each_visitor_has_an_address_of_his_own() -> None:
    """Whatever port the proxy adds to it."""

    async def run() -> None:
        door = Door(limits(per_address_max=1, trusted_proxies=1))
        assert await door.enter(websocket(forwarded="198.51.100.7:40001"))
        assert not await door.enter(websocket(forwarded="198.51.100.7:40002"))
        assert await door.enter(websocket(forwarded="198.51.100.8"))
        for _ in range(2):
            await door.leave()

    asyncio.run(run())


def test_sessions_that_end_all_at_once_let_others_be_served_in_between() -> None:
    """Ending one takes milliseconds: two thousand in a row stopped the dashboard for five seconds."""
    happened: list[str] = []

    async def run() -> None:
        sessions = limits(sessions_max=1000, per_address_max=1000)
        they_leave = asyncio.Event()

        async def receive() -> Message:
            await they_leave.wait()
            return {"type": "websocket.disconnect", "code": 1001}

        async def app(_scope: Scope, receive: Receive, _send: Send) -> None:
            await receive()
            happened.append("ended")

        async def visitor() -> None:
            while happened.count("ended") < 100:
                happened.append("served")
                await asyncio.sleep(0)

        open_sessions = [
            asyncio.create_task(sessions.wrap(app)(websocket(), receive, no_message)) for _ in range(100)
        ]
        while sessions.open_count < 100:  # noqa: ASYNC110  # each needs a turn to begin
            await asyncio.sleep(0)
        they_leave.set()
        await asyncio.gather(visitor(), *open_sessions)
        assert sessions.open_count == 0

    asyncio.run(run())
    in_a_row = [len(part) for part in "".join(word[0] for word in happened).split("s")]
    assert max(in_a_row) <= 2


def test_requests_over_http_are_not_limited_here() -> None:
    async def run() -> None:
        door = Door(limits(sessions_max=1))
        for _ in range(3):
            assert await door.enter({"type": "http", "client": ("192.0.2.1", 1), "headers": []})
        assert door.limits.open_count == 0
        for _ in range(3):
            await door.leave()

    asyncio.run(run())
