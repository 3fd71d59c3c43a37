"""Without a session only the gate is reachable, even over WebSockets."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.proto.BackMsg_pb2 import BackMsg

from shared.model.errors import BackendUnreachable, ExamResultsError, SignInThrottled
from teacher_app.gate.cookies import key_of
from teacher_app.gate.middleware import PAGE_HEADER, GateMiddleware
from teacher_app.gate.open_pages import OpenPage
from teacher_app.server import is_user_action
from tests.teacher_app.gate.gate_client import GateBrowser, Site, gate_site

COOKIE = "exam_results_teacher"


@pytest.fixture
def site() -> Iterator[Site]:
    with gate_site() as site:
        yield site


@pytest.fixture
def browser(site: Site) -> Iterator[GateBrowser]:
    with site.browser() as browser:
        yield browser


# HTTP


@pytest.mark.parametrize("path", ["/", "/exams", "/account", "/sign-out", "/_stcore/stream", "/media/a.png"])
def test_a_page_without_a_session_redirects_to_sign_in(browser: GateBrowser, path: str) -> None:
    answer = browser.request("GET", path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/media/a.png", "/component/x/index.html", "/exams"])
def test_anything_but_a_page_gets_a_plain_refusal(browser: GateBrowser, path: str) -> None:
    answer = browser.request("GET", path)
    assert answer.status_code == 401
    assert answer.text == "Sign in first.\n"


def test_an_upload_without_a_session_is_refused(browser: GateBrowser) -> None:
    headers = {"Origin": "http://exams.example", "Accept": "text/html"}
    assert browser.request("PUT", "/_stcore/upload_file/a/b", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/_stcore/health", "/_stcore/host-config", "/static/js/a.js", "/healthz"])
def test_static_files_and_health_checks_are_public(browser: GateBrowser, path: str) -> None:
    assert browser.request("GET", path).status_code == 200


@pytest.mark.parametrize("value", ["", "x", "a" * 43, "a" * 5000, '"quoted"', "%00"])
def test_an_invented_cookie_gives_no_access(browser: GateBrowser, value: str) -> None:
    answer = browser.request("GET", "/exams", headers={"Cookie": f"{COOKIE}={value}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://exams.example:81"])
def test_a_cross_site_change_is_refused_even_with_a_session(
    browser: GateBrowser, method: str, origin: str | None
) -> None:
    browser.sign_in()
    headers = {} if origin is None else {"Origin": origin}
    for path in ("/sign-in", "/account/password", "/_stcore/upload_file/a/b"):
        answer = browser.request(method, path, headers=headers)
        assert answer.status_code == 403
        assert answer.text == "This was not sent from a page of this site.\n"


def test_a_link_from_another_site_is_redirected_once_so_that_the_strict_cookie_is_sent(
    browser: GateBrowser,
) -> None:
    foreign = {"Accept": "text/html", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = browser.request("GET", "/exams?x=1", headers=foreign)
    assert answer.status_code == 200
    assert "http-equiv='refresh'" in answer.text
    own = {**foreign, "Sec-Fetch-Site": "same-origin"}
    assert browser.request("GET", "/exams?x=1", headers=own).status_code == 303


@pytest.mark.parametrize(
    ("path", "sign_in"),
    [
        ("/exams", "/sign-in?next=%2Fexams"),
        ("/exams?exam=1&x=2", "/sign-in?next=%2Fexams%3Fexam%3D1%26x%3D2"),
        ("/", "/sign-in"),
    ],
)
def test_a_page_without_a_session_leads_to_the_sign_in_page_that_returns_to_it(
    browser: GateBrowser, path: str, sign_in: str
) -> None:
    answer = browser.request("GET", path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["location"]) == (303, sign_in)


def test_who_does_not_say_that_a_page_is_accepted_gets_no_redirection(browser: GateBrowser) -> None:
    del browser.client.headers["accept"]
    answer = browser.request("GET", "/exams")
    assert (answer.status_code, answer.text) == (401, "Sign in first.\n")


def test_each_request_extends_the_session(site: Site, browser: GateBrowser) -> None:
    browser.sign_in()
    for _ in range(2):
        site.clock.advance(239 * 60.0)
        assert browser.request("GET", "/media/x.png").status_code == 200


def test_every_answer_has_the_security_headers(browser: GateBrowser) -> None:
    for path in ("/sign-in", "/exams", "/static/js/a.js", "/healthz", "/gate/gate.css"):
        headers = browser.request("GET", path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" not in headers


def test_the_gates_pages_allow_no_inline_script_and_are_never_stored(browser: GateBrowser) -> None:
    headers = browser.request("GET", "/sign-in").headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert headers["cache-control"] == "no-store"
    browser.sign_in()
    for path in ("/account", "/account/password", "/sign-out", "/exams"):
        stored = browser.request("GET", path).headers.get("cache-control")
        assert stored == (None if path == "/exams" else "no-store")


def test_over_https_the_cookie_is_bound_to_the_host_and_https_is_remembered() -> None:
    with gate_site(has_secure_cookies=True) as site, site.browser("https://exams.example") as browser:
        browser.sign_in()
        assert browser.path == "/"
        assert sorted(browser.cookies) == [
            f"__Host-exam_results_{name}" for name in ("device", "sealed", "teacher")
        ]
        headers = browser.request("GET", "/exams").headers
        assert headers["strict-transport-security"] == "max-age=31536000"


def test_behind_a_trusted_proxy_https_is_recognised() -> None:
    with gate_site(trusted_proxies=1) as site, site.browser("http://exams.example") as browser:
        forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "1.2.3.4"}
        answer = browser.request("GET", "/sign-in", headers=forwarded)
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "strict-transport-security" in answer.headers


def test_the_setting_for_secure_cookies_counts_although_the_proxy_says_nothing_of_https() -> None:
    with gate_site(has_secure_cookies=True) as site, site.browser("http://exams.example") as browser:
        cookie = browser.request("GET", "/sign-in").headers["set-cookie"]
        assert cookie.startswith("__Host-exam_results_visitor=")
        assert "Secure" in cookie.split("; ")


def test_the_dashboards_pages_may_do_what_streamlit_needs_and_the_gates_may_not(
    browser: GateBrowser,
) -> None:
    browser.sign_in()
    gate, dashboard = (
        browser.request("GET", path).headers["content-security-policy"] for path in ("/account", "/exams")
    )
    assert gate != dashboard


def test_what_is_neither_a_request_nor_a_websocket_reaches_the_dashboard_unchanged(site: Site) -> None:
    """The server's own messages at its start and its end."""
    given: list[object] = []

    async def dashboard(scope: Scope, receive: Receive, send: Send) -> None:
        given.extend((scope, receive, send))

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        pass

    scope: Scope = {"type": "lifespan"}
    site.runner.run(GateMiddleware(dashboard, site.gate, is_user_action)(scope, receive, send))
    assert given == [scope, receive, send]


