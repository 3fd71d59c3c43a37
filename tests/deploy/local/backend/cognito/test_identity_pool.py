"""Identities and credentials without a server: who gets which, and that the pool knows only its own."""

import base64
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.identity_pool import (
    CREDENTIALS_LIFETIME_S,
    TOKEN_USE,
    IdentityPool,
    Role,
    get_credentials_for_identity,
    get_id,
)
from deploy.local.backend.cognito.pool_secret import PoolSecret
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.storage.pools import PoolNames
from deploy.local.backend.tokens import (
    TOKEN_LIFETIME_S,
    SigningKey,
    TokenMinter,
    TokenPair,
    TokenSubject,
    TokenVerifier,
    load_signing_key,
)

NAMES = PoolNames("local-1", "local-1_pool", "client", "local-1:00000000-1111-4222-8333-444444444444")
ISSUER = "http://127.0.0.1:8500/local-1_pool"
PROVIDER = "127.0.0.1:8500/local-1_pool"
NOW_S = 1_800_000_000.5
SECRET = PoolSecret(bytes(range(32)))
OTHER_SECRET = PoolSecret(bytes(32))
ADA, BOB = "sub-of-ada", "sub-of-bob"

Operation = Callable[[IdentityPool, Fields], Answer]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return load_signing_key(tmp_path_factory.mktemp("keys") / "signing_key.pem")


def counted_bytes() -> Callable[[int], bytes]:
    """Octets 1, 1, ..., then 2, 2, ..., and so on: each call's differ."""
    calls = iter(range(1, 256))
    return lambda count: bytes([next(calls)] * count)


def new_pool(key: SigningKey, *, secret: PoolSecret = SECRET, **options: Any) -> IdentityPool:
    return IdentityPool(
        names=NAMES,
        issuer=ISSUER,
        secret=secret,
        verifier=TokenVerifier(key, issuer=ISSUER, client_id="client", is_revoked=lambda *_: False),
        now_s=lambda: NOW_S,
        random_bytes=counted_bytes(),
        **options,
    )


@pytest.fixture
def pool(key: SigningKey) -> IdentityPool:
    return new_pool(key)


def tokens_of(key: SigningKey, sub: str, *, minted_at_s: float = NOW_S) -> TokenPair:
    subject = TokenSubject(sub=sub, username="name", origin_jti="sign-in", auth_time_s=int(minted_at_s))
    return TokenMinter(key, issuer=ISSUER, client_id="client").mint(subject, minted_at_s)


def logins(key: SigningKey, sub: str = ADA) -> dict[str, str]:
    return {PROVIDER: tokens_of(key, sub).id_token}


def refusal(operation: Operation, pool: IdentityPool, **fields: object) -> tuple[str, str]:
    with pytest.raises(CognitoRefused) as refused:
        operation(pool, Fields(fields))
    return refused.value.error_type, refused.value.message


def identity_of(pool: IdentityPool, **fields: object) -> str:
    answer = get_id(pool, Fields({"IdentityPoolId": NAMES.identity_pool_id, **fields}))
    return str(answer["IdentityId"])


def test_the_pool_knows_the_role_of_the_identities_that_it_issued(
    key: SigningKey, pool: IdentityPool
) -> None:
    guests = [pool.new_guest_id(), pool.new_guest_id()]
    assert len(set(guests)) == 2
    teacher = pool.teacher_id(ADA)
    assert teacher == new_pool(key).teacher_id(ADA) != pool.teacher_id(BOB)
    assert [pool.role_of(one) for one in (*guests, teacher)] == [Role.GUEST, Role.GUEST, Role.TEACHER]
    for one in (*guests, teacher):
        region, _, body = one.partition(":")
        assert (region, uuid.UUID(body).version) == ("local-1", 4)


def test_no_other_identity_has_a_role(key: SigningKey, pool: IdentityPool) -> None:
    guest = pool.new_guest_id()
    last = "0" if guest[-1] != "0" else "1"
    for other in (guest[:-1] + last, guest.upper(), f"{guest} ", guest.replace("local-1", "local-2"), ""):
        assert pool.role_of(other) is None
    assert pool.role_of(new_pool(key, secret=OTHER_SECRET).new_guest_id()) is None


