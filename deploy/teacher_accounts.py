"""Teachers' accounts in a user pool, on AWS or in the embedded backend. Only operators make them."""

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the stubs are installed beside the tests only
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

__all__ = ["AccountRefused", "Teacher", "TeacherAccounts", "check_username", "new_password"]

# Without characters that are mistaken for one another when they are read from paper.
_LOWER = "abcdefghijkmnpqrstuvwxyz"
_UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGITS = "23456789"
PASSWORD_LENGTH = 16  # the pool asks for 12 with a small letter, a capital and a digit
USERNAME_LENGTH_MAX = 128  # Cognito, AdminCreateUser


class AccountRefused(Exception):
    """A name or an address that the user pool cannot use; the text is one line for the operator."""

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(f"{argument}: {reason}")
        self.argument = argument
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Teacher:
    """One account. `status` is Cognito's: FORCE_CHANGE_PASSWORD, CONFIRMED or RESET_REQUIRED."""

    sub: str
    username: str
    email: str
    name: str
    status: str
    is_enabled: bool
    created_at: dt.datetime

    @property
    def has_signed_in(self) -> bool:
        """Whether a temporary password has ever been replaced."""
        return self.status != "FORCE_CHANGE_PASSWORD"


def check_username(username: str) -> None:
    """Raises AccountRefused for a name that no user pool with sign-in by e-mail address takes."""
    if "@" in username:
        raise AccountRefused(
            "username", f"{username} is an address: give a short name, and the address as email."
        )
    is_usable = 0 < len(username) <= USERNAME_LENGTH_MAX and username.isprintable() and " " not in username
    if not is_usable:
        raise AccountRefused(
            "username", f"{username!r} must be one word of 1 to {USERNAME_LENGTH_MAX} visible characters."
        )


def new_password(choice: Callable[[Sequence[str]], str]) -> str:
    """A random password that the pool's policy accepts. `choice` is secrets.choice or its like."""
    first = [choice(_LOWER), choice(_UPPER), choice(_DIGITS)]
    rest = [choice(_LOWER + _UPPER + _DIGITS) for _ in range(PASSWORD_LENGTH - len(first))]
    return "".join(first + rest)


class TeacherAccounts:
    """The accounts of one user pool. Raises AccountRefused for a name or address, else botocore's errors."""

    def __init__(self, client: "CognitoIdentityProviderClient", user_pool_id: str) -> None:
        self._client = client
        self._user_pool_id = user_pool_id

    def add(
        self,
        username: str,
        password: str,
        *,
        email: str | None = None,
        name: str | None = None,
        is_mailed: bool = False,
    ) -> None:
        """Make an account with a temporary password. Raises AccountRefused if name or address is taken."""
        check_username(username)
        attributes = [{"Name": "name", "Value": name}] if name else []
        if email:
            attributes += [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
        delivery: Any = {"DesiredDeliveryMediums": ["EMAIL"]} if is_mailed else {"MessageAction": "SUPPRESS"}
        try:
            self._client.admin_create_user(
                UserPoolId=self._user_pool_id,
                Username=username,
                TemporaryPassword=password,
                UserAttributes=attributes,  # type: ignore[arg-type]  # the stub wants its own mapping type
                **delivery,
            )
        except self._client.exceptions.UsernameExistsException:
            raise AccountRefused("username", f"there is an account {username} already.") from None
        except self._client.exceptions.AliasExistsException:
            raise AccountRefused("--email", f"another account has {email} already.") from None

    def set_temporary_password(self, username: str, password: str) -> None:
        """Replace the password with one that the next sign-in must replace, and end every session."""
        self._set_password(username, password, is_permanent=False)
        self.sign_out(username)

    def set_permanent_password(self, username: str, password: str) -> None:
        """Replace the password. Raises AccountRefused."""
        self._set_password(username, password, is_permanent=True)

    def mail_reset_code(self, username: str) -> None:
        """Mail a code for a new password to the account's address, and end every session."""
        with self._known(username):
            self._client.admin_reset_user_password(UserPoolId=self._user_pool_id, Username=username)
        self.sign_out(username)

    def renew_invitation(self, username: str, password: str) -> None:
        """Mail another temporary password to an account that has never signed in; no code works for it."""
        with self._known(username):
            self._client.admin_create_user(
                UserPoolId=self._user_pool_id,
                Username=username,
                TemporaryPassword=password,
                MessageAction="RESEND",
                DesiredDeliveryMediums=["EMAIL"],
            )

    def disable(self, username: str) -> None:
        """Refuse every sign-in of the account and end its sessions."""
        with self._known(username):
            self._client.admin_disable_user(UserPoolId=self._user_pool_id, Username=username)
        self.sign_out(username)

    def enable(self, username: str) -> None:
        """Let a disabled account sign in again."""
        with self._known(username):
            self._client.admin_enable_user(UserPoolId=self._user_pool_id, Username=username)

    def sign_out(self, username: str) -> None:
        """End every session of the account."""
        with self._known(username):
            self._client.admin_user_global_sign_out(UserPoolId=self._user_pool_id, Username=username)

    def remove_authenticator(self, username: str) -> None:
        """Sign in by password alone again, for somebody who lost the phone; end every session."""
        with self._known(username):
            self._client.admin_set_user_mfa_preference(
                UserPoolId=self._user_pool_id,
                Username=username,
                SoftwareTokenMfaSettings={"Enabled": False, "PreferredMfa": False},
            )
        self.sign_out(username)

    def remove(self, username: str) -> None:
        """Delete the account, and nothing that it owns."""
        with self._known(username):
            self._client.admin_delete_user(UserPoolId=self._user_pool_id, Username=username)

    def named(self, username: str) -> Teacher:
        """The account of that name, in whatever case it is written. Raises AccountRefused."""
        found = [one for one in self.all() if one.username.casefold() == username.casefold()]
        if not found:
            raise _unknown(username)
        return found[0]

    def all(self) -> list[Teacher]:
        """Every account, by username."""
        pages = self._client.get_paginator("list_users").paginate(UserPoolId=self._user_pool_id)
        teachers = [_teacher(user) for page in pages for user in page["Users"]]
        return sorted(teachers, key=lambda teacher: teacher.username)

    def _set_password(self, username: str, password: str, *, is_permanent: bool) -> None:
        with self._known(username):
            self._client.admin_set_user_password(
                UserPoolId=self._user_pool_id, Username=username, Password=password, Permanent=is_permanent
            )

    @contextlib.contextmanager
    def _known(self, username: str) -> Iterator[None]:
        """Raise AccountRefused if the pool has no such account."""
        try:
            yield
        except self._client.exceptions.UserNotFoundException:
            raise _unknown(username) from None


def _unknown(username: str) -> AccountRefused:
    return AccountRefused("username", f"there is no account {username}.")


def _teacher(user: Mapping[str, Any]) -> Teacher:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user.get("Attributes", [])}
    return Teacher(
        sub=attributes["sub"],
        username=user["Username"],
        email=attributes.get("email", ""),
        name=attributes.get("name", ""),
        status=user["UserStatus"],
        is_enabled=user["Enabled"],
        created_at=user["UserCreateDate"],
    )