# WebSockets


class Dashboard:
    """The application behind the middleware: records each handshake and answers every message."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.messages: list[Message] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        while True:
            message = await receive()
            self.messages.append(message)
            if message["type"] == "websocket.connect":
                await send({"type": "websocket.accept"})
            elif message["type"] == "websocket.disconnect":
                return


class Socket:
    """One WebSocket through the middleware, message by message."""

    def __init__(self, site: Site, cookie: str | None, **headers: str) -> None:
        self.site = site
        self.dashboard = Dashboard()
        self._middleware = GateMiddleware(self.dashboard, site.gate, is_user_action)
        given = {"Host": "exams.example", "Origin": "http://exams.example", **headers}
        if cookie is not None:
            given["Cookie"] = f"{COOKIE}={cookie}"
        self._scope: dict[str, Any] = {
            "type": "websocket",
            "scheme": "ws",
            "path": "/_stcore/stream",
            "client": ("10.0.0.1", 1),
            "subprotocols": [],
            "headers": [
                (name.lower().encode(), value.encode()) for name, value in given.items() if value != ""
            ],
        }

    def talk(self, *messages: BackMsg | bytes, then: Callable[[], object] | None = None) -> list[Message]:
        """Connects, sends, calls `then` while the socket is open, and closes; returns what came back."""

        async def whole() -> list[Message]:
            incoming: asyncio.Queue[Message] = asyncio.Queue()
            outgoing: list[Message] = []

            async def send(message: Message) -> None:
                outgoing.append(message)

            incoming.put_nowait({"type": "websocket.connect"})
            for message in messages:
                data = message if isinstance(message, bytes) else message.SerializeToString()
                incoming.put_nowait({"type": "websocket.receive", "bytes": data})

            async def receive() -> Message:
                message = await incoming.get()
                incoming.task_done()
                return message

            running = asyncio.create_task(self._middleware(self._scope, receive, send))
            all_read = asyncio.create_task(incoming.join())
            await asyncio.wait([running, all_read], return_when=asyncio.FIRST_COMPLETED)
            all_read.cancel()
            if then is not None:
                then()
            incoming.put_nowait({"type": "websocket.disconnect", "code": 1000})
            await running
            return outgoing

        return self.site.runner.run(whole())

    @property
    def headers(self) -> dict[bytes, bytes]:
        (scope,) = self.dashboard.scopes
        return dict(scope["headers"])

    @property
    def page_id(self) -> str:
        return self.headers[PAGE_HEADER.lower().encode()].decode()


def rerun(*, is_auto: bool = False) -> BackMsg:
    message = BackMsg()
    message.rerun_script.is_auto_rerun = is_auto
    message.rerun_script.query_string = "x=1"
    return message


def heartbeat() -> BackMsg:
    message = BackMsg()
    message.app_heartbeat = True
    return message


REFUSED = [{"type": "websocket.close", "code": 1008}]
ACCEPTED = [{"type": "websocket.accept"}]


@pytest.fixture
def cookie(browser: GateBrowser) -> str:
    browser.sign_in()
    return browser.cookies[COOKIE]


def test_a_websocket_with_a_session_is_let_through(site: Site, cookie: str) -> None:
    socket = Socket(site, cookie)
    assert socket.talk() == ACCEPTED
    (scope,) = socket.dashboard.scopes
    assert scope["subprotocols"] == []


@pytest.mark.parametrize("trouble", [BackendUnreachable("pool", "no answer"), SignInThrottled(), None])
def test_a_websocket_after_a_restart_is_refused_only_while_the_pool_cannot_say(
    trouble: ExamResultsError | None,
) -> None:
    key = "a-key-of-more-than-thirty-two-characters"
    with gate_site(session_key=key) as site, site.browser() as browser, site.second() as second:
        browser.sign_in()
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        site.pool.trouble = trouble
        assert Socket(second, None, Cookie=cookies).talk() == (ACCEPTED if trouble is None else REFUSED)


@pytest.mark.parametrize("value", [None, "made-up", "a" * 43])
def test_a_websocket_without_a_session_is_refused(site: Site, value: str | None) -> None:
    socket = Socket(site, value)
    assert socket.talk() == REFUSED
    assert socket.dashboard.scopes == []


@pytest.mark.parametrize("origin", ["", "null", "http://evil.example", "http://exams.example.evil.example"])
def test_a_websocket_from_another_site_is_refused_even_with_a_session(
    site: Site, cookie: str, origin: str
) -> None:
    socket = Socket(site, cookie, Origin=origin)
    assert socket.talk() == REFUSED
    assert socket.dashboard.scopes == []


def test_a_websocket_without_an_origin_is_refused_whatever_else_it_says(site: Site, cookie: str) -> None:
    """Browsers always send it with a WebSocket; for a form, Sec-Fetch-Site would do."""
    socket = Socket(site, cookie, Origin="", **{"Sec-Fetch-Site": "same-origin"})
    assert socket.talk() == REFUSED
    assert socket.dashboard.scopes == []


def test_a_session_whose_tokens_ended_is_refused_before_the_pool_is_asked_again(
    site: Site, browser: GateBrowser, cookie: str
) -> None:
    """On every path: it was confirmed a moment ago, so nobody asks."""
    session = site.gate.sessions.find(key_of(cookie), is_touch=False)
    assert session is not None
    session.teacher.end()
    assert Socket(site, cookie).talk() == REFUSED
    assert browser.request("GET", "/exams").status_code == 401
    assert site.pool.calls.count("has_authenticator") == 0


def test_a_websocket_of_an_ended_session_is_refused(site: Site, cookie: str) -> None:
    site.gate.sessions.end(key_of(cookie))
    assert Socket(site, cookie).talk() == REFUSED


def test_a_websocket_of_an_idle_session_is_refused(site: Site, cookie: str) -> None:
    site.clock.advance(241 * 60.0)
    assert Socket(site, cookie).talk() == REFUSED


def test_a_websocket_of_a_session_that_the_pool_ended_is_refused(site: Site, cookie: str) -> None:
    site.pool.revoke("ada")
    site.clock.advance(30.0)
    assert Socket(site, cookie).talk() == REFUSED


def test_an_open_page_learns_that_its_session_has_ended(
    site: Site, browser: GateBrowser, cookie: str
) -> None:
    """However it ended, and also when another teacher has signed in since in the same browser."""
    page_id = site.gate.pages.open(OpenPage(key_of(cookie), site.pool.session_of("ada").sub, "ada"))
    assert browser.request("GET", f"/tab?page={page_id}").status_code == 204
    site.pool.revoke("ada")
    site.clock.advance(30.0)
    assert browser.request("GET", f"/tab?page={page_id}").status_code == 401
    browser.sign_in("grace")
    assert browser.request("GET", f"/tab?page={page_id}").status_code == 401
    assert browser.request("GET", "/tab?page=lost").status_code == 204, (
        "a lost page has the browser's session"
    )


def test_a_page_that_asks_does_not_extend_the_session(site: Site, browser: GateBrowser, cookie: str) -> None:
    for _ in range(2):
        answer = browser.request("GET", "/tab?page=lost")
        site.clock.advance(130 * 60.0)
    assert answer.status_code == 204
    assert browser.request("GET", "/tab?page=lost").status_code == 401


def test_the_page_behind_a_websocket_is_registered_while_it_is_open(site: Site, cookie: str) -> None:
    socket = Socket(site, cookie)
    found: list[OpenPage | None] = []
    socket.talk(then=lambda: found.append(site.gate.pages.get(socket.page_id)))
    assert found == [OpenPage(key_of(cookie), "sub-of-ada", "ada")]
    assert site.gate.pages.get(socket.page_id) is None


def test_a_page_id_that_the_browser_sends_is_removed(site: Site, cookie: str) -> None:
    socket = Socket(site, cookie, **{PAGE_HEADER: "forged", "User-Agent": "a browser"})
    socket.talk()
    assert socket.headers[b"user-agent"] == b"a browser"
    (scope,) = socket.dashboard.scopes
    values = [value for name, value in scope["headers"] if name == PAGE_HEADER.lower().encode()]
    assert len(values) == 1
    assert values != [b"forged"]


def test_a_page_gets_its_own_former_streamlit_session_back(site: Site, cookie: str) -> None:
    site.gate.pages.note_streamlit_session("former", "sub-of-ada")
    socket = Socket(site, cookie, **{"Sec-WebSocket-Protocol": "streamlit, xsrf, former"})
    socket.talk()
    assert socket.headers[b"sec-websocket-protocol"] == b"streamlit, xsrf, former"


@pytest.mark.parametrize("protocols", ["streamlit", "streamlit, xsrf", "streamlit, xsrf, "])
def test_a_page_without_a_former_streamlit_session_asks_for_none(
    site: Site, cookie: str, protocols: str
) -> None:
    socket = Socket(site, cookie, **{"Sec-WebSocket-Protocol": protocols})
    socket.talk()
    assert socket.headers[b"sec-websocket-protocol"] == protocols.encode()


@pytest.mark.parametrize("former", ["of-grace", "unknown"])
def test_a_page_never_resumes_another_teachers_streamlit_session(
    site: Site, cookie: str, former: str
) -> None:
    """On a shared computer, the previous teacher's page may still be open."""
    site.gate.pages.note_streamlit_session("of-grace", "sub-of-grace")
    socket = Socket(site, cookie, **{"Sec-WebSocket-Protocol": f"streamlit, xsrf, {former}"})
    socket.talk()
    assert socket.headers[b"sec-websocket-protocol"] == b"streamlit, xsrf"
    (scope,) = socket.dashboard.scopes
    assert scope["subprotocols"] == ["streamlit", "xsrf"]


