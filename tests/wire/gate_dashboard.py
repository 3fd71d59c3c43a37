"""What tests of the gate do over the wire: a dashboard process, accounts at the backend, an httpx browser."""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import httpx
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.backend_process import BackendClient
from tests.builders import new_id
from tests.teacher_app.dashboard_process import TeacherDashboard
from tests.teacher_app.gate_client import GateBrowser

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

__all__ = ["TEMPORARY", "Operator", "handshake_status", "new_name", "reset_code", "wire_browser"]

TEMPORARY = "Temporary-word-1"
COOKIE = "exam_results_teacher"


def new_name() -> str:
    return f"teacher-{new_id()[:8]}"


class Operator:
    """The operator's calls to the embedded backend."""

    def __init__(self, backend: BackendClient) -> None:
        key = json.loads((backend.data_dir / "operator.json").read_text())
        self.pool_id = backend.settings["EXAM_RESULTS_USER_POOL_ID"]
        self.calls: CognitoIdentityProviderClient = boto3.client(
            "cognito-idp",
            endpoint_url=backend.url,
            region_name=backend.region,
            aws_access_key_id=key["access_key_id"],
            aws_secret_access_key=key["secret_access_key"],
        )

    def invite(self, username: str) -> None:
        """An account with a temporary password and an address for codes."""
        self.calls.admin_create_user(
            UserPoolId=self.pool_id,
            Username=username,
            TemporaryPassword=TEMPORARY,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": f"{username}@school.example"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )

    def close(self) -> None:
        self.calls.close()


@contextlib.contextmanager
def wire_browser(url: str) -> Iterator[GateBrowser]:
    """A browser without scripts."""
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(base_url=url, timeout=20.0)
        try:
            yield GateBrowser(client, runner)
        finally:
            runner.run(client.aclose())


def handshake_status(dashboard: TeacherDashboard, cookie: str | None, origin: str | None = "own") -> int:
    """101 if the WebSocket of Streamlit is opened, else the status of the refusal."""
    headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"}
    if origin is not None:
        headers["Origin"] = dashboard.url if origin == "own" else origin
    address = f"ws://{dashboard.host}/_stcore/stream"
    try:
        with connect(address, additional_headers=headers, proxy=None):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def reset_code(data_dir: Path, username: str, deadline_s: float = 5.0) -> str:
    """The newest code that the backend's outbox holds for `username`."""
    ends_at_s = time.monotonic() + deadline_s
    outbox = data_dir / "outbox.jsonl"
    while time.monotonic() < ends_at_s:
        lines = outbox.read_text().splitlines() if outbox.exists() else []
        for line in reversed(lines):
            message = json.loads(line)
            if username in message.values():
                return str(message["code"])
    raise AssertionError(f"no code for {username} in {outbox}")
