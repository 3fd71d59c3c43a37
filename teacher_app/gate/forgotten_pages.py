"""The pages for a forgotten password: have a code sent, then set a new password with it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shared.model.errors import ExamResultsError
from teacher_app.gate import paths
from teacher_app.gate.attempts import Visitor
from teacher_app.gate.cookies import key_of, new_cookie_value
from teacher_app.gate.gate import Gate
from teacher_app.gate.password_rules import RULES
from teacher_app.gate.pending_steps import CodeSent
from teacher_app.gate.replies import TOO_OLD, Alert, Form, Replies, alert_for
from teacher_app.gate.sign_in_pages import new_password_alert

__all__ = ["ForgottenPages"]


class ForgottenPages:
    """Two pages. Neither reveals whether an account exists."""

    def __init__(self, gate: Gate, replies: Replies) -> None:
        self._gate = gate
        self._replies = replies

    def routes(self) -> list[Route]:
        """The routes of these pages."""
        return [
            Route(paths.FORGOTTEN, self.ask_for_code, methods=["GET", "POST"]),
            Route(paths.FORGOTTEN_CODE, self.use_code, methods=["GET", "POST"]),
        ]

    async def ask_for_code(self, request: Request) -> Response:
        """Asks for the name and has a code sent."""
        if request.method != "POST":
            return self._replies.page(request, "forgotten.html", username="")
        form = await self._replies.form(request)
        name = form.text("username")
        alert = None
        if not form.is_genuine:
            alert = TOO_OLD
        elif not name:
            alert = Alert("Type your name.", field="username")
        else:
            try:
                destination = await self._send_code(name, self._replies.visitor(request, name))
            except ExamResultsError as error:
                alert = alert_for(error)
            else:
                visitor = new_cookie_value()
                self._gate.steps.put(key_of(visitor), CodeSent(name, destination))
                path = f"{paths.FORGOTTEN_CODE}?notice=code-sent"
                return self._replies.redirect(request, path, visitor=visitor)
        return self._replies.page(request, "forgotten.html", alert, username=name)

    async def use_code(self, request: Request) -> Response:
        """The code and the new password. Asks for the name again, as a code may come from the operator."""
        sent = self._gate.steps.get(self._replies.visitor_key(request))
        sent = sent if isinstance(sent, CodeSent) else None
        if request.method != "POST":
            return self._code_page(request, "" if sent is None else sent.username, sent)
        form = await self._replies.form(request)
        name = form.text("username")
        alert = self._form_alert(form)
        if alert is None:
            visitor = self._replies.visitor(request, name)
            try:
                with self._gate.limits.attempt(name, visitor):
                    await self._gate.run_blocking(
                        self._gate.pool.confirm_forgot_password,
                        name,
                        form.text("code"),
                        form.secret("new_password"),
                    )
            except ExamResultsError as error:
                alert = alert_for(error)
            else:
                self._gate.limits.succeeded(name, visitor)
                self._gate.steps.drop(self._replies.visitor_key(request))
                return self._replies.redirect(request, f"{paths.SIGN_IN}?notice=password-set")
        return self._code_page(request, name, sent, alert)

    async def _send_code(self, name: str, visitor: Visitor) -> str | None:
        """Has a code sent. Raises SignInThrottled after too many requests for `name` or by `visitor`."""
        with self._gate.code_requests.attempt(name, visitor):
            return await self._gate.run_blocking(self._gate.pool.forgot_password, name)

    @staticmethod
    def _form_alert(form: Form) -> Alert | None:
        if not form.is_genuine:
            return TOO_OLD
        if not form.text("username"):
            return Alert("Type your name.", field="username")
        if not form.text("code"):
            return Alert("Type the code that was sent to you.", field="code")
        return new_password_alert(form.secret("new_password"), form.secret("new_password_again"))

    def _code_page(
        self, request: Request, name: str, sent: CodeSent | None, alert: Alert | None = None
    ) -> Response:
        return self._replies.page(
            request,
            "forgotten_code.html",
            alert,
            username=name,
            destination=None if sent is None else sent.destination,
            rules=RULES,
        )
