"""The pages before there is a session: sign in, choose a first password, enter the authenticator's code."""

from __future__ import annotations

import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.identity.user_pool import AuthenticatorChallenge, NewPasswordChallenge, SignInStep, TeacherSession
from shared.model.errors import (
    ExamResultsError,
    PasswordSetSignInAgain,
    SessionEnded,
)
from teacher_app.gate import paths
from teacher_app.gate.cookies import SESSION, cookie_of, key_of, new_cookie_value
from teacher_app.gate.gate import Gate
from teacher_app.gate.middleware import facts_in, session_in
from teacher_app.gate.password_rules import RULES, missing_rules
from teacher_app.gate.pending_steps import PendingSignIn
from teacher_app.gate.replies import TOO_OLD, Alert, Replies, alert_for

__all__ = ["SignInPages", "new_password_alert"]

_LOG = logging.getLogger(__name__)


class SignInPages:
    """Three pages that lead to a session."""

    def __init__(self, gate: Gate, replies: Replies) -> None:
        self._gate = gate
        self._replies = replies

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        return [
            Route(paths.SIGN_IN, self.sign_in, methods=["GET", "POST"]),
            Route(paths.NEW_PASSWORD, self.new_password, methods=["GET", "POST"]),
            Route(paths.CODE, self.code, methods=["GET", "POST"]),
        ]

    async def sign_in(self, request: Request) -> Response:
        """Name and password. `next` is the page to go to; `resume` is an open page to continue."""
        next_path = paths.local_path(request.query_params.get("next"))
        resume = request.query_params.get("resume")
        waiting = self._gate.pages.get(resume)
        if request.method != "POST":
            session = session_in(request.scope)
            if session is None or (waiting is not None and waiting.sub != session.teacher.sub):
                name = "" if waiting is None else waiting.username
                return self._sign_in_page(request, name, is_resuming=waiting is not None)
            if waiting is not None and waiting.session_key != session.key:
                return self._replies.page(request, "resume.html", resume=resume)
            return self._replies.redirect(request, next_path)
        form = await self._replies.form(request)
        name, password = form.text("username"), form.secret("password").strip()
        alert = None
        if not form.is_genuine:
            alert = TOO_OLD
        elif not name:
            alert = Alert("Type your name.", field="username")
        elif not password:
            alert = Alert("Type your password.", field="password")
        if alert is None:
            visitor = self._replies.visitor(request, name)
            try:
                with self._gate.limits.attempt(name, visitor):
                    step = await self._gate.run_blocking(self._gate.pool.sign_in, name, password)
            except ExamResultsError as error:
                _LOG.info("sign-in refused from %s: %s", visitor.address, type(error).__name__)
                alert = alert_for(error)
            else:
                if not isinstance(step, AuthenticatorChallenge):  # else the attempt ends with the code
                    self._gate.limits.succeeded(name, visitor)
                return self._continue(request, step, next_path, resume)
        return self._sign_in_page(request, name, alert, is_resuming=waiting is not None)

    async def new_password(self, request: Request) -> Response:
        """A new password in place of the temporary one."""
        pending = self._pending(request)
        if pending is None or not isinstance(pending.challenge, NewPasswordChallenge):
            return self._start_again(request)
        challenge = pending.challenge
        alert: Alert | None = None
        if request.method == "POST":
            form = await self._replies.form(request)
            password = form.secret("new_password")
            alert = new_password_alert(password, form.secret("new_password_again"))
            if not form.is_genuine:
                alert = TOO_OLD
            if alert is None:
                try:
                    step = await self._gate.run_blocking(
                        self._gate.pool.answer_new_password, challenge, password
                    )
                except PasswordSetSignInAgain:
                    self._gate.steps.drop(self._replies.visitor_key(request))
                    return self._replies.redirect(request, f"{paths.SIGN_IN}?notice=password-set")
                except SessionEnded:
                    return self._start_again(request)
                except ExamResultsError as error:
                    alert = alert_for(error)
                else:
                    return self._continue(request, step, pending.next_path, pending.resume)
        return self._replies.page(
            request, "new_password.html", alert, username=challenge.username, rules=RULES
        )

    async def code(self, request: Request) -> Response:
        """The code of the authenticator app."""
        pending = self._pending(request)
        if pending is None or not isinstance(pending.challenge, AuthenticatorChallenge):
            return self._start_again(request)
        challenge = pending.challenge
        alert: Alert | None = None
        if request.method == "POST":
            form = await self._replies.form(request)
            if not form.is_genuine:
                alert = TOO_OLD
            elif not form.text("code"):
                alert = Alert("Type the code that your app shows.", field="code")
            else:
                visitor = self._replies.visitor(request, challenge.username)
                try:
                    with self._gate.limits.attempt(challenge.username, visitor):
                        step = await self._gate.run_blocking(
                            self._gate.pool.answer_authenticator, challenge, form.text("code")
                        )
                except SessionEnded:
                    return self._start_again(request)
                except ExamResultsError as error:
                    alert = alert_for(error)
                else:
                    self._gate.limits.succeeded(challenge.username, visitor)
                    return self._continue(request, step, pending.next_path, pending.resume)
        return self._replies.page(request, "code.html", alert, username=challenge.username)

    def _continue(self, request: Request, step: SignInStep, next_path: str, resume: str | None) -> Response:
        """Redirect to the next challenge, or into the dashboard."""
        self._gate.steps.drop(self._replies.visitor_key(request))
        if isinstance(step, TeacherSession):
            _LOG.info("%s signed in from %s", step.username, facts_in(request.scope).address)
            old = cookie_of(request.scope, SESSION, is_https=facts_in(request.scope).is_https)
            cookie, is_resumed = self._gate.start(step, None if old is None else key_of(old), resume)
            return self._replies.signed_in(request, paths.RESUMED if is_resumed else next_path, cookie, step)
        # A new cookie for the authenticated step, against session fixation.
        visitor = new_cookie_value()
        self._gate.steps.put(key_of(visitor), PendingSignIn(step, next_path, resume))
        is_new_password = isinstance(step, NewPasswordChallenge)
        path = paths.NEW_PASSWORD if is_new_password else paths.CODE
        return self._replies.redirect(request, path, visitor=visitor)

    def _pending(self, request: Request) -> PendingSignIn | None:
        step = self._gate.steps.get(self._replies.visitor_key(request))
        return step if isinstance(step, PendingSignIn) else None

    def _start_again(self, request: Request) -> Response:
        self._gate.steps.drop(self._replies.visitor_key(request))
        return self._replies.redirect(request, f"{paths.SIGN_IN}?notice=start-again")

    def _sign_in_page(
        self, request: Request, name: str, alert: Alert | None = None, *, is_resuming: bool
    ) -> Response:
        query = request.url.query
        return self._replies.page(
            request,
            "sign_in.html",
            alert,
            username=name,
            is_resuming=is_resuming,
            action=f"{paths.SIGN_IN}?{query}" if query else paths.SIGN_IN,
        )


def new_password_alert(password: str, again: str) -> Alert | None:
    """What is wrong with a new password, or None."""
    missing = missing_rules(password)
    if missing:
        items = tuple(rule.text for rule in missing)
        return Alert("This password is not accepted yet. It also needs:", field="new_password", items=items)
    if password != again:
        return Alert("The two passwords differ. Type the same twice.", field="new_password_again")
    return None
