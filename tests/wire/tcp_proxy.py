"""A TCP proxy between a client and the backend that misbehaves on request.

It runs in its own thread; close() ends it. Every method may be called from any thread and has taken
effect when it returns.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, Self

__all__ = ["TcpProxy"]

_DEADLINE_S = 10.0


class TcpProxy:
    """Forwards 127.0.0.1:port to 127.0.0.1:target_port."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.accepted = 0
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._flowing: asyncio.Event
        self._answering: asyncio.Event
        self._delay_s = 0.0
        self._answers_lost = 0
        self._is_refusing = False
        self._stall_at: tuple[bytes, int, threading.Event] | None = None
        self._thread = threading.Thread(target=self._run, name="tcp-proxy")
        self._ready = threading.Event()
        self._thread.start()
        assert self._ready.wait(_DEADLINE_S)

    def cut(self) -> int:
        """Resets all connections at once; returns how many there were."""
        return int(self._do(self._cut()))

    def stall(self) -> None:
        """From now on nothing is forwarded and nothing is closed; new connections are accepted and kept
        waiting."""
        self._do(self._set(self._flowing, False))

    def stall_at(self, words: bytes, count: int) -> threading.Event:
        """Stalls when the client sends `words` for the `count`th time, before forwarding it; the event is set
        then."""
        stalled = threading.Event()
        self._stall_at = (words, count, stalled)
        return stalled

    def resume(self) -> None:
        """Forwards everything again, including what stall_at holds back."""
        self._stall_at = None
        self._do(self._set(self._flowing, True))

    def hold_answers(self, is_holding: bool) -> None:
        """Requests still arrive, but what is answered is held back, until this is undone."""
        self._do(self._set(self._answering, not is_holding))

    def delay(self, seconds: float) -> None:
        """From now on each piece takes this much longer, in both directions."""
        self._delay_s = seconds

    def lose_answers(self, count: int) -> None:
        """Loses the next `count` answers: the connection is cut once the backend has answered."""
        self._answers_lost = count

    def refuse(self, is_refusing: bool) -> None:
        """Closes new connections at once, as if nothing listened."""
        self._is_refusing = is_refusing

    def close(self) -> None:
        self._do(self._end())
        self._thread.join(_DEADLINE_S)
        assert not self._thread.is_alive()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DEADLINE_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._flowing, self._answering, self._stopping = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._flowing.set()
        self._answering.set()
        self._serving = asyncio.current_task()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection: asyncio.Task[None] | None = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        self.accepted += 1
        if self._is_refusing:
            writer.transport.abort()
            return
        try:
            back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, back_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, back_writer))
                group.create_task(self._pump(back_reader, writer, is_answer=True))
        except* OSError:
            pass
        finally:
            self._writers -= pair
            for one in pair:
                one.transport.abort()
                with contextlib.suppress(OSError):
                    await one.wait_closed()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool = False
    ) -> None:
        while data := await reader.read(65536):
            if not is_answer:
                self._count_words(data)
            await asyncio.sleep(self._delay_s)
            await self._flowing.wait()
            if is_answer:
                await self._answering.wait()
            if is_answer and self._answers_lost:
                self._answers_lost -= 1
                raise ConnectionResetError
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError  # one side has closed, so the other does too

    def _count_words(self, data: bytes) -> None:
        if self._stall_at is None or self._stall_at[0] not in data:
            return
        words, count, stalled = self._stall_at
        self._stall_at = (words, count - 1, stalled) if count > 1 else None
        if count == 1:
            self._flowing.clear()
            stalled.set()

    async def _cut(self) -> int:
        self._flowing.set()
        self._answering.set()
        connections = waiting = set(self._connections)
        while waiting:
            # A connection still being made to the backend gets its writers only after a while.
            for writer in self._writers:
                writer.transport.abort()
            _, waiting = await asyncio.wait(waiting, timeout=0.01)
        return len(connections)

    async def _end(self) -> None:
        # A server that closes loses the connections that it is accepting.
        for listening in self._server.sockets:
            self._loop.remove_reader(listening.fileno())
        self._is_refusing = True  # a connection that was accepted just now has no task of ours yet
        await self._cut()
        while accepted := asyncio.all_tasks() - {self._serving, asyncio.current_task()}:
            await asyncio.wait(accepted)
        self._server.close()
        self._stopping.set()

    async def _set(self, event: asyncio.Event, is_set: bool) -> None:
        if is_set:
            event.set()
        else:
            event.clear()
