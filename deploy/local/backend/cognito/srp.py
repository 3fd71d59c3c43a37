"""The server's side of Cognito's password proof: SRP-6a with the 3072-bit group of RFC 5054 and SHA-256.

Pure arithmetic without I/O; random octets are passed in. The server keeps salt and verifier, from which the
password cannot be recovered; the client proves that it knows the password and never sends it.

Numbers travel in hexadecimal. For hashing, a number is encoded as whole octets, preceded by 00 when its
highest bit is set, as the clients do.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from deploy.local.backend.storage.users import PasswordRecord

__all__ = [
    "Challenge",
    "SrpInputRefused",
    "is_password_right",
    "is_proof_valid",
    "new_challenge",
    "new_password_record",
    "new_salt",
    "parse_client_public",
]

N: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G: Final = 2
SALT_BYTES: Final = 16
SECRET_EXPONENT_BYTES: Final = 32  # RFC 5054 requires at least 256 bits; more costs time and gains nothing
VERIFIER_BYTES: Final = 384
KEY_INFO: Final = b"Caldera Derived Key\x01"
CLIENT_PUBLIC_DIGITS_MAX: Final = 770  # 3072 bits in hexadecimal, and 00 in front


class SrpInputRefused(Exception):
    """The client's A is not a number, or one that would reveal the key (a multiple of N)."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The server's state of one proof; `secret_exponent` must not leave the process."""

    client_public: int
    server_public: int
    secret_exponent: int = field(repr=False)
    record: PasswordRecord = field(repr=False)


def new_salt(random_bytes: Callable[[int], bytes]) -> bytes:
    """A random salt that can travel as a number: its first octet is not 00."""
    while True:
        salt = random_bytes(SALT_BYTES)
        if salt[0]:
            return salt


def new_password_record(pool_name: str, user_id: str, password: str, salt: bytes) -> PasswordRecord:
    """Salt and verifier of this password; `pool_name` is the part of the pool's id after the underscore."""
    verifier = pow(G, _x(pool_name, user_id, password, salt), N)
    return PasswordRecord(salt=salt, verifier=verifier.to_bytes(VERIFIER_BYTES, "big"))


def is_password_right(record: PasswordRecord, pool_name: str, user_id: str, password: str) -> bool:
    """Whether this is the record's password, for calls in which the client sends it in clear."""
    candidate = new_password_record(pool_name, user_id, password, record.salt)
    return hmac.compare_digest(candidate.verifier, record.verifier)


def parse_client_public(text: str) -> int:
    """The client's A, in hexadecimal. Raises SrpInputRefused unless 0 < A < N."""
    if not text or len(text) > CLIENT_PUBLIC_DIGITS_MAX or not text.isascii() or not text.isalnum():
        raise SrpInputRefused
    try:
        number = int(text, 16)
    except ValueError:
        raise SrpInputRefused from None
    if not 0 < number < N:
        raise SrpInputRefused
    return number


def new_challenge(
    record: PasswordRecord, client_public: int, random_bytes: Callable[[int], bytes]
) -> Challenge:
    """A new challenge with B = k v + g^b. The same work for every record, real or decoy."""
    while True:
        exponent = int.from_bytes(random_bytes(SECRET_EXPONENT_BYTES), "big")
        public = (_K * int.from_bytes(record.verifier, "big") + pow(G, exponent, N)) % N
        if exponent and public:
            return Challenge(client_public, public, exponent, record)


def is_proof_valid(
    challenge: Challenge, *, pool_name: str, user_id: str, secret_block: bytes, timestamp: str, signature: str
) -> bool:
    """Whether `signature` (base64) proves knowledge of the password behind the challenge's record."""
    u = int.from_bytes(_hash(_padded(challenge.client_public) + _padded(challenge.server_public)), "big")
    base = challenge.client_public * pow(int.from_bytes(challenge.record.verifier, "big"), u, N)
    session = pow(base, challenge.secret_exponent, N)
    extracted = hmac.new(_padded(u), _padded(session), hashlib.sha256).digest()
    key = hmac.new(extracted, KEY_INFO, hashlib.sha256).digest()[:16]
    message = pool_name.encode() + user_id.encode() + secret_block + timestamp.encode("utf-8", "replace")
    expected = hmac.new(key, message, hashlib.sha256).digest()
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        given = b""
    return hmac.compare_digest(expected, given)


def _x(pool_name: str, user_id: str, password: str, salt: bytes) -> int:
    inner = _hash(f"{pool_name}{user_id}:{password}".encode("utf-8", "surrogatepass"))
    return int.from_bytes(_hash(_padded(int.from_bytes(salt, "big")) + inner), "big")


def _hash(octets: bytes) -> bytes:
    return hashlib.sha256(octets).digest()


def _padded(number: int) -> bytes:
    """Whole octets, preceded by 00 when the highest bit is set, so that none is read as negative."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


_K: Final = int.from_bytes(_hash(_padded(N) + _padded(G)), "big")
