"""A running user pool and identity pool for tests: the real routes on a real socket, and a movable clock.

The clock follows real time, so that it agrees with what clients sign or check by their own clock; it can be
forward.
"""

import atexit
import contextlib
import json
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import boto3
import httpx
import pytest
import uvicorn
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from pycognito import Cognito
from pycognito.aws_srp import AWSSRP

from deploy.local.backend.cognito.http import CognitoServices
from deploy.local.backend.compose import BackendOptions, bound_socket, open_backend
from deploy.local.backend.storage.database import Database
from deploy.local.backend.tokens import load_signing_key

PASSWORD = "Correct-Horse-1"
TEMPORARY = "Temporary-Pass-0"
ONE_TRY: dict[str, Any] = {"retries": {"total_max_attempts": 1}}


class Clock:
    """Real time plus an offset; or stopped, where a slow machine must not matter."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._stands_at_s: float | None = None

    def __call__(self) -> float:
        now_s = time.time() if self._stands_at_s is None else self._stands_at_s
        return now_s + self._ahead_s

    def advance(self, seconds: float) -> None:
        self._ahead_s += seconds

    def stop(self) -> None:
        self._stands_at_s = time.time()


@dataclass
class Pool:
    """One running backend, with clients for its Cognito services, which are closed with it."""

    url: str
    data_dir: Path
    services: CognitoServices
    database: Database
    clock: Clock
    cleanup: contextlib.ExitStack = field(repr=False)
    _anyone: Any = None

    @property
    def pool_id(self) -> str:
        return self.services.names.user_pool_id

    @property
    def client_id(self) -> str:
        return self.services.names.client_id

    def anyone(self) -> Any:
        """boto3's user-pool client without credentials; always the same one."""
        if self._anyone is None:
            self._anyone = self._client("cognito-idp", config=Config(signature_version=UNSIGNED, **ONE_TRY))
        return self._anyone

    def identities(self) -> Any:
        """boto3's identity-pool client without credentials."""
        return self._client("cognito-identity", config=Config(signature_version=UNSIGNED, **ONE_TRY))

    def operator(self, *, secret: str | None = None, key_id: str | None = None, **options: Any) -> Any:
        """boto3's user-pool client with the operator's key or another one."""
        key = self.services.operator_key
        return self._client(
            "cognito-idp",
            aws_access_key_id=key_id or key.access_key_id,
            aws_secret_access_key=secret or key.secret_access_key,
            config=Config(**ONE_TRY),
            **options,
        )

    def pycognito(self, username: str, **tokens: str) -> Cognito:
        """pycognito, configured to send every call to this backend."""
        cognito = Cognito(
            self.pool_id,
            self.client_id,
            username=username,
            boto3_client_kwargs={"endpoint_url": self.url},
            botocore_config=Config(signature_version=UNSIGNED, **ONE_TRY),
            **tokens,
        )
        self.cleanup.callback(cognito.client.close)
        return cognito

    def add_user(
        self,
        username: str = "ada",
        *,
        password: str | None = PASSWORD,
        email: str | None = "ada@school.example",
        **attributes: str,
    ) -> str:
        """Adds a teacher with a permanent password, or with TEMPORARY if it is None. Returns the sub."""
        operator = self.operator()
        if email is not None:
            attributes |= {"email": email, "email_verified": "true"}
        made = operator.admin_create_user(
            UserPoolId=self.pool_id,
            Username=username,
            TemporaryPassword=TEMPORARY,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )
        if password is not None:
            operator.admin_set_user_password(
                UserPoolId=self.pool_id, Username=username, Password=password, Permanent=True
            )
        return next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub")

    def answer_of_password(self, username: str, password: str, **changes: str) -> dict[str, Any]:
        """InitiateAuth and its PASSWORD_VERIFIER answer: tokens, or the next challenge."""
        client = self.anyone()
        srp = AWSSRP(username, password, self.pool_id, self.client_id, client=client)
        asked = client.initiate_auth(
            ClientId=self.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=srp.get_auth_params()
        )
        answer = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": username})
        return client.respond_to_auth_challenge(
            ClientId=self.client_id,
            ChallengeName="PASSWORD_VERIFIER",
            ChallengeResponses={**answer, **changes},
        )

    def tokens(self, username: str = "ada", password: str = PASSWORD) -> dict[str, Any]:
        """AccessToken, IdToken and RefreshToken from a new sign-in."""
        return self.answer_of_password(username, password)["AuthenticationResult"]

    def messages(self) -> list[dict[str, str]]:
        """Messages sent to users, oldest first."""
        path = self.data_dir / "outbox.jsonl"
        lines = path.read_text("utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def last_code(self) -> str:
        return next(word for word in self.messages()[-1]["text"].split() if word.strip(".").isdigit()).strip(
            "."
        )

    def call(self, target: str, body: object) -> httpx.Response:
        """A raw HTTP call; `target` is `Service.Operation`, `body` is sent as JSON, or unchanged if bytes."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}
        return httpx.post(self.url, content=content, headers=headers)

    def _client(self, service: str, **options: Any) -> Any:
        client = _session().client(
            service, region_name=self.services.names.region, endpoint_url=self.url, **options
        )
        self.cleanup.callback(client.close)
        return client


@contextlib.contextmanager
def refused(error_type: str, message: str | None = None) -> Iterator[None]:
    """The block must raise this service error, with exactly this text if one is given."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == error_type, error
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    if message is not None:
        assert error["Message"] == message


def refuse_tokens(pool: "Pool", tokens: Mapping[str, str]) -> None:
    """Asserts that neither the access token nor the refresh token is good for anything."""
    client = pool.anyone()
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        client.get_user(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException", "Refresh Token has been revoked"):
        client.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=tokens["RefreshToken"])


@contextlib.contextmanager
def running_pool(
    data_dir: Path, *, clock: Clock | None = None, are_guests_allowed: bool = True
) -> Iterator[Pool]:
    """The backend on this data folder, served until the block ends."""
    data_dir.mkdir(exist_ok=True)
    if not (data_dir / "signing_key.pem").exists():
        shutil.copy(
            _ready_made_key(), data_dir / "signing_key.pem"
        )  # generating one takes a quarter of a second
    clock = clock or Clock()
    with contextlib.ExitStack() as cleanup:
        listening = cleanup.enter_context(bound_socket("127.0.0.1", 0))
        options = BackendOptions(data_dir=data_dir, are_guests_allowed=are_guests_allowed)
        backend = cleanup.enter_context(open_backend(options, listening.getsockname()[1], now_s=clock))
        cleanup.enter_context(served(backend.app, listening))
        yield Pool(backend.url, data_dir, backend.cognito, backend.database, clock, cleanup)


@contextlib.contextmanager
def served(app: Any, listening: socket.socket) -> Iterator[None]:
    """Serves the application on this socket from a thread that ends with the block."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="cognito-server")
    thread.start()
    try:
        yield  # the socket listens already: connections queue until the server is ready
    finally:
        server.should_exit = True
        thread.join(10.0)
        assert not thread.is_alive(), "the server did not stop"


@cache
def _session() -> boto3.session.Session:
    """Shared, because loading the service descriptions is slow."""
    return boto3.session.Session()


@cache
def _ready_made_key() -> Path:
    """One RSA key for all pools in a test run; another test checks that each folder generates its own."""
    path = Path(mkdtemp(prefix="signing-key-")) / "signing_key.pem"
    atexit.register(shutil.rmtree, path.parent)
    load_signing_key(path)
    return path
