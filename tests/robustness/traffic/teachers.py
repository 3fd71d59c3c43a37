"""A teacher of the run: how to sign in, and what his writers know of his exams."""

import threading
import time
from dataclasses import dataclass, field

import requests
from botocore.exceptions import BotoCoreError, ClientError
from pycognito.exceptions import TokenVerificationException

from shared.model.errors import BackendUnreachable
from shared.model.exam import Audience
from tests.backend_process import BackendClient
from tests.robustness.model.history import ExamValue, ResultValue

__all__ = ["KnownExam", "Teacher"]


@dataclass(slots=True)
class KnownExam:
    """What writers know from answers; `rows` has each result's version and value."""

    id: str
    audience: Audience
    is_secret: bool
    version: int
    value: ExamValue
    rows: dict[str, tuple[int, ResultValue]] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)  # results that stay awaited for good


class Teacher:
    """One account with its present token, used by several writers. Any thread may use it."""

    def __init__(self, backend: BackendClient, username: str) -> None:
        self.username = username
        self.lock = threading.Lock()  # guards exams and all below them
        self.exams: list[KnownExam] = []
        self._backend = backend
        self._sign_in_lock = threading.Lock()  # guards both below
        self._token = ""
        self.signed_in_s = 0.0

    def access_token(self) -> str:
        """The present token. Raises BackendUnreachable if signing in fails."""
        with self._sign_in_lock:
            if not self._token:
                try:
                    self._token = self._backend.sign_in(self.username).access_token
                except (
                    BotoCoreError,
                    ClientError,
                    requests.RequestException,
                    TokenVerificationException,  # by the backend's clock it is long ago
                ) as error:
                    raise BackendUnreachable(self._backend.url, f"sign-in: {error}") from error
                self.signed_in_s = time.monotonic()
            return self._token

    def forget_token(self, refused: str) -> None:
        """The next call signs in again, unless another thread has done so."""
        with self._sign_in_lock:
            if self._token == refused:
                self._token = ""
