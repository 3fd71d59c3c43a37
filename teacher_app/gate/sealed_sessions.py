"""Sessions that outlive the process: what continues one is sealed into a cookie of the browser.

The refresh token is encrypted and signed (Fernet: AES-128-CBC and HMAC-SHA256) with a key that only the
dashboard's processes have, so that a restarted one, or another container with the same key, can go on with
the session. Nothing is stored on the server, and the user pool still decides: a token that was revoked there
continues nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography.fernet import Fernet

from teacher_app.gate.cookies import opened_value

__all__ = ["SealedSession", "SessionSeal"]

RENEW_AFTER_S = 60.0  # a page that is loaded later than this gets a new seal: it has the last use


@dataclass(frozen=True, slots=True)
class SealedSession:
    """What continues a session. It began `age_s` ago; the seal was made `rested_s` ago. Both are below 0 if
    the clock was set back since."""

    refresh_token: str = field(repr=False)
    age_s: float
    rested_s: float


class SessionSeal:
    """Seals and opens. `key_text` is the setting; None: a key of this process, so that nothing outlives it.

    A seal is refused once it is older than `idle_s`. `now_s` returns epoch seconds.
    """

    def __init__(self, key_text: str | None, now_s: Callable[[], float], *, idle_s: float) -> None:
        secret = (key_text or secrets.token_urlsafe(32)).encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"sessions " + secret).digest()))
        self.form_key = hashlib.sha256(b"forms " + secret).digest()
        self.device_key = hashlib.sha256(b"devices " + secret).digest()
        self._now_s = now_s
        self._idle_s = idle_s

    def seal(self, session_key: str, refresh_token: str, age_s: float) -> str:
        """The cookie's value, of use only beside the session's own cookie, whose hash `session_key` is."""
        now_s = self._now_s()
        content = json.dumps([session_key, refresh_token, now_s - age_s]).encode()
        return self._fernet.encrypt_at_time(content, int(now_s)).decode()

    def open(self, session_key: str, sealed: str) -> SealedSession | None:
        """What was sealed for that session; None for anything else, and for a seal that is too old."""
        now_s = self._now_s()
        opened = opened_value(self._fernet, sealed, now_s, good_for_s=self._idle_s)
        if opened is None:
            return None
        content, rested_s = opened
        key, refresh_token, started_at_s = json.loads(content)
        if key != session_key:
            return None
        return SealedSession(refresh_token, now_s - float(started_at_s), rested_s)

    def is_due(self, session_key: str, sealed: str | None) -> bool:
        """Whether the browser should get a new seal."""
        opened = None if sealed is None else self.open(session_key, sealed)
        return opened is None or not 0 <= opened.rested_s < RENEW_AFTER_S
