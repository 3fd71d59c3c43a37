"""Account operations of signed-in users over the wire, and the tokens that are refused."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pyotp
import pytest

from deploy.local.backend.tokens import SigningKey, TokenMinter, TokenSubject, load_signing_key
from tests.wire.cognito_server import PASSWORD, Pool, refuse_tokens, refused, running_pool

NEW_PASSWORD = "Another-Horse-2"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with running_pool(tmp_path) as running:
        running.add_user()
        yield running


def attributes_of(pool: Pool, access_token: str) -> dict[str, str]:
    user = pool.anyone().get_user(AccessToken=access_token)
    return {one["Name"]: one["Value"] for one in user["UserAttributes"]}


def claims_of(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def test_a_user_reads_and_changes_their_attributes(pool: Pool) -> None:
    token = pool.tokens()["AccessToken"]
    answer = pool.anyone().update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "name", "Value": "Ada Lovelace"}]
    )
    assert answer["CodeDeliveryDetailsList"] == []
    attributes = attributes_of(pool, token)
    assert attributes["name"] == "Ada Lovelace"
    assert attributes["sub"] == claims_of(token)["sub"]
    assert claims_of(pool.tokens()["IdToken"])["name"] == "Ada Lovelace"


@pytest.mark.parametrize(
    ("name", "value", "error_type"),
    [
        ("sub", "another", "NotAuthorizedException"),
        ("email_verified", "true", "NotAuthorizedException"),
        ("custom:role", "admin", "InvalidParameterException"),
        ("cognito:groups", "admin", "InvalidParameterException"),
        ("email", "no address", "InvalidParameterException"),
        ("email", "two@one@school.example", "InvalidParameterException"),
    ],
)
def test_attributes_that_users_may_not_write_are_refused(
    pool: Pool, name: str, value: str, error_type: str
) -> None:
    token = pool.tokens()["AccessToken"]
    before = attributes_of(pool, token)
    with refused(error_type):
        pool.anyone().update_user_attributes(
            AccessToken=token, UserAttributes=[{"Name": "name", "Value": "x"}, {"Name": name, "Value": value}]
        )
    assert attributes_of(pool, token) == before


def test_a_new_address_is_used_only_after_verification(pool: Pool) -> None:
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    answer = client.update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "email", "Value": "new@school.example"}]
    )
    assert answer["CodeDeliveryDetailsList"] == [
        {"Destination": "n***@s***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
    ]
    assert attributes_of(pool, token)["email_verified"] == "false"
    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer_of_password("new@school.example", PASSWORD)

    with refused("CodeMismatchException"):
        client.verify_user_attribute(AccessToken=token, AttributeName="email", Code="000000x")
    client.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.last_code())
    assert attributes_of(pool, token)["email_verified"] == "true"
    assert pool.answer_of_password("new@school.example", PASSWORD)["AuthenticationResult"]


def test_another_users_address_cannot_be_taken_over(pool: Pool) -> None:
    pool.add_user("bob", email="bob@school.example")
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    client.update_user_attributes(
        AccessToken=token, UserAttributes=[{"Name": "email", "Value": "Bob@School.example"}]
    )
    with refused("AliasExistsException"):
        client.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.last_code())
    assert (
        claims_of(pool.answer_of_password("bob@school.example", PASSWORD)["AuthenticationResult"]["IdToken"])[
            "cognito:username"
        ]
        == "bob"
    )


def test_a_code_for_the_address_can_be_requested_again_up_to_a_limit(pool: Pool) -> None:
    pool.clock.stop()
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    for _ in range(5):
        answer = client.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
        assert answer["CodeDeliveryDetails"]["Destination"] == "a***@s***"
    with refused("LimitExceededException"):
        client.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    assert len(pool.messages()) == 5


def test_a_password_is_changed_with_the_previous_one(pool: Pool) -> None:
    token = pool.tokens()["AccessToken"]
    pool.anyone().change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)
    assert pool.tokens(password=NEW_PASSWORD)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer_of_password("ada", PASSWORD)


def test_a_changed_password_ends_every_other_session(pool: Pool) -> None:
    here, elsewhere = pool.tokens(), pool.tokens()
    pool.anyone().change_password(
        AccessToken=here["AccessToken"], PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD
    )
    refuse_tokens(pool, elsewhere)
    assert pool.anyone().get_user(AccessToken=here["AccessToken"])["Username"] == "ada"
    renewed = pool.anyone().get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=here["RefreshToken"]
    )
    assert renewed["AuthenticationResult"]["AccessToken"]


def test_a_password_is_not_changed_without_the_previous_one_or_to_a_weak_one(pool: Pool) -> None:
    pool.clock.stop()
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    with refused(
        "InvalidPasswordException", "Password did not conform with policy: Password not long enough"
    ):
        client.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="Short-1")
    for _ in range(5):
        with refused("NotAuthorizedException", "Incorrect username or password."):
            client.change_password(
                AccessToken=token, PreviousPassword="a guess at it", ProposedPassword=NEW_PASSWORD
            )
    with refused("LimitExceededException", "Attempt limit exceeded, please try after some time."):
        client.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)
    assert pool.tokens()


def test_signing_out_everywhere_ends_only_this_users_tokens(pool: Pool) -> None:
    pool.add_user("bob", email=None)
    here, there, other = pool.tokens(), pool.tokens(), pool.tokens("bob")
    cognito = pool.pycognito("ada", access_token=here["AccessToken"], refresh_token=here["RefreshToken"])
    cognito.logout()
    client = pool.anyone()
    for tokens in (here, there):
        with refused("NotAuthorizedException", "Access Token has been revoked"):
            client.get_user(AccessToken=tokens["AccessToken"])
        with refused("NotAuthorizedException", "Refresh Token has been revoked"):
            client.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=tokens["RefreshToken"])
    assert client.get_user(AccessToken=other["AccessToken"])["Username"] == "bob"
    assert pool.tokens()


def test_revoking_a_refresh_token_ends_only_that_sign_in(pool: Pool) -> None:
    here, there, client = pool.tokens(), pool.tokens(), pool.anyone()
    client.revoke_token(ClientId=pool.client_id, Token=here["RefreshToken"])
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        client.get_user(AccessToken=here["AccessToken"])
    assert client.get_user(AccessToken=there["AccessToken"])["Username"] == "ada"


def test_revoking_something_other_than_a_refresh_token(pool: Pool) -> None:
    """An unknown token is no error; another kind of token is."""
    client = pool.anyone()
    client.revoke_token(ClientId=pool.client_id, Token="0" * 96)
    with refused("UnsupportedTokenTypeException"):
        client.revoke_token(ClientId=pool.client_id, Token=pool.tokens()["AccessToken"])
    with refused("ResourceNotFoundException"):
        client.revoke_token(ClientId="elsewhere", Token="0" * 96)


def test_a_revocation_survives_a_restart(tmp_path: Path) -> None:
    with running_pool(tmp_path) as pool:
        pool.add_user()
        tokens = pool.tokens()
        pool.anyone().global_sign_out(AccessToken=tokens["AccessToken"])
    with running_pool(tmp_path) as pool, refused("NotAuthorizedException", "Refresh Token has been revoked"):
        pool.anyone().get_tokens_from_refresh_token(
            ClientId=pool.client_id, RefreshToken=tokens["RefreshToken"]
        )


def forged(pool: Pool, kind: str, tmp_path: Path) -> str:
    """A token with exactly one flaw."""
    good = pool.tokens()["AccessToken"]
    claims, key = claims_of(good), pool.services.signing_key
    subject = TokenSubject(
        sub=claims["sub"],
        username="ada",
        origin_jti=claims["origin_jti"],
        auth_time_s=claims["auth_time"],
    )

    def minted(
        key: SigningKey, *, issuer: str = pool.services.issuer, client_id: str = pool.client_id
    ) -> str:
        return TokenMinter(key, issuer=issuer, client_id=client_id).mint(subject, pool.clock()).access_token

    if kind == "alg none":
        return jwt.encode(claims, None, algorithm="none", headers={"kid": key.key_id})
    if kind == "another key":
        return minted(load_signing_key(tmp_path / "another_key.pem"))
    if kind == "another key under our key's name":
        other = load_signing_key(tmp_path / "another_key.pem")
        return minted(SigningKey(key_id=key.key_id, private_key=other.private_key))
    if kind == "another issuer":
        return minted(key, issuer=f"{pool.url}/local-1_another")
    if kind == "another client":
        return minted(key, client_id="another")
    if kind == "changed claim":
        head, _, signature = good.split(".")
        changed = base64.urlsafe_b64encode(json.dumps({**claims, "username": "bob"}).encode()).rstrip(b"=")
        return f"{head}.{changed.decode()}.{signature}"
    if kind == "unknown sign-in":
        subject = TokenSubject(sub=subject.sub, username="ada", origin_jti="x", auth_time_s=1)
        return minted(key)
    assert kind == "no token"
    return "not.a.token"


UNVERIFIED = "Could not verify signature for Access Token"


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("alg none", "Invalid Access Token"),
        ("another key", UNVERIFIED),
        ("another key under our key's name", UNVERIFIED),
        ("another issuer", "Invalid Access Token"),
        ("another client", "Invalid Access Token"),
        ("changed claim", UNVERIFIED),
        ("unknown sign-in", "Access Token has been revoked"),
        ("no token", "Invalid Access Token"),
    ],
)
def test_a_forged_token_is_refused_by_every_operation_that_takes_one(
    pool: Pool, tmp_path: Path, kind: str, message: str
) -> None:
    check_refused_everywhere(pool, forged(pool, kind, tmp_path), message)


def test_an_id_token_is_refused_where_an_access_token_is_needed(pool: Pool) -> None:
    check_refused_everywhere(pool, pool.tokens()["IdToken"], "Invalid Access Token")


def test_an_expired_token_is_refused(pool: Pool) -> None:
    token = pool.tokens()["AccessToken"]
    pool.clock.advance(3600.0)
    check_refused_everywhere(pool, token, "Access Token has expired")


def check_refused_everywhere(pool: Pool, token: str, message: str) -> None:
    client = pool.anyone()
    enabled = {"SoftwareTokenMfaSettings": {"Enabled": True}}
    for call, fields in (
        (client.get_user, {}),
        (client.update_user_attributes, {"UserAttributes": [{"Name": "name", "Value": "Eve"}]}),
        (client.change_password, {"PreviousPassword": PASSWORD, "ProposedPassword": NEW_PASSWORD}),
        (client.associate_software_token, {}),
        (client.verify_software_token, {"UserCode": "123456"}),
        (client.set_user_mfa_preference, enabled),
        (client.verify_user_attribute, {"AttributeName": "email", "Code": "123456"}),
        (client.get_user_attribute_verification_code, {"AttributeName": "email"}),
        (client.global_sign_out, {}),
    ):
        with refused("NotAuthorizedException", message):
            call(AccessToken=token, **fields)
    assert pool.tokens()


def test_an_authenticator_cannot_be_turned_on_before_its_code_is_verified(pool: Pool) -> None:
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    with refused("SoftwareTokenMFANotFoundException"):
        client.verify_software_token(AccessToken=token, UserCode="123456")
    client.associate_software_token(AccessToken=token)
    with refused("InvalidParameterException", "User has not verified software token mfa"):
        client.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True})
    with refused("InvalidParameterException"):
        client.set_user_mfa_preference(AccessToken=token, SMSMfaSettings={"Enabled": True})
    assert pool.tokens()


def test_the_authenticators_secret_is_stored_encrypted(pool: Pool) -> None:
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    secret = client.associate_software_token(AccessToken=token)["SecretCode"]
    client.verify_software_token(AccessToken=token, UserCode=pyotp.TOTP(secret).at(pool.clock()))
    for path in pool.data_dir.iterdir():
        content = path.read_bytes()
        assert secret.encode() not in content, path
        assert base64.b32decode(secret) not in content, path
