"""How every process logs: plain lines for a person, or one JSON object a line for a log collector."""

import datetime as dt
import json
import logging
from enum import StrEnum
from typing import TextIO

__all__ = ["JsonLines", "LogFormat", "log_to"]


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


def log_to(stream: TextIO, log_format: LogFormat) -> logging.Handler:
    """Log to `stream` from INFO on, and to nothing else; returns the root logger's one handler."""
    handler = logging.StreamHandler(stream)
    if log_format is LogFormat.JSON:
        handler.setFormatter(JsonLines())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    return handler
