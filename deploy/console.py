"""The dialogue with the operator."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Console", "Declined", "console_of_terminal"]


class Declined(Exception):
    """The operator said no, or nobody could be asked. The text is one line for the operator."""

    def __init__(self, reason: str = "Nothing was changed.") -> None:
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Console:
    """`say` prints a line; `read` prompts for one, None without a terminal; `is_agreed` is --yes."""

    say: Callable[[str], None]
    read: Callable[[str], str] | None
    is_agreed: bool = False

    def confirm(self, question: str) -> None:
        """Returns after a yes. Raises Declined after any other answer, and without a terminal."""
        if self.is_agreed:
            return
        if self._ask(f"{question} [y/N] ").strip().lower() not in ("y", "yes"):
            raise Declined

    def confirm_by_name(self, question: str, name: str) -> None:
        """Like `confirm`, but the operator must type the name: for what cannot be undone."""
        if self.is_agreed:
            return
        if self._ask(f"{question} Type {name} to go on: ").strip() != name:
            raise Declined

    def _ask(self, prompt: str) -> str:
        if self.read is None:
            raise Declined("--yes: nobody can answer here; say --yes to go on without asking.")
        try:
            return self.read(prompt)
        except (EOFError, KeyboardInterrupt):  # Ctrl-C at a question is a no
            raise Declined from None


def console_of_terminal(*, is_agreed: bool) -> Console:
    """A console on standard output; it prompts only if standard input is a terminal."""

    def say(line: str) -> None:
        print(line, flush=True)

    return Console(say, input if sys.stdin.isatty() else None, is_agreed)
