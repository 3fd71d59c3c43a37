"""A browser without scripts for tests, based on httpx and filling in forms; and the gate in memory."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from teacher_app.gate.gate import Gate
from teacher_app.gate.middleware import GateMiddleware, session_in
from teacher_app.readiness import Readiness
from teacher_app.server import gate_routes, is_user_action
from tests.teacher_app.gate.fake_pool import PASSWORD, Clock, FakePool, teacher_settings

__all__ = ["HOST", "GateBrowser", "Page", "Site", "gate_site"]

HOST = "http://exams.example"


class Page(HTMLParser):
    """What a person finds on a page: title, texts of alerts and notices, forms with their fields."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[dict[str, Any]] = []
        self.inputs: dict[str, dict[str, str | None]] = {}
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "form":
            self.forms.append({"action": found["action"], "fields": {}})
        elif tag == "input":
            self.forms[-1]["fields"][found["name"]] = found.get("value") or ""
            self.inputs[str(found["name"])] = found
        elif tag == "a":
            self.links.append(str(found["href"]))

    @property
    def title(self) -> str:
        return self._first(r"<title>(.*?)</title>")

    @property
    def alert(self) -> str:
        return self._first(r'<div class="alert"[^>]*>(.*?)</div>')

    @property
    def notice(self) -> str:
        return self._first(r'<p class="notice"[^>]*>(.*?)</p>')

    def _first(self, pattern: str) -> str:
        found = re.search(pattern, self.html, re.DOTALL)
        return "" if found is None else re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.group(1))).strip()


class GateBrowser:
    """Keeps cookies, follows redirects, sends Origin with each form as browsers do."""

    def __init__(self, client: httpx.AsyncClient, runner: asyncio.Runner) -> None:
        self.client = client
        self.cookies = client.cookies
        self.answer = httpx.Response(200)
        self.path = ""
        self._runner = runner

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request, unchanged."""
        return self._runner.run(self.client.request(method, path, **options))

    @property
    def page(self) -> Page:
        return Page(self.answer.text)

    def open(self, path: str, **headers: str) -> Page:
        self.answer = self.request(
            "GET", path, headers={"Accept": "text/html", **headers}, follow_redirects=True
        )
        self.path = self.answer.url.raw_path.decode()
        return self.page

    def send(self, form: int = 0, /, **fields: str) -> Page:
        """Fills in a form of the current page and sends it."""
        found = self.page.forms[form]
        self.answer = self.request(
            "POST",
            found["action"],
            data={**found["fields"], **fields},
            headers={
                "Accept": "text/html",
                "Origin": str(self.answer.url.copy_with(raw_path=b"/")).rstrip("/"),
            },
            follow_redirects=True,
        )
        self.path = self.answer.url.raw_path.decode()
        return self.page

    def sign_in(self, username: str = "ada", password: str = PASSWORD) -> Page:
        self.open("/sign-in")
        return self.send(username=username, password=password)


class Site:
    """The gate in front of a dashboard that shows only the teacher's name. `clock` is time itself; a test can
    set the `time_of_day`."""

    def __init__(
        self, pool: FakePool, clock: Clock, time_of_day: Clock, gate: Gate, runner: asyncio.Runner
    ) -> None:
        self.pool = pool
        self.clock = clock
        self.time_of_day = time_of_day
        self.gate = gate
        self.runner = runner
        self.app = self._app()

    def _app(self) -> Starlette:
        async def dashboard(request: Request) -> Response:
            session = session_in(request.scope)
            who = "nobody" if session is None else session.teacher.username
            return PlainTextResponse(f"dashboard of {who} at {request.url.path}")

        self.readiness = Readiness(self.gate.settings.backend)
        return Starlette(
            routes=[
                *gate_routes(self.gate, self.readiness),
                Route("/{path:path}", dashboard, methods=["GET", "POST", "PUT"]),
            ],
            middleware=[Middleware(GateMiddleware, gate=self.gate, is_user_action=is_user_action)],
        )

    @contextmanager
    def second(self) -> Iterator["Site"]:
        """Another process of the same dashboard: after a restart, or beside this one."""
        gate = Gate(self.gate.settings, self.pool, now_s=self.time_of_day, steady_s=self.clock)
        other = Site(self.pool, self.clock, self.time_of_day, gate, self.runner)
        try:
            yield other
        finally:
            self.runner.run(gate.close())
            other.readiness.close()

    @contextmanager
    def browser(self, base_url: str = HOST, address: str = "10.0.0.1") -> Iterator[GateBrowser]:
        transport = httpx.ASGITransport(self.app, client=(address, 50_000))
        client = httpx.AsyncClient(transport=transport, base_url=base_url)
        try:
            yield GateBrowser(client, self.runner)
        finally:
            self.runner.run(client.aclose())


@contextmanager
def gate_site(**settings: Any) -> Iterator[Site]:
    """A whole gate in memory; `settings` are TeacherSettings' fields."""
    clock = Clock()
    pool = FakePool(clock)
    with asyncio.Runner() as runner:
        time_of_day = Clock()
        clock.followers.append(time_of_day)
        gate = Gate(teacher_settings(**settings), pool, now_s=time_of_day, steady_s=clock)
        site = Site(pool, clock, time_of_day, gate, runner)
        try:
            yield site
        finally:
            runner.run(site.gate.close())
            site.readiness.close()
