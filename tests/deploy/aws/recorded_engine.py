"""In the place of docker: remembers what it was told, fails where it shall."""

from collections.abc import Sequence

__all__ = ["RecordedEngine"]


class RecordedEngine:
    """`told` has each call's words, `typed` what went to its standard input."""

    def __init__(self, fails_at: str = "") -> None:
        self.told: list[list[str]] = []
        self.typed: list[str | None] = []
        self._fails_at = fails_at

    def __call__(self, words: Sequence[str], typed: str | None) -> int:
        self.told.append(list(words))
        self.typed.append(typed)
        return 7 if self._fails_at and self._fails_at in words else 0