def is_alive_after(site: Site, cookie: str, message: BackMsg, *, padding: int = 0) -> bool:
    """Whether a `message` shortly before the idle limit keeps the session alive."""
    if padding:
        message.rerun_script.query_string = "x" * padding
    site.clock.advance(239 * 60.0)
    Socket(site, cookie).talk(message)
    site.clock.advance(2 * 60.0)
    return site.gate.sessions.find(key_of(cookie), is_touch=False) is not None


def test_a_users_rerun_extends_the_session(site: Site, cookie: str) -> None:
    assert is_alive_after(site, cookie, rerun())


def test_a_long_message_counts_as_user_activity(site: Site, cookie: str) -> None:
    assert is_alive_after(site, cookie, rerun(), padding=100_000)


@pytest.mark.parametrize("message", [rerun(is_auto=True), heartbeat()])
def test_automatic_messages_do_not_extend_the_session(site: Site, cookie: str, message: BackMsg) -> None:
    assert not is_alive_after(site, cookie, message)


def test_an_open_websocket_alone_does_not_extend_the_session(site: Site, cookie: str) -> None:
    socket = Socket(site, cookie)
    socket.talk(then=lambda: site.clock.advance(241 * 60.0))
    assert site.gate.sessions.find(key_of(cookie), is_touch=False) is None


