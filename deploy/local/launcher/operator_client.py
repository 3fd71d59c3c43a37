"""What an operator does to the embedded backend's teachers, through the user pool's own admin operations."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy.local.backend.cognito.password_policy import new_temporary_password
from deploy.local.data_folder import paths

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

__all__ = ["Operator", "OperatorRefused", "Teacher", "read_settings"]


class OperatorRefused(Exception):
    """The backend refused, or cannot be reached. The text is one clear line."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """`status` is the user pool's word, such as CONFIRMED or FORCE_CHANGE_PASSWORD."""

    username: str
    status: str
    is_enabled: bool


def read_settings(data_dir: Path) -> dict[str, str]:
    """The settings that the backend wrote at its start, name to text. Raises OperatorRefused."""
    try:
        lines = (data_dir / paths.SETTINGS).read_text("utf-8").splitlines()
    except OSError as error:
        raise OperatorRefused(
            f"there is no backend in {data_dir}: start it once, or give its --data-dir"
        ) from error
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: text for name, _, text in pairs}


class Operator:
    """Signs with the key of the data folder; the backend must be running."""

    def __init__(self, data_dir: Path) -> None:
        settings = read_settings(data_dir)
        try:
            key: dict[str, Any] = json.loads((data_dir / paths.OPERATOR_KEY).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise OperatorRefused(f"the operator's key in {data_dir} cannot be read: {error}") from error
        self._pool_id = settings["EXAM_RESULTS_USER_POOL_ID"]
        self._client: CognitoIdentityProviderClient = boto3.client(
            "cognito-idp",
            region_name=settings["EXAM_RESULTS_REGION"],
            endpoint_url=settings["EXAM_RESULTS_COGNITO_ENDPOINT_URL"],
            aws_access_key_id=key["access_key_id"],
            aws_secret_access_key=key["secret_access_key"],
        )

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def teachers(self) -> list[Teacher]:
        """All of them, by name. Raises OperatorRefused."""
        found: list[Teacher] = []
        try:
            for page in self._client.get_paginator("list_users").paginate(UserPoolId=self._pool_id):
                found.extend(
                    Teacher(user["Username"], user["UserStatus"], user["Enabled"]) for user in page["Users"]
                )
        except (BotoCoreError, ClientError) as error:
            raise _refusal(error) from error
        return sorted(found, key=lambda teacher: teacher.username)

    def add_teacher(self, username: str, email: str | None = None) -> str:
        """Make an account; gives its temporary password. Raises OperatorRefused."""
        password = new_temporary_password(secrets.token_bytes)
        attributes = (
            [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}] if email else []
        )
        try:
            self._client.admin_create_user(
                UserPoolId=self._pool_id,
                Username=username,
                TemporaryPassword=password,
                MessageAction="SUPPRESS",
                UserAttributes=attributes,  # type: ignore[arg-type]  # the stub wants its own mapping type
            )
        except (BotoCoreError, ClientError) as error:
            raise _refusal(error) from error
        return password

    def set_password(self, username: str, *, is_permanent: bool) -> str:
        """Give the account a new random password and return it; every sign-in of it ends.

        Raises OperatorRefused.
        """
        password = new_temporary_password(secrets.token_bytes)
        try:
            self._client.admin_set_user_password(
                UserPoolId=self._pool_id, Username=username, Password=password, Permanent=is_permanent
            )
            self._client.admin_user_global_sign_out(UserPoolId=self._pool_id, Username=username)
        except (BotoCoreError, ClientError) as error:
            raise _refusal(error) from error
        return password


def _refusal(error: BotoCoreError | ClientError) -> OperatorRefused:
    if isinstance(error, ClientError):
        return OperatorRefused(error.response["Error"].get("Message", str(error)))
    return OperatorRefused(f"the backend cannot be reached: {error}")
