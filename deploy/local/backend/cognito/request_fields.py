"""The validated body of a Cognito call: right types, bounded lengths, otherwise AWS's refusal.

Every method raises CognitoRefused for a field that is missing, too long or of the wrong type.
"""

from collections.abc import Mapping
from typing import Final

from deploy.local.backend.cognito.errors import CognitoRefused

__all__ = ["Answer", "Fields"]

TEXT_LENGTH_MAX: Final = 2048
TOKEN_LENGTH_MAX: Final = 16_384
ATTRIBUTES_MAX: Final = 40

Answer = dict[str, object]  # the JSON object that an operation returns


class Fields:
    """One JSON object of the request."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def text(self, name: str, *, length_max: int = TEXT_LENGTH_MAX) -> str:
        """A required text, not empty."""
        value = self.optional_text(name, length_max=length_max)
        if not value:
            raise CognitoRefused("InvalidParameterException", f"Missing required parameter {name}")
        return value

    def token(self, name: str) -> str:
        return self.text(name, length_max=TOKEN_LENGTH_MAX)

    def optional_text(self, name: str, *, length_max: int = TEXT_LENGTH_MAX) -> str | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _is_unicode(value):
            raise _wrong_type(name)
        if len(value) > length_max:
            raise CognitoRefused(
                "InvalidParameterException",
                f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
                f"Member must have length less than or equal to {length_max}",
            )
        return value

    def flag(self, name: str) -> bool:
        """A boolean, false when absent."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise _wrong_type(name)
        return value

    def integer(self, name: str, *, default: int, maximum: int) -> int:
        """A number from 1 to `maximum`."""
        value = self._values.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise _wrong_type(name)
        if not 1 <= value <= maximum:
            raise CognitoRefused(
                "InvalidParameterException",
                f"1 validation error detected: Value at '{name}' failed to satisfy constraint: "
                f"Member must have value between 1 and {maximum}",
            )
        return value

    def section(self, name: str) -> "Fields":
        """A nested JSON object; when absent, one without fields."""
        value = self._values.get(name)
        if value is None:
            return Fields({})
        if not isinstance(value, dict):
            raise _wrong_type(name)
        return Fields(value)

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def texts(self) -> dict[str, str]:
        """All fields of an object whose values are texts, such as AuthParameters or Logins."""
        return {name: self.optional_text(name, length_max=TOKEN_LENGTH_MAX) or "" for name in self._values}

    def attributes(self, name: str) -> dict[str, str]:
        """A list of {"Name": ..., "Value": ...} as a mapping, empty when absent."""
        value = self._values.get(name)
        if value is None:
            return {}
        if not isinstance(value, list) or len(value) > ATTRIBUTES_MAX:
            raise _wrong_type(name)
        attributes: dict[str, str] = {}
        for entry in value:
            if not isinstance(entry, dict):
                raise _wrong_type(name)
            fields = Fields(entry)
            attributes[fields.text("Name", length_max=32)] = fields.optional_text("Value") or ""
        return attributes


def _is_unicode(text: str) -> bool:
    """False for lone surrogates, which JSON can carry and SQLite cannot store."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _wrong_type(name: str) -> CognitoRefused:
    return CognitoRefused("SerializationException", f"{name} has another type than this operation expects")
