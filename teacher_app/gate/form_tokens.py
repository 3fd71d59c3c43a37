"""Form tokens against cross-site request forgery: forms are accepted only from pages made for the browser."""

from __future__ import annotations

import hashlib
import hmac

__all__ = ["FormTokens"]


class FormTokens:
    """Tokens derived from the browser's cookie by HMAC. `key`: only the dashboards' processes have it."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token_for(self, cookie_value: str) -> str:
        """The token for forms of the browser with this cookie."""
        return hmac.new(self._key, cookie_value.encode(), hashlib.sha256).hexdigest()

    def is_valid(self, token: str, cookie_value: str | None) -> bool:
        """Whether `token` was made for `cookie_value`."""
        if cookie_value is None:
            return False
        return hmac.compare_digest(token.encode(), self.token_for(cookie_value).encode())
