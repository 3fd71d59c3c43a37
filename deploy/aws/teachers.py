"""Teachers' accounts in the user pool: made, listed and reset by the operator. There is no sign-up."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.aws.connection import Connection, aws_errors
from deploy.aws.errors import InputWrong

__all__ = ["Teacher", "TeacherAccounts", "new_password"]

# Without characters that are mistaken for one another when they are read from paper.
_LOWER = "abcdefghijkmnpqrstuvwxyz"
_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
PASSWORD_LENGTH = 16  # the pool asks for 12 with a small letter, a capital and a digit


@dataclass(frozen=True, slots=True)
class Teacher:
    """One account. `status` in Cognito's words: FORCE_CHANGE_PASSWORD, CONFIRMED, RESET_REQUIRED."""

    username: str
    email: str
    name: str
    status: str
    is_enabled: bool
    created_at: dt.datetime


def new_password(choice: Callable[[Sequence[str]], str]) -> str:
    """A temporary password that the pool's policy accepts. `choice` is secrets.choice or its like."""
    first = [choice(_LOWER), choice(_UPPER), choice(_DIGITS)]
    rest = [choice(_LOWER + _UPPER + _DIGITS) for _ in range(PASSWORD_LENGTH - len(first))]
    return "".join(first + rest)


@dataclass(frozen=True, slots=True)
class TeacherAccounts:
    """The accounts of one user pool."""

    connection: Connection
    user_pool_id: str

    def add(
        self, username: str, email: str | None, name: str | None, password: str, *, is_mailed: bool
    ) -> None:
        """Makes an account with a temporary password. Raises InputWrong when the name is taken."""
        attributes = [{"Name": "name", "Value": name}] if name else []
        if email:
            attributes += [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        delivery = {"DesiredDeliveryMediums": ["EMAIL"]} if is_mailed else {"MessageAction": "SUPPRESS"}
        with aws_errors():
            try:
                self._client.admin_create_user(
                    UserPoolId=self.user_pool_id,
                    Username=username,
                    TemporaryPassword=password,
                    UserAttributes=attributes,
                    **delivery,
                )
            except self._client.exceptions.UsernameExistsException:
                raise InputWrong("username", f"there is an account {username} already.") from None
            except self._client.exceptions.AliasExistsException:
                raise InputWrong("--email", f"another account has {email} already.") from None

    def set_temporary_password(self, username: str, password: str) -> None:
        """Replaces the password: the teacher chooses a new one at the next sign-in; open sessions end."""
        self._on_account(
            username,
            lambda: self._client.admin_set_user_password(
                UserPoolId=self.user_pool_id, Username=username, Password=password, Permanent=False
            ),
        )
        self._sign_out(username)

    def mail_reset_code(self, username: str) -> None:
        """Sends a code for a new password to the account's address; open sessions end."""
        self._on_account(
            username,
            lambda: self._client.admin_reset_user_password(UserPoolId=self.user_pool_id, Username=username),
        )
        self._sign_out(username)

    def remove(self, username: str) -> None:
        """Deletes the account; its exams stay."""
        self._on_account(
            username,
            lambda: self._client.admin_delete_user(UserPoolId=self.user_pool_id, Username=username),
        )

    def listed(self) -> list[Teacher]:
        """All accounts, by their names."""
        with aws_errors():
            pages = self._client.get_paginator("list_users").paginate(UserPoolId=self.user_pool_id)
            users = [user for page in pages for user in page["Users"]]
        return sorted((_teacher(user) for user in users), key=lambda teacher: teacher.username)

    @property
    def _client(self) -> Any:
        return self.connection.client("cognito-idp")

    def _sign_out(self, username: str) -> None:
        self._on_account(
            username,
            lambda: self._client.admin_user_global_sign_out(UserPoolId=self.user_pool_id, Username=username),
        )

    def _on_account(self, username: str, call: Callable[[], object]) -> None:
        with aws_errors():
            try:
                call()
            except self._client.exceptions.UserNotFoundException:
                raise InputWrong("username", f"there is no account {username}.") from None


def _teacher(user: Mapping[str, Any]) -> Teacher:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user.get("Attributes", [])}
    return Teacher(
        username=user["Username"],
        email=attributes.get("email", ""),
        name=attributes.get("name", ""),
        status=user["UserStatus"],
        is_enabled=user["Enabled"],
        created_at=user["UserCreateDate"],
    )
