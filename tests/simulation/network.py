"""What is between a student process and the API: requests, and real-time connections. Both can fail."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from botocore.credentials import Credentials
from websockets.exceptions import ConnectionClosedError

from deploy.local.backend.appsync.realtime.protocol import Action, Close, Connection, Send, Subscribe
from shared.api.operations import GUEST_SUBSCRIPTIONS
from shared.model.errors import BackendUnreachable
from shared.model.exam import Exam, Result, exam_from_wire, result_from_wire
from tests.simulation.api import ModelApi, Wire
from tests.simulation.virtual_time import TURN_S

__all__ = ["PAGE_ROWS", "Guest", "GuestRequests", "Network", "Unsigned"]

PAGE_ROWS = 3
KEEP_ALIVE_S = 60.0
INDEX_LAG_MAX_S = 4.5
EVENT_DELAY_MAX_S = 3.0
_FIELDS = {document: field for field, document in GUEST_SUBSCRIPTIONS.items()}


@dataclass(slots=True)
class Network:
    """One student process's way to the API, and how badly it works. The probabilities are of one event, and
    of one request."""

    api: ModelApi
    choose: random.Random
    lost: float = 0.0
    doubled: float = 0.0
    reordered: float = 0.0
    failing: float = 0.0
    is_down: bool = False
    answers_pings: bool = True
    sockets: "dict[Socket, None]" = field(default_factory=dict)  # those that are open, oldest first

    def latency_s(self, choose: random.Random) -> float:
        return choose.choice((0.002, 0.02, 0.02, 0.2, 1.0 if self.failing else 0.2))

    def heal(self) -> None:
        self.lost = self.doubled = self.reordered = self.failing = 0.0
        self.come_back()

    def come_back(self) -> None:
        self.is_down = False

    def check(self) -> None:
        """Raises BackendUnreachable."""
        if self.is_down or self.choose.random() < self.failing:
            raise BackendUnreachable("the simulated API", "no answer")

    async def connect(self, _url: str, **_options: object) -> "Socket":
        await asyncio.sleep(self.latency_s(self.choose))
        if self.is_down or self.choose.random() < self.failing:
            raise OSError("no connection")
        return Socket(self)


class Guest:
    """Credentials that are always good."""

    def current(self) -> Credentials:
        return Credentials("a", "b", "c")

    def renew(self, _used: Credentials) -> None: ...


class Unsigned:
    """Authentication that proves nothing: signatures have their own tests, and cost time."""

    def get_auth_url(self, url: str) -> str:
        return url

    def get_headers(self, _data: str) -> dict[str, str]:
        return {"host": "simulated"}


class GuestRequests:
    """In the place of GuestApi. Each page is read at its own moment."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def list_exams(self) -> Iterator[Exam]:
        self._network.check()
        lag_s = self._network.choose.uniform(0, INDEX_LAG_MAX_S)
        for wire in self._network.api.listed_exams(lag_s):
            yield exam_from_wire(wire)

    def get_exam(self, exam_id: str) -> Exam | None:
        self._network.check()
        wire = self._network.api.published_exam(exam_id)
        return None if wire is None else exam_from_wire(wire)

    def list_results(self, exam_id: str) -> Iterator[Result]:
        last_id = ""
        while True:
            self._network.check()
            page = self._network.api.published_results(exam_id, last_id, PAGE_ROWS)
            for wire in page:
                yield result_from_wire(wire)
            if len(page) < PAGE_ROWS:
                return
            last_id = page[-1]["id"]

    def close(self) -> None: ...


class Socket:
    """A client's WebSocket, with the backend's own protocol machine at its other end."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._choose = random.Random(network.choose.random())
        self._loop = asyncio.get_running_loop()
        self._inbox: asyncio.Queue[str | None] = asyncio.Queue()
        self._server = Connection()
        self._fields: dict[str, str] = {}  # active subscription -> its field; "" for a probe
        self._arrivals_s = {"up": 0.0, "down": 0.0}
        self._is_open = True
        self.is_silent = False  # half-open: nothing arrives any more, in either direction
        network.sockets[self] = None
        network.api.subscribers[self._on_event] = None
        self._loop.call_later(KEEP_ALIVE_S, self._keep_alive)

    # As the client uses it.

    async def send(self, text: str) -> None:
        self._check_open()
        self._in_order("up", lambda: self._perform(self._server.received(text)))

    async def recv(self) -> str:
        message = await self._inbox.get()
        if message is None:
            self._inbox.put_nowait(None)
            raise ConnectionClosedError(None, None)
        return message

    async def ping(self) -> "asyncio.Future[float]":
        self._check_open()
        pong: asyncio.Future[float] = self._loop.create_future()

        def answer() -> None:
            if self._network.answers_pings and not pong.done():
                pong.set_result(0.0)

        self._in_order("up", lambda: self._in_order("down", answer))
        return pong

    async def close(self) -> None:
        self.cut()

    # What happens to it.

    def cut(self) -> None:
        """Both sides notice."""
        if self._is_open:
            self._is_open = False
            self._network.sockets.pop(self, None)
            self._network.api.subscribers.pop(self._on_event, None)
            self._inbox.put_nowait(None)

    def _check_open(self) -> None:
        if not self._is_open:
            raise ConnectionClosedError(None, None)

    def _keep_alive(self) -> None:
        if self._is_open:
            self._perform(self._server.keep_alive())
            self._loop.call_later(KEEP_ALIVE_S, self._keep_alive)

    def _in_order(self, direction: str, act: Callable[[], None]) -> None:
        """After all that was sent before in this direction, as on any connection."""
        at_s = max(
            self._arrivals_s[direction] + TURN_S, self._loop.time() + self._network.latency_s(self._choose)
        )
        self._arrivals_s[direction] = at_s
        self._loop.call_at(at_s, lambda: act() if self._is_open and not self.is_silent else None)

    def _perform(self, actions: "list[Action]") -> None:
        for action in actions:
            match action:
                case Send(text):
                    self._in_order("down", lambda text=text: self._inbox.put_nowait(text))
                case Subscribe(subscription_id, data, _):
                    self._loop.call_later(
                        self._network.latency_s(self._choose), self._grant, subscription_id, data
                    )
                case Close():
                    self.cut()
                case _:
                    self._fields.pop(action.id, None)

    def _grant(self, subscription_id: str, data: str) -> None:
        self._fields[subscription_id] = _FIELDS.get(json.loads(data)["query"], "")
        self._perform(self._server.subscription_granted(subscription_id))

    def _on_event(self, field: str, row: Wire) -> None:
        """Events leave the API after a while, some twice, some never; those of one subscription may overtake
        each other."""
        payload = json.dumps({"data": {field: row}})
        choose, network = self._choose, self._network
        for subscription_id in [id_ for id_, own in self._fields.items() if own == field]:
            for _ in range(
                0 if choose.random() < network.lost else 2 if choose.random() < network.doubled else 1
            ):
                is_late = choose.random() < network.reordered
                delay_s = choose.uniform(0, EVENT_DELAY_MAX_S) if is_late else 0.01
                self._loop.call_later(delay_s, self._emit, subscription_id, payload)

    def _emit(self, subscription_id: str, payload: str) -> None:
        if self._is_open:
            self._perform(self._server.event(subscription_id, payload))
