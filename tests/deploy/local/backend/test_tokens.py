"""Tokens: those minted here are accepted here and by pycognito, and no others are."""

import base64
import json
import re
import uuid
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.tokens import (
    CLOCK_STEP_MAX_S,
    TOKEN_LIFETIME_S,
    SigningKey,
    TokenClaims,
    TokenFault,
    TokenMinter,
    TokenPair,
    TokenRefused,
    TokenSubject,
    TokenUse,
    TokenVerifier,
    load_signing_key,
)

ISSUER = "http://127.0.0.1:8500/local-1_pool"
CLIENT = "client-of-the-dashboards"
NOW_S = 1_800_000_000.0
SUBJECT = TokenSubject(
    sub="11111111-2222-4333-8444-555555555555",
    username="ada",
    origin_jti="sign-in-1",
    auth_time_s=int(NOW_S) - 60,
    attributes={"email": "ada@school.example", "email_verified": "true", "name": "Ada L."},
)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return load_signing_key(tmp_path_factory.mktemp("keys") / "signing_key.pem")


@pytest.fixture(scope="module")
def other_key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return load_signing_key(tmp_path_factory.mktemp("keys") / "signing_key.pem")


def verifier(key: SigningKey, revoked: frozenset[str] = frozenset()) -> TokenVerifier:
    return TokenVerifier(
        key, issuer=ISSUER, client_id=CLIENT, is_revoked=lambda origin_jti, _sub: origin_jti in revoked
    )


def minted(key: SigningKey, *, issuer: str = ISSUER, client_id: str = CLIENT) -> TokenPair:
    return TokenMinter(key, issuer=issuer, client_id=client_id).mint(SUBJECT, NOW_S)


def fault(key: SigningKey, token: str, *, now_s: float = NOW_S, use: TokenUse | None = None) -> TokenFault:
    with pytest.raises(TokenRefused) as refused:
        verifier(key).verify(token, now_s, token_use=use)
    return refused.value.reason


def forged(key: SigningKey, change: dict[str, object], *, of: str | None = None) -> str:
    """A token with the right signature and other claims; a None removes the claim."""
    claims = jwt.decode(of or minted(key).access_token, options={"verify_signature": False})
    claims = {name: value for name, value in {**claims, **change}.items() if value is not None}
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"kid": key.key_id})


def test_both_tokens_of_a_sign_in_are_accepted(key: SigningKey) -> None:
    pair = minted(key)
    access = verifier(key).verify(pair.access_token, NOW_S, token_use=TokenUse.ACCESS)
    identity = verifier(key).verify(pair.id_token, NOW_S, token_use=TokenUse.ID)
    for claims in (access, identity):
        assert isinstance(claims, TokenClaims)
        assert (claims.sub, claims.username, claims.origin_jti) == (SUBJECT.sub, "ada", "sign-in-1")
        assert claims.expires_at_s - claims.issued_at_s == TOKEN_LIFETIME_S == pair.lifetime_s
    assert identity.email == "ada@school.example"
    assert (access.scope, identity.scope) == ("aws.cognito.signin.user.admin", "")
    assert access.jti != identity.jti


def test_the_claims_are_those_of_cognito(key: SigningKey) -> None:
    """And no at_hash, which pycognito 2024.5.1 cannot check."""
    pair = minted(key)
    identity = jwt.decode(pair.id_token, options={"verify_signature": False})
    access = jwt.decode(pair.access_token, options={"verify_signature": False})
    common = {"sub", "iss", "origin_jti", "event_id", "auth_time", "iat", "exp", "jti", "token_use"}
    assert set(identity) == common | {"aud", "cognito:username", "email", "email_verified", "name"}
    assert set(access) == common | {"client_id", "username", "scope"}
    assert identity["email_verified"] is True
    assert uuid.UUID(identity["event_id"]) == uuid.UUID(access["event_id"])
    assert jwt.get_unverified_header(pair.id_token) == {"alg": "RS256", "kid": key.key_id}


