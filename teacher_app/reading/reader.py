"""Reads files and pasted texts, each in a process of its own with a budget of time and memory.

Reading is where a file of any making meets libraries of any making. Whatever happens there, the page gets a
Source or one sentence.

A process needs longer to start and to load those libraries than to read a class list, so a page that asks for
a file has one started in advance.
"""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teacher_app.reading.files import Source, what_it_is
from teacher_app.reading.limits import FileNotReadable
from teacher_app.reading.reading_process import Request, source_from_json

__all__ = ["FileReader", "ReadingBudget", "not_readable"]

_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]  # where the modules are imported from
_COMMAND = (sys.executable, "-m", "teacher_app.reading.reading_process")


@dataclass(frozen=True, slots=True)
class ReadingBudget:
    """For one file. A container has 1 GB: two at once leave half of it to the dashboard."""

    duration_s: float = 30.0
    processor_s: int = 10  # what is slow because the machine is busy is not the file's fault
    memory_bytes: int = 256_000_000
    at_once: int = 2  # further ones wait, at most for the duration


class FileReader:
    """Thread-safe. It owns its processes: close() ends those that are still reading."""

    def __init__(self, budget: ReadingBudget = ReadingBudget()) -> None:
        self._budget = budget
        self._places = threading.BoundedSemaphore(budget.at_once)
        self._running: set[subprocess.Popen[bytes]] = set()
        self._waiting: subprocess.Popen[bytes] | None = None  # for the next file
        self._is_closed = False
        self._processes_lock = threading.Lock()  # guards all three

    def prepare(self) -> None:
        """Start the process of the next file, unless one is waiting. Returns at once, and never fails."""
        with self._processes_lock, contextlib.suppress(OSError):  # reading will meet and name it
            if not self._is_closed:
                self._waiting = self._taken()

    def file(self, data: bytes, encoding: str | None = None) -> Source:
        """As source_from_file(). Blocks. Raises FileNotReadable, whatever happens."""
        return self._read(data, is_pasted=False, encoding=encoding)

    def pasted(self, text: str) -> Source:
        """As source_from_text(). Blocks. Raises FileNotReadable, whatever happens."""
        return self._read(text.encode(), is_pasted=True, encoding=None)

    def close(self) -> None:
        """End the processes; reading raises FileNotReadable from now on."""
        with self._processes_lock:
            self._is_closed = True
            for process in self._running:
                process.kill()
            if self._waiting is not None:
                self._waiting.kill()
                self._waiting.communicate()

    def _read(self, data: bytes, *, is_pasted: bool, encoding: str | None) -> Source:
        what = "pasted text" if is_pasted else what_it_is(data)
        budget = self._budget
        if not self._places.acquire(timeout=budget.duration_s):
            raise FileNotReadable("Other files are being read at the moment. Try again in a minute.")
        try:
            request = Request(is_pasted, encoding, budget.memory_bytes, budget.processor_s)
            answer = self._answer(request.line() + data)
        except subprocess.TimeoutExpired:
            answer = {"fault": "out of time"}
        except OSError as error:  # no process can be started
            answer = {"fault": str(error)}
        finally:
            self._places.release()
        if "source" in answer:
            return source_from_json(answer["source"])
        if "refusal" in answer:
            raise FileNotReadable(answer["refusal"])
        raise not_readable(what, answer["fault"], answer.get("at", ()))

    def _answer(self, question: bytes) -> dict[str, Any]:
        """What the process says. Raises subprocess.TimeoutExpired or OSError."""
        with self._processes_lock:
            if self._is_closed:
                return {"fault": "the dashboard is stopping"}
            process = self._taken()
            self._running.add(process)
        with process:
            try:
                output, _ = process.communicate(question, timeout=self._budget.duration_s)
            finally:
                with self._processes_lock:
                    self._running.remove(process)
                process.kill()
        if process.returncode:
            return {"fault": f"the process ended with {process.returncode}"}
        answer: dict[str, Any] = json.loads(output)
        return answer

    def _taken(self) -> subprocess.Popen[bytes]:
        """The process that is waiting and alive, else a new one. Raises OSError."""
        process, self._waiting = self._waiting, None
        if process is not None:
            if process.poll() is None:
                return process
            process.communicate()  # it was killed while it waited; this closes its pipes
        return subprocess.Popen(  # noqa: S603  # our own module
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            env={},  # it has no use for settings and keys
            process_group=0,  # Ctrl-C at the terminal is for the dashboard, which ends its processes
        )


def not_readable(what: str, fault: str, at: Sequence[str] = ()) -> FileNotReadable:
    """Logs an unexpected fault under an id, and returns the sentence with that id. `what` is a word for
    people, such as "workbook"; `at` are places in the code."""
    error_id = secrets.token_hex(4)
    _LOG.error("error %s: a %s could not be read: %s; at %s", error_id, what, fault, ", ".join(at) or "?")
    return FileNotReadable(
        f"This {what} cannot be read: it is damaged or far too big. Copy the rows of the class list into "
        f"a new file, or paste them. (Error {error_id})"
    )
