"""Whether the dashboard could serve a teacher now: the user pool's keys and the exam API both answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import requests

from shared.settings import BackendSettings

__all__ = ["Readiness"]

ANSWER_TIMEOUT_S = 3.0
KEPT_S = 2.0  # one real question in so long, however many ask us: nobody can use us to flood the backend


class Readiness:
    """Asks the backend. Any thread may use it; close() it."""

    def __init__(self, settings: BackendSettings, now_s: Callable[[], float] = time.monotonic) -> None:
        endpoint = settings.cognito_endpoint_url or f"https://cognito-idp.{settings.region}.amazonaws.com"
        self._keys_url = f"{endpoint}/{settings.user_pool_id}/.well-known/jwks.json"
        self._api_url = settings.api_url
        self._now_s = now_s
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy of the environment stands between us and the backend
        self._answer_lock = threading.Lock()  # guards the two below; held while asking, so that one asks
        self._asked_at_s = float("-inf")
        self._fault: str | None = None

    def fault(self) -> str | None:
        """None when ready, else what does not answer. Blocks for some seconds at most."""
        with self._answer_lock:
            if self._now_s() - self._asked_at_s >= KEPT_S:
                self._fault = self._asked()
                self._asked_at_s = self._now_s()
            return self._fault

    def close(self) -> None:
        """Closes idle connections."""
        self._http.close()

    def _asked(self) -> str | None:
        try:
            keys = self._http.get(self._keys_url, timeout=ANSWER_TIMEOUT_S)
        except requests.RequestException:
            return "the user pool does not answer"
        if keys.status_code != requests.codes.ok:
            return f"the user pool answers {keys.status_code}"
        try:
            # Without credentials it must refuse; that it does so at once is all we want to know.
            api = self._http.post(self._api_url, json={}, timeout=ANSWER_TIMEOUT_S)
        except requests.RequestException:
            return "the exam API does not answer"
        if api.status_code >= requests.codes.server_error:
            return f"the exam API answers {api.status_code}"
        return None
