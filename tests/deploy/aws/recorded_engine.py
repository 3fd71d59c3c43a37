"""A substitute for docker that records its calls, and fails on demand."""

from collections.abc import Sequence

__all__ = ["RecordedEngine"]


class RecordedEngine:
    """`calls` has each call's arguments, `typed` its standard input."""

    def __init__(self, fails_at: str = "") -> None:
        self.calls: list[list[str]] = []
        self.typed: list[str | None] = []
        self._fails_at = fails_at

    def __call__(self, words: Sequence[str], typed: str | None) -> int:
        self.calls.append(list(words))
        self.typed.append(typed)
        return 7 if self._fails_at and self._fails_at in words else 0
