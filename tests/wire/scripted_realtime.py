"""A real-time server that sends exactly what a test scripts, including what no healthy backend would send."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

__all__ = ["ScriptedRealtime", "healthy"]

Message = dict[str, Any]
# A client's message -> the answers; None in place of an answer closes the connection.
Script = Callable[[Message], list[Message | str | None]]


def healthy(message: Message) -> list[Message | str | None]:
    """The answers of a healthy server."""
    match message["type"]:
        case "connection_init":
            return [{"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}}, {"type": "ka"}]
        case "start":
            return [{"type": "start_ack", "id": message["id"]}]
        case "stop":
            return [{"type": "complete", "id": message["id"]}]
    return []


class ScriptedRealtime:
    """Runs in its own thread; close() ends it. `received` has every message from every client, in order."""

    def __init__(self, script: Script = healthy, *, answers_pings: bool = True) -> None:
        self.script = script
        self.received: list[Message] = []
        self.pings = 0
        self.connections = 0
        self.port = 0
        self._answers_pings = answers_pings
        self._open: set[ServerConnection] = set()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="scripted-realtime")
        self._thread.start()
        assert self._ready.wait(10)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/graphql/realtime"

    def say(self, message: Message | str) -> None:
        """Sends `message` on every open connection."""
        asyncio.run_coroutine_threadsafe(self._say(message), self._loop).result(10)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server: Server = await serve(
            self._connected,
            "127.0.0.1",
            0,
            subprotocols=[Subprotocol("graphql-ws")],
            ping_interval=None,
            close_timeout=0.2,
        )
        self.port = next(iter(server.sockets)).getsockname()[1]
        self._ready.set()
        async with server:
            await self._stopping.wait()

    async def _connected(self, connection: ServerConnection) -> None:
        self.connections += 1
        self._watch_pings(connection)
        self._open.add(connection)
        try:
            async for text in connection:
                message = json.loads(text)
                self.received.append(message)
                for answer in self.script(message):
                    if answer is None:
                        await connection.close()
                        return
                    await connection.send(answer if isinstance(answer, str) else json.dumps(answer))
        except ConnectionClosed:
            pass
        finally:
            self._open.discard(connection)

    def _watch_pings(self, connection: ServerConnection) -> None:
        """Counts pings, and drops the pongs if this server answers none."""
        send_frame = connection.protocol.send_frame

        def send_some(frame: Frame) -> None:
            if frame.opcode is Opcode.PONG:
                self.pings += 1
                if not self._answers_pings:
                    return
            send_frame(frame)

        connection.protocol.send_frame = send_some  # type: ignore[method-assign]

    async def _say(self, message: Message | str) -> None:
        text = message if isinstance(message, str) else json.dumps(message)
        for connection in self._open:
            await connection.send(text)
