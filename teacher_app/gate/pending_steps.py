"""What a sign-in left half done, for minutes: a challenge to answer, a code sent, a secret to confirm."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cachetools import TTLCache

from shared.identity.user_pool import AuthenticatorChallenge, AuthenticatorSecret, NewPasswordChallenge
from teacher_app.gate.paths import HOME

__all__ = ["CodeSent", "PendingSignIn", "PendingSteps", "Step"]

LIFETIME_S = 900.0  # the user pool's own challenges end sooner; then sign-in begins again
STEPS_MAX = 5_000  # one more drops the oldest: that person begins again


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A challenge, and where to go once it is answered."""

    challenge: NewPasswordChallenge | AuthenticatorChallenge
    next_path: str = HOME
    resume: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code for a forgotten password went to `destination` (masked), or nobody says where to."""

    username: str
    destination: str | None


Step = PendingSignIn | CodeSent | AuthenticatorSecret


class PendingSteps:
    """Steps by the hash of the browser's cookie. Any thread may use it."""

    def __init__(
        self, now_s: Callable[[], float], lifetime_s: float = LIFETIME_S, steps_max: int = STEPS_MAX
    ) -> None:
        self._steps_lock = threading.Lock()  # guards _steps
        self._steps: TTLCache[str, Step] = TTLCache(steps_max, lifetime_s, timer=now_s)

    def put(self, key: str, step: Step) -> None:
        """Keeps `step`; it replaces any other of this browser."""
        with self._steps_lock:
            self._steps[key] = step

    def get(self, key: str | None) -> Step | None:
        """The step, or None when there is none or it took too long."""
        if key is None:
            return None
        with self._steps_lock:
            return self._steps.get(key)

    def drop(self, key: str | None) -> None:
        """The step is done."""
        if key is not None:
            with self._steps_lock:
                self._steps.pop(key, None)

    def sweep(self) -> None:
        """Drops what took too long."""
        with self._steps_lock:
            self._steps.expire()
