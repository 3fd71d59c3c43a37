"""Opens the identity side of the backend in a data folder: keys, secret, pools' names, and the two services.

signing_key.pem    signs the tokens          identity_secret    hashes, seals and derives
operator.json      the operator's key        outbox.jsonl       messages to users
"""

import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from deploy.local.backend.cognito.context import PoolNames, UserPool
from deploy.local.backend.cognito.identity_pool import IdentityPool
from deploy.local.backend.cognito.mail_outbox import Outbox
from deploy.local.backend.cognito.operator_key import OperatorKey, load_operator_key
from deploy.local.backend.cognito.pool_secret import load_pool_secret
from deploy.local.backend.storage.database import Database
from deploy.local.backend.storage.sign_ins import is_sign_in_alive
from deploy.local.backend.tokens import SigningKey, TokenClaims, TokenMinter, TokenVerifier, load_signing_key

__all__ = ["DEFAULT_REGION", "IdentityServices", "open_identity_services"]

DEFAULT_REGION: Final = "local-1"
OPERATOR_KEY_FILE: Final = "operator.json"

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class IdentityServices:
    """Both services and what the API needs of them. Holds no thread and no file open."""

    names: PoolNames
    issuer: str
    signing_key: SigningKey
    operator_key: OperatorKey
    user_pool: UserPool
    identity_pool: IdentityPool

    @property
    def token_verifier(self) -> TokenVerifier:
        return self.user_pool.verifier


def open_identity_services(
    *,
    data_dir: Path,
    database: Database,
    endpoint_url: str,
    now_s: Callable[[], float],
    random_bytes: Callable[[int], bytes],
    region: str = DEFAULT_REGION,
    are_guests_allowed: bool = True,
) -> IdentityServices:
    """`endpoint_url` is where clients reach this backend, without a slash at the end; the issuer begins so.

    Raises PrivateFileExposed, SecretInvalid, OperatorKeyInvalid, ValueError or OSError for a damaged folder.
    """
    names = _pool_names(database, region, random_bytes)
    issuer = f"{endpoint_url}/{names.user_pool_id}"
    secret = load_pool_secret(data_dir / "identity_secret", random_bytes)
    key = load_signing_key(data_dir / "signing_key.pem")

    def is_revoked(claims: TokenClaims) -> bool:
        return not database.read(
            lambda connection: is_sign_in_alive(connection, claims.origin_jti, claims.sub)
        )

    verifier = TokenVerifier(key, issuer=issuer, client_id=names.client_id, is_revoked=is_revoked)
    return IdentityServices(
        names=names,
        issuer=issuer,
        signing_key=key,
        operator_key=load_operator_key(data_dir / OPERATOR_KEY_FILE, random_bytes),
        user_pool=UserPool(
            names=names,
            database=database,
            secret=secret,
            minter=TokenMinter(key, issuer=issuer, client_id=names.client_id),
            verifier=verifier,
            outbox=Outbox(data_dir / "outbox.jsonl"),
            now_s=now_s,
            random_bytes=random_bytes,
        ),
        identity_pool=IdentityPool(
            names=names,
            issuer=issuer,
            database=database,
            secret=secret,
            verifier=verifier,
            now_s=now_s,
            random_bytes=random_bytes,
            are_guests_allowed=are_guests_allowed,
        ),
    )


def _pool_names(database: Database, region: str, random_bytes: Callable[[int], bytes]) -> PoolNames:
    """Made on first use, then always the same: they stand in the clients' settings."""

    def work(connection: sqlite3.Connection) -> PoolNames:
        connection.execute(
            "INSERT OR IGNORE INTO pools (only, region, user_pool_id, client_id, identity_pool_id)"
            " VALUES (1, ?, ?, ?, ?)",
            (
                region,
                f"{region}_{_letters(9, random_bytes)}",
                _letters(26, random_bytes).lower(),
                f"{region}:{_uuid_text(random_bytes)}",
            ),
        )
        row = connection.execute("SELECT * FROM pools").fetchone()
        return PoolNames(row["region"], row["user_pool_id"], row["client_id"], row["identity_pool_id"])

    return database.write(work)


def _letters(count: int, random_bytes: Callable[[int], bytes]) -> str:
    return "".join(_ALPHABET[octet % len(_ALPHABET)] for octet in random_bytes(count))


def _uuid_text(random_bytes: Callable[[int], bytes]) -> str:
    return str(uuid.UUID(bytes=random_bytes(16), version=4))
