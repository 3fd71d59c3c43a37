"""Browsers in which a teacher has signed in before, known by a cookie (OWASP, "Device cookies").

Whoever guesses passwords slows everybody down who types the same name or comes from the same address, except
those whose browser is known: their attempts are counted on their own. So a stranger cannot keep a teacher
out. The cookie proves no identity, and it is good for the names of its teacher only.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterable
from typing import Final

from cryptography.fernet import Fernet

from shared.model.names import name_key
from teacher_app.gate.cookies import opened_value

__all__ = ["KNOWN_FOR_S", "KnownDevices"]

KNOWN_FOR_S: Final = 180 * 86_400


class KnownDevices:
    """Makes and reads the cookie's value. `key`: 32 octets that only the dashboards' processes have."""

    def __init__(self, key: bytes, now_s: Callable[[], float]) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._now_s = now_s

    def remember(self, names: Iterable[str]) -> str:
        """A new device, known for these names of one teacher."""
        content = json.dumps([secrets.token_hex(8), [name_key(name) for name in names]]).encode()
        return self._fernet.encrypt_at_time(content, int(self._now_s())).decode()

    def device_of(self, cookie: str | None, name: str) -> str | None:
        """The device's id, if it is known for this name."""
        if cookie is None:
            return None
        opened = opened_value(self._fernet, cookie, self._now_s(), good_for_s=KNOWN_FOR_S)
        if opened is None:
            return None
        device, names = json.loads(opened[0])
        return str(device) if name_key(name) in names else None
