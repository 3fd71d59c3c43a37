"""ASGI middleware in front of everything: without a session only the gate's pages are served.

It checks, in this order: for HTTP, whether a change comes from one of our own pages (Origin), whether the
path is public, and whether the cookie has a valid session; for a WebSocket, the Origin, the session, and
whose Streamlit session it wants to resume.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.model.errors import BackendUnreachable, SignInThrottled
from shared.web.security_headers import Page, add_security_headers
from teacher_app.gate import paths
from teacher_app.gate.client_facts import ClientFacts, facts_of
from teacher_app.gate.cookies import SEALED, SESSION, cookie_of, key_of, set_cookie
from teacher_app.gate.gate import Gate
from teacher_app.gate.open_pages import OpenPage
from teacher_app.gate.sessions import GateSession

__all__ = ["PAGE_HEADER", "GateMiddleware", "facts_in", "session_in"]

PAGE_HEADER = "X-Exam-Results-Page"  # added to the WebSocket's handshake; what a client sends is removed
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_REFUSED_CODE = 1008  # policy violation: before the handshake is accepted it becomes HTTP 403

_TRY_AGAIN_PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Exam results</title>"
    "<meta http-equiv='refresh' content='3'></head><body><p>The sign-in service does not answer just now. "
    "This page tries again by itself.</p></body></html>"
)
# A link on another site does not send our SameSite=Strict cookie; the reload of this page does.
_RELOAD_PAGE = (
    "<!doctype html><html lang='en'><head><meta charset='utf-8'><title>Exam results</title>"
    "<meta http-equiv='refresh' content='0'></head><body><p>One moment …</p></body></html>"
)


class GateMiddleware:
    """Wraps the dashboard. Puts `gate_facts` and `gate_session` into each scope for the gate's pages.

    `is_user_action` distinguishes the WebSocket messages that a person caused from those that the page sends
    on its own; only the former keep the session alive.
    """

    def __init__(self, app: ASGIApp, gate: Gate, is_user_action: Callable[[bytes], bool]) -> None:
        self._app = app
        self._gate = gate
        self._is_user_action = is_user_action

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    # HTTP

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        facts = self._facts(scope)
        refusal: Response | None = None
        session = None
        try:
            session = await self._http_session(scope, facts)
        except (BackendUnreachable, SignInThrottled):
            if not paths.is_public(scope["path"]):
                refusal = _try_again(scope)
        scope["gate_facts"] = facts
        scope["gate_session"] = session
        refusal = refusal or self._refusal(scope, facts, session)
        is_gate_page = refusal is not None or paths.is_gate_page(scope["path"])

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                page = Page.FORM if is_gate_page else Page.STREAMLIT
                # With "no-referrer", browsers would send "Origin: null" with our own forms.
                add_security_headers(headers, page, referrer_policy="same-origin", is_https=facts.is_https)
                if is_gate_page:
                    headers["Cache-Control"] = "no-store"
                if session is not None and _is_page_request(scope):
                    self._renew_seal(scope, facts, session, headers)
            await send(message)

        await (refusal or self._app)(scope, receive, send_guarded)

    async def _http_session(self, scope: Scope, facts: ClientFacts) -> GateSession | None:
        path = scope["path"]
        if paths.is_public(path) and path != paths.SIGN_IN:
            return None  # no session needed
        return await self._find(scope, facts, is_touch=True)

    async def _find(self, scope: Scope, facts: ClientFacts, *, is_touch: bool) -> GateSession | None:
        sealed = cookie_of(scope, SEALED, is_https=facts.is_https)
        return await self._gate.find(_session_key(scope, facts), sealed, is_touch=is_touch)

    def _renew_seal(
        self, scope: Scope, facts: ClientFacts, session: GateSession, headers: MutableHeaders
    ) -> None:
        """With each page, at most once a minute, the browser learns when the session was last used."""
        if not self._gate.seal.is_due(session.key, cookie_of(scope, SEALED, is_https=facts.is_https)):
            return
        sealed = self._gate.sealed(session.key)
        if sealed is not None:
            renewed = Response()
            set_cookie(renewed, SEALED, sealed, is_https=facts.is_https)
            headers.append("set-cookie", renewed.headers["set-cookie"])

    def _refusal(self, scope: Scope, facts: ClientFacts, session: GateSession | None) -> Response | None:
        path = scope["path"]
        is_safe = scope["method"] in _SAFE_METHODS
        if not is_safe and not facts.has_own_origin:
            return _plain("This was not sent from a page of this site.", HTTPStatus.FORBIDDEN)
        if session is not None or paths.is_public(path):
            return None
        headers = Headers(scope=scope)
        if not _is_page_request(scope):
            return _plain("Sign in first.", HTTPStatus.UNAUTHORIZED)
        if headers.get("sec-fetch-site") == "cross-site" and headers.get("sec-fetch-mode") == "navigate":
            return HTMLResponse(_RELOAD_PAGE)
        query = scope["query_string"].decode("latin-1")
        wanted = paths.local_path(f"{path}?{query}" if query else path)
        return RedirectResponse(paths.sign_in_path(wanted), HTTPStatus.SEE_OTHER)

    # WebSocket

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        facts = self._facts(scope)
        session = None
        if facts.origin is not None and facts.has_own_origin:
            with contextlib.suppress(BackendUnreachable, SignInThrottled):  # the page tries again by itself
                session = await self._find(scope, facts, is_touch=False)
        if session is None:
            await receive()  # websocket.connect
            await send({"type": "websocket.close", "code": _REFUSED_CODE})
            return
        teacher = session.teacher
        page_id = self._gate.pages.open(OpenPage(session.key, teacher.sub, teacher.username))
        try:
            inner_scope = dict(scope)
            inner_scope["headers"] = self._handshake_headers(scope, teacher.sub, page_id)
            if "subprotocols" in scope:
                wanted = Headers(raw=inner_scope["headers"]).get("sec-websocket-protocol", "")
                inner_scope["subprotocols"] = [entry.strip() for entry in wanted.split(",") if entry.strip()]

            async def receive_and_touch() -> Message:
                message = await receive()
                if message["type"] == "websocket.receive" and self._is_user_action(
                    message.get("bytes") or b""
                ):
                    self._touch(page_id)
                return message

            await self._app(inner_scope, receive_and_touch, send)
        finally:
            self._gate.pages.close(page_id)

    def _touch(self, page_id: str) -> None:
        page = self._gate.pages.get(page_id)
        if page is not None:
            self._gate.sessions.find(page.session_key, is_touch=True)

    def _handshake_headers(self, scope: Scope, sub: str, page_id: str) -> list[tuple[bytes, bytes]]:
        """The handshake's headers with the page's id, and without a request for another teacher's data.

        Streamlit's page asks for its former session in the third entry of the subprotocol header. On a shared
        computer that may be the previous teacher's session.
        """
        page_header = PAGE_HEADER.lower().encode()
        headers: list[tuple[bytes, bytes]] = []
        for name, value in scope["headers"]:
            if name.lower() == page_header:
                continue
            kept = value
            if name.lower() == b"sec-websocket-protocol":
                entries = [entry.strip() for entry in value.decode("latin-1").split(",")]
                if len(entries) > 2 and entries[2] and not self._gate.pages.may_resume(entries[2], sub):
                    kept = ", ".join(entries[:2]).encode("latin-1")
            headers.append((name, kept))
        headers.append((page_header, page_id.encode()))
        return headers

    def _facts(self, scope: Scope) -> ClientFacts:
        settings = self._gate.settings
        return facts_of(scope, settings.trusted_proxies, is_always_https=settings.has_secure_cookies)


def facts_in(scope: Scope) -> ClientFacts:
    """The facts about the sender that the middleware collected."""
    facts: ClientFacts = scope["gate_facts"]
    return facts


def session_in(scope: Scope) -> GateSession | None:
    """The session that the middleware found; None without one."""
    session: GateSession | None = scope["gate_session"]
    return session


def _session_key(scope: Scope, facts: ClientFacts) -> str | None:
    value = cookie_of(scope, SESSION, is_https=facts.is_https)
    return None if value is None else key_of(value)


def _is_page_request(scope: Scope) -> bool:
    return scope["method"] in _SAFE_METHODS and "text/html" in Headers(scope=scope).get("accept", "")


def _try_again(scope: Scope) -> Response:
    if _is_page_request(scope):
        return HTMLResponse(_TRY_AGAIN_PAGE, HTTPStatus.SERVICE_UNAVAILABLE)
    return _plain("The sign-in service does not answer.", HTTPStatus.SERVICE_UNAVAILABLE)


def _plain(text: str, status: HTTPStatus) -> Response:
    return PlainTextResponse(text + "\n", status)
