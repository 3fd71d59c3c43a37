"""The pages of a signed-in teacher: account, password, authenticator app, sign-out, resuming a page."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from http import HTTPStatus

import segno
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.identity.user_pool import AuthenticatorSecret, TeacherSession
from shared.model.errors import (
    BackendUnreachable,
    ExamResultsError,
    PasswordRefused,
    SessionEnded,
    SignInRejected,
    SignInThrottled,
)
from teacher_app.gate import paths
from teacher_app.gate.cookies import SEALED, SESSION, cookie_of, key_of
from teacher_app.gate.gate import Gate
from teacher_app.gate.middleware import facts_in, session_in
from teacher_app.gate.open_pages import OpenPage
from teacher_app.gate.password_rules import RULES
from teacher_app.gate.replies import TOO_OLD, Alert, Form, Replies, alert_for
from teacher_app.gate.sessions import GateSession
from teacher_app.gate.sign_in_pages import new_password_alert

__all__ = ["AccountPages"]

_LOG = logging.getLogger(__name__)
ISSUER = "Exam results"  # how the authenticator app names the account


class AccountPages:
    """The middleware admits only requests with a session; one that ends meanwhile redirects to sign-in."""

    def __init__(self, gate: Gate, replies: Replies) -> None:
        self._gate = gate
        self._replies = replies

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        return [
            Route(paths.ACCOUNT, self.account),
            Route(paths.ACCOUNT_PASSWORD, self.password, methods=["GET", "POST"]),
            Route(paths.AUTHENTICATOR, self.authenticator, methods=["GET", "POST"]),
            Route(paths.SIGN_OUT, self.sign_out, methods=["GET", "POST"]),
            Route(paths.SIGN_OUT_EVERYWHERE, self.sign_out_everywhere, methods=["POST"]),
            Route(paths.RESUME, self.resume, methods=["POST"]),
            Route(paths.RESUMED, self.resumed),
            Route(paths.TAB, self.tab),
            Route(paths.WELL_KNOWN_CHANGE_PASSWORD, self.well_known_change_password),
        ]

    async def account(self, request: Request) -> Response:
        """Shows who is signed in, with links to what they can change."""
        return await self._account_page(request, _session(request))

    async def password(self, request: Request) -> Response:
        """The current password and a new one. Ends the other sessions of this teacher."""
        session = _session(request)
        alert: Alert | None = None
        if request.method == "POST":
            form = await self._replies.form(request)
            alert = self._form_alert(form)
            if alert is None:
                try:
                    await self._attempt(
                        request,
                        session,
                        lambda: self._gate.pool.change_password(
                            session.teacher, form.secret("password"), form.secret("new_password")
                        ),
                    )
                except SessionEnded:
                    return self._session_ended(request, session)
                except SignInRejected:
                    alert = Alert("The present password is not right.", field="password")
                except ExamResultsError as error:
                    alert = alert_for(error)
                else:
                    self._gate.sessions.end_all_of(session.teacher.sub, except_key=session.key)
                    return self._replies.redirect(request, f"{paths.ACCOUNT}?notice=password-changed")
        return self._replies.page(request, "change_password.html", alert, rules=RULES)

    async def authenticator(self, request: Request) -> Response:
        """Turn the authenticator app on, in two steps, or off. Both require the password again."""
        session = _session(request)
        try:
            is_on = await self._gate.run_blocking(self._gate.pool.has_authenticator, session.teacher)
            if request.method != "POST":
                return self._authenticator_page(request, session, is_on=is_on)
            form = await self._replies.form(request)
            if not form.is_genuine:
                return self._authenticator_page(request, session, TOO_OLD, is_on=is_on)
            match form.text("action"):
                case "begin":
                    return await self._begin_enrolment(request, session, form)
                case "confirm":
                    return await self._confirm_enrolment(request, session, form)
                case "turn-off":
                    return await self._turn_off(request, session, form)
                case _:
                    self._gate.steps.drop(session.key)
                    return self._replies.redirect(request, paths.ACCOUNT)
        except SessionEnded:
            return self._session_ended(request, session)
        except ExamResultsError as error:
            return await self._account_page(request, session, alert_for(error))

    async def sign_out(self, request: Request) -> Response:
        """Sign out, after confirmation."""
        session = _session(request)
        if request.method == "POST":
            form = await self._replies.form(request)
            if form.is_genuine:
                self._gate.sessions.end(session.key)
                await self._gate.sweep()
                return self._replies.signed_out(request, f"{paths.SIGN_IN}?notice=signed-out")
            return self._replies.page(request, "sign_out.html", TOO_OLD)
        return self._replies.page(request, "sign_out.html")

    async def sign_out_everywhere(self, request: Request) -> Response:
        """End every session of this teacher, at the user pool as well."""
        session = _session(request)
        form = await self._replies.form(request)
        if not form.is_genuine:
            return self._replies.page(request, "sign_out.html", TOO_OLD)
        try:
            await self._gate.run_blocking(self._gate.pool.sign_out_everywhere, session.teacher)
        except SessionEnded:
            _LOG.info("%s had been signed out already", session.teacher.username)
        except ExamResultsError as error:
            return await self._account_page(request, session, alert_for(error))
        self._gate.sessions.end_all_of(session.teacher.sub)
        return self._replies.signed_out(request, f"{paths.SIGN_IN}?notice=signed-out-everywhere")

    async def resume(self, request: Request) -> Response:
        """Bind a page whose session ended to the current session of the same teacher."""
        session = _session(request)
        form = await self._replies.form(request)
        page = OpenPage(session.key, session.teacher.sub, session.teacher.username)
        if form.is_genuine and self._gate.pages.bind(form.text("resume"), page):
            return self._replies.redirect(request, paths.RESUMED)
        return self._replies.redirect(request, paths.HOME)

    async def resumed(self, request: Request) -> Response:
        """Confirms that the other tab can continue."""
        return self._replies.page(request, "resumed.html")

    async def tab(self, request: Request) -> Response:
        """204 while the session of an open page is valid, 401 once it has ended. Asking is no touch.

        A page whose connection was lost is not known here any more; it has the session of the browser.
        """
        is_https = facts_in(request.scope).is_https
        page = self._gate.pages.get(request.query_params.get("page"))
        value = cookie_of(request.scope, SESSION, is_https=is_https)
        key = page.session_key if page is not None else value and key_of(value)
        sealed = cookie_of(request.scope, SEALED, is_https=is_https)
        try:
            has_ended = await self._gate.find(key, sealed, is_touch=False) is None
        except (BackendUnreachable, SignInThrottled):
            has_ended = False  # a pool that cannot be reached ends no session
        return Response(status_code=HTTPStatus.UNAUTHORIZED if has_ended else HTTPStatus.NO_CONTENT)

    async def well_known_change_password(self, request: Request) -> Response:
        """Redirect to the page that changes a password (W3C, A Well-Known URL for Changing Passwords)."""
        return self._replies.redirect(request, paths.ACCOUNT_PASSWORD)

    async def _begin_enrolment(self, request: Request, session: GateSession, form: Form) -> Response:
        alert = await self._check_password(request, session, form)
        if alert is not None:
            return self._authenticator_page(request, session, alert, is_on=False)
        secret = await self._gate.run_blocking(self._gate.pool.enrol_authenticator, session.teacher, ISSUER)
        self._gate.steps.put(session.key, secret)
        return self._replies.redirect(request, paths.AUTHENTICATOR)

    async def _confirm_enrolment(self, request: Request, session: GateSession, form: Form) -> Response:
        if not isinstance(self._gate.steps.get(session.key), AuthenticatorSecret):
            return self._replies.redirect(request, paths.AUTHENTICATOR)
        if not form.text("code"):
            alert = Alert("Type the code that your app shows.", field="code")
            return self._authenticator_page(request, session, alert, is_on=False)
        try:
            await self._attempt(
                request,
                session,
                lambda: self._gate.pool.confirm_authenticator(session.teacher, form.text("code")),
            )
        except SessionEnded:
            raise
        except ExamResultsError as error:
            return self._authenticator_page(request, session, alert_for(error), is_on=False)
        self._gate.steps.drop(session.key)
        return self._replies.redirect(request, f"{paths.ACCOUNT}?notice=authenticator-on")

    async def _turn_off(self, request: Request, session: GateSession, form: Form) -> Response:
        alert = await self._check_password(request, session, form)
        if alert is not None:
            return self._authenticator_page(request, session, alert, is_on=True)
        await self._gate.run_blocking(self._gate.pool.turn_off_authenticator, session.teacher)
        return self._replies.redirect(request, f"{paths.ACCOUNT}?notice=authenticator-off")

    async def _check_password(self, request: Request, session: GateSession, form: Form) -> Alert | None:
        """None if the password is right. An unlocked computer must not suffice to lock its owner out."""
        if not form.secret("password"):
            return Alert("Type your password.", field="password")

        def sign_in_and_forget() -> None:
            step = self._gate.pool.sign_in(session.teacher.username, form.secret("password"))
            if isinstance(step, TeacherSession):
                self._gate.pool.sign_out(step)

        try:
            await self._attempt(request, session, sign_in_and_forget)
        except SignInRejected:
            return Alert("The password is not right.", field="password")
        except SessionEnded:
            raise
        except ExamResultsError as error:
            return alert_for(error)
        return None

    async def _attempt(self, request: Request, session: GateSession, step: Callable[[], object]) -> None:
        """Run a step that verifies a password or a code, as a counted attempt."""
        limits, name = self._gate.limits, session.teacher.username
        visitor = self._replies.visitor(request, name)
        with limits.attempt(name, visitor, undecided=(PasswordRefused, SessionEnded)):
            await self._gate.run_blocking(step)
        limits.succeeded(name, visitor)

    def _authenticator_page(
        self, request: Request, session: GateSession, alert: Alert | None = None, *, is_on: bool
    ) -> Response:
        secret = self._gate.steps.get(session.key)
        secret = secret if isinstance(secret, AuthenticatorSecret) and not is_on else None
        return self._replies.page(
            request,
            "authenticator.html",
            alert,
            is_on=is_on,
            secret=None if secret is None else _in_groups(secret.secret),
            secret_uri=None if secret is None else secret.uri,
            qr_svg=None if secret is None else _qr_svg(secret.uri),
        )

    async def _account_page(
        self, request: Request, session: GateSession, alert: Alert | None = None
    ) -> Response:
        is_on: bool | None = None  # unknown
        try:
            is_on = await self._gate.run_blocking(self._gate.pool.has_authenticator, session.teacher)
        except SessionEnded:
            return self._session_ended(request, session)
        except (BackendUnreachable, SignInThrottled) as error:
            alert = alert or alert_for(error)
        return self._replies.page(request, "account.html", alert, is_on=is_on)

    @staticmethod
    def _form_alert(form: Form) -> Alert | None:
        if not form.is_genuine:
            return TOO_OLD
        if not form.secret("password"):
            return Alert("Type your present password.", field="password")
        return new_password_alert(form.secret("new_password"), form.secret("new_password_again"))

    def _session_ended(self, request: Request, session: GateSession) -> Response:
        self._gate.sessions.end(session.key)
        return self._replies.signed_out(request, f"{paths.SIGN_IN}?notice=session-ended")


def _session(request: Request) -> GateSession:
    session = session_in(request.scope)
    if session is None:  # cannot be: the middleware answers without a session
        raise SessionEnded
    return session


def _in_groups(secret: str) -> str:
    """In groups of four, which are easier to type."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def _qr_svg(text: str) -> str:
    """A QR code as inline SVG: the secret is sent to no other address."""
    buffer = io.BytesIO()
    segno.make(text, error="m").save(
        buffer, kind="svg", xmldecl=False, svgns=True, scale=5, border=4, dark="#000", light="#fff",
        svgclass="qr", lineclass=None, omitsize=True, title="QR code for the authenticator app",
    )  # fmt: skip
    return buffer.getvalue().decode()
