"""The backend as a process: what survives a kill, how it stops, what it refuses, what it leaves behind."""

import gc
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.backend_process import BackendProcess, running_backend
from tests.builders import exam_input, result_input
from tests.ports import free_port
from tests.realtime_client import RealtimeClient, signed_by, with_token
from tests.server_process import ROOT, DidNotStart
from tests.waiting import wait_until

DEADLINE_S = 20.0
WRITERS = 4
CREATE_EXAM = "mutation($input: CreateExamInput!) {createExam(input: $input) {id}}"
CREATE_RESULT = "mutation($input: CreateResultsInput!) {createResults(input: $input) {id grade}}"
LIST_RESULTS = (
    "query($examId: ID!, $after: String) "
    "{listResults(examId: $examId, limit: 1000, nextToken: $after) {items {id grade} nextToken}}"
)


def asked(client: httpx.Client, url: str, token: str, document: str, **variables: Any) -> Any:
    response = client.post(
        url, json={"query": document, "variables": variables}, headers={"Authorization": token}
    )
    answer = response.json()
    assert "errors" not in answer, answer
    (value,) = answer["data"].values()
    return value


class Writer(threading.Thread):
    """Writes until the server is gone; `answered` has what the server acknowledged."""

    def __init__(self, url: str, token: str, exam_id: str) -> None:
        super().__init__()
        self._url, self._token, self._exam_id = url, token, exam_id
        self.answered: dict[str, str] = {}

    def run(self) -> None:
        with httpx.Client(trust_env=False, timeout=DEADLINE_S) as client:
            while True:
                given = {**result_input(self._exam_id), "grade": str(len(self.answered))}
                try:
                    row = asked(client, self._url, self._token, CREATE_RESULT, input=given)
                except httpx.TransportError:
                    return
                self.answered[row["id"]] = row["grade"]


