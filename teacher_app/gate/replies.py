"""What the gate's pages have in common: templates, forms and their tokens, cookies, alerts."""

from __future__ import annotations

import functools
import hashlib
import mimetypes
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from shared.identity.teacher_session import TeacherSession
from shared.model.errors import (
    AccountNotUsable,
    BackendUnreachable,
    CodeRejected,
    ExamResultsError,
    PasswordRefused,
    PasswordResetRequired,
    SessionEnded,
    SignInRejected,
    SignInThrottled,
)
from shared.web.installed import streamlit_font
from shared.web.templates import html_templates
from teacher_app.gate import paths
from teacher_app.gate.attempts import Visitor
from teacher_app.gate.cookies import (
    DEVICE,
    SEALED,
    SESSION,
    VISITOR,
    cookie_of,
    drop_cookie,
    key_of,
    new_cookie_value,
    set_cookie,
)
from teacher_app.gate.gate import Gate
from teacher_app.gate.known_devices import KNOWN_FOR_S
from teacher_app.gate.middleware import facts_in, session_in

__all__ = ["Alert", "Form", "Replies", "alert_for", "asset_route"]

_HERE = Path(__file__).parent
_FORM_MAX_BYTES = 16_384  # the longest form has two passwords of 256 characters
_FONTS = {
    "source-sans.woff2": "SourceSansVF-Upright",
    "source-serif.woff2": "SourceSerifVariable-Roman",
}
_NOTICES = {
    "password-set": "Your new password is set. Sign in with it.",
    "password-changed": "Your password is changed.",
    "code-sent": "If there is such an account, a code is on its way.",
    "session-ended": "Your session has ended. Please sign in again.",
    "signed-out": "You are signed out.",
    "signed-out-everywhere": "You are signed out here and everywhere else.",
    "start-again": "That took too long. Please sign in again.",
    "authenticator-on": "The authenticator app is on: from now on, sign-in asks for its code.",
    "authenticator-off": "The authenticator app is off: sign-in no longer asks for a code.",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """What went wrong: `text` says what to do; `field` is the input that it concerns."""

    text: str
    status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY
    field: str | None = None
    items: tuple[str, ...] = ()
    retry_after_s: float | None = None
    is_about_reset: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form as sent. `is_genuine`: its token was made for this browser."""

    fields: dict[str, str] = field(repr=False)
    is_genuine: bool

    def text(self, name: str) -> str:
        """A field without surrounding spaces; empty if it was not sent."""
        return self.fields.get(name, "").strip()

    def secret(self, name: str) -> str:
        """A field exactly as typed."""
        return self.fields.get(name, "")


TOO_OLD = Alert("This page was open too long, or cookies are off. Please try again.", HTTPStatus.FORBIDDEN)


class Replies:
    """Reads the forms and makes the responses of the gate's pages."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._templates = html_templates(_HERE / "templates")
        self._templates.globals["paths"] = paths
        self._templates.globals["asset"] = _asset_address
        self._templates.globals["sends_mail"] = gate.settings.sends_mail
        self._templates.globals["help_contact"] = gate.settings.help_contact

    def page(
        self, request: Request, template: str, alert: Alert | None = None, **values: object
    ) -> HTMLResponse:
        """A page with a form token. A new visitor gets the cookie that the token is made for."""
        cookie, is_new = self._cookie(request)
        session = session_in(request.scope)
        html = self._templates.get_template(template).render(
            alert=alert,
            notice=_NOTICES.get(request.query_params.get("notice", "")),
            form_token=self._gate.form_tokens.token_for(cookie),
            teacher=None if session is None else session.teacher,
            **values,
        )
        response = HTMLResponse(html, HTTPStatus.OK if alert is None else alert.status)
        if alert is not None and alert.retry_after_s is not None:
            response.headers["Retry-After"] = str(max(1, round(alert.retry_after_s)))
        if is_new:
            set_cookie(response, VISITOR, cookie, is_https=facts_in(request.scope).is_https)
        return response

    def redirect(self, request: Request, path: str, *, visitor: str | None = None) -> Response:
        """Redirect to `path`; with a new visitor's cookie if `visitor` is given."""
        response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        if visitor is not None:
            set_cookie(response, VISITOR, visitor, is_https=facts_in(request.scope).is_https)
        return response

    def visitor(self, request: Request, name: str) -> Visitor:
        """Who makes an attempt under `name`."""
        facts = facts_in(request.scope)
        cookie = cookie_of(request.scope, DEVICE, is_https=facts.is_https)
        return Visitor(facts.address, self._gate.devices.device_of(cookie, name))

    def signed_in(
        self, request: Request, path: str, session_cookie: str, teacher: TeacherSession
    ) -> Response:
        """Redirect to `path` with a new session: set its cookies and the device's, delete the visitor's."""
        is_https = facts_in(request.scope).is_https
        response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        set_cookie(response, SESSION, session_cookie, is_https=is_https)
        sealed = self._gate.sealed(key_of(session_cookie))
        if sealed is not None:
            set_cookie(response, SEALED, sealed, is_https=is_https)
        device = self._gate.devices.remember(filter(None, (teacher.username, teacher.email)))
        set_cookie(response, DEVICE, device, is_https=is_https, max_age_s=KNOWN_FOR_S)
        drop_cookie(response, VISITOR, is_https=is_https)
        return response

    def signed_out(self, request: Request, path: str) -> Response:
        """Redirect to `path` and delete the session's cookies."""
        response = RedirectResponse(path, HTTPStatus.SEE_OTHER)
        for name in (SESSION, SEALED):
            drop_cookie(response, name, is_https=facts_in(request.scope).is_https)
        return response

    async def form(self, request: Request) -> Form:
        """The form of a POST. Raises HTTPException for what none of our pages sends."""
        if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _FORM_MAX_BYTES:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            pairs = parse_qs(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict")
        except ValueError as error:
            raise HTTPException(HTTPStatus.BAD_REQUEST) from error
        fields = {name: values[-1] for name, values in pairs.items()}
        cookie, is_new = self._cookie(request)
        is_genuine = not is_new and self._gate.form_tokens.is_valid(fields.get("form_token", ""), cookie)
        return Form(fields, is_genuine)

    def visitor_key(self, request: Request) -> str | None:
        """The key of the visitor's pending step."""
        value = cookie_of(request.scope, VISITOR, is_https=facts_in(request.scope).is_https)
        return None if value is None else key_of(value)

    def _cookie(self, request: Request) -> tuple[str, bool]:
        """The cookie that form tokens are made for: the session's, else the visitor's; and whether it is
        new."""
        is_https = facts_in(request.scope).is_https
        name = VISITOR if session_in(request.scope) is None else SESSION
        value = cookie_of(request.scope, name, is_https=is_https)
        return (value, False) if value is not None else (new_cookie_value(), True)


def alert_for(error: ExamResultsError, *, password_field: str = "new_password") -> Alert:  # noqa: S107 a field's name
    """What to tell a person about a refusal. `password_field` is where a refused password was typed."""
    match error:
        case SignInThrottled():
            wait = _wait_text(error.retry_after_s)
            return Alert(
                f"Too many attempts. Wait {wait}, then try again.",
                HTTPStatus.TOO_MANY_REQUESTS,
                retry_after_s=error.retry_after_s,
            )
        case SignInRejected():
            return Alert("The name or the password is not right.", HTTPStatus.UNAUTHORIZED, "password")
        case PasswordResetRequired():
            text = "This account needs a new password: ask for a code."
            return Alert(text, HTTPStatus.FORBIDDEN, is_about_reset=True)
        case CodeRejected():
            return Alert(error.reason, field="code")
        case PasswordRefused():
            return Alert(f"The password was refused: {error.reason}", field=password_field)
        case AccountNotUsable():
            return Alert(error.reason, HTTPStatus.FORBIDDEN)
        case SessionEnded():
            return Alert(str(error), HTTPStatus.FORBIDDEN)
        case BackendUnreachable():
            text = "The sign-in service cannot be reached just now. Try again in a moment."
            return Alert(text, HTTPStatus.SERVICE_UNAVAILABLE)
        case _:
            return Alert(str(error), HTTPStatus.INTERNAL_SERVER_ERROR)


def asset_route() -> Route:
    """Serves the gate's style sheet, script and icon, and Streamlit's fonts, so that all pages look alike."""
    assets = {path.name: path.read_bytes() for path in sorted((_HERE / "static").iterdir()) if path.is_file()}
    assets |= {name: streamlit_font(font).read_bytes() for name, font in _FONTS.items()}

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        content = assets.get(name)
        if content is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        age = "31536000, immutable" if "v" in request.query_params else "86400"
        headers = {"Cache-Control": f"public, max-age={age}"}
        return Response(content, media_type=mimetypes.guess_type(name)[0], headers=headers)

    return Route(paths.ASSETS + "{name}", serve)


@functools.cache
def _asset_address(name: str) -> str:
    digest = hashlib.sha256((_HERE / "static" / name).read_bytes()).hexdigest()[:12]
    return f"{paths.ASSETS}{name}?v={digest}"


def _wait_text(wait_s: float | None) -> str:
    if wait_s is None:
        return "a few minutes"
    if wait_s < 90:
        return f"{max(1, round(wait_s))} seconds"
    return f"{round(wait_s / 60)} minutes"
