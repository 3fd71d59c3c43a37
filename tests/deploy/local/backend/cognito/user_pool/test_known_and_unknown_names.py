"""A known and an unknown name cost the same: every expensive step is made for both, in the same order.

Time itself is measured in tests/benchmarks/sign_in.py; here the work is recorded: each statement that SQLite
runs, each durable write, each power modulo N, each message.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import sentinel

import pytest
from pycognito.aws_srp import AWSSRP

from deploy.local.backend.cognito import srp
from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.request_fields import Fields
from deploy.local.backend.cognito.user_pool import admin, mailed_codes, sign_in
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from deploy.local.backend.compose import BackendOptions, open_backend

PASSWORD = "Correct-Horse-1"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[UserPoolContext]:
    """A pool with one user, ada, who has a password and a verified address."""
    with open_backend(BackendOptions(data_dir=tmp_path), 1, now_s=lambda: 1_800_000_000.0) as backend:
        pool = backend.cognito.user_pool
        named = {"UserPoolId": pool.names.user_pool_id, "Username": "ada"}
        attributes = [
            {"Name": "email", "Value": "ada@school.example"},
            {"Name": "email_verified", "Value": "true"},
        ]
        admin.admin_create_user(
            pool, Fields({**named, "MessageAction": "SUPPRESS", "UserAttributes": attributes})
        )
        admin.admin_set_user_password(pool, Fields({**named, "Password": PASSWORD, "Permanent": True}))
        yield pool


class Work:
    """Records what an operation does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pool: UserPoolContext) -> None:
        self.steps: list[str] = []
        database = pool.database
        read, write = database.read, database.write

        def traced(work: Callable[[Any], Any]) -> Callable[[Any], Any]:
            def run(connection: Any) -> Any:
                connection.set_trace_callback(
                    lambda text: self.steps.append(text.split("(")[0].split("=")[0])
                )
                try:
                    return work(connection)
                finally:
                    connection.set_trace_callback(None)

            return run

        def note(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                self.steps.append(name)
                return function(*arguments, **named)

            return call

        monkeypatch.setattr(database, "read", note("read", lambda work: read(traced(work))))
        monkeypatch.setattr(database, "write", note("write", lambda work: write(traced(work))))
        monkeypatch.setattr(srp, "pow", note("power", pow), raising=False)
        monkeypatch.setattr(os, "open", note("message", os.open))  # only the mail outbox opens files this way
        monkeypatch.setattr(type(pool.secret), "keyed_hash", note("hash", type(pool.secret).keyed_hash))

    def of(self, operation: Callable[[], object]) -> list[str]:
        """The steps of this operation; if it is refused, the refusal is the last step."""
        self.steps.clear()
        try:
            operation()
        except CognitoRefused as refused:
            self.steps.append(str(refused))
        return list(self.steps)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch, pool: UserPoolContext) -> Work:
    return Work(monkeypatch, pool)


def initiate(pool: UserPoolContext, name: str) -> tuple[AWSSRP, dict[str, str]]:
    client = AWSSRP(name, "a wrong password", pool.names.user_pool_id, "x", client=sentinel.none)
    answer = sign_in.initiate_auth(
        pool,
        Fields(
            {
                "ClientId": pool.names.client_id,
                "AuthFlow": "USER_SRP_AUTH",
                "AuthParameters": client.get_auth_params(),
            }
        ),
    )
    parameters = answer["ChallengeParameters"]
    assert isinstance(parameters, dict)
    return client, parameters


def test_asking_for_a_challenge_is_the_same_work(pool: UserPoolContext, work: Work) -> None:
    known, unknown = (work.of(lambda name=name: initiate(pool, name)) for name in ("ada", "nobody"))
    assert known == unknown
    assert known.count("power") == 1


def test_a_wrong_password_is_the_same_work(pool: UserPoolContext, work: Work) -> None:
    def answer(name: str) -> list[str]:
        client, parameters = initiate(pool, name)
        responses = client.process_challenge(parameters, {"USERNAME": name})
        body = {
            "ClientId": pool.names.client_id,
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeResponses": responses,
        }
        return work.of(lambda: sign_in.respond_to_auth_challenge(pool, Fields(body)))

    known, unknown = answer("ada"), answer("nobody")
    assert known == unknown
    assert known.count("power") == 2
    assert known.count("write") == 1
    assert known[-1] == "NotAuthorizedException: Incorrect username or password."


def test_a_locked_name_is_the_same_work(pool: UserPoolContext, work: Work) -> None:
    for name in ("ada", "nobody"):
        for _ in range(5):
            client, parameters = initiate(pool, name)
            body = {
                "ClientId": pool.names.client_id,
                "ChallengeName": "PASSWORD_VERIFIER",
                "ChallengeResponses": client.process_challenge(parameters, {"USERNAME": name}),
            }
            with pytest.raises(CognitoRefused):
                sign_in.respond_to_auth_challenge(pool, Fields(body))
    known, unknown = (work.of(lambda name=name: initiate(pool, name)) for name in ("ada", "nobody"))
    assert known == unknown
    assert known[-1] == "NotAuthorizedException: Password attempts exceeded"


def test_a_forgotten_password_is_the_same_work(pool: UserPoolContext, work: Work) -> None:
    def ask(name: str) -> list[str]:
        body = {"ClientId": pool.names.client_id, "Username": name}
        return work.of(lambda: mailed_codes.forgot_password(pool, Fields(body)))

    known, unknown = ask("ada@school.example"), ask("nobody@school.example")
    assert known == unknown
    assert (known.count("write"), known.count("message")) == (2, 1)
    without_made_up_address = [step for step in ask("nobody") if step != "hash"]
    assert [step for step in ask("ada") if step != "hash"] == without_made_up_address


def test_a_wrong_code_is_the_same_work(pool: UserPoolContext, work: Work) -> None:
    def confirm(name: str) -> list[str]:
        body = {
            "ClientId": pool.names.client_id,
            "Username": name,
            "ConfirmationCode": "000000",
            "Password": "Another-Horse-2",
        }
        return work.of(lambda: mailed_codes.confirm_forgot_password(pool, Fields(body)))

    known, unknown = confirm("ada"), confirm("nobody")
    assert known == unknown
    assert known.count("power") == 1
    assert known[-1].startswith("CodeMismatchException")
