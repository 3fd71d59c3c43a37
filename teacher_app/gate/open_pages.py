"""The dashboard's open pages: which session each WebSocket currently belongs to.

A page's cookie is fixed at its handshake. When its session has ended and the same teacher signs in again by
the link on that page, the page is bound to the new session and keeps everything that was typed. Only the page
whose link was followed is bound, and only to the same teacher: a stolen old cookie gains nothing from the
owner's next sign-in.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from cachetools import LRUCache

__all__ = ["OpenPage", "OpenPages"]

STREAMLIT_SESSIONS_MAX = 20_000  # beyond it, the least recently used one starts afresh if it reconnects


@dataclass(frozen=True, slots=True)
class OpenPage:
    """`session_key` is the key of the gate's session that the page acts for."""

    session_key: str
    sub: str
    username: str


class OpenPages:
    """Pages by a random id that the gate assigns to each WebSocket. Thread-safe."""

    def __init__(self, streamlit_sessions_max: int = STREAMLIT_SESSIONS_MAX) -> None:
        self._pages_lock = threading.Lock()  # guards both below
        self._pages: dict[str, OpenPage] = {}
        # Streamlit's session id -> the teacher's sub
        self._owners: LRUCache[str, str] = LRUCache(streamlit_sessions_max)

    def open(self, page: OpenPage) -> str:
        """Register a page whose WebSocket opens. Returns its id."""
        page_id = secrets.token_urlsafe(24)
        with self._pages_lock:
            self._pages[page_id] = page
        return page_id

    def close(self, page_id: str) -> None:
        """Forget a page whose WebSocket has closed."""
        with self._pages_lock:
            self._pages.pop(page_id, None)

    def get(self, page_id: str | None) -> OpenPage | None:
        """The page; None if it is closed or unknown."""
        if page_id is None:
            return None
        with self._pages_lock:
            return self._pages.get(page_id)

    def bind(self, page_id: str, page: OpenPage) -> bool:
        """Let an open page act for a new session; False unless it is open and the same teacher's."""
        with self._pages_lock:
            present = self._pages.get(page_id)
            if present is None or present.sub != page.sub:
                return False
            self._pages[page_id] = page
            return True

    def move(self, session_key: str, page: OpenPage) -> None:
        """Let all pages of a session act for the session that replaces it in the same browser."""
        with self._pages_lock:
            for page_id, present in self._pages.items():
                if present.session_key == session_key and present.sub == page.sub:
                    self._pages[page_id] = page

    def note_streamlit_session(self, streamlit_session_id: str, sub: str) -> None:
        """Records whose data a Streamlit session contains."""
        with self._pages_lock:
            self._owners[streamlit_session_id] = sub

    def may_resume(self, streamlit_session_id: str, sub: str) -> bool:
        """Whether a reconnecting page may resume that Streamlit session: only if it is this teacher's own."""
        with self._pages_lock:
            return self._owners.get(streamlit_session_id) == sub
