"""The mail outbox: without a mail server, messages to users go to a file in the data folder and to the log.

One JSON object per line: at, username, to, purpose, text. The file may contain codes and temporary passwords,
so only its owner may read it. Beyond FILE_BYTES_MAX it is renamed to `outbox.old.jsonl` and a new one is
started. The log gets codes, which are valid for an hour, but no passwords.
"""

import datetime as dt
import json
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["MailOutbox", "Message"]

FILE_BYTES_MAX: Final = 256 * 1024  # older messages are useless: codes are valid for an hour

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    username: str
    to: str  # an e-mail address
    purpose: str
    text: str
    log_text: str | None = None  # logged instead of the text, if that is secret


class MailOutbox:
    """Appends messages to one file, or hands them to `by_mail`. Thread-safe."""

    def __init__(self, path: Path, by_mail: Callable[[Message], None] | None = None) -> None:
        self.path = path
        self._by_mail = by_mail
        self._file_lock = threading.Lock()  # guards appending and renaming

    def send(self, message: Message, now_s: float) -> None:
        """Mail the message, or write it to the file and to the log. Raises OSError."""
        if self._by_mail is not None and message.to:
            self._by_mail(message)
            return
        self._append(self.path, message, now_s)
        _log.info("to %s <%s>: %s", message.username, message.to, message.log_text or message.text)

    def keep(self, message: Message, now_s: float) -> None:
        """Write a message that could not be mailed to the file. Raises OSError."""
        self._append(self.path, message, now_s)

    def pretend_to_send(self, message: Message, now_s: float) -> None:
        """The same work without an effect, so that an unknown user's answer takes as long."""
        if self._by_mail is not None:
            return
        self._append(Path(os.devnull), message, now_s)
        _log.debug("no such user; nothing sent")

    def _append(self, path: Path, message: Message, now_s: float) -> None:
        moment = dt.datetime.fromtimestamp(now_s, dt.UTC).isoformat(timespec="seconds")
        line = json.dumps(
            {
                "at": moment,
                "username": message.username,
                "to": message.to,
                "purpose": message.purpose,
                "text": message.text,
            },
            ensure_ascii=False,
        )
        with self._file_lock:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(descriptor, "ab") as file:
                file.write(line.encode("utf-8", "replace") + b"\n")
                is_full = file.tell() > FILE_BYTES_MAX
            if is_full and path == self.path:
                path.replace(path.with_name(f"{path.stem}.old{path.suffix}"))
