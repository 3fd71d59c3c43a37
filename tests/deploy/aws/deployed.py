"""The backend's template deployed on an emulator, and its callers signed in through the data module."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.credentials import Credentials

from shared.identity.guest import GuestCredentials
from shared.identity.user_pool import NewPasswordChallenge, TeacherSession, UserPool
from shared.settings import BackendSettings, load_teacher_settings
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator

__all__ = ["DeployedBackend", "SignedIn", "deployed_backend"]

NEW_PASSWORD = "Correct-Horse-9-Battery"


@dataclass(frozen=True, slots=True)
class SignedIn:
    sub: str
    token: str


class DeployedBackend:
    """A deployed stack. `settings` are what `env` wrote for the dashboards."""

    def __init__(self, operator: Operator, stack_name: str, folder: Path) -> None:
        self._operator, self._stack_name = operator, stack_name
        assert operator.run("up", "--stack-name", stack_name) == 0, operator.text
        env_file = folder / f"{stack_name}.env"
        assert operator.run("env", "--write", str(env_file), "--stack-name", stack_name) == 0, operator.text
        self.settings: BackendSettings = load_teacher_settings({}, env_file).backend
        self.api_url, self.realtime_url = self.settings.api_url, self.settings.realtime_url
        self.region = self.settings.region

    def temporary_password(self, username: str) -> str:
        """Creates the account as the operator does."""
        words = ("add-teacher", username, "--show", "--stack-name", self._stack_name)
        assert self._operator.run(*words) == 0, self._operator.text
        return self._operator.said[-1].removeprefix("Temporary password: ")

    def signed_in(self, username: str) -> TeacherSession:
        """A new teacher after the first sign-in with its new password."""
        pool = UserPool(self.settings)
        try:
            step = pool.sign_in(username, self.temporary_password(username))
            assert isinstance(step, NewPasswordChallenge)
            session = pool.answer_new_password(step, NEW_PASSWORD)
        finally:
            pool.close()
        assert isinstance(session, TeacherSession)
        return session

    def put_item(self, table_output: str, item: Mapping[str, Any]) -> None:
        """Writes past the API, to the table that this output of the stack names."""
        assert self._operator.run("outputs", "--stack-name", self._stack_name) == 0, self._operator.text
        outputs = dict(line.split("=", 1) for line in self._operator.said)
        with account_of_emulator():
            dynamodb = boto3.client("dynamodb", endpoint_url=self._operator.endpoint_url, region_name=REGION)
        try:
            dynamodb.put_item(TableName=outputs[table_output], Item=item)
        finally:
            dynamodb.close()

    def guest_credentials(self) -> Credentials:
        guest = GuestCredentials(self.settings, time.time)
        try:
            return guest.current()
        finally:
            guest.close()


@contextmanager
def deployed_backend(operator: Operator, stack_name: str, folder: Path) -> Iterator[DeployedBackend]:
    backend = DeployedBackend(operator, stack_name, folder)
    try:
        yield backend
    finally:
        operator.run("down", "--delete-data", "--stack-name", stack_name)