def test_opening_a_websocket_does_not_extend_the_session_either(site: Site, cookie: str) -> None:
    """A page that lost its connection opens another one by itself."""
    site.clock.advance(239 * 60.0)
    assert Socket(site, cookie).talk() == ACCEPTED
    site.clock.advance(2 * 60.0)
    assert site.gate.sessions.find(key_of(cookie), is_touch=False) is None


def test_unknown_messages_are_passed_on_for_streamlit_to_refuse(site: Site, cookie: str) -> None:
    socket = Socket(site, cookie)
    socket.talk(b"\xff\xff\xff")
    assert [message.get("bytes") for message in socket.dashboard.messages] == [None, b"\xff\xff\xff", None]


def test_signing_in_again_through_the_link_reactivates_the_open_page(
    site: Site, browser: GateBrowser, cookie: str
) -> None:
    """The WebSocket keeps its old cookie; the page continues with the new session."""
    socket = Socket(site, cookie)
    username: list[str] = []

    def while_open() -> None:
        site.gate.sessions.end(key_of(cookie))
        teacher = site.pool.session_of("ada")
        _, goes_on = site.gate.start(teacher, None, socket.page_id)
        assert goes_on
        username.append(site.gate.session_of_page(socket.page_id).teacher.username)

    socket.talk(then=while_open)
    assert username == ["ada"]
