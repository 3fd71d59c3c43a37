"""The embedded backend for tests: in this process on a free port, or as a real process that can be killed.

Both are context managers that clean up. Accounts are created with the operator's key and signed in
with the real client library, so every token in a test was obtained with a password.
"""

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.credentials import Credentials
from dotenv import dotenv_values
from pycognito import Cognito

from deploy.local.backend.compose import Backend, BackendOptions, bound_socket, open_backend, server_of
from tests.server_process import ServerProcess

__all__ = ["PASSWORD", "BackendProcess", "RunningBackend", "SignedInTeacher", "running_backend"]

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0
PASSWORD = "Correct-horse-7-battery"

_ONCE = Config(retries={"total_max_attempts": 1})  # a test must see the first refusal
_ONCE_UNSIGNED = _ONCE.merge(Config(signature_version=UNSIGNED))


@dataclass(frozen=True, slots=True)
class SignedInTeacher:
    username: str
    password: str
    sub: str
    access_token: str
    id_token: str
    refresh_token: str


class BackendClient:
    """What tests do with a backend at `url` on `data_dir`, however it was started."""

    def __init__(self, url: str, data_dir: Path) -> None:
        self.url, self.data_dir = url, data_dir

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """The dashboards' settings (EXAM_RESULTS_*) for this backend, from the file that it wrote."""
        values = dotenv_values(self.data_dir / "backend.env")
        return {name: value for name, value in values.items() if value is not None}

    @property
    def region(self) -> str:
        return self.settings["EXAM_RESULTS_REGION"]

    @property
    def api_url(self) -> str:
        return f"{self.url}/graphql"

    @property
    def realtime_url(self) -> str:
        return f"{self.url.replace('http', 'ws', 1)}/graphql/realtime"

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @contextlib.contextmanager
    def operator(self) -> Iterator[Any]:
        """boto3's client with the operator's key."""
        operator = json.loads((self.data_dir / "operator.json").read_text())
        cognito = boto3.client(
            "cognito-idp",
            endpoint_url=self.url,
            region_name=self.region,
            aws_access_key_id=operator["access_key_id"],
            aws_secret_access_key=operator["secret_access_key"],
            config=_ONCE,
        )
        with contextlib.closing(cognito):
            yield cognito

    def create_teacher(self, username: str, password: str = PASSWORD) -> None:
        """Creates an account with a permanent password."""
        pool_id = self.settings["EXAM_RESULTS_USER_POOL_ID"]
        with self.operator() as cognito:
            cognito.admin_create_user(UserPoolId=pool_id, Username=username, MessageAction="SUPPRESS")
            cognito.admin_set_user_password(
                UserPoolId=pool_id, Username=username, Password=password, Permanent=True
            )

    def sign_in(self, username: str, password: str = PASSWORD) -> SignedInTeacher:
        """With SRP, as the dashboards do."""
        user = Cognito(
            self.settings["EXAM_RESULTS_USER_POOL_ID"],
            self.settings["EXAM_RESULTS_USER_POOL_CLIENT_ID"],
            user_pool_region=self.region,
            username=username,
            boto3_client_kwargs={"endpoint_url": self.url},
            botocore_config=_ONCE_UNSIGNED,
        )
        with contextlib.closing(user.client):
            user.authenticate(password=password)
        return SignedInTeacher(
            username=username,
            password=password,
            sub=user.access_claims["sub"],
            access_token=user.access_token,
            id_token=user.id_token,
            refresh_token=user.refresh_token,
        )

    def guest_credentials(self) -> Credentials:
        """New guest credentials from the identity pool."""
        identity = boto3.client(
            "cognito-identity",
            endpoint_url=self.url,
            region_name=self.region,
            config=_ONCE_UNSIGNED,
        )
        with contextlib.closing(identity):
            identity_id = identity.get_id(IdentityPoolId=self.settings["EXAM_RESULTS_IDENTITY_POOL_ID"])
            given = identity.get_credentials_for_identity(IdentityId=identity_id["IdentityId"])
        keys: Mapping[str, Any] = given["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretKey"], keys["SessionToken"])


class RunningBackend(BackendClient):
    """A backend in this process; `backend` gives tests access to its internals."""

    def __init__(self, backend: Backend, data_dir: Path) -> None:
        super().__init__(backend.url, data_dir)
        self.backend = backend


@contextlib.contextmanager
def running_backend(
    data_dir: Path, *, now_s: Callable[[], float] = time.time, **options: Any
) -> Iterator[RunningBackend]:
    """A backend on a free port of this process, in its own thread. `options` are BackendOptions' fields."""
    given = BackendOptions(data_dir=data_dir, **options)
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(bound_socket(given.host, 0))
        backend = stack.enter_context(open_backend(given, listening.getsockname()[1], now_s=now_s))
        is_started = threading.Event()
        server = server_of(backend, given, is_started.set)
        thread = threading.Thread(target=server.run, args=([listening],), name="backend-under-test")
        thread.start()
        try:
            assert is_started.wait(START_DEADLINE_S), "the backend did not start"
            yield RunningBackend(backend, data_dir)
        finally:
            server.should_exit = True
            thread.join(STOP_DEADLINE_S)
            assert not thread.is_alive(), "the backend did not stop"


class BackendProcess(ServerProcess, BackendClient):
    """A backend in its own process."""

    def __init__(
        self,
        data_dir: Path,
        arguments: Sequence[str] = (),
        *,
        port: int = 0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        command = [sys.executable, "-m", "deploy.local.backend", "--data-dir", str(data_dir)]
        command += ["--port", str(port), *arguments]
        ServerProcess.__init__(self, command, r'^\{"url": "(.+?)"', environment=environment)
        BackendClient.__init__(self, self.ready[1], data_dir)
