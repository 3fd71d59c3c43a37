"""The identity pool: identities, and temporary credentials for guests and for signed-in teachers.

Nothing is stored, so asking for identities and credentials, which anybody may do, fills no disk, and both
survive a restart. An identity's id carries a keyed check by which the pool recognises its own. Credentials
carry their owner and their end in the session token, sealed with the data folder's secret; the secret key is
derived from the same facts.
"""

import base64
import binascii
import hmac
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.pool_secret import PoolSecret, SecretInvalid
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.storage.pools import PoolNames
from deploy.local.backend.tokens import TokenClaims, TokenFault, TokenRefused, TokenUse, TokenVerifier

__all__ = [
    "CREDENTIALS_LIFETIME_S",
    "IdentityPool",
    "Role",
    "TemporaryCredentials",
    "get_credentials_for_identity",
    "get_id",
]

CREDENTIALS_LIFETIME_S: Final = 3600.0
TOKEN_USE: Final = "session token"  # noqa: S105  # a use of the secret

_IDENTITY = re.compile(r"([\w-]+):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


class Role(StrEnum):
    GUEST = "GUEST"
    TEACHER = "TEACHER"


@dataclass(frozen=True, slots=True)
class TemporaryCredentials:
    """A key for Signature Version 4 that expires, and its owner's identity and role."""

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)
    expires_at_s: float
    role: Role
    identity_id: str


class IdentityPool:
    """Issues and recognises identities and credentials; none to guests unless `are_guests_allowed`."""

    def __init__(
        self,
        *,
        names: PoolNames,
        issuer: str,
        secret: PoolSecret,
        verifier: TokenVerifier,
        now_s: Callable[[], float],
        random_bytes: Callable[[int], bytes],
        are_guests_allowed: bool = True,
    ) -> None:
        self.names, self.are_guests_allowed, self.verifier = names, are_guests_allowed, verifier
        # AWS names the provider by its address without the scheme; our clients may send either.
        self.providers = frozenset(
            {
                issuer,
                issuer.split("://", 1)[1],
                f"cognito-idp.{names.region}.amazonaws.com/{names.user_pool_id}",
            }
        )
        self._secret, self.now_s, self._random_bytes = secret, now_s, random_bytes

    def new_guest_id(self) -> str:
        return self._identity_id(Role.GUEST, self._random_bytes(8))

    def teacher_id(self, sub: str) -> str:
        """The user's identity, always the same."""
        return self._identity_id(Role.TEACHER, self._secret.keyed_hash("identity of user", sub)[:8])

    def role_of(self, identity_id: str) -> Role | None:
        """The role of an identity that this pool issued; None for any other."""
        match = _IDENTITY.fullmatch(identity_id)
        if match is None:
            return None
        body = uuid.UUID(match.group(2)).bytes[:8]
        for role in Role:
            if hmac.compare_digest(self._identity_id(role, body), identity_id):
                return role
        return None

    def new_credentials(self, identity_id: str, role: Role) -> TemporaryCredentials:
        access_key_id = f"ASIA{base64.b32encode(self._random_bytes(10)).decode()}"
        expires_at_s = float(int(self.now_s() + CREDENTIALS_LIFETIME_S))
        facts = json.dumps([access_key_id, identity_id, role, expires_at_s])
        sealed = self._secret.seal(TOKEN_USE, facts, self._random_bytes)
        return self._credentials(facts, session_token=base64.b64encode(sealed).decode())

    def find_credentials(self, access_key_id: str, session_token: str | None) -> TemporaryCredentials | None:
        """The credentials that this pool issued with this key id and token, expired or not; else None."""
        try:
            sealed = base64.b64decode(session_token or "", validate=True)
            credentials = self._credentials(self._secret.unseal(TOKEN_USE, sealed), session_token or "")
        except (binascii.Error, ValueError, SecretInvalid):
            return None
        return credentials if credentials.access_key_id == access_key_id else None

    def _identity_id(self, role: Role, body: bytes) -> str:
        """A random-looking UUID whose second half authenticates the first half and the role."""
        head = uuid.UUID(bytes=body + bytes(8), version=4).bytes[:8]
        check = self._secret.keyed_hash("identity", role, head.hex())[:8]
        return f"{self.names.region}:{uuid.UUID(bytes=head + check, version=4)}"

    def _credentials(self, facts: str, session_token: str) -> TemporaryCredentials:
        """`facts` is what the session token seals: JSON of key id, identity id, role and end."""
        access_key_id, identity_id, role, expires_at_s = json.loads(facts)
        secret = self._secret.keyed_hash("secret access key", facts)
        return TemporaryCredentials(
            access_key_id=access_key_id,
            secret_access_key=base64.b64encode(secret[:30]).decode(),
            session_token=session_token,
            expires_at_s=expires_at_s,
            role=Role(role),
            identity_id=identity_id,
        )


