"""The operator's operations over the wire, and the signatures that are refused."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import pyotp
import pytest
from botocore.awsrequest import AWSRequest
from botocore.exceptions import ClientError

from tests.wire.cognito_server import PASSWORD, TEMPORARY, Pool, refuse_tokens, refused, running_pool

UNAUTHENTICATED = "The security token included in the request is invalid."


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with running_pool(tmp_path) as running:
        yield running


@pytest.fixture
def operator(pool: Pool) -> Any:
    return pool.operator()


def guest_credentials(pool: Pool) -> dict[str, Any]:
    client = pool.identities()
    identity_id = client.get_id(IdentityPoolId=pool.services.names.identity_pool_id)["IdentityId"]
    credentials: dict[str, Any] = client.get_credentials_for_identity(IdentityId=identity_id)["Credentials"]
    return credentials


def named(pool: Pool, name: str = "ada") -> dict[str, str]:
    return {"UserPoolId": pool.pool_id, "Username": name}


def test_a_user_is_created_with_a_given_temporary_password(pool: Pool, operator: Any) -> None:
    made = operator.admin_create_user(
        **named(pool),
        TemporaryPassword=TEMPORARY,
        UserAttributes=[
            {"Name": "email", "Value": "ada@school.example"},
            {"Name": "email_verified", "Value": "True"},
            {"Name": "name", "Value": "Ada L."},
        ],
    )["User"]
    assert (made["Username"], made["UserStatus"], made["Enabled"]) == ("ada", "FORCE_CHANGE_PASSWORD", True)
    got = operator.admin_get_user(**named(pool))
    assert {one["Name"]: one["Value"] for one in got["UserAttributes"]} == {
        "sub": made["Attributes"][0]["Value"],
        "email": "ada@school.example",
        "email_verified": "true",
        "name": "Ada L.",
    }
    assert abs(got["UserCreateDate"].timestamp() - pool.clock()) < 60
    assert pool.answer_of_password("ada", TEMPORARY)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_a_temporary_password_is_generated_and_sent_but_not_logged(
    pool: Pool, operator: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG", "deploy.local"):
        operator.admin_create_user(**named(pool))
    password = pool.messages()[-1]["text"].split()[-1]
    assert password not in caplog.text
    assert "invitation" in caplog.text
    assert pool.answer_of_password("ada", password)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_a_resent_invitation_has_another_password(pool: Pool, operator: Any) -> None:
    operator.admin_create_user(**named(pool))
    operator.admin_create_user(**named(pool), MessageAction="RESEND")
    first, second = (message["text"].split()[-1] for message in pool.messages())
    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer_of_password("ada", first)
    assert pool.answer_of_password("ada", second)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_an_invitation_cannot_be_resent_to_a_user_who_has_signed_in(pool: Pool, operator: Any) -> None:
    pool.add_user()
    with refused("UnsupportedUserStateException"):
        operator.admin_create_user(**named(pool), MessageAction="RESEND")
    with refused("UserNotFoundException", "User does not exist."):
        operator.admin_create_user(**named(pool, "nobody"), MessageAction="RESEND")
    assert pool.tokens()


@pytest.mark.parametrize("name", ["ada", "ADA"])
def test_a_name_can_be_used_only_once(pool: Pool, operator: Any, name: str) -> None:
    pool.add_user()
    with refused("UsernameExistsException", "User account already exists"):
        operator.admin_create_user(**named(pool, name))


def test_an_address_belongs_to_one_user(pool: Pool, operator: Any) -> None:
    pool.add_user()
    attributes = [
        {"Name": "email", "Value": "ADA@school.example"},
        {"Name": "email_verified", "Value": "true"},
    ]
    with refused("AliasExistsException"):
        operator.admin_create_user(**named(pool, "bob"), UserAttributes=attributes)


@pytest.mark.parametrize(
    ("changes", "error_type"),
    [
        ({"Username": "ada@school.example"}, "InvalidParameterException"),
        ({"Username": "ada lovelace"}, "InvalidParameterException"),
        ({"TemporaryPassword": "weak"}, "InvalidPasswordException"),
        ({"UserPoolId": "local-1_elsewhere"}, "ResourceNotFoundException"),
        ({"UserAttributes": [{"Name": "role", "Value": "x"}]}, "InvalidParameterException"),
        ({"UserAttributes": [{"Name": "email_verified", "Value": "yes"}]}, "InvalidParameterException"),
    ],
)
def test_an_invalid_user_is_refused(
    pool: Pool, operator: Any, changes: dict[str, Any], error_type: str
) -> None:
    with refused(error_type):
        operator.admin_create_user(**{**named(pool), **changes})
    assert operator.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_users_are_found_by_name_address_and_sub(pool: Pool, operator: Any) -> None:
    sub = pool.add_user()
    for name in ("ada", "ADA", "ada@school.example", sub):
        assert operator.admin_get_user(**named(pool, name))["Username"] == "ada"


def test_users_are_listed_by_pages_and_filters(pool: Pool, operator: Any) -> None:
    subs = {name: pool.add_user(name, email=f"{name}@school.example") for name in ("cleo", "Ada", "bob")}
    operator.admin_disable_user(**named(pool, "bob"))
    pages = operator.get_paginator("list_users").paginate(
        UserPoolId=pool.pool_id, PaginationConfig={"PageSize": 2}
    )
    assert [[user["Username"] for user in page["Users"]] for page in pages] == [["Ada", "bob"], ["cleo"]]

    def found(text: str) -> list[str]:
        users = operator.list_users(UserPoolId=pool.pool_id, Filter=text)["Users"]
        return [user["Username"] for user in users]

    assert found('email = "cleo@school.example"') == ["cleo"]
    assert found('"username" ^= "A"') == ["Ada"]
    assert found(f'sub = "{subs["bob"]}"') == ["bob"]
    assert found('status = "Disabled"') == ["bob"]
    assert found('cognito:user_status = "FORCE_CHANGE_PASSWORD"') == []
    with refused("InvalidParameterException"):
        found("email ~ everything")
    with refused("InvalidParameterException"):
        operator.list_users(UserPoolId=pool.pool_id, PaginationToken="ÿ")
    with refused("InvalidParameterException"):
        operator.list_users(UserPoolId=pool.pool_id, Limit=0)


def test_a_password_set_by_the_operator_is_permanent_or_temporary(pool: Pool, operator: Any) -> None:
    pool.add_user()
    operator.admin_set_user_password(**named(pool), Password="Set-by-operator-1", Permanent=True)
    assert pool.tokens(password="Set-by-operator-1")
    operator.admin_set_user_password(**named(pool), Password=TEMPORARY, Permanent=False)
    assert pool.answer_of_password("ada", TEMPORARY)["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    with refused("InvalidPasswordException"):
        operator.admin_set_user_password(**named(pool), Password="weak", Permanent=True)


def test_whoever_was_signed_in_is_signed_out_when_the_operator_changes_the_password(
    pool: Pool, operator: Any
) -> None:
    """Stricter than AWS: a session may have been stolen, which is often why the password is changed."""
    pool.add_user()
    changes = (
        lambda: operator.admin_set_user_password(**named(pool), Password=PASSWORD, Permanent=True),
        lambda: operator.admin_reset_user_password(**named(pool)),
    )
    for change in changes:
        tokens = pool.tokens()
        change()
        refuse_tokens(pool, tokens)


def test_a_password_set_by_the_operator_ends_a_lock(pool: Pool, operator: Any) -> None:
    pool.add_user()
    pool.clock.stop()
    for _ in range(5):
        with refused("NotAuthorizedException"):
            pool.answer_of_password("ada", "a wrong password")
    operator.admin_set_user_password(**named(pool), Password=PASSWORD, Permanent=True)
    assert pool.tokens()


def test_a_reset_disables_the_old_password_until_the_mailed_code_is_used(pool: Pool, operator: Any) -> None:
    pool.add_user()
    operator.admin_reset_user_password(**named(pool))
    assert operator.admin_get_user(**named(pool))["UserStatus"] == "RESET_REQUIRED"
    with refused("PasswordResetRequiredException", "Password reset required for the user"):
        pool.answer_of_password("ada", PASSWORD)
    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer_of_password("ada", "a wrong password")
    pool.pycognito("ada").confirm_forgot_password(pool.last_code(), "Another-Horse-2")
    assert pool.tokens(password="Another-Horse-2")


def test_a_reset_requires_a_verified_address_and_a_permanent_password(pool: Pool, operator: Any) -> None:
    pool.add_user("bob", email=None)
    pool.add_user("cleo", email="cleo@school.example", password=None)
    with refused("InvalidParameterException"):
        operator.admin_reset_user_password(**named(pool, "bob"))
    with refused("NotAuthorizedException", "User password cannot be reset in the current state."):
        operator.admin_reset_user_password(**named(pool, "cleo"))
    assert pool.tokens("bob")


def test_disabling_ends_all_tokens_and_enabling_allows_sign_in_again(pool: Pool, operator: Any) -> None:
    pool.add_user()
    tokens = pool.tokens()
    operator.admin_disable_user(**named(pool))
    assert operator.admin_get_user(**named(pool))["Enabled"] is False
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.anyone().get_user(AccessToken=tokens["AccessToken"])
    operator.admin_enable_user(**named(pool))
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.anyone().get_user(AccessToken=tokens["AccessToken"])
    assert pool.tokens()


def test_the_operator_signs_a_user_out_everywhere(pool: Pool, operator: Any) -> None:
    pool.add_user()
    tokens = pool.tokens()
    operator.admin_user_global_sign_out(**named(pool))
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.anyone().get_user(AccessToken=tokens["AccessToken"])
    assert pool.tokens()


def test_a_deleted_user_is_gone_and_the_name_is_free_again(pool: Pool, operator: Any) -> None:
    first = pool.add_user()
    tokens = pool.tokens()
    operator.admin_delete_user(**named(pool))
    with refused("NotAuthorizedException", "Access Token has been revoked"):
        pool.anyone().get_user(AccessToken=tokens["AccessToken"])
    with refused("NotAuthorizedException", "Incorrect username or password."):
        pool.answer_of_password("ada", PASSWORD)
    assert pool.add_user() != first, "another person, another sub: exams of the first stay theirs"


@pytest.mark.parametrize(
    "operation",
    [
        "admin_get_user",
        "admin_delete_user",
        "admin_disable_user",
        "admin_enable_user",
        "admin_reset_user_password",
        "admin_user_global_sign_out",
    ],
)
def test_the_operator_is_told_that_a_user_or_pool_is_unknown(
    pool: Pool, operator: Any, operation: str
) -> None:
    with refused("UserNotFoundException", "User does not exist."):
        getattr(operator, operation)(**named(pool, "nobody"))
    with refused("ResourceNotFoundException"):
        getattr(operator, operation)(UserPoolId="local-1_elsewhere", Username="ada")


def test_the_operator_turns_off_a_lost_authenticator(pool: Pool, operator: Any) -> None:
    pool.add_user()
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    app = pyotp.TOTP(client.associate_software_token(AccessToken=token)["SecretCode"])
    client.verify_software_token(AccessToken=token, UserCode=app.at(pool.clock()))
    enabled = {"SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True}}
    operator.admin_set_user_mfa_preference(**named(pool), **enabled)
    assert pool.answer_of_password("ada", PASSWORD)["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert operator.admin_get_user(**named(pool))["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    operator.admin_set_user_mfa_preference(**named(pool), SoftwareTokenMfaSettings={"Enabled": False})
    assert pool.tokens()


# Signatures.


def test_without_a_signature_operator_operations_are_refused(pool: Pool) -> None:
    pool.add_user()
    client = pool.anyone()
    for call in (client.admin_get_user, client.admin_delete_user, client.admin_user_global_sign_out):
        with refused("MissingAuthenticationTokenException", "Missing Authentication Token"):
            call(**named(pool))
    with refused("MissingAuthenticationTokenException"):
        client.list_users(UserPoolId=pool.pool_id)
    assert pool.tokens()


def test_a_wrong_secret_is_refused(pool: Pool) -> None:
    with refused("InvalidSignatureException"):
        pool.operator(secret="another secret").list_users(UserPoolId=pool.pool_id)


def test_an_unknown_key_is_refused(pool: Pool) -> None:
    with refused("UnrecognizedClientException", UNAUTHENTICATED):
        pool.operator(key_id="AKIANOBODY").list_users(UserPoolId=pool.pool_id)


def test_a_session_token_with_the_operators_key_is_refused(pool: Pool) -> None:
    with refused("UnrecognizedClientException", UNAUTHENTICATED):
        pool.operator(aws_session_token="made up").list_users(UserPoolId=pool.pool_id)


@pytest.mark.parametrize(
    ("ahead_s", "text"), [(400.0, "Signature expired"), (-400.0, "Signature not yet current")]
)
def test_a_signature_from_another_time_is_refused(pool: Pool, ahead_s: float, text: str) -> None:
    client = pool.operator()
    pool.clock.advance(ahead_s)
    with pytest.raises(ClientError, match=rf"\(InvalidSignatureException\).*{text}"):
        client.list_users(UserPoolId=pool.pool_id)
    pool.clock.advance(-ahead_s)
    assert client.list_users(UserPoolId=pool.pool_id)["Users"] == []


def test_a_body_changed_in_transit_is_refused(pool: Pool) -> None:
    """A man in the middle replaces one user's name with another's."""
    pool.add_user()
    client = pool.operator()

    def change(request: AWSRequest, **_context: object) -> None:
        request.data = bytes(request.data).replace(b"nobody", b"ada")
        request.headers["Content-Length"] = str(len(request.data))

    client.meta.events.register_last("request-created", change)
    with refused("InvalidSignatureException"):
        client.admin_delete_user(**named(pool, "nobody"))
    assert pool.tokens()


def test_another_operation_under_the_same_signature_is_refused(pool: Pool) -> None:
    pool.add_user()
    client = pool.operator()

    def change(request: AWSRequest, **_context: object) -> None:
        request.headers.replace_header("X-Amz-Target", "AWSCognitoIdentityProviderService.AdminDeleteUser")

    client.meta.events.register_last("request-created", change)
    with refused("InvalidSignatureException"):
        client.admin_get_user(**named(pool))
    assert pool.tokens()


def test_a_signature_for_another_region_is_refused(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    client = pool.operator()
    sign = botocore.auth.SigV4Auth.add_auth

    def sign_elsewhere(self: Any, request: AWSRequest) -> None:
        self._region_name = "elsewhere-1"
        sign(self, request)

    monkeypatch.setattr(botocore.auth.SigV4Auth, "add_auth", sign_elsewhere)
    with refused(
        "InvalidSignatureException", "Credential should be scoped to a valid region, not 'elsewhere-1'."
    ):
        client.list_users(UserPoolId=pool.pool_id)


def test_guest_credentials_do_not_authorize_operator_operations(pool: Pool) -> None:
    """Not without their session token or with another secret, either."""
    pool.add_user()
    guest = guest_credentials(pool)
    key = {"key_id": guest["AccessKeyId"], "secret": guest["SecretKey"]}
    with refused("AccessDeniedException"):
        pool.operator(**key, aws_session_token=guest["SessionToken"]).admin_get_user(**named(pool))
    with refused("UnrecognizedClientException", UNAUTHENTICATED):
        pool.operator(**key).admin_get_user(**named(pool))
    with refused("InvalidSignatureException"):
        pool.operator(
            key_id=guest["AccessKeyId"], secret="another", aws_session_token=guest["SessionToken"]
        ).admin_get_user(**named(pool))


def test_expired_credentials_are_refused_as_expired(pool: Pool) -> None:
    pool.clock.advance(-3600.0)
    guest = guest_credentials(pool)
    pool.clock.advance(3600.0)
    late = pool.operator(
        key_id=guest["AccessKeyId"], secret=guest["SecretKey"], aws_session_token=guest["SessionToken"]
    )
    with refused("ExpiredTokenException", "The security token included in the request is expired"):
        late.list_users(UserPoolId=pool.pool_id)


def test_the_operators_key_survives_a_restart_and_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    with running_pool(tmp_path) as pool:
        first = pool.services.operator_key
    with running_pool(tmp_path) as pool:
        assert pool.services.operator_key == first
        assert pool.operator().list_users(UserPoolId=pool.pool_id)["Users"] == []
    assert (tmp_path / "operator.json").stat().st_mode & 0o777 == 0o600
