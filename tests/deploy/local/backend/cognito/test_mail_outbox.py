"""The outbox: one JSON object per line, readable only by its owner, bounded in size."""

import json
import logging
from pathlib import Path

import pytest

from deploy.local.backend.cognito.mail_outbox import FILE_BYTES_MAX, MailOutbox, Message

NOW_S = 1_800_000_000.0
CODE = Message("ada", "ada@school.example", "reset password", "Your code is 123456.")


def lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_message_is_one_line_and_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = MailOutbox(tmp_path / "outbox.jsonl")
    with caplog.at_level(logging.INFO):
        outbox.send(CODE, NOW_S)
        outbox.send(Message("bob", "b@s.example", "x", "a\nb"), NOW_S)
    assert lines(outbox.path) == [
        {
            "at": "2027-01-15T08:00:00+00:00",
            "username": "ada",
            "to": "ada@school.example",
            "purpose": "reset password",
            "text": "Your code is 123456.",
        },
        {
            "at": "2027-01-15T08:00:00+00:00",
            "username": "bob",
            "to": "b@s.example",
            "purpose": "x",
            "text": "a\nb",
        },
    ]
    assert "123456" in caplog.text
    assert outbox.path.stat().st_mode & 0o777 == 0o600


def test_a_text_that_must_not_be_logged_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    outbox = MailOutbox(tmp_path / "outbox.jsonl")
    with caplog.at_level(logging.DEBUG):
        outbox.send(Message("ada", "", "invitation", "password: geheim", "an invitation was sent"), NOW_S)
    assert "geheim" not in caplog.text
    assert "an invitation was sent" in caplog.text


def test_a_simulated_message_leaves_no_trace_of_its_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outbox = MailOutbox(tmp_path / "outbox.jsonl")
    with caplog.at_level(logging.DEBUG):
        outbox.pretend_to_send(CODE, NOW_S)
    assert not outbox.path.exists()
    assert "123456" not in caplog.text


def test_a_full_file_is_renamed_and_replaces_the_former_one(tmp_path: Path) -> None:
    outbox = MailOutbox(tmp_path / "outbox.jsonl")
    big = Message("ada", "a@s.example", "x", "y" * (FILE_BYTES_MAX // 4))
    for _ in range(9):
        outbox.send(big, NOW_S)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outbox.jsonl", "outbox.old.jsonl"]
    total = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert total < 3 * FILE_BYTES_MAX
    assert (tmp_path / "outbox.old.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_name_with_a_lone_surrogate_is_written(tmp_path: Path) -> None:
    outbox = MailOutbox(tmp_path / "outbox.jsonl")
    outbox.send(Message("ada\ud800", "a@s.example", "x", "y"), NOW_S)
    assert len(lines(outbox.path)) == 1
