"""Probes cost one check, however many there are at once, and delay no sign-in."""

import asyncio
import contextlib
import dataclasses
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from teacher_app.readiness import KEPT_S, Readiness
from tests.teacher_app.gate.fake_pool import teacher_settings
from tests.teacher_app.gate.gate_client import gate_site

DEADLINE_S = 20.0


class SlowBackend:
    """Answers nothing before `goes_on` is set; counts what it is asked."""

    def __init__(self) -> None:
        self.goes_on = threading.Event()
        self.paths: list[str] = []
        backend = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                backend.paths.append(self.path)
                assert backend.goes_on.wait(DEADLINE_S)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_GET  # noqa: N815  # its name there

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def readiness(self, now_s: Callable[[], float] = lambda: 0.0) -> Readiness:
        url = f"http://127.0.0.1:{self.server.server_port}"
        backend = dataclasses.replace(
            teacher_settings().backend, api_url=f"{url}/graphql", cognito_endpoint_url=url
        )
        return Readiness(backend, now_s)

    def close(self) -> None:
        self.goes_on.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(DEADLINE_S)


@pytest.fixture
def backend() -> Iterator[SlowBackend]:
    with contextlib.closing(SlowBackend()) as slow:
        yield slow


def test_four_hundred_probes_at_once_are_one_check(backend: SlowBackend) -> None:
    async def probes() -> list[str | None]:
        with contextlib.closing(backend.readiness()) as readiness:
            asking = [asyncio.create_task(readiness.fault()) for _ in range(400)]
            await asyncio.sleep(0)
            backend.goes_on.set()
            return await asyncio.gather(*asking)

    assert asyncio.run(probes()) == [None] * 400
    assert backend.paths == ["/local-1_Pool/.well-known/jwks.json", "/graphql"]


def test_an_answer_is_kept_for_a_moment(backend: SlowBackend) -> None:
    now_s = 0.0
    backend.goes_on.set()

    async def checks() -> list[int]:
        nonlocal now_s
        counts = []
        with contextlib.closing(backend.readiness(lambda: now_s)) as readiness:
            for moment_s in (0.0, KEPT_S / 2, KEPT_S):
                now_s = moment_s
                assert await readiness.fault() is None
                counts.append(backend.paths.count("/graphql"))
        return counts

    assert asyncio.run(checks()) == [1, 1, 2]


def test_probes_that_wait_leave_the_sign_in_threads_alone(backend: SlowBackend) -> None:
    """They did not: eight of them held all threads."""
    with gate_site() as site:

        async def sign_in_meanwhile() -> str:
            with contextlib.closing(backend.readiness()) as readiness:
                asking = [asyncio.create_task(readiness.fault()) for _ in range(400)]
                await asyncio.sleep(0)
                answer = await site.gate.run_blocking(lambda: "signed in")
                assert not any(probe.done() for probe in asking)
                backend.goes_on.set()
                await asyncio.gather(*asking)
            return answer

        assert site.runner.run(sign_in_meanwhile()) == "signed in"
