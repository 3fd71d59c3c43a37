"""A viewer of the tutorial's design, simulated by the load process.

Like its React page: a separate real-time connection with one subscription per kind of change, and on each
event the whole list by POST /graphql, page after page. Each viewer has one connection for its fetches,
used again; fetches are sent in the order of the events, and none is skipped.

A signature is valid for minutes and depends only on time, path and body: viewers that ask the same within
a minute share one, which saves the load process work that each browser would do itself. The backend checks
every one.
"""

import asyncio
import contextlib
import functools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.credentials import Credentials
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from shared.api.calls import PAGE_MAX
from shared.api.operations import GUEST_LIST_RESULTS, GUEST_SUBSCRIPTIONS
from tests.benchmarks.viewers.people import OPEN_DEADLINE_S, OnData, local_address
from tests.benchmarks.viewers.place import Place
from tests.benchmarks.viewers.session import SessionRefused
from tests.realtime_client import as_subprotocol, protocol_with, signed_by
from tests.signing import signed_headers

__all__ = ["GuestSigner", "TutorialViewer"]

SUBSCRIBED = ("onCreateResults", "onUpdateResults", "onDeleteResults")
SIGNATURE_S = 60


@dataclass(frozen=True, slots=True)
class GuestSigner:
    """One guest's credentials, shared by all viewers, because the pool issues new identities slowly."""

    credentials: Credentials
    region: str
    host: str

    def realtime(self, path: str, body: str) -> Mapping[str, str]:
        return _realtime(self, path, body, int(time.time()) // SIGNATURE_S)

    def http(self, body: str) -> Mapping[str, str]:
        return _http(self, body, int(time.time()) // SIGNATURE_S)

    def __hash__(self) -> int:
        return id(self.credentials)


@functools.lru_cache(maxsize=4096)
def _realtime(signer: GuestSigner, path: str, body: str, _minute: int) -> Mapping[str, str]:
    return signed_by(signer.host, signer.credentials, signer.region)(path, body)


@functools.lru_cache(maxsize=4096)
def _http(signer: GuestSigner, body: str, _minute: int) -> Mapping[str, str]:
    return signed_headers(f"http://{signer.host}/graphql", body, signer.credentials, signer.region)


class TutorialViewer:
    def __init__(self, place: Place, number: int, on_data: OnData, signer: GuestSigner) -> None:
        self._place, self._address, self._on_data, self._signer = (
            place,
            local_address(number),
            on_data,
            signer,
        )
        self._socket: ClientConnection | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._events: asyncio.Queue[None] = asyncio.Queue()
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._is_closed = False
        self.cuts = self.failures = self.events = self.fetches = 0

    async def open(self) -> None:
        """Raises SessionRefused if there is no connection or a subscription is refused."""
        address, subprotocols = as_subprotocol(
            f"ws://{self._signer.host}/graphql/realtime", self._signer.realtime("/graphql/connect", "{}")
        )
        try:
            self._socket = await connect(
                address,
                subprotocols=[Subprotocol(name) for name in subprotocols],
                local_addr=(self._address, 0),
                open_timeout=OPEN_DEADLINE_S,
                ping_interval=None,
                close_timeout=0.5,
                max_size=None,
                proxy=None,
            )
            async with asyncio.timeout(OPEN_DEADLINE_S):
                await self._socket.send(protocol_with(self._signer.realtime).init())
                for number, name in enumerate(SUBSCRIBED):
                    await self._start(str(number), GUEST_SUBSCRIPTIONS[name])
                waiting = len(SUBSCRIBED)
                while waiting:
                    message = json.loads(await self._socket.recv())
                    if message["type"] in {"error", "connection_error"}:
                        raise SessionRefused(str(message))
                    waiting -= message["type"] == "start_ack"
            await self._fetch()
        except (OSError, TimeoutError, EOFError, WebSocketException) as error:
            raise SessionRefused(repr(error)) from error
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._listen()), loop.create_task(self._fetch_forever())]

    def begin(self) -> None:
        """Nothing to do: it is already listening."""

    async def _start(self, subscription_id: str, document: str) -> None:
        assert self._socket is not None
        await self._socket.send(protocol_with(self._signer.realtime).start(subscription_id, document))

    async def _listen(self) -> None:
        assert self._socket is not None
        try:
            while True:
                if b'"type":"data"' in await self._socket.recv(decode=False):
                    self.events += 1
                    self._events.put_nowait(None)
        except WebSocketException:
            self.cuts += not self._is_closed

    async def _fetch_forever(self) -> None:
        while True:
            await self._events.get()
            try:
                await self._fetch()
            except (OSError, EOFError, ValueError):
                self.failures += 1
                self._close_http()

    async def _fetch(self) -> None:
        token: str | None = None
        while True:
            variables = {"examId": self._place.exam_id, "limit": PAGE_MAX, "nextToken": token}
            answer = await self._asked(json.dumps({"query": GUEST_LIST_RESULTS, "variables": variables}))
            self._on_data(answer)
            token = None if answer.endswith(b'"nextToken":null}}}') else _next_token(answer)
            if token is None:
                break
        self.fetches += 1

    async def _asked(self, body: str) -> bytes:
        if self._writer is not None:
            with contextlib.suppress(OSError, EOFError):  # the server closes idle connections
                return await self._post(body)
            self._close_http()
        return await self._post(body)

    async def _post(self, body: str) -> bytes:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                self._place.host, self._place.port, local_addr=(self._address, 0)
            )
        assert self._reader is not None
        headers = {**self._signer.http(body), "Content-Length": str(len(body.encode()))}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._writer.write(f"POST /graphql HTTP/1.1\r\n{lines}\r\n{body}".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(head[:80].decode("latin-1"))
        return await self._reader.readexactly(_content_length(head))

    def _close_http(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()
            self._reader = self._writer = None

    async def close(self) -> None:
        self._is_closed = True
        if self._socket is not None:
            self._socket.transport.abort()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._close_http()

    def tallies(self) -> Mapping[str, int]:
        return {
            "session_cuts": self.cuts,
            "failed_fetches": self.failures,
            "events": self.events,
            "fetches": self.fetches - 1,
            "fetches_still_due": self._events.qsize(),
        }


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise ValueError("the answer has no Content-Length")


def _next_token(answer: bytes) -> str | None:
    page = next(iter(json.loads(answer)["data"].values()))
    token = page["nextToken"]
    return None if token is None else str(token)
