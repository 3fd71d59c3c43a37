"""The operator's key, which signs the Admin operations. Generated once; only its owner may read it."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.data_folder.private_file import load_or_create_private_file

__all__ = ["OperatorKey", "OperatorKeyInvalid", "load_operator_key", "new_operator_key"]


class OperatorKeyInvalid(Exception):
    """The file contains no key: restore it, or delete it to have a new one made."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is no operator's key: restore it, or delete it to have a new one made")
        self.path = path


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """A long-term key for Signature Version 4."""

    access_key_id: str
    secret_access_key: str = field(repr=False)

    @property
    def session_token(self) -> str | None:
        return None

    @property
    def expires_at_s(self) -> float | None:
        return None


def load_operator_key(path: Path, random_bytes: Callable[[int], bytes]) -> OperatorKey:
    """The key in this file (JSON with access_key_id and secret_access_key), generated on first use.

    Raises OperatorKeyInvalid, PrivateFileExposed or OSError.
    """
    content = load_or_create_private_file(path, lambda: new_operator_key(random_bytes))
    try:
        fields = json.loads(content)
        key = OperatorKey(fields["access_key_id"], fields["secret_access_key"])
    except (ValueError, KeyError, TypeError):
        raise OperatorKeyInvalid(path) from None
    if not (isinstance(key.access_key_id, str) and isinstance(key.secret_access_key, str)):
        raise OperatorKeyInvalid(path)
    return key


def new_operator_key(random_bytes: Callable[[int], bytes]) -> bytes:
    """The content of a new key's file."""
    name = base64.b32encode(random_bytes(10)).decode()
    secret = base64.b64encode(random_bytes(30)).decode()
    return (
        json.dumps({"access_key_id": f"AKIA{name}", "secret_access_key": secret}, indent=2).encode() + b"\n"
    )
