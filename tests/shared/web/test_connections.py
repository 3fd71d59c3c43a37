"""Connections are bounded in number and time; whoever sends a request at once gets in."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.frames import Frame, Opcode
from websockets.protocol import Event
from websockets.sync.client import ClientConnection, connect

from shared.web.connections import OpenConnections, limited_protocols
from shared.web.pings import PING
from tests.waiting import wait_until

DEADLINE_S = 20.0
HEAD = b"GET / HTTP/1.1\r\nHost: exams.example\r\n"


class Connections:
    """Named connections that note when they are closed."""

    def __init__(self, places: int, places_per_address: int) -> None:
        self.book = OpenConnections(places, places_per_address=places_per_address)
        self.closed: list[str] = []

    def admit(self, name: str, address: str) -> bool:
        return self.book.admit(name, address, lambda: self.closed.append(name))


def test_the_longest_idle_connection_makes_way_for_a_new_one() -> None:
    connections = Connections(3, 3)
    assert all(connections.admit(name, "a") for name in ("first", "second", "third"))
    connections.book.set_busy("first")
    assert connections.admit("fourth", "a")
    assert connections.closed == ["second"]
    assert len(connections.book) == 3


def test_a_connection_whose_request_is_in_progress_is_never_closed() -> None:
    """A new one is refused."""
    connections = Connections(2, 2)
    for name in ("first", "second"):
        assert connections.admit(name, "a")
        connections.book.set_busy(name)
    assert not connections.admit("third", "b")
    assert connections.closed == []


def test_idle_again_means_that_it_can_make_way_again() -> None:
    """It counts as idle from then on."""
    connections = Connections(2, 2)
    for name in ("first", "second"):
        connections.admit(name, "a")
    connections.book.set_busy("first")
    connections.book.set_idle("first", lambda: connections.closed.append("first"))
    connections.admit("third", "a")
    connections.admit("fourth", "a")
    assert connections.closed == ["second", "first"]


def test_one_address_cannot_take_every_place() -> None:
    """Its own idle connections make way for its new ones, and nobody else's."""
    connections = Connections(10, 4)
    assert all(connections.admit(f"a{number}", "a") for number in range(100))
    assert connections.admit("b", "b")
    assert len(connections.book) == 5
    assert connections.closed == [f"a{number}" for number in range(96)]


def test_an_address_with_busy_connections_only_is_refused_further_ones() -> None:
    connections = Connections(10, 2)
    for name in ("first", "second"):
        connections.admit(name, "a")
        connections.book.set_busy(name)
    assert not connections.admit("third", "a")
    assert connections.admit("other", "b")


def test_when_all_places_are_taken_the_address_with_most_idle_connections_gives_one_up() -> None:
    connections = Connections(5, 4)
    for name, address in (("b", "b"), ("a1", "a"), ("a2", "a"), ("a3", "a"), ("c", "c")):
        connections.admit(name, address)
    assert connections.admit("d", "d")
    assert connections.closed == ["a1"]


def test_a_closed_connection_gives_its_place_back_once() -> None:
    connections = Connections(2, 1)
    connections.admit("first", "a")
    connections.book.set_busy("first")
    for _ in range(2):
        connections.book.forget("first")
    connections.book.set_idle("first", lambda: None)  # too late: it changes nothing
    assert len(connections.book) == 0
    assert connections.admit("second", "a")


@contextlib.contextmanager
def served(
    *,
    places: int = 100,
    places_per_address: int = 100,
    head_s: float = 30.0,
    body_s: float = 30.0,
    ping_s: float = 30.0,
) -> Iterator[tuple[int, OpenConnections]]:
    """A server on a free port, and its connections."""

    async def answer(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    async def refuse_unread(_request: Request) -> Response:
        return PlainTextResponse("no", 403)

    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(await websocket.receive_text())

    app = Starlette(
        routes=[
            Route("/", answer, methods=["GET", "POST"]),
            Route("/refused", refuse_unread, methods=["POST"]),
            WebSocketRoute("/socket", echo),
        ]
    )
    book = OpenConnections(places, places_per_address=places_per_address)
    http, websocket = limited_protocols(book, head_s=head_s, body_s=body_s, ping_s=ping_s)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=http, ws=websocket, log_config=None, lifespan="off"))

    thread = threading.Thread(target=asyncio.run, args=[server.serve([listening])])
    thread.start()
    try:
        wait_until(lambda: server.started, what="the server's start")
        yield listening.getsockname()[1], book
    finally:
        server.should_exit = True
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@contextlib.contextmanager
def opened(port: int, *sent: bytes) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S) as connection:
        for data in sent:
            connection.sendall(data)
        yield connection


