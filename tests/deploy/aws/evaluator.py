"""Resolvers evaluated in node, one function at a time, without an AppSync."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.deploy.aws.tools import RESOLVERS, node_tool

__all__ = ["NOW", "Evaluator", "Outcome"]

NOW = "2026-06-01T10:00:00.000Z"
END_WITHIN_S = 5.0
_SCRIPT = Path(__file__).parent / "evaluate.mjs"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one function did: it returned a value, raised an error or returned early; and its stash."""

    value: Any
    stash: dict[str, Any]
    error: dict[str, Any] | None
    is_early: bool
    filter: dict[str, Any] | None


class Evaluator:
    """One node process; use it as a context manager."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*node_tool("node"), str(_SCRIPT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> "Evaluator":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(END_WITHIN_S)
        self._process.stdout.close()

    def request(self, resolver: str, **context: Any) -> Outcome:
        """Evaluates the request function of `resolver` (a file name without .js) with these parts of ctx."""
        return self._call(resolver, "request", context)

    def response(self, resolver: str, **context: Any) -> Outcome:
        return self._call(resolver, "response", context)

    def _call(self, resolver: str, function: str, context: dict[str, Any]) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        call = {
            "file": str(RESOLVERS / f"{resolver}.js"),
            "function": function,
            "context": context,
            "now": NOW,
        }
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if "fault" in answer:
            raise AssertionError(f"{resolver} {function} cannot run: {answer['fault']}")
        is_early = "early" in answer
        return Outcome(
            value=answer["early"] if is_early else answer.get("value"),
            stash=answer["stash"],
            error=answer.get("error"),
            is_early=is_early,
            filter=answer.get("filter"),
        )
