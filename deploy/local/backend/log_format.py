"""How the backend logs: plain lines for a person, or one JSON object a line for a collector."""

import datetime as dt
import json
import logging
from enum import StrEnum
from typing import TextIO

__all__ = ["LogFormat", "set_up_logging"]


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


def set_up_logging(log_format: LogFormat, stream: TextIO) -> None:
    """Log to `stream`, from INFO on; the web server only its warnings: its INFO lines name every
    connection's address,
    and a real-time address holds credentials."""
    handler = logging.StreamHandler(stream)
    if log_format is LogFormat.JSON:
        handler.setFormatter(_JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
