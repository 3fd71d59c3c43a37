"""Guests of the API: they read whatever they can guess, and listen to everything that they may."""

import contextlib
import random
import threading
import time
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError
from websockets.exceptions import WebSocketException

from shared.api.calls import GuestApi
from shared.api.operations import GUEST_SUBSCRIPTIONS
from shared.identity.guest import GuestCredentials
from shared.model.errors import ApiRefused, BackendUnreachable
from tests.realtime_client import RealtimeClient, signed_by
from tests.robustness.model.history import History, Read
from tests.robustness.pair import Pair
from tests.robustness.traffic.writers import PATIENCE, result_value

__all__ = ["Listener", "Reader"]

PAUSE_S = 0.3
AGAIN_S = 0.5
JOIN_DEADLINE_S = 60.0


class Reader:
    """Asks for exams and their results, of drafts too. Owns a thread; end() ends it."""

    def __init__(self, pair: Pair, exam_ids: Sequence[str], history: History, chance: random.Random) -> None:
        settings = pair.client_settings
        self._exam_ids, self._history, self._chance = exam_ids, history, chance
        self._credentials = GuestCredentials(settings, time.time)
        self._api = GuestApi(settings, self._credentials, patience=PATIENCE)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guest")
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join(JOIN_DEADLINE_S)
        assert not self._thread.is_alive()
        self._api.close()
        self._credentials.close()

    def _run(self) -> None:
        while not self._is_over.wait(self._chance.uniform(0, 2 * PAUSE_S)):
            with contextlib.suppress(BackendUnreachable, ApiRefused):
                self._read(self._chance.choice(self._exam_ids))
                if self._chance.random() < 0.1:
                    exams = list(self._api.list_exams())
                    self._history.search("a guest, listing exams", [exam.subject for exam in exams])

    def _read(self, exam_id: str) -> None:
        begun_s = time.monotonic()
        rows = {row.id: (row.version, result_value(row)) for row in self._api.list_results(exam_id)}
        self._history.reads.append(Read(True, exam_id, rows, begun_s, time.monotonic()))
        self._history.search("a guest, reading results", [str(value) for _, value in rows.values()])
        exam = self._api.get_exam(exam_id)
        self._history.search("a guest, reading an exam", [str(exam)])


class Listener:
    """Holds every subscription that guests may have. Owns a thread; end() ends it."""

    def __init__(self, pair: Pair, history: History) -> None:
        self._pair, self._history = pair, history
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener")
        self._thread.start()

    def end(self) -> None:
        self._is_over.set()
        self._thread.join(JOIN_DEADLINE_S)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._is_over.is_set():
            # KeyError: botocore takes an answer that was cut for an empty one.
            with contextlib.suppress(
                OSError, EOFError, WebSocketException, BotoCoreError, ClientError, AssertionError, KeyError
            ):
                self._listen()
            self._is_over.wait(AGAIN_S)

    def _listen(self) -> None:
        pair = self._pair
        guest = signed_by(pair.host, pair.guest_credentials(), pair.region)
        with RealtimeClient(pair.realtime_url, guest) as client:
            for field, document in GUEST_SUBSCRIPTIONS.items():
                client.start(field, document)
            while not self._is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    client.next(deadline_s=1.0)
                self._history.search("a guest's subscription", map(str, client.messages))
                client.messages.clear()
