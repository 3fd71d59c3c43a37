"""Viewers of one exam behind the edge, each with a live stream."""

import asyncio
import contextlib
import ssl
import threading
from typing import Self

import httpx

from tests.edge import Edge
from tests.waiting import wait_until

__all__ = ["Viewers"]

END_S = 15.0


class Viewers:
    """Streams of one exam, each of a visitor without cookies, read in one thread."""

    def __init__(self, edge: Edge, exam_id: str, count: int) -> None:
        self._url = f"{edge.urls['student']}/live/{exam_id}"
        self._tls = ssl.create_default_context(cafile=edge.certificate)
        self.texts = [bytearray() for _ in range(count)]
        self._loop = asyncio.new_event_loop()
        self._reading = self._loop.create_task(self._read_all())
        self._thread = threading.Thread(target=self._run, name="viewers")

    def all_have(self, words: str) -> bool:
        return all(words.encode() in text for text in self.texts)

    async def _read_all(self) -> None:
        limits = httpx.Limits(max_connections=None)  # httpx's own would be a hundred
        async with httpx.AsyncClient(
            verify=self._tls, trust_env=False, timeout=None, limits=limits
        ) as client:
            await asyncio.gather(*(self._read(client, text) for text in self.texts))

    async def _read(self, client: httpx.AsyncClient, text: bytearray) -> None:
        async with client.stream("GET", self._url, headers={"Cookie": ""}) as answer:
            assert answer.status_code == 200
            async for part in answer.aiter_raw():
                text += part

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._reading)

    def __enter__(self) -> Self:
        self._thread.start()
        wait_until(lambda: self.all_have("event: numbers"), what="all streams")
        return self

    def __exit__(self, *_exception: object) -> None:
        self._loop.call_soon_threadsafe(self._reading.cancel)
        self._thread.join(END_S)
        self._loop.close()