def get_id(pool: IdentityPool, fields: Fields) -> Answer:
    """A new identity for a guest, or with a teacher's ID token that teacher's identity."""
    identity_pool_id = fields.text("IdentityPoolId", length_max=128)
    if identity_pool_id != pool.names.identity_pool_id:
        raise CognitoRefused("ResourceNotFoundException", f"IdentityPool '{identity_pool_id}' not found.")
    claims = _signed_in_teacher(pool, fields)
    if claims is not None:
        return {"IdentityId": pool.teacher_id(claims.sub)}
    _check_guests_allowed(pool)
    return {"IdentityId": pool.new_guest_id()}


def get_credentials_for_identity(pool: IdentityPool, fields: Fields) -> Answer:
    """Credentials for one hour; with an ID token a teacher's, even for a guest's identity, as for Amplify."""
    identity_id = fields.text("IdentityId", length_max=128)
    role = pool.role_of(identity_id)
    if role is None:
        raise CognitoRefused("ResourceNotFoundException", f"Identity '{identity_id}' not found.")
    claims = _signed_in_teacher(pool, fields)
    if claims is None:
        if role is Role.TEACHER:
            raise CognitoRefused(
                "NotAuthorizedException", f"Access to Identity '{identity_id}' is forbidden."
            )
        _check_guests_allowed(pool)
    elif role is Role.TEACHER and identity_id != pool.teacher_id(claims.sub):
        raise CognitoRefused(
            "NotAuthorizedException",
            "Logins don't match. Please include at least one valid login for this identity or identity pool.",
        )
    credentials = pool.new_credentials(identity_id, Role.GUEST if claims is None else Role.TEACHER)
    return {
        "IdentityId": identity_id,
        "Credentials": {
            "AccessKeyId": credentials.access_key_id,
            "SecretKey": credentials.secret_access_key,
            "SessionToken": credentials.session_token,
            "Expiration": credentials.expires_at_s,
        },
    }


def _check_guests_allowed(pool: IdentityPool) -> None:
    if not pool.are_guests_allowed:
        raise CognitoRefused(
            "NotAuthorizedException", "Unauthenticated access is not supported for this identity pool."
        )


def _signed_in_teacher(pool: IdentityPool, fields: Fields) -> TokenClaims | None:
    """The claims of the ID token in Logins; None for a guest. Raises CognitoRefused."""
    logins = fields.section("Logins").texts()
    if not logins:
        return None
    if len(logins) > 1 or not logins.keys() <= pool.providers:
        raise CognitoRefused(
            "NotAuthorizedException", "Token is not from a supported provider of this identity pool."
        )
    [token] = logins.values()
    try:
        return pool.verifier.verify(token, pool.now_s(), token_use=TokenUse.ID)
    except TokenRefused as refusal:
        is_late = refusal.reason is TokenFault.EXPIRED
        text = "Token expired" if is_late else f"Couldn't verify token ({refusal.reason})."
        raise CognitoRefused("NotAuthorizedException", f"Invalid login token. {text}") from None