def test_what_an_earlier_start_issued_is_the_same_for_ever(pool: IdentityPool) -> None:
    """Identities and credentials survive restarts and upgrades: what is derived from the secret stays."""
    assert pool.new_guest_id() == "local-1:01010101-0101-4101-8535-3633c78140d5"
    assert pool.teacher_id(ADA) == "local-1:453d07cf-59ae-4450-94b7-1b08515ae030"
    assert (
        pool.new_credentials("identity", Role.GUEST).secret_access_key
        == "xmx73JBopSh8sTxLIA0bKxD31KE5WcaoK590aO90"
    )


def test_credentials_have_the_form_of_awss_and_last_an_hour(pool: IdentityPool) -> None:
    credentials = pool.new_credentials("identity", Role.GUEST)
    assert credentials.access_key_id == f"ASIA{base64.b32encode(bytes([1] * 10)).decode()}"
    assert len(base64.b64decode(credentials.secret_access_key)) == 30
    assert credentials.expires_at_s == int(NOW_S) + CREDENTIALS_LIFETIME_S == int(NOW_S) + 3600
    assert (credentials.role, credentials.identity_id) == (Role.GUEST, "identity")
    assert credentials != pool.new_credentials("identity", Role.GUEST)


@pytest.mark.parametrize("role", list(Role))
def test_the_pool_finds_its_credentials_by_key_id_and_token_together(key: SigningKey, role: Role) -> None:
    pool = new_pool(key)
    issued, other = pool.new_credentials("one", role), pool.new_credentials("two", role)
    assert new_pool(key).find_credentials(issued.access_key_id, issued.session_token) == issued
    assert pool.find_credentials(other.access_key_id, issued.session_token) is None
    for token in (None, "", "no base64", f"{issued.session_token}\n", issued.session_token[:-4]):
        assert pool.find_credentials(issued.access_key_id, token) is None
    foreign = new_pool(key, secret=OTHER_SECRET)
    assert foreign.find_credentials(issued.access_key_id, issued.session_token) is None


def test_what_was_sealed_for_another_use_is_no_session_token(pool: IdentityPool) -> None:
    facts = '["ASIA", "identity", "GUEST", 1.0]'
    good = SECRET.seal(TOKEN_USE, facts, bytes)
    assert pool.find_credentials("ASIA", base64.b64encode(good).decode()) is not None
    bad = SECRET.seal("another use", facts, bytes)
    assert pool.find_credentials("ASIA", base64.b64encode(bad).decode()) is None


def test_secrets_are_not_printed(pool: IdentityPool) -> None:
    credentials = pool.new_credentials("identity", Role.GUEST)
    assert credentials.secret_access_key not in repr(credentials)
    assert credentials.session_token not in repr(credentials)


def test_a_guest_gets_an_identity_and_its_credentials(pool: IdentityPool) -> None:
    identity = identity_of(pool)
    assert pool.role_of(identity) is Role.GUEST
    answer: Any = get_credentials_for_identity(pool, Fields({"IdentityId": identity}))
    given = answer["Credentials"]
    found = pool.find_credentials(given["AccessKeyId"], given["SessionToken"])
    assert found is not None
    assert answer == {
        "IdentityId": identity,
        "Credentials": {
            "AccessKeyId": found.access_key_id,
            "SecretKey": found.secret_access_key,
            "SessionToken": found.session_token,
            "Expiration": found.expires_at_s,
        },
    }
    assert (found.role, found.identity_id) == (Role.GUEST, identity)


@pytest.mark.parametrize("provider", [ISSUER, PROVIDER, "cognito-idp.local-1.amazonaws.com/local-1_pool"])
def test_a_teacher_is_known_by_any_name_of_the_provider(
    key: SigningKey, pool: IdentityPool, provider: str
) -> None:
    signed_in = {provider: tokens_of(key, ADA).id_token}
    assert identity_of(pool, Logins=signed_in) == pool.teacher_id(ADA)


