"""A real SMTP server for tests, with TLS and accounts; it keeps what it receives."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.certificate import HOST, make_certificate
from tests.ports import free_port

__all__ = ["LOGIN", "MailServer", "mail_server"]

LOGIN = ("exam-results", "p@ss:word/1")


@dataclass
class MailServer:
    """`certificate` is the file of the authority to trust; `refusals_left` transient refusals come first."""

    port: int
    certificate: Path
    mails: list[EmailMessage] = field(default_factory=list)
    refusals_left: int = 0

    async def handle_DATA(  # noqa: N802  # aiosmtpd's name for it
        self, _server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if not session.authenticated:
            return "530 Authentication required"
        if self.refusals_left > 0:
            self.refusals_left -= 1
            return "451 Try again later"
        content = envelope.content
        assert isinstance(content, bytes)
        mail = BytesParser(policy=default).parsebytes(content)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"


@contextlib.contextmanager
def mail_server(folder: Path, *, scheme: str = "smtps", has_tls: bool = True) -> Iterator[MailServer]:
    """A server on loopback: TLS from the first byte (smtps) or by STARTTLS (smtp), or neither."""
    certificate, key = make_certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    server = MailServer(free_port(), certificate)
    controller = Controller(
        server,
        hostname=HOST,
        port=server.port,
        ssl_context=tls if has_tls and scheme == "smtps" else None,
        tls_context=tls if has_tls and scheme == "smtp" else None,
        authenticator=_authenticate,
        auth_require_tls=scheme == "smtp",
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


def _authenticate(
    _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
) -> AuthResult:
    is_right = isinstance(given, LoginPassword) and (given.login, given.password) == tuple(
        text.encode() for text in LOGIN
    )
    return AuthResult(success=is_right, handled=False)