@pytest.mark.parametrize("name", ["email_verified", "phone_number_verified"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_what_is_verified_is_told_by_a_boolean(key: SigningKey, name: str, value: str) -> None:
    subject = TokenSubject(
        sub="s", username="ada", origin_jti="o", auth_time_s=1, attributes={name: value, "name": value}
    )
    token = TokenMinter(key, issuer=ISSUER, client_id=CLIENT).mint(subject, NOW_S).id_token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims[name] is (value == "true")
    assert claims["name"] == value


def test_a_user_attribute_cannot_displace_a_claim(key: SigningKey) -> None:
    subject = TokenSubject(
        sub="s", username="ada", origin_jti="o", auth_time_s=1, attributes={"aud": "x", "sub": "another"}
    )
    pair = TokenMinter(key, issuer=ISSUER, client_id=CLIENT).mint(subject, NOW_S)
    assert verifier(key).verify(pair.id_token, NOW_S).sub == "s"


def test_anyone_can_check_a_token_with_the_published_keys(key: SigningKey) -> None:
    [published] = key.jwks()["keys"]
    assert (published["kty"], published["alg"], published["use"]) == ("RSA", "RS256", "sig")
    public = jwt.PyJWK(published).key
    claims = jwt.decode(
        minted(key).id_token,
        public,
        algorithms=["RS256"],
        audience=CLIENT,
        issuer=ISSUER,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims["sub"] == SUBJECT.sub


def test_the_published_numbers_have_no_padding_and_no_octet_too_many(key: SigningKey) -> None:
    """RFC 7518, sections 2 and 6.3.1.1: some clients compare them as texts."""
    [published] = key.jwks()["keys"]
    assert published["e"] == "AQAB"
    assert "=" not in published["n"]
    assert len(base64.urlsafe_b64decode(published["n"] + "==")) == 256


def test_the_published_keys_contain_no_private_part(key: SigningKey) -> None:
    assert set(key.jwks()["keys"][0]) == {"alg", "kty", "use", "kid", "e", "n"}
    assert "private" not in repr(key)


def test_whether_a_sign_in_has_ended_is_asked_by_its_origin_and_its_user(key: SigningKey) -> None:
    asked: list[tuple[str, str]] = []

    def is_revoked(origin_jti: str, sub: str) -> bool:
        asked.append((origin_jti, sub))
        return False

    checks = TokenVerifier(key, issuer=ISSUER, client_id=CLIENT, is_revoked=is_revoked)
    checks.verify(minted(key).access_token, NOW_S)
    assert asked == [("sign-in-1", SUBJECT.sub)]


def test_the_key_is_kept_so_that_tokens_survive_a_restart(tmp_path: Path) -> None:
    first = load_signing_key(tmp_path / "key.pem")
    again = load_signing_key(tmp_path / "key.pem")
    assert verifier(again).verify(minted(first).access_token, NOW_S).username == "ada"
    assert first.public_key.key_size == 2048
    assert len(first.key_id) == 43  # a SHA-256 in base64url, without padding
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600


def test_a_file_with_another_kind_of_key_is_named(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    path.chmod(0o600)
    with pytest.raises(ValueError, match=re.escape(f"{path} contains no RSA key")):
        load_signing_key(path)


def test_a_token_is_accepted_until_the_second_it_expires(key: SigningKey) -> None:
    token = minted(key).access_token
    assert verifier(key).verify(token, NOW_S + TOKEN_LIFETIME_S - 1)
    assert fault(key, token, now_s=NOW_S + TOKEN_LIFETIME_S) is TokenFault.EXPIRED


def test_a_clock_that_is_set_back_a_little_ends_no_session(key: SigningKey) -> None:
    token = minted(key).access_token
    assert verifier(key).verify(token, NOW_S - CLOCK_STEP_MAX_S).sub == SUBJECT.sub


def test_a_token_from_the_future_is_refused(key: SigningKey) -> None:
    beyond_s = CLOCK_STEP_MAX_S + 1
    assert fault(key, minted(key).access_token, now_s=NOW_S - beyond_s) is TokenFault.NOT_YET_VALID
    assert fault(key, forged(key, {"nbf": int(NOW_S + beyond_s)})) is TokenFault.NOT_YET_VALID
    early = {"iat": int(NOW_S + beyond_s), "nbf": int(NOW_S) - 1}
    assert fault(key, forged(key, early)) is TokenFault.NOT_YET_VALID


def test_alg_none_is_refused(key: SigningKey) -> None:
    claims = jwt.decode(minted(key).access_token, options={"verify_signature": False})
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": key.key_id})
    assert fault(key, unsigned) is TokenFault.ALGORITHM


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_refused(key: SigningKey) -> None:
    """The classic algorithm-confusion attack."""
    public_pem = key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    claims = jwt.decode(minted(key).access_token, options={"verify_signature": False})
    head = _encoded({"alg": "HS256", "kid": key.key_id})
    signing_input = f"{head}.{_encoded(claims)}"
    signature = jwt.get_algorithm_by_name("HS256").sign(signing_input.encode(), public_pem)
    token = f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert fault(key, token) is TokenFault.ALGORITHM


def test_another_key_is_refused_with_its_own_name_and_with_ours(
    key: SigningKey, other_key: SigningKey
) -> None:
    assert fault(key, minted(other_key).access_token) is TokenFault.KEY
    impostor = SigningKey(key_id=key.key_id, private_key=other_key.private_key)
    assert fault(key, minted(impostor).access_token) is TokenFault.SIGNATURE


def test_another_issuer_or_client_is_refused(key: SigningKey) -> None:
    other_pool = minted(key, issuer="http://127.0.0.1:8500/local-1_other")
    other_client = minted(key, client_id="another client")
    for token in (other_pool.access_token, other_pool.id_token):
        assert fault(key, token) is TokenFault.ISSUER
    for token in (other_client.access_token, other_client.id_token):
        assert fault(key, token) is TokenFault.CLIENT


def test_each_kind_of_token_names_its_client_in_its_own_claim(key: SigningKey) -> None:
    """An access token with `aud` only, or an ID token with `client_id` only, was made for something else."""
    pair = minted(key)
    access = forged(key, {"client_id": None, "aud": CLIENT}, of=pair.access_token)
    identity = forged(key, {"aud": None, "client_id": CLIENT}, of=pair.id_token)
    for token in (access, identity):
        assert fault(key, token) is TokenFault.CLIENT


def test_one_kind_of_token_is_refused_where_the_other_is_needed(key: SigningKey) -> None:
    pair = minted(key)
    assert fault(key, pair.id_token, use=TokenUse.ACCESS) is TokenFault.USE
    assert fault(key, pair.access_token, use=TokenUse.ID) is TokenFault.USE
    assert fault(key, forged(key, {"token_use": "refresh"})) is TokenFault.USE


def test_a_revoked_sign_in_ends_both_its_tokens(key: SigningKey) -> None:
    pair = minted(key)
    for token in (pair.access_token, pair.id_token):
        with pytest.raises(TokenRefused) as refused:
            verifier(key, frozenset({"sign-in-1"})).verify(token, NOW_S)
        assert refused.value.reason is TokenFault.REVOKED


def test_a_signature_is_verified_once_and_everything_else_each_time(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An accepted token is refused as soon as it is revoked, has expired or is of the wrong kind."""
    revoked: set[str] = set()
    verifier = TokenVerifier(
        key, issuer=ISSUER, client_id=CLIENT, is_revoked=lambda origin_jti, _sub: origin_jti in revoked
    )
    token = minted(key).access_token
    first = verifier.verify(token, NOW_S)
    with monkeypatch.context() as patch:
        patch.delattr(jwt.api_jws, "decode")
        assert verifier.verify(token, NOW_S) == first
    for use, now_s, reason in (
        (TokenUse.ID, NOW_S, TokenFault.USE),
        (None, NOW_S + TOKEN_LIFETIME_S, TokenFault.EXPIRED),
        (None, NOW_S, TokenFault.REVOKED),
    ):
        if reason is TokenFault.REVOKED:
            revoked.add(SUBJECT.origin_jti)
        with pytest.raises(TokenRefused) as refused:
            verifier.verify(token, now_s, token_use=use)
        assert refused.value.reason is reason


def test_a_known_token_with_another_signature_is_refused(key: SigningKey) -> None:
    verifier_ = verifier(key)
    token, another = minted(key).access_token, minted(key).access_token
    verifier_.verify(token, NOW_S)
    with pytest.raises(TokenRefused) as refused:
        verifier_.verify(f"{token.rpartition('.')[0]}.{another.rpartition('.')[2]}", NOW_S)
    assert refused.value.reason is TokenFault.SIGNATURE


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_token_with_one_changed_character_is_refused(key: SigningKey, part: int) -> None:
    parts = minted(key).access_token.split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    with pytest.raises(TokenRefused):
        verifier(key).verify(".".join(parts), NOW_S)


@pytest.mark.parametrize("name", ["sub", "exp", "iat", "jti", "origin_jti", "auth_time", "username", "scope"])
@pytest.mark.parametrize("value", [None, True, [], 1.5])
def test_a_missing_claim_or_one_of_another_type_is_refused(key: SigningKey, name: str, value: object) -> None:
    assert fault(key, forged(key, {name: value})) is TokenFault.MALFORMED


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "x" * 20_000, "ä.ö.ü", "\ud800.a.b", "e30.e30."])
def test_anything_but_a_token_is_refused(key: SigningKey, token: str) -> None:
    assert fault(key, token) in {TokenFault.MALFORMED, TokenFault.ALGORITHM}


@pytest.mark.parametrize("payload", [b"no json", b"[1]", b"\xff"])
def test_a_signed_text_that_is_not_an_object_is_refused(key: SigningKey, payload: bytes) -> None:
    token = jwt.api_jws.encode(payload, key.private_key, algorithm="RS256", headers={"kid": key.key_id})
    assert fault(key, token) is TokenFault.MALFORMED


@given(st.text(max_size=60))
def test_any_text_is_refused_and_never_breaks_the_verifier(key: SigningKey, text: str) -> None:
    assert fault(key, text) is not TokenFault.REVOKED


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
