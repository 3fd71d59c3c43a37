"""Somebody without a session at the teachers' dashboard, who must never get in, whatever dies."""

import random
import threading
from http import HTTPStatus

import httpx

from tests.robustness.model.history import History

__all__ = ["Stranger"]

PATHS = ("/", "/exams", "/?exam=1", "/media/a", "/_stcore/stream", "/_stcore/upload_file/a/b")
PAUSE_S = 0.5
JOIN_DEADLINE_S = 60.0


class Stranger:
    """Tries paths without a session. Owns a thread; end() ends it."""

    def __init__(self, url: str, history: History, chance: random.Random) -> None:
        self._history, self._chance = history, chance
        self.refusals = 0
        self._is_over = threading.Event()
        self._client = httpx.Client(base_url=url, trust_env=False, verify=False, timeout=10.0)
        self._thread = threading.Thread(target=self._run, name="stranger")
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join(JOIN_DEADLINE_S)
        assert not self._thread.is_alive()
        self._client.close()

    def _run(self) -> None:
        while not self._is_over.wait(self._chance.uniform(0, 2 * PAUSE_S)):
            path = self._chance.choice(PATHS)
            try:
                answer = self._client.get(path, headers={"Accept": "text/html"})
            except httpx.TransportError:
                continue
            self._history.search("a stranger at the teachers' dashboard", [answer.text])
            if answer.status_code == HTTPStatus.OK:
                self._history.failures.append(f"a stranger got {path}: {answer.text[:300]!r}")
            else:
                self.refusals += 1
