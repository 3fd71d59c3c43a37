"""How every process logs: plain lines for a person, or one JSON object a line for a log collector.

No visitor can fill the disk: of what one place in the code has to say, only so much is written a minute.
"""

import datetime as dt
import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TextIO

__all__ = ["BoundedLog", "JsonLines", "LogFormat", "log_to"]

RECORDS_MAX = 20  # of one line of code in each period
PERIOD_S = 60.0


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class JsonLines(logging.Formatter):
    """Fields: time (UTC, ISO 8601), level, logger, message, and error with the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """One line; a line break inside a message is escaped, so that nobody can forge a second record."""
        moment = dt.datetime.fromtimestamp(record.created, dt.UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


@dataclass(slots=True)
class _Spoken:
    since_s: float
    written: int = 0
    left_out: int = 0


class BoundedLog(logging.Filter):
    """Lets RECORDS_MAX records of each line of code pass in each period; the next one afterwards says how
    many were left out."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now_s = now_s
        self._spoken: dict[tuple[str, int], _Spoken] = {}  # bounded by the lines of code that log

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is to be written. The handler's lock is not held: a race miscounts by one."""
        now_s = self._now_s()
        spoken = self._spoken.setdefault((record.pathname, record.lineno), _Spoken(now_s))
        left_out = 0
        if now_s - spoken.since_s >= PERIOD_S:
            left_out = spoken.left_out
            spoken.since_s, spoken.written, spoken.left_out = now_s, 0, 0
        if spoken.written >= RECORDS_MAX:
            spoken.left_out += 1
            return False
        spoken.written += 1
        if left_out:
            record.msg = f"{record.getMessage()} ({left_out} more like this were left out)"
            record.args = None
        return True


def _is_not_about_one_websocket(record: logging.LogRecord) -> bool:
    """uvicorn reports every opened and closed WebSocket, with its address: nobody's business, and much."""
    return record.levelno >= logging.WARNING or "websockets" not in record.pathname


def log_to(stream: TextIO, log_format: LogFormat) -> logging.Handler:
    """Log to `stream` from INFO on, and to nothing else; returns the root logger's one handler."""
    handler = logging.StreamHandler(stream)
    if log_format is LogFormat.JSON:
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(BoundedLog())
    logging.getLogger("uvicorn.error").addFilter(_is_not_about_one_websocket)
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    return handler