@pytest.mark.parametrize("is_own", [True, False])
def test_with_an_id_token_the_credentials_are_a_teachers(
    key: SigningKey, pool: IdentityPool, *, is_own: bool
) -> None:
    """Also for the identity that the browser had as a guest."""
    identity = pool.teacher_id(ADA) if is_own else pool.new_guest_id()
    answer: Any = get_credentials_for_identity(pool, Fields({"IdentityId": identity, "Logins": logins(key)}))
    given = answer["Credentials"]
    found = pool.find_credentials(given["AccessKeyId"], given["SessionToken"])
    assert found is not None
    assert (found.role, found.identity_id) == (Role.TEACHER, identity)


def test_a_teachers_identity_is_for_nobody_else(key: SigningKey, pool: IdentityPool) -> None:
    identity = pool.teacher_id(ADA)
    forbidden = ("NotAuthorizedException", f"Access to Identity '{identity}' is forbidden.")
    assert refusal(get_credentials_for_identity, pool, IdentityId=identity) == forbidden
    by_bob = {"IdentityId": identity, "Logins": logins(key, BOB)}
    assert refusal(get_credentials_for_identity, pool, **by_bob) == (
        "NotAuthorizedException",
        "Logins don't match. Please include at least one valid login for this identity or identity pool.",
    )


def test_without_guests_only_teachers_get_anything(key: SigningKey) -> None:
    pool = new_pool(key, are_guests_allowed=False)
    closed = ("NotAuthorizedException", "Unauthenticated access is not supported for this identity pool.")
    guest = pool.new_guest_id()
    assert refusal(get_id, pool, IdentityPoolId=NAMES.identity_pool_id) == closed
    assert refusal(get_credentials_for_identity, pool, IdentityId=guest) == closed
    assert identity_of(pool, Logins=logins(key)) == pool.teacher_id(ADA)
    signed_in = Fields({"IdentityId": guest, "Logins": logins(key)})
    assert get_credentials_for_identity(pool, signed_in)["IdentityId"] == guest


def test_an_unknown_pool_or_identity_is_not_found(pool: IdentityPool) -> None:
    assert refusal(get_id, pool, IdentityPoolId="local-1:other") == (
        "ResourceNotFoundException",
        "IdentityPool 'local-1:other' not found.",
    )
    assert refusal(get_credentials_for_identity, pool, IdentityId="local-1:other") == (
        "ResourceNotFoundException",
        "Identity 'local-1:other' not found.",
    )


@pytest.mark.parametrize(
    ("operation", "name"), [(get_id, "IdentityPoolId"), (get_credentials_for_identity, "IdentityId")]
)
def test_an_id_is_required_and_of_bounded_length(pool: IdentityPool, operation: Operation, name: str) -> None:
    assert refusal(operation, pool)[0] == "InvalidParameterException"
    assert refusal(operation, pool, **{name: "x" * 129})[0] == "InvalidParameterException"
    assert refusal(operation, pool, **{name: "x" * 128})[0] == "ResourceNotFoundException"


def test_logins_that_are_not_of_this_pool_alone_are_refused(key: SigningKey, pool: IdentityPool) -> None:
    token = tokens_of(key, ADA).id_token
    unsupported = (
        "NotAuthorizedException",
        "Token is not from a supported provider of this identity pool.",
    )
    for given in ({"accounts.example": token}, {PROVIDER: token, ISSUER: token}):
        assert refusal(get_id, pool, IdentityPoolId=NAMES.identity_pool_id, Logins=given) == unsupported


def test_a_token_that_is_not_a_valid_id_token_is_refused(key: SigningKey, pool: IdentityPool) -> None:
    now, before = tokens_of(key, ADA), tokens_of(key, ADA, minted_at_s=NOW_S - TOKEN_LIFETIME_S - 1)
    for token, text in (
        (now.access_token, "Couldn't verify token (use)."),
        ("no token", "Couldn't verify token (malformed)."),
        (before.id_token, "Token expired"),
    ):
        given = {"IdentityPoolId": NAMES.identity_pool_id, "Logins": {PROVIDER: token}}
        assert refusal(get_id, pool, **given) == ("NotAuthorizedException", f"Invalid login token. {text}")
