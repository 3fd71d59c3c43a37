"""User-pool tokens: ID and access tokens, minted and verified as Cognito does (JWT, RS256).

The time is passed in. There is one RSA key, in the data folder; its public half is served as a JWKS. The
verifier also asks whether the token's sign-in has been revoked, so that a signed-out token is refused at
once, not only when it expires.
"""

import base64
import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from threading import Lock
from typing import Final

import jwt
from cachetools import LRUCache
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.local.data_folder.private_file import load_or_create_private_file

__all__ = [
    "TOKEN_LIFETIME_S",
    "SigningKey",
    "TokenClaims",
    "TokenFault",
    "TokenMinter",
    "TokenPair",
    "TokenRefused",
    "TokenSubject",
    "TokenUse",
    "TokenVerifier",
    "load_signing_key",
    "new_signing_key",
]

TOKEN_LIFETIME_S = 3600
ACCESS_SCOPE = "aws.cognito.signin.user.admin"
CLOCK_STEP_MAX_S = 60.0  # a clock that is set back so far ends no session (RFC 7519, section 4.1.5)
TOKEN_BYTES_MAX = 16_384  # a longer text is refused without parsing
PROOFS_KEPT_MAX = 256  # tokens whose signature need not be verified again; some 500 kB

_ALGORITHM: Final = "RS256"


class TokenUse(StrEnum):
    ACCESS = "access"
    ID = "id"


class TokenFault(StrEnum):
    """Why a token is refused."""

    MALFORMED = "malformed"
    ALGORITHM = "algorithm"
    KEY = "key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    CLIENT = "client"
    EXPIRED = "expired"
    NOT_YET_VALID = "not yet valid"
    USE = "use"
    REVOKED = "revoked"


