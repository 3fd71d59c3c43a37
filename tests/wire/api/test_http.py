"""The API's port as web pages and probes use it."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.backend_process import RunningBackend, SignedInTeacher, running_backend
from tests.builders import exam_input

ORIGIN = "https://school.example"
DEADLINE_S = 20.0
WAITING_WRITES = 60
QUERY = {"query": "{listExams(limit: 1) {nextToken}}"}


@pytest.mark.parametrize("path", ["/graphql", "/"])
def test_a_page_of_any_origin_may_call(backend: RunningBackend, path: str) -> None:
    """The preflight request allows AWS's headers, for the API and for both Cognito services."""
    wanted = "authorization,content-type,x-amz-date,x-amz-security-token,x-amz-target,x-amz-user-agent"
    response = httpx.options(
        f"{backend.url}{path}",
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": wanted,
        },
        trust_env=False,
    )
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == "*"
    assert "POST" in response.headers["access-control-allow-methods"]
    allowed = {name.strip() for name in response.headers["access-control-allow-headers"].lower().split(",")}
    assert set(wanted.split(",")) <= allowed


def test_answers_and_refusals_can_be_read_by_the_page(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    """Without the header, a refusal would be an opaque network error to the client."""
    for headers, status in (({"Authorization": teacher.access_token}, 200), ({}, 401)):
        response = httpx.post(
            backend.api_url, json=QUERY, headers={**headers, "Origin": ORIGIN}, trust_env=False
        )
        assert response.status_code == status
        assert response.headers["access-control-allow-origin"] == "*"
        assert "x-amzn-errortype" in response.headers["access-control-expose-headers"].lower()
        assert response.headers["content-type"].startswith("application/json")


def test_the_liveness_probe_is_public(backend: RunningBackend) -> None:
    """It answers after checking the storage."""
    response = httpx.get(f"{backend.url}/healthz", trust_env=False)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_a_full_disk_is_reported_by_the_probe_and_named_to_the_teacher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its end, too: nothing has to be started again."""
    nothing = shutil.disk_usage(tmp_path)._replace(free=0)
    create = "mutation($input: CreateExamInput!) {createExam(input: $input) {id}}"
    with running_backend(tmp_path / "data") as backend:
        backend.create_teacher("ada")
        headers = {"Authorization": backend.sign_in("ada").access_token}

        def created() -> dict[str, Any]:
            body = {"query": create, "variables": {"input": exam_input()}}
            answer: dict[str, Any] = httpx.post(
                backend.api_url, json=body, headers=headers, trust_env=False
            ).json()
            return answer

        with monkeypatch.context() as full:
            full.setattr(shutil, "disk_usage", lambda _path: nothing)
            probed = httpx.get(f"{backend.url}/healthz", trust_env=False)
            assert (probed.status_code, probed.json()["status"][:16]) == (503, "the disk is full")
            set_pages_max(backend, 1)
            [error] = [error for _ in range(50) for error in created().get("errors", [])][:1]
        assert (error["errorType"], error["message"]) == (
            "InsufficientStorage",
            "The server's disk is full: nothing was saved",
        )
        set_pages_max(backend, 1_000_000)
        assert "errors" not in created()
        assert httpx.get(f"{backend.url}/healthz", trust_env=False).status_code == 200


def set_pages_max(backend: RunningBackend, pages: int) -> None:
    """SQLite refuses to grow the database beyond that as on a full disk (and never below its size)."""
    backend.backend.database.write(
        lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchone()
    )


def test_a_long_body_is_refused_before_it_is_read_completely(backend: RunningBackend) -> None:
    """Also when its length is not declared."""
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"x" * 100_000

    try:
        response = httpx.post(backend.api_url, content=chunks(), trust_env=False, timeout=10.0)
        assert response.status_code == 413
    except httpx.WriteError:
        pass  # the server closed the connection while the client was still sending
    assert sent < 1000


def test_a_client_that_leaves_in_the_middle_of_its_request_is_no_failure_of_the_server(
    backend: RunningBackend,
) -> None:
    """Each one left a traceback of a hundred lines in the log."""
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": "/graphql",
        "raw_path": b"/graphql",
        "query_string": b"",
        "headers": [(b"content-length", b"100")],
    }

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(_message: Any) -> None:
        pass

    asyncio.run(backend.backend.app(scope, receive, send))


def test_the_server_does_not_identify_its_software(backend: RunningBackend) -> None:
    """Neither name nor version."""
    assert "server" not in httpx.get(f"{backend.url}/healthz", trust_env=False).headers


# Writes that wait for the disk.


def test_however_many_writes_wait_for_the_disk_readers_are_answered(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    """Also if there are more than worker threads."""
    is_busy, may_go_on = threading.Event(), threading.Event()
    create = "mutation($input: CreateExamInput!) {createExam(input: $input) {id}}"
    exams = [exam_input() for _ in range(WAITING_WRITES)]

    def keep_the_writer_busy(_connection: object) -> None:
        is_busy.set()
        assert may_go_on.wait(DEADLINE_S)

    async def run() -> list[httpx.Response]:
        headers = {"Authorization": teacher.access_token}
        limits = httpx.Limits(max_connections=WAITING_WRITES + 1)
        async with httpx.AsyncClient(
            headers=headers, limits=limits, timeout=DEADLINE_S, trust_env=False
        ) as client:
            writes = [
                asyncio.create_task(
                    client.post(backend.api_url, json={"query": create, "variables": {"input": exam}})
                )
                for exam in exams
            ]
            try:
                assert await asyncio.to_thread(is_busy.wait, DEADLINE_S)
                read = await client.post(backend.api_url, json=QUERY)
                assert read.status_code == 200
                assert not any(write.done() for write in writes)
            finally:
                may_go_on.set()
            return await asyncio.gather(*writes)

    stalled = backend.backend.database.submit(keep_the_writer_busy)
    answers = asyncio.run(run())
    stalled.result(DEADLINE_S)
    assert {answer.json()["data"]["createExam"]["id"] for answer in answers} == {exam["id"] for exam in exams}
