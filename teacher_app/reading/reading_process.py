"""`python -m teacher_app.reading.reading_process`: reads one file from standard input, and ends.

A file made to do harm can use up this process, which may be killed at any moment, but not the dashboard.

In: a line of JSON (`Request`), then the file. Out: JSON, one of
    {"source": ...}                       what source_from_json() of this module understands
    {"refusal": "..."}                    FileNotReadable, for people
    {"fault": "IndexError", "at": [...]}  an unexpected error for the log: where, never what the file contains
"""

from __future__ import annotations

import contextlib
import json
import resource
import select
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

if __name__ == "__main__":
    # openpyxl loads both where they are installed: numpy only to know its types of numbers, PIL for pictures.
    # That is half of the work before a file can be read, and no file here has either.
    sys.modules["numpy"] = None  # type: ignore[assignment]  # Python's own way to say: not installed
    sys.modules["PIL"] = None  # type: ignore[assignment]

from teacher_app.reading.files import Kind, Source, source_from_file, source_from_text
from teacher_app.reading.limits import FileNotReadable
from teacher_app.reading.tables import Table

__all__ = ["Request", "raised_at", "source_from_json"]


@dataclass(frozen=True, slots=True)
class Request:
    """`is_pasted`: the bytes are a pasted text in UTF-8; else they are a file's, read as `encoding` if one is
    given. The limits hold for the reading alone."""

    is_pasted: bool
    encoding: str | None
    memory_bytes: int
    processor_s: int

    def line(self) -> bytes:
        """As it is sent."""
        return json.dumps(asdict(self)).encode() + b"\n"


def raised_at(error: Exception) -> list[str]:
    """The places in the code that an error passed, without the values that it met there."""
    return [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]


def source_from_json(plain: Mapping[str, Any]) -> Source:
    """The source that was read."""
    tables = {name: _table_from_json(table) for name, table in plain["tables"].items()}
    return Source(**{**plain, "kind": Kind(plain["kind"]), "tables": tables})


def _table_from_json(plain: Mapping[str, Any]) -> Table:
    rows, lines, hidden_lines = plain["rows"], plain["lines"], plain["hidden_lines"]
    in_tuples = {"rows": tuple(map(tuple, rows)), "lines": tuple(lines), "hidden_lines": tuple(hidden_lines)}
    return Table(**{**plain, **in_tuples})


def _json_of(source: Source) -> dict[str, Any]:
    return {**_fields(source), "tables": {name: _fields(table) for name, table in source.tables.items()}}


def _fields(record: Source | Table) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _limit(request: Request) -> None:
    with contextlib.suppress(ValueError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (request.memory_bytes, request.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (request.processor_s, request.processor_s))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request: Request, data: bytes) -> str:
    try:
        if request.is_pasted:
            source = source_from_text(data.decode())
        else:
            source = source_from_file(data, request.encoding)
        return json.dumps({"source": _json_of(source)})
    except FileNotReadable as refusal:
        return json.dumps({"refusal": refusal.reason})
    except MemoryError:
        pass  # what was read is given up first, which makes room for the answer
    except Exception as error:  # noqa: BLE001  # whatever it is, the page says it in one sentence
        return json.dumps({"fault": type(error).__name__, "at": raised_at(error)})
    return json.dumps({"fault": "out of memory"})


def main() -> None:
    """Read one file; none if the dashboard ends first."""
    is_waiting = not select.select([sys.stdin], [], [], 0)[0]
    if is_waiting:  # a text that is there already is read without it
        import teacher_app.reading.workbooks  # noqa: F401

    line = sys.stdin.buffer.readline()
    if not line:
        return
    request = Request(**json.loads(line))
    data = sys.stdin.buffer.read()
    _limit(request)
    sys.stdout.write(_answer(request, data))


if __name__ == "__main__":
    main()
