"""Log records as JSON, one line each, as log collectors want them. uvicorn loads it through logging.json.

Streamlit gives uvicorn's and its own loggers a handler that writes text, at its import and again whenever it
reads its configuration; no setting of its own turns that off, so the function that does it is replaced.
"""

import datetime as dt
import json
import logging
import sys

import streamlit.logger

__all__ = ["JsonLines", "json_handler"]


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


def json_handler() -> logging.Handler:
    """The one handler of the process, on standard output; Streamlit's loggers get it in place of theirs."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())

    def use_handler(logger: logging.Logger) -> None:
        for former in list(logger.handlers):
            logger.removeHandler(former)
        logger.addHandler(handler)

    streamlit.logger.setup_formatter = use_handler
    streamlit.logger.update_formatter()
    return handler
