"""Unfinished steps, kept for minutes: a challenge to answer, a code that was sent, a secret to confirm."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from shared.identity.user_pool import AuthenticatorChallenge, AuthenticatorSecret, NewPasswordChallenge
from teacher_app.gate.paths import HOME

__all__ = ["CodeSent", "PendingSignIn", "PendingSteps", "Step"]

LIFETIME_S = 900.0  # the user pool's own challenges expire sooner; then sign-in starts again
STEPS_MAX = 5_000  # one more drops the least recently used: that person starts again


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A challenge, and where to go when it is answered."""

    challenge: NewPasswordChallenge | AuthenticatorChallenge
    next_path: str = HOME
    resume: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code for a forgotten password; `destination` is the masked address that it was sent to, if known."""

    username: str
    destination: str | None


Step = PendingSignIn | CodeSent | AuthenticatorSecret


class PendingSteps:
    """Steps by the hash of the browser's cookie. Thread-safe."""

    def __init__(
        self, now_s: Callable[[], float], lifetime_s: float = LIFETIME_S, steps_max: int = STEPS_MAX
    ) -> None:
        self._steps_lock = threading.Lock()  # guards _steps
        self._steps: TTLCache[str, Step] = TTLCache(steps_max, lifetime_s, timer=now_s)

    def put(self, key: str, step: Step) -> None:
        """Keep `step` in place of any other of this browser."""
        with self._steps_lock:
            self._steps[key] = step

    def get(self, key: str | None) -> Step | None:
        """The step; None if there is none or it has expired."""
        if key is None:
            return None
        with self._steps_lock:
            return self._steps.get(key)

    def drop(self, key: str | None) -> None:
        """Forget a step that is done."""
        if key is not None:
            with self._steps_lock:
                self._steps.pop(key, None)

    def sweep(self) -> None:
        """Forget the steps that have expired."""
        with self._steps_lock:
            self._steps.expire()
