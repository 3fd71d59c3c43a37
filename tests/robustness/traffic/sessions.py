"""A teacher who is signed in at the dashboard, and stays so whatever dies."""

import contextlib
import time
from http import HTTPStatus

import httpx

from tests.backend_process import PASSWORD
from tests.robustness.model.history import History
from tests.teacher_app.gate.gate_client import GateBrowser

__all__ = ["Session"]

PAUSE_S = 1.0
DEADLINE_S = 60.0
HTML = {"Accept": "text/html"}


class Session:
    """Used by one thread. Raises AssertionError if the teacher cannot sign in to begin with."""

    def __init__(self, browser: GateBrowser, username: str) -> None:
        self._browser = browser
        browser.sign_in(username, PASSWORD)
        assert browser.request("GET", "/", headers=HTML).status_code == HTTPStatus.OK, browser.page.alert

    def use(self, seconds: float, history: History) -> None:
        """Opens the dashboard again and again. Only being sent to the sign-in page is a failure."""
        ends_at_s = time.monotonic() + seconds
        while (left_s := ends_at_s - time.monotonic()) > 0:
            self._is_open(history)
            time.sleep(min(PAUSE_S, max(0.0, left_s)))

    def check(self, history: History) -> None:
        """The dashboard can be used again."""
        give_up_at_s = time.monotonic() + DEADLINE_S
        while not self._is_open(history):
            if time.monotonic() > give_up_at_s:
                history.failures.append("the teachers' dashboard does not serve again")
                return
            time.sleep(PAUSE_S)

    def _is_open(self, history: History) -> bool:
        with contextlib.suppress(httpx.TransportError):
            answer = self._browser.request("GET", "/", headers=HTML)
            if answer.is_redirect:
                history.failures.append(f"a signed-in teacher was sent to {answer.headers['Location']}")
                return True
            return answer.status_code == HTTPStatus.OK
        return False