def rest_of(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while data := connection.recv(4096):
            received += data
    return received


def is_closed_while_trickling(connection: socket.socket, piece: bytes) -> bool:
    """Whether the server ends the connection although pieces keep coming."""
    connection.settimeout(0.01)
    for _ in range(2_000):
        try:
            connection.sendall(piece)
            if not connection.recv(4096):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def status_of(port: int) -> int:
    return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=DEADLINE_S).status_code


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        ([], b""),
        ([HEAD], b"HTTP/1.1 408 "),
        ([HEAD + b"\r\n", HEAD], b"HTTP/1.1 408 "),
        ([b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n", b"half"], b"HTTP/1.1 408 "),
    ],
    ids=["silent", "half a head", "half of the second head", "half a body"],
)
def test_a_request_that_does_not_arrive_completely_is_ended(sent: list[bytes], answer: bytes) -> None:
    with served(head_s=0.2, body_s=0.2) as (port, _), opened(port, *sent) as connection:
        last = rest_of(connection).rpartition(b"HTTP/1.1 408 ")
        assert last[1] == answer


def test_bytes_that_trickle_in_gain_no_time() -> None:
    """The head's time runs from its first byte."""
    with served(head_s=0.3) as (port, _), opened(port, HEAD) as connection:
        assert is_closed_while_trickling(connection, b"X-A: b\r\n")


def test_a_body_that_nobody_reads_gains_no_time_either() -> None:
    """The request was answered before its body was complete; then the body trickles in."""
    head = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    with served(body_s=0.3) as (port, _), opened(port, head) as connection:
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")
        assert is_closed_while_trickling(connection, b"x")


def test_requests_in_time_follow_one_another_on_a_connection_that_outlives_the_deadlines() -> None:
    """Each has its own."""
    with served(head_s=0.2, body_s=0.2) as (port, book), httpx.Client(trust_env=False) as client:
        with opened(port, HEAD) as overdue:
            for _ in range(1000):
                assert client.post(f"http://127.0.0.1:{port}/", content=b"x" * 100_000).text == "100000"
                if len(book) == 1:
                    break
            assert rest_of(overdue)
        assert client.post(f"http://127.0.0.1:{port}/", content=b"x").text == "1"


def test_silent_connections_of_one_address_do_not_keep_others_out() -> None:
    """Even of the same address: the longest silent one makes way."""
    with contextlib.ExitStack() as stack, served(places=20, places_per_address=10) as (port, book):
        silent = [stack.enter_context(opened(port)) for _ in range(30)]
        assert status_of(port) == 200
        assert rest_of(silent[0]) == b""
        assert len(book) <= 10


def test_when_every_place_is_busy_the_answer_says_so() -> None:
    """And those who have a place keep it."""
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
    with contextlib.ExitStack() as stack, served(places=3, places_per_address=3) as (port, _):
        busy = [stack.enter_context(opened(port, head)) for _ in range(3)]
        wait_until(lambda: status_of(port) == 503)
        answer = httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
        assert answer.headers["retry-after"] == "60"
        assert answer.text == "Too many connections. Please wait a minute, then reload the page.\n"
        for connection in busy:
            connection.sendall(b"body")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        assert status_of(port) == 200


def test_a_websocket_keeps_its_place_and_gives_it_back() -> None:
    """It has no deadline, and is never the idle one that makes way."""
    with served(places=1, places_per_address=1, head_s=2.0) as (port, book):
        with connect(f"ws://127.0.0.1:{port}/socket", proxy=None) as websocket:
            assert status_of(port) == 503
            with pytest.raises(TimeoutError):
                websocket.recv(2.5)
            websocket.send("here")
            assert websocket.recv(DEADLINE_S) == "here"
        wait_until(lambda: len(book) == 0)
        assert status_of(port) == 200


def test_a_quiet_websocket_is_pinged_again_and_again_and_stays_open() -> None:
    """Browsers answer pings by themselves."""
    pinged = threading.Semaphore(0)

    class Browser(ClientConnection):
        def process_event(self, event: Event) -> None:
            if isinstance(event, Frame) and event.opcode is Opcode.PING:
                pinged.release()
            super().process_event(event)

    with served(ping_s=0.1) as (port, _):
        url = f"ws://127.0.0.1:{port}/socket"
        with connect(url, proxy=None, ping_interval=None, create_connection=Browser) as websocket:
            assert all(pinged.acquire(timeout=DEADLINE_S) for _ in range(5))
            websocket.send("here")
            assert websocket.recv(DEADLINE_S) == "here"


def test_a_websocket_that_answers_no_ping_is_closed_and_gives_its_place_back() -> None:
    handshake = (
        HEAD.replace(b" / ", b" /socket ")
        + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with served(ping_s=0.1) as (port, book), opened(port, handshake) as connection:
        received = rest_of(connection)
        assert received.startswith(b"HTTP/1.1 101 ")
        frames = received.partition(b"\r\n\r\n")[2]
        assert frames == PING + b"\x88\x18" + (1011).to_bytes(2) + b"keepalive ping timeout"
        wait_until(lambda: len(book) == 0)


def test_every_place_is_given_back_however_a_connection_ends() -> None:
    """By its client, by the deadline, after an invalid request."""
    with served(head_s=0.3) as (port, book):
        for sent in ([], [HEAD], [HEAD + b"\r\n"], [b"\x00\r\n\r\n"], [b"POST / HTTP/1.1\r\n\r\n"]):
            for _ in range(5):
                with opened(port, *sent):
                    pass
        wait_until(lambda: len(book) == 0)
