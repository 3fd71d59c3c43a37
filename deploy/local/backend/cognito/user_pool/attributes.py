"""Which attributes users have, who may write them, and how AWS describes an account on the wire."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.storage.users import User

__all__ = [
    "AUTHENTICATOR",
    "authenticator_settings",
    "check_attributes_known",
    "check_attributes_writable",
    "masked_address",
    "user_description",
    "wire_attributes",
    "with_attributes",
]

AUTHENTICATOR: Final = "SOFTWARE_TOKEN_MFA"
WRITABLE: Final = frozenset(
    {
        "address",
        "birthdate",
        "email",
        "family_name",
        "gender",
        "given_name",
        "locale",
        "middle_name",
        "name",
        "nickname",
        "phone_number",
        "picture",
        "preferred_username",
        "profile",
        "website",
        "zoneinfo",
    }
)
OPERATOR_ONLY: Final = frozenset({"email_verified", "phone_number_verified"})
_ADDRESS = re.compile(r"[^@\s\x00-\x1f<>\"]{1,64}@[^@\s\x00-\x1f<>\"]{1,190}\.[^@\s\x00-\x1f<>\".]{1,63}")


def check_attributes_writable(changes: Mapping[str, str]) -> None:
    """Raises CognitoRefused unless users may change these of their own."""
    for name in changes:
        if name == "sub" or name in OPERATOR_ONLY:
            raise CognitoRefused(
                "NotAuthorizedException", "A client attempted to write unauthorized attribute"
            )
    check_attributes_known(changes)


def check_attributes_known(changes: Mapping[str, str]) -> None:
    """Raises CognitoRefused unless the operator may set these to these values."""
    for name, value in changes.items():
        if name not in WRITABLE | OPERATOR_ONLY:
            raise CognitoRefused(
                "InvalidParameterException",
                "Attributes did not conform to the schema: "
                f"Type for attribute {{{name}}} could not be determined",
            )
        if name == "email" and not _ADDRESS.fullmatch(value):
            raise CognitoRefused("InvalidParameterException", "Invalid email address format.")
        if name in OPERATOR_ONLY and value.lower() not in ("true", "false"):
            raise CognitoRefused(
                "InvalidParameterException",
                f"Attributes did not conform to the schema: {name}: Attribute value must be a boolean",
            )


def with_attributes(user: User, changes: Mapping[str, str], now_s: float) -> User:
    """The user after these changes. A new address is unverified unless the changes say otherwise."""
    attributes = {**user.attributes, **changes}
    if changes.get("email", user.attributes.get("email")) != user.attributes.get("email"):
        attributes["email_verified"] = "false"
    for name in OPERATOR_ONLY & changes.keys():
        attributes[name] = changes[name].lower()
    return replace(user, attributes=attributes, updated_at_s=now_s)


def wire_attributes(user: User) -> list[dict[str, str]]:
    """The attributes as AWS lists them, sub first."""
    attributes = {"sub": user.sub, **dict(sorted(user.attributes.items()))}
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def authenticator_settings(user: User) -> dict[str, object]:
    """The fields about a second factor in descriptions of a user; none without a second factor."""
    if not user.has_authenticator:
        return {}
    return {"PreferredMfaSetting": AUTHENTICATOR, "UserMFASettingList": [AUTHENTICATOR]}


def user_description(user: User) -> dict[str, object]:
    """AWS's UserType, as in ListUsers and AdminCreateUser."""
    return {
        "Username": user.username,
        "Attributes": wire_attributes(user),
        "UserCreateDate": round(user.created_at_s, 3),
        "UserLastModifiedDate": round(user.updated_at_s, 3),
        "Enabled": user.is_enabled,
        "UserStatus": user.status.value,
    }


def masked_address(address: str) -> str:
    """As much of an address as its owner recognises: "a***@s***"."""
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain[:1]}***"
