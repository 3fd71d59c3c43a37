"""A substitute for docker that records its calls, and fails on demand."""

from collections.abc import Callable, Sequence

__all__ = ["RecordedEngine"]


class RecordedEngine:
    """`calls` has each call's arguments, `typed` its standard input. `on_push` gets each pushed image."""

    def __init__(self, fails_at: str = "", on_push: Callable[[str], None] = lambda _image: None) -> None:
        self.calls: list[list[str]] = []
        self.typed: list[str | None] = []
        self._fails_at, self._on_push = fails_at, on_push

    def __call__(self, words: Sequence[str], typed: str | None) -> int:
        self.calls.append(list(words))
        self.typed.append(typed)
        if self._fails_at and self._fails_at in words:
            return 7
        if words[1] == "push":
            self._on_push(words[2])
        return 0
