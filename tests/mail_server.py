"""A real SMTP server for tests, with TLS and accounts; it keeps what it receives."""

import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ports import free_port

__all__ = ["LOGIN", "MailServer", "mail_server"]

HOST = "127.0.0.1"
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
    certificate, key = _certificate(folder)
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


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, key_file = folder / "mail.crt", folder / "mail.key"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, key_file