def test_every_answered_write_survives_a_kill(tmp_path: Path) -> None:
    """Several writers, SIGKILL in the middle of their writing, a new process on the same folder and port."""
    with BackendProcess(tmp_path / "data") as backend:
        backend.create_teacher("t")
        token = backend.sign_in("t").access_token
        exam = exam_input()
        with httpx.Client(trust_env=False, timeout=DEADLINE_S) as client:
            asked(client, backend.api_url, token, CREATE_EXAM, input=exam)
        writers = [Writer(backend.api_url, token, exam["id"]) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        wait_until(lambda: sum(len(writer.answered) for writer in writers) > 200, deadline_s=DEADLINE_S)
        backend.kill()
        for writer in writers:
            writer.join(DEADLINE_S)
            assert not writer.is_alive()
        answered = {key: grade for writer in writers for key, grade in writer.answered.items()}
        port = urlsplit(backend.url).port
        assert port is not None
    with BackendProcess(tmp_path / "data", port=port) as again:
        stored: dict[str, str] = {}
        after: str | None = None
        with httpx.Client(trust_env=False, timeout=DEADLINE_S) as client:
            while True:
                # The token is still valid, too: the keys are in the folder.
                page = asked(client, again.api_url, token, LIST_RESULTS, examId=exam["id"], after=after)
                stored.update({row["id"]: row["grade"] for row in page["items"]})
                after = page["nextToken"]
                if after is None:
                    break
    assert answered.items() <= stored.items()
    # At most one write per writer, the one in flight, may be stored without having been answered.
    assert len(stored) - len(answered) <= WRITERS


def test_it_starts_although_the_settings_cannot_be_written_if_they_are_the_same(tmp_path: Path) -> None:
    """On a full disk, a backend that was killed can be read from again."""
    with BackendProcess(tmp_path) as backend:
        port = urlsplit(backend.url).port or 0
    (tmp_path / "backend.env.new").mkdir()  # in the way of every attempt, as no permission is for root
    with BackendProcess(tmp_path, port=port) as again:
        assert again.settings == backend.settings
    with pytest.raises(DidNotStart, match="the settings cannot be written"):
        BackendProcess(tmp_path, port=free_port())


def test_files_that_an_earlier_program_made_for_all_to_read_are_made_private(tmp_path: Path) -> None:
    """The settings alone are for others too."""
    with running_backend(tmp_path):
        pass
    (tmp_path / "outbox.old.jsonl").write_text("{}")
    (tmp_path / "outbox.jsonl").write_text("{}")
    for name in ("outbox.jsonl", "outbox.old.jsonl", "backend.sqlite3"):
        (tmp_path / name).chmod(0o644)
    with running_backend(tmp_path):
        assert {path.name for path in tmp_path.iterdir() if path.stat().st_mode & 0o077} <= {
            "backend.env",
            "backend.lock",
        }


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_connections_open(tmp_path: Path, number: signal.Signals) -> None:
    """Its WebSockets close with "going away", its exit status is 0, its port is free."""
    with BackendProcess(tmp_path / "data") as backend:
        guest = signed_by(backend.host, backend.guest_credentials(), backend.region)
        clients = [RealtimeClient(backend.realtime_url, guest) for _ in range(3)]
        clients[0].subscribe("1", "subscription {onUpdateExam {id}}")
        idle = socket.create_connection((urlsplit(backend.url).hostname, urlsplit(backend.url).port))
        backend.process.send_signal(number)
        assert [client.wait_closed() for client in clients] == [1012, 1012, 1012]
        assert backend.process.wait(DEADLINE_S) == 0
        for client in clients:
            client.close()
        idle.close()
        with socket.create_server((urlsplit(backend.url).hostname, urlsplit(backend.url).port)):
            pass
    assert not (tmp_path / "data" / "backend.sqlite3-wal").exists()


def program(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.local.backend", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def assert_refused_in_one_line(ended: subprocess.CompletedProcess[str], *words: str) -> None:
    assert ended.returncode == 2
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    for word in words:
        assert word in line


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    """No traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = program("--data-dir", str(tmp_path / "data"), "--port", port)
    assert_refused_in_one_line(ended, port, "in use")


def test_a_folder_in_use_is_one_clear_line(tmp_path: Path) -> None:
    """Two backends on one folder would miss each other's events."""
    with running_backend(tmp_path / "data"):
        ended = program("--data-dir", str(tmp_path / "data"), "--port", "0")
    assert_refused_in_one_line(ended, str(tmp_path / "data"), "in use by another backend")


def test_a_newer_folder_is_one_clear_line(tmp_path: Path) -> None:
    """And it is left unchanged."""
    with running_backend(tmp_path / "data"):
        pass
    file = tmp_path / "data" / "backend.sqlite3"
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    content = file.read_bytes()
    ended = program("--data-dir", str(tmp_path / "data"), "--port", "0")
    assert_refused_in_one_line(ended, "99", "start the newer program")
    assert file.read_bytes() == content


def test_half_of_a_certificate_is_one_clear_line(tmp_path: Path) -> None:
    """Certificate and key belong together."""
    ended = program("--data-dir", str(tmp_path / "data"), "--tls-key", str(tmp_path / "key.pem"))
    assert_refused_in_one_line(ended, "--tls-certificate", "--tls-key")


def test_a_folder_that_cannot_be_created_is_one_clear_line(tmp_path: Path) -> None:
    """A file has that name."""
    (tmp_path / "data").write_text("")
    ended = program("--data-dir", str(tmp_path / "data"), "--port", "0")
    assert_refused_in_one_line(ended, str(tmp_path / "data"), "cannot be used")


def test_only_the_owner_can_read_the_folder_and_its_contents(tmp_path: Path) -> None:
    """Except the dashboards' settings, which contain no secret."""
    with running_backend(tmp_path / "data"):
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0
        readable = {file.name for file in (tmp_path / "data").iterdir() if file.stat().st_mode & 0o077}
    assert readable <= {"backend.env", "backend.lock"}


def test_readiness_can_be_reported_on_a_descriptor(tmp_path: Path) -> None:
    """For a parent program; standard output stays empty."""
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [
            *(
                sys.executable,
                "-m",
                "deploy.local.backend",
                "--port",
                "0",
                "--data-dir",
                str(tmp_path / "data"),
            ),
            *("--ready-fd", str(write_end)),
        ],
        cwd=ROOT,
        pass_fds=[write_end],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(write_end)
    with os.fdopen(read_end) as pipe:
        ready = json.loads(pipe.readline())
        assert pipe.read() == ""  # closed after its line
    assert httpx.get(f"{ready['url']}/healthz", trust_env=False).status_code == 200
    process.terminate()
    out, _err = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, out) == (0, "")


def test_json_logs_are_objects_without_credentials(tmp_path: Path) -> None:
    """One per line; none contains a real-time address, which includes a token."""
    backend = BackendProcess(tmp_path / "data", ["--log-format", "json"])
    backend.create_teacher("t")
    token = backend.sign_in("t").access_token
    with RealtimeClient(backend.realtime_url, with_token(backend.host, token)) as client:
        client.subscribe("1", "subscription {onUpdateExam {id}}")
    httpx.post(backend.api_url, headers={"Authorization": "forged"}, trust_env=False)
    backend.stop()
    logged = backend.output
    lines = [line for line in logged.splitlines() if line != backend.ready.string.rstrip()]
    assert lines
    for line in lines:
        assert {"time", "level", "logger", "message"} <= json.loads(line).keys()
    assert token not in logged
    assert token.rsplit(".", 1)[1] not in logged


def test_fifty_rounds_leak_nothing(tmp_path: Path) -> None:
    """Opened, used over HTTP and a WebSocket, closed: no more threads, sockets or files than before."""

    def one_round() -> None:
        with running_backend(tmp_path / "data") as backend:
            assert httpx.get(f"{backend.url}/healthz", trust_env=False).status_code == 200
            with socket.create_connection(
                (urlsplit(backend.url).hostname, urlsplit(backend.url).port)
            ) as line:
                line.sendall(
                    b"GET /graphql/realtime HTTP/1.1\r\nHost: x\r\n"
                    b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
                    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    b"Sec-WebSocket-Protocol: graphql-ws\r\n\r\n"
                )
                assert line.recv(12) == b"HTTP/1.1 101"

    def in_use() -> tuple[int, int, int]:
        gc.collect()
        process = psutil.Process()
        return threading.active_count(), process.num_fds(), len(process.net_connections())

    one_round()  # loads whatever is loaded only once
    before = in_use()
    for _ in range(50):
        one_round()
    wait_until(lambda: in_use() <= before, what=f"being back at {before}")
    assert in_use() <= before
