"""Helpers for gate tests over the wire: accounts on the backend, a browser without scripts, and the WebSocket
of a page."""

import asyncio
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import boto3
import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.backend_process import BackendClient
from tests.builders import new_id
from tests.dashboard_process import TeacherDashboard
from tests.teacher_app.gate.gate_client import GateBrowser
from tests.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient

__all__ = [
    "COOKIE",
    "TEMPORARY",
    "Operator",
    "StreamlitPage",
    "handshake_status",
    "new_name",
    "reset_code",
    "wire_browser",
]

TEMPORARY = "Temporary-word-1"
COOKIE = "exam_results_teacher"
ANSWER_DEADLINE_S = 20.0


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
        """Creates an account with a temporary password and an e-mail address for codes."""
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

    def sign_out_everywhere(self, username: str) -> None:
        self.calls.admin_user_global_sign_out(UserPoolId=self.pool_id, Username=username)

    def close(self) -> None:
        self.calls.close()


@contextlib.contextmanager
def wire_browser(url: str, **headers: str) -> Iterator[GateBrowser]:
    """A browser without scripts. `headers` (with _ for -) are added to every request, as a proxy would."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(base_url=url, timeout=20.0, headers=named, trust_env=False)
        try:
            yield GateBrowser(client, runner)
        finally:
            runner.run(client.aclose())


def handshake_status(dashboard: TeacherDashboard, cookie: str | None, origin: str | None = "own") -> int:
    """101 if Streamlit's WebSocket opens, otherwise the HTTP status of the refusal."""
    try:
        with connect(
            f"ws://{dashboard.host}/_stcore/stream",
            additional_headers=_handshake_headers(dashboard, cookie, origin),
            proxy=None,
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


class StreamlitPage:
    """An open page without a browser: it reruns its script and returns what the script wrote."""

    def __init__(self, dashboard: TeacherDashboard, cookie: str) -> None:
        self._open = contextlib.ExitStack()
        self._line = self._open.enter_context(
            connect(
                f"ws://{dashboard.host}/_stcore/stream",
                additional_headers=_handshake_headers(dashboard, cookie, "own"),
                proxy=None,
                max_size=None,
            )
        )

    def rerun(self) -> list[str]:
        """Runs the script once, as when the user presses the rerun key."""
        message = BackMsg()
        message.rerun_script.query_string = ""
        self._line.send(message.SerializeToString())
        texts: list[str] = []
        while True:
            data = self._line.recv(ANSWER_DEADLINE_S)
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            if message.WhichOneof("type") == "script_finished":
                return texts
            element = message.delta.new_element
            match element.WhichOneof("type"):
                case "markdown":
                    texts.append(element.markdown.body)
                case "alert":
                    texts.append(element.alert.body)
                case "link_button":
                    texts.append(element.link_button.url)
                case _:
                    pass

    def wait_closed(self) -> int:
        """The close code that the dashboard sends."""
        with contextlib.suppress(ConnectionClosed):
            for _message in self._line:
                pass
        code = self._line.close_code
        assert code is not None
        return code

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()


def reset_code(data_dir: Path, username: str) -> str:
    """The newest code for `username` in the backend's mail outbox."""
    codes: list[str] = []

    def has_arrived() -> bool:
        outbox = data_dir / "outbox.jsonl"
        lines = outbox.read_text().splitlines() if outbox.exists() else []
        messages = [json.loads(line) for line in lines]
        texts = [message["text"] for message in messages if message["username"] == username]
        codes[:] = [found[0] for text in texts if (found := re.search(r"\b\d{6}\b", text))]
        return bool(codes)

    wait_until(has_arrived, what=f"a code for {username}")
    return codes[-1]


def _handshake_headers(dashboard: TeacherDashboard, cookie: str | None, origin: str | None) -> dict[str, str]:
    headers = {} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"}
    if origin is not None:
        headers["Origin"] = dashboard.url if origin == "own" else origin
    return headers
