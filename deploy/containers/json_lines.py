"""Log records as JSON, one line each, as log collectors want them. uvicorn loads it through logging.json."""

import datetime as dt
import json
import logging

__all__ = ["JsonLines"]


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
