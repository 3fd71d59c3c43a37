"""Mail goes through a real server, encrypted and authenticated; what cannot be sent is kept."""

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from deploy.local.backend.cognito.mail_outbox import Message
from deploy.local.backend.cognito.smtp import Mailer, SmtpInvalid, smtp_server
from tests.mail_server import LOGIN, MailServer, mail_server
from tests.waiting import wait_until

CODE = Message("ada", "ada@school.example", "reset password", "Your code is 123456.")
SENDER = "Exam results <no-reply@school.example>"


@contextlib.contextmanager
def mailer_of(
    server: MailServer, scheme: str, *, password: str = LOGIN[1], retries: int = 2
) -> Iterator[tuple[Mailer, list[Message], threading.Event]]:
    failed: list[Message] = []
    has_failed = threading.Event()

    def on_failed(message: Message) -> None:
        failed.append(message)
        has_failed.set()

    url = f"{scheme}://{LOGIN[0]}:{quote(password, safe='')}@127.0.0.1:{server.port}"
    mailer = Mailer(smtp_server(url, SENDER), on_failed, retry_pauses_s=[0.0] * retries)
    with contextlib.closing(mailer):
        yield mailer, failed, has_failed


@pytest.mark.parametrize("scheme", ["smtps", "smtp"])
def test_a_message_arrives_encrypted_and_authenticated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with mail_server(tmp_path, scheme=scheme) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        with mailer_of(server, scheme) as (mailer, failed, _):
            mailer.send(CODE)
            wait_until(lambda: bool(server.mails), what="a mail")
        (mail,) = server.mails
    assert mail["to"] == "ada@school.example"
    assert mail["from"] == SENDER
    assert mail["subject"] == "Your code for Exam results"
    assert "Your code is 123456." in mail.get_content()
    assert failed == []


def test_a_server_that_is_busy_gets_it_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with mail_server(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        server.refusals_left = 2
        with mailer_of(server, "smtps") as (mailer, failed, _):
            mailer.send(CODE)
            wait_until(lambda: bool(server.mails), what="a mail")
    assert failed == []


@pytest.mark.parametrize("fault", ["no-tls", "unknown-certificate", "wrong-password"])
def test_nothing_is_sent_where_it_is_not_safe_and_the_message_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    scheme = "smtp" if fault == "no-tls" else "smtps"
    with mail_server(tmp_path, scheme=scheme, has_tls=fault != "no-tls") as server:
        if fault != "unknown-certificate":
            monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        password = "wrong" if fault == "wrong-password" else LOGIN[1]
        with mailer_of(server, scheme, password=password) as (mailer, failed, has_failed):
            mailer.send(CODE)
            assert has_failed.wait(20.0)
        assert server.mails == []
    assert failed == [CODE]
    assert "mail to ada" in caplog.text
    assert "123456" not in caplog.text


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("mail.school.example", SENDER),
        ("http://mail.school.example", SENDER),
        ("smtps://", SENDER),
        ("smtps://mail.school.example:port", SENDER),
        ("smtps://mail.school.example", ""),
        ("smtps://mail.school.example", "nobody"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url: str, sender: str) -> None:
    with pytest.raises(SmtpInvalid):
        smtp_server(url, sender)
