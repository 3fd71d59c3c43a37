"""Messages to users by e-mail, through the operator's mail server (SMTP, RFC 5321), always encrypted.

A message is handed to a thread, so that an answer takes no longer for a name that exists. It is tried again
for some minutes. What cannot be sent is written to the log, without its text, and to the outbox, where the
operator finds it.
"""

import email.utils
import logging
import queue
import smtplib
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Final
from urllib.parse import unquote, urlsplit

from deploy.local.backend.cognito.mail_outbox import Message

__all__ = ["Mailer", "SmtpInvalid", "SmtpServer", "smtp_server"]

PORTS: Final = {"smtps": 465, "smtp": 587}  # RFC 8314: TLS from the first byte, or by STARTTLS
TIMEOUT_S: Final = 20.0
RETRY_PAUSES_S: Final = (5.0, 30.0, 120.0, 300.0)
WAITING_MAX: Final = 1000  # a further message is not sent by mail
_SUBJECTS: Final = {
    "reset password": "Your code for Exam results",
    "verify email": "Confirm your address for Exam results",
    "invitation": "Your account for Exam results",
}

_log = logging.getLogger(__name__)


class SmtpInvalid(Exception):
    """The address of the mail server cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`has_implicit_tls`: TLS from the first byte; otherwise STARTTLS, without which nothing is sent."""

    host: str
    port: int
    has_implicit_tls: bool
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)


def smtp_server(url: str, sender: str) -> SmtpServer:
    """The server of smtps://USER:PASSWORD@HOST:PORT, or smtp:// for STARTTLS. Raises SmtpInvalid."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise SmtpInvalid(f"the address cannot be read ({error})") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise SmtpInvalid("it must look like smtps://USER:PASSWORD@HOST:465 or smtp://USER:PASSWORD@HOST:587")
    if "@" not in email.utils.parseaddr(sender)[1]:
        raise SmtpInvalid("the sender must be an e-mail address")
    return SmtpServer(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        has_implicit_tls=parts.scheme == "smtps",
        sender=sender,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class Mailer:
    """Sends in the order of arrival, one message at a time. close() it at the end: what waits is given up.

    `on_failed` gets each message that could not be sent. Certificates are checked against the system's
    authorities, or those in SSL_CERT_FILE.
    """

    def __init__(
        self,
        server: SmtpServer,
        on_failed: Callable[[Message], None],
        *,
        retry_pauses_s: Sequence[float] = RETRY_PAUSES_S,
    ) -> None:
        self._server = server
        self._on_failed = on_failed
        self._retry_pauses_s = retry_pauses_s
        self._tls = ssl.create_default_context()
        self._waiting: queue.Queue[Message | None] = queue.Queue(WAITING_MAX)
        self._is_closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mailer")
        self._thread.start()

    def send(self, message: Message) -> None:
        """Hand the message over. Never blocks."""
        try:
            self._waiting.put_nowait(message)
        except queue.Full:
            _log.error("too many mails are waiting; not sent to %s", message.username)
            self._on_failed(message)

    def close(self) -> None:
        """Stop after the message that is being sent."""
        self._is_closed.set()
        while True:
            try:
                self._on_failed_if_any(self._waiting.get_nowait())
            except queue.Empty:
                break
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (message := self._waiting.get()) is not None:
            if not self._is_sent(message):
                self._on_failed(message)

    def _on_failed_if_any(self, message: Message | None) -> None:
        if message is not None:
            self._on_failed(message)

    def _is_sent(self, message: Message) -> bool:
        for pause_s in (*self._retry_pauses_s, None):
            try:
                self._deliver(message)
            except (smtplib.SMTPRecipientsRefused, smtplib.SMTPAuthenticationError) as error:
                _log.error("mail to %s was refused: %s", message.username, _reason(error))
                return False
            except (OSError, smtplib.SMTPException) as error:
                _log.warning("mail to %s could not be sent: %s", message.username, _reason(error))
                if pause_s is None or self._is_closed.wait(pause_s):
                    return False
            else:
                _log.info("mail sent to %s: %s", message.username, message.purpose)
                return True
        return False

    def _deliver(self, message: Message) -> None:
        server = self._server
        mail = EmailMessage()
        mail["From"], mail["To"] = server.sender, message.to
        mail["Subject"] = _SUBJECTS.get(message.purpose, "Exam results")
        mail["Date"], mail["Message-ID"] = email.utils.formatdate(), email.utils.make_msgid()
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notices in reply
        mail.set_content(f"{message.text}\n\nIf you did not ask for this, you can ignore it.\n")
        with self._connected() as connection:
            if server.username is not None:
                connection.login(server.username, server.password or "")
            connection.send_message(mail)

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.has_implicit_tls:
            return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=self._tls)
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
        try:
            connection.starttls(context=self._tls)
        except BaseException:
            connection.close()
            raise
        return connection


def _reason(error: Exception) -> str:
    """One line, without what the server was sent."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
