"""A teacher who forgot the password gets a code by mail and signs in with it; an invitation is mailed too."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.backend_process import BackendProcess
from tests.dashboard_process import TeacherDashboard
from tests.mail_server import LOGIN, MailServer, mail_server
from tests.server_process import ROOT, DidNotStart
from tests.waiting import wait_until
from tests.wire.gate_dashboard import wire_browser

PASSWORD = "Another-horse-8-battery"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path) as server:
        yield server


def environment(server: MailServer) -> dict[str, str]:
    return {
        "EXAM_RESULTS_SMTP_URL": f"smtps://{LOGIN[0]}:{quote(LOGIN[1], safe='')}@127.0.0.1:{server.port}",
        "EXAM_RESULTS_SMTP_FROM": "no-reply@school.example",
        "SSL_CERT_FILE": str(server.certificate),
    }


def invite(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.local", "add-teacher", *arguments, "--data-dir", str(data_dir)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_invitation_and_forgotten_password_by_mail(tmp_path: Path, server: MailServer) -> None:
    data_dir = tmp_path / "data"
    with BackendProcess(data_dir, environment=environment(server)) as backend:
        answer = invite(data_dir, "ada", "--email", "ada@school.example", "--mail")
        assert answer.returncode == 0, answer.stderr
        wait_until(lambda: len(server.mails) == 1, what="the invitation")
        found = re.search(r"temporary password is (\S+)", server.mails[0].get_content())
        assert found
        assert found[1] not in answer.stdout
        with TeacherDashboard(backend.settings) as dashboard, wire_browser(dashboard.url) as browser:
            browser.sign_in("ada", found[1])
            browser.send(new_password=PASSWORD, new_password_again=PASSWORD)
            assert browser.path == "/"
            browser.open("/sign-out")
            browser.send()
            browser.open("/forgotten-password")
            page = browser.send(username="ada")
            assert "check your spam folder" in page.html
            wait_until(lambda: len(server.mails) == 2, what="the code")
            code = re.search(r"\b\d{6}\b", server.mails[1].get_content())
            assert code
            new = f"{PASSWORD}!"
            browser.send(code=code[0], new_password=new, new_password_again=new)
            assert browser.page.notice == "Your new password is set. Sign in with it."
            browser.sign_in("ada", new)
            assert browser.path == "/"
    assert not (data_dir / "outbox.jsonl").exists()


def test_without_a_mail_server_the_page_promises_nothing_and_says_whom_to_ask(tmp_path: Path) -> None:
    with BackendProcess(tmp_path) as backend:
        settings = {**backend.settings, "EXAM_RESULTS_HELP_CONTACT": "the office, room 12"}
        with TeacherDashboard(settings) as dashboard, wire_browser(dashboard.url) as browser:
            page = browser.open("/forgotten-password")
        refused = invite(tmp_path, "ada", "--email", "ada@school.example", "--mail")
    assert page.forms == []
    assert "Ask the office, room 12 for a new temporary password." in page.html
    assert refused.returncode == 2
    assert "has no mail server" in refused.stderr


def test_a_mistyped_mail_server_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DidNotStart) as refused:
        BackendProcess(tmp_path, environment={"EXAM_RESULTS_SMTP_URL": "mail.school.example"})
    assert "EXAM_RESULTS_SMTP_URL" in refused.value.output
    assert refused.value.output.count("\n") == 1
