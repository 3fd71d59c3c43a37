"""Whether the dashboard could serve a teacher now: both the user pool and the exam API answer.

Anybody may ask, so one check answers all who ask meanwhile, and takes none of the threads that sign teachers
in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import requests

from shared.settings import BackendSettings

__all__ = ["Readiness"]

ANSWER_TIMEOUT_S = 3.0
KEPT_S = 2.0  # at most one check in this period, so that probes cannot flood the backend


class Readiness:
    """Checks the backend. Belongs to one event loop; close() it at the end."""

    def __init__(self, settings: BackendSettings, now_s: Callable[[], float] = time.monotonic) -> None:
        endpoint = settings.cognito_endpoint_url or f"https://cognito-idp.{settings.region}.amazonaws.com"
        self._keys_url = f"{endpoint}/{settings.user_pool_id}/.well-known/jwks.json"
        self._api_url = settings.api_url
        self._now_s = now_s
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy from the environment between us and the backend
        self._checking: asyncio.Task[str | None] | None = None
        self._checked_at_s = float("-inf")

    async def fault(self) -> str | None:
        """None when ready, else what does not answer. Takes a few seconds at most."""
        is_old = self._now_s() - self._checked_at_s >= KEPT_S
        if self._checking is None or (self._checking.done() and is_old):
            self._checking = asyncio.create_task(self._check_now())
        return await asyncio.shield(self._checking)

    def close(self) -> None:
        """Close idle connections."""
        self._http.close()

    async def _check_now(self) -> str | None:
        fault = await asyncio.to_thread(self._check)
        self._checked_at_s = self._now_s()
        return fault

    def _check(self) -> str | None:
        try:
            keys = self._http.get(self._keys_url, timeout=ANSWER_TIMEOUT_S)
        except requests.RequestException:
            return "the user pool does not answer"
        if keys.status_code != requests.codes.ok:
            return f"the user pool answers {keys.status_code}"
        try:
            # Without credentials it must refuse the request; what matters is that it answers.
            api = self._http.post(self._api_url, json={}, timeout=ANSWER_TIMEOUT_S)
        except requests.RequestException:
            return "the exam API does not answer"
        if api.status_code >= requests.codes.server_error:
            return f"the exam API answers {api.status_code}"
        return None
