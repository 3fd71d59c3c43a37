"""The data folder's secret, and what is derived from it: keyed hashes, decoy users, sealed texts.

Every use has a derived key of its own, so that what one use reveals is of no help with another.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deploy.local.backend.cognito.srp import SALT_BYTES, VERIFIER_BYTES
from deploy.local.backend.storage.users import PasswordRecord
from deploy.local.data_folder.private_file import load_or_create_private_file

__all__ = ["AUTHENTICATOR_USE", "SECRET_BYTES", "PoolSecret", "SecretInvalid", "load_pool_secret"]

AUTHENTICATOR_USE: Final = "authenticator"  # seals the secrets of authenticator apps
SECRET_BYTES: Final = 32
NONCE_BYTES: Final = 12


class SecretInvalid(Exception):
    """The file does not contain a secret, or a text was sealed with another one."""


class PoolSecret:
    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise SecretInvalid(f"the secret must have {SECRET_BYTES} octets, not {len(secret)}")
        self._secret = secret

    def keyed_hash(self, use: str, *texts: str) -> bytes:
        """32 octets that cannot be computed from these texts without the secret (HMAC-SHA-256)."""
        key = hmac.new(self._secret, use.encode(), hashlib.sha256).digest()
        parts = [text.encode("utf-8", "surrogatepass") for text in texts]
        message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
        return hmac.new(key, message, hashlib.sha256).digest()

    def decoy_user_id(self, name_key: str) -> str:
        """The user's id for an unknown name: always the same, and it looks like a real one."""
        return str(uuid.UUID(bytes=self.keyed_hash("user id", name_key)[:16], version=4))

    def decoy_record(self, name_key: str) -> PasswordRecord:
        """Salt and verifier for an unknown name: always the same, and no password matches."""
        salt = self.keyed_hash("salt", name_key)[:SALT_BYTES]
        octets = hashlib.shake_256(self.keyed_hash("verifier", name_key)).digest(VERIFIER_BYTES)
        return PasswordRecord(salt=bytes([salt[0] or 1]) + salt[1:], verifier=b"\x00" + octets[1:])

    def seal(self, use: str, text: str, random_bytes: Callable[[int], bytes]) -> bytes:
        """The text encrypted and authenticated (AES-GCM), for `unseal` with the same use."""
        nonce = random_bytes(NONCE_BYTES)
        return nonce + self._cipher(use).encrypt(nonce, text.encode(), use.encode())

    def unseal(self, use: str, sealed: bytes) -> str:
        """The text again. Raises SecretInvalid when it was sealed otherwise, or changed since."""
        try:
            opened = self._cipher(use).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], use.encode())
        except (InvalidTag, ValueError):
            raise SecretInvalid("a sealed text does not belong to this data folder's secret") from None
        return opened.decode()

    def _cipher(self, use: str) -> AESGCM:
        return AESGCM(self.keyed_hash("seal", use))


def load_pool_secret(path: Path, random_bytes: Callable[[int], bytes]) -> PoolSecret:
    """The file's secret, generated on first use. Raises SecretInvalid, PrivateFileExposed or OSError."""
    return PoolSecret(load_or_create_private_file(path, lambda: random_bytes(SECRET_BYTES)))