class TokenRefused(Exception):
    """The token is invalid; `reason` is for the answer's text and the log."""

    def __init__(self, reason: TokenFault) -> None:
        super().__init__(f"token refused: {reason}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TokenSubject:
    """The user and the sign-in (`origin_jti`) of new tokens; attributes by the pool's names (email)."""

    sub: str
    username: str
    origin_jti: str
    auth_time_s: int
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenPair:
    access_token: str
    id_token: str
    lifetime_s: int


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """The content of a verified token; `email` is set in ID tokens only. It is valid from `valid_from_s`, the
    later of its `iat` and `nbf`, until `expires_at_s`."""

    sub: str
    username: str
    token_use: TokenUse
    origin_jti: str
    jti: str
    auth_time_s: int
    issued_at_s: int
    valid_from_s: int
    expires_at_s: int
    email: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    key_id: str
    private_key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def public_key(self) -> rsa.RSAPublicKey:
        return self.private_key.public_key()

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public half as a JSON Web Key Set (RFC 7517), as served at `/.well-known/jwks.json`."""
        numbers = self.public_key.public_numbers()
        key = {"alg": _ALGORITHM, "kty": "RSA", "use": "sig", "kid": self.key_id}
        return {"keys": [{**key, "e": _base64url(numbers.e), "n": _base64url(numbers.n)}]}


def load_signing_key(path: Path) -> SigningKey:
    """The key in this file, generated on first use.

    Raises PrivateFileExposed, OSError, or ValueError when the file contains something else.
    """
    pem = load_or_create_private_file(path, new_signing_key)
    private_key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private_key, rsa.RSAPrivateKey):
        raise ValueError(f"{path} contains no RSA key")
    public = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key_id = base64.urlsafe_b64encode(hashlib.sha256(public).digest()).rstrip(b"=").decode()
    return SigningKey(key_id=key_id, private_key=private_key)


class TokenMinter:
    """Signs the two tokens of a sign-in or a refresh."""

    def __init__(self, key: SigningKey, *, issuer: str, client_id: str) -> None:
        self._key, self._issuer, self._client_id = key, issuer, client_id

    def mint(self, subject: TokenSubject, now_s: float) -> TokenPair:
        """Both tokens, valid from `now_s`. No at_hash: pycognito 2024.5.1 fails on it."""
        common: dict[str, object] = {
            "sub": subject.sub,
            "iss": self._issuer,
            "origin_jti": subject.origin_jti,
            "event_id": str(uuid.uuid4()),
            "auth_time": subject.auth_time_s,
            "iat": int(now_s),
            "exp": int(now_s) + TOKEN_LIFETIME_S,
        }
        access = {"token_use": "access", "scope": ACCESS_SCOPE, "username": subject.username}
        identity = {"token_use": "id", "cognito:username": subject.username, **_id_attributes(subject)}
        return TokenPair(
            access_token=self._signed({**common, **access, "client_id": self._client_id}),
            id_token=self._signed({**identity, **common, "aud": self._client_id}),
            lifetime_s=TOKEN_LIFETIME_S,
        )

    def _signed(self, claims: dict[str, object]) -> str:
        return jwt.encode(
            {**claims, "jti": str(uuid.uuid4())},
            self._key.private_key,
            algorithm=_ALGORITHM,
            headers={"kid": self._key.key_id, "typ": None},
        )


class TokenVerifier:
    """Verifies tokens. Thread-safe.

    What stays true is verified once; times and revocation are checked at each call.
    `is_revoked` tells from origin_jti and sub whether a sign-in has ended.
    """

    def __init__(
        self, key: SigningKey, *, issuer: str, client_id: str, is_revoked: Callable[[str, str], bool]
    ) -> None:
        self._keys = {key.key_id: key.public_key}
        self._issuer, self._client_id, self.is_revoked = issuer, client_id, is_revoked
        self._proven: LRUCache[str, TokenClaims] = LRUCache(PROOFS_KEPT_MAX)
        self._proven_lock = Lock()  # guards _proven

    def verify(self, token: str, now_s: float, *, token_use: TokenUse | None = None) -> TokenClaims:
        """The claims of a token that this pool signed for this client, that is current and not revoked.

        With `token_use`, the other kind is refused. Raises TokenRefused.
        """
        claims = self._proven_claims(token)
        if now_s >= claims.expires_at_s:
            raise TokenRefused(TokenFault.EXPIRED)
        if now_s + CLOCK_STEP_MAX_S < claims.valid_from_s:
            raise TokenRefused(TokenFault.NOT_YET_VALID)
        if token_use is not None and claims.token_use is not token_use:
            raise TokenRefused(TokenFault.USE)
        if self.is_revoked(claims.origin_jti, claims.sub):
            raise TokenRefused(TokenFault.REVOKED)
        return claims

    def _proven_claims(self, token: str) -> TokenClaims:
        if len(token) > TOKEN_BYTES_MAX:
            raise TokenRefused(TokenFault.MALFORMED)
        with self._proven_lock:
            proven = self._proven.get(token)
        if proven is None:
            proven = self._checked_claims(self._signed_payload(token))
            with self._proven_lock:
                self._proven[token] = proven
        return proven

    def _signed_payload(self, token: str) -> dict[str, object]:
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError):
            raise TokenRefused(TokenFault.MALFORMED) from None
        if header.get("alg") != _ALGORITHM:
            raise TokenRefused(TokenFault.ALGORITHM)
        public_key = self._keys.get(str(header.get("kid")))
        if public_key is None:
            raise TokenRefused(TokenFault.KEY)
        try:
            # The library checks the signature only: it knows neither `now_s` nor the names.
            payload = jwt.api_jws.decode(token, public_key, algorithms=[_ALGORITHM])
            claims = json.loads(payload)
        except jwt.InvalidSignatureError:
            raise TokenRefused(TokenFault.SIGNATURE) from None
        except (jwt.PyJWTError, ValueError):
            raise TokenRefused(TokenFault.MALFORMED) from None
        if not isinstance(claims, dict):
            raise TokenRefused(TokenFault.MALFORMED)
        return claims

    def _checked_claims(self, claims: dict[str, object]) -> TokenClaims:
        if claims.get("iss") != self._issuer:
            raise TokenRefused(TokenFault.ISSUER)
        token_use = claims.get("token_use")
        if token_use not in (TokenUse.ACCESS, TokenUse.ID):
            raise TokenRefused(TokenFault.USE)
        is_access = token_use == TokenUse.ACCESS
        if claims.get("client_id" if is_access else "aud") != self._client_id:
            raise TokenRefused(TokenFault.CLIENT)
        issued_at_s = _seconds(claims, "iat")
        not_before_s = _seconds(claims, "nbf") if "nbf" in claims else issued_at_s
        return TokenClaims(
            sub=_text(claims, "sub"),
            username=_text(claims, "username" if is_access else "cognito:username"),
            token_use=TokenUse.ACCESS if is_access else TokenUse.ID,
            origin_jti=_text(claims, "origin_jti"),
            jti=_text(claims, "jti"),
            auth_time_s=_seconds(claims, "auth_time"),
            issued_at_s=issued_at_s,
            valid_from_s=max(issued_at_s, not_before_s),
            expires_at_s=_seconds(claims, "exp"),
            email=_text(claims, "email") if "email" in claims else None,
            scope=_text(claims, "scope") if is_access else "",
        )


def _id_attributes(subject: TokenSubject) -> dict[str, object]:
    return {
        name: value == "true" if name in ("email_verified", "phone_number_verified") else value
        for name, value in subject.attributes.items()
    }


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise TokenRefused(TokenFault.MALFORMED)
    return value


def _seconds(claims: Mapping[str, object], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise TokenRefused(TokenFault.MALFORMED)
    return value


def new_signing_key() -> bytes:
    """The content of a new key's file: RSA, 2048 bits, PEM."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _base64url(number: int) -> str:
    octets = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
