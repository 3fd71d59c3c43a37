"""Signing in over the wire with boto3 and pycognito: what succeeds, and every refusal in AWS's words."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pyotp
import pytest
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException, SoftwareTokenMFAChallengeException

from tests.wire.cognito_server import PASSWORD, TEMPORARY, Clock, Pool, refused, running_pool

NEW_PASSWORD = "Another-Horse-2"
INCORRECT = "Incorrect username or password."
EXCEEDED = "Password attempts exceeded"


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[Pool]:
    with running_pool(tmp_path) as running:
        yield running


def fail_to_sign_in(pool: Pool, username: str = "ada", *, times: int = 1) -> None:
    for _ in range(times):
        with refused("NotAuthorizedException", INCORRECT):
            pool.answer_of_password(username, "a wrong password")


def test_pycognito_signs_in_and_verifies_both_tokens(pool: Pool) -> None:
    sub = pool.add_user()
    cognito = pool.pycognito("ada")
    cognito.authenticate(PASSWORD)
    assert cognito.id_claims["sub"] == cognito.access_claims["sub"] == sub
    assert cognito.id_claims["cognito:username"] == "ada"
    assert cognito.id_claims["email"] == "ada@school.example"
    assert cognito.access_claims["client_id"] == pool.client_id


@pytest.mark.parametrize("typed", ["ADA", "ada@school.example", "Ada@School.Example"])
def test_users_sign_in_by_address_and_in_any_case(pool: Pool, typed: str) -> None:
    pool.add_user()
    tokens = pool.answer_of_password(typed, PASSWORD)["AuthenticationResult"]
    assert jwt.decode(tokens["IdToken"], options={"verify_signature": False})["cognito:username"] == "ada"


def test_nobody_signs_in_with_an_unverified_address(pool: Pool) -> None:
    pool.add_user(email=None)
    pool.operator().admin_create_user(
        UserPoolId=pool.pool_id,
        Username="bob",
        TemporaryPassword=TEMPORARY,
        UserAttributes=[{"Name": "email", "Value": "bob@school.example"}],
    )
    with refused("NotAuthorizedException", INCORRECT):
        pool.answer_of_password("bob@school.example", TEMPORARY)


@pytest.mark.parametrize(
    "password", ["pässwörd-Größe-1🎓", " inner  spaces Aa1 x", "x" * 250 + "Aa1", '"\\%Aa1-quoted']
)
def test_any_accepted_password_works(pool: Pool, password: str) -> None:
    password = password.strip()
    pool.add_user(password=password)
    assert pool.tokens(password=password)["TokenType"] == "Bearer"


def test_a_temporary_password_must_be_changed_and_the_new_one_works(pool: Pool) -> None:
    pool.add_user(password=None)
    cognito = pool.pycognito("ada")
    with pytest.raises(ForceChangePasswordException):
        cognito.authenticate(TEMPORARY)
    cognito.new_password_challenge(TEMPORARY, NEW_PASSWORD)
    assert cognito.access_claims["username"] == "ada"
    assert pool.tokens(password=NEW_PASSWORD)["AccessToken"]
    with refused("NotAuthorizedException", INCORRECT):
        pool.answer_of_password("ada", TEMPORARY)


def test_a_required_new_password_follows_the_policy_and_the_session_stays_usable(pool: Pool) -> None:
    pool.add_user(password=None)
    challenge = pool.answer_of_password("ada", TEMPORARY)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    client = pool.anyone()

    def answer(password: str) -> None:
        client.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": "ada", "NEW_PASSWORD": password},
        )

    for weak in ("short", "x" * 20, "no-upper-case-1", "NO-LOWER-CASE-1", "No-digits-here", TEMPORARY):
        with refused("InvalidPasswordException"):
            answer(weak)
    answer(NEW_PASSWORD)
    with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
        answer(NEW_PASSWORD)


def test_a_challenge_session_works_only_for_its_user_and_a_few_minutes(pool: Pool) -> None:
    pool.add_user(password=None)
    pool.add_user("bob", email=None)
    client = pool.anyone()
    for name, wait_s in (("bob", 0.0), ("ada", 181.0)):
        challenge = pool.answer_of_password("ada", TEMPORARY)
        pool.clock.advance(wait_s)
        with refused("NotAuthorizedException", "Invalid session for the user, session is expired."):
            client.respond_to_auth_challenge(
                ClientId=pool.client_id,
                ChallengeName="NEW_PASSWORD_REQUIRED",
                Session=challenge["Session"],
                ChallengeResponses={"USERNAME": name, "NEW_PASSWORD": NEW_PASSWORD},
            )


def test_a_session_for_one_challenge_cannot_answer_another(pool: Pool) -> None:
    pool.add_user(password=None)
    challenge = pool.answer_of_password("ada", TEMPORARY)
    with refused("NotAuthorizedException", "Invalid session for the user."):
        pool.anyone().respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="SOFTWARE_TOKEN_MFA",
            Session=challenge["Session"],
            ChallengeResponses={"USERNAME": "ada", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
        )


def test_a_temporary_password_expires_after_a_week(pool: Pool) -> None:
    pool.add_user(password=None)
    pool.clock.advance(7 * 86_400.0)
    with refused(
        "NotAuthorizedException", "Temporary password has expired and must be reset by an administrator."
    ):
        pool.answer_of_password("ada", TEMPORARY)


def test_a_wrong_password_and_an_unknown_user_are_refused_in_the_same_words(pool: Pool) -> None:
    pool.add_user()
    fail_to_sign_in(pool, "ada")
    fail_to_sign_in(pool, "nobody")


def test_known_and_unknown_names_get_challenges_of_the_same_form(pool: Pool) -> None:
    """With a constant salt and id for each name, so that repeated requests reveal nothing."""
    pool.add_user()
    client = pool.anyone()

    def asked(name: str) -> dict[str, str]:
        answer = client.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": name, "SRP_A": "abcdef"},
        )
        parameters: dict[str, str] = answer["ChallengeParameters"]
        return parameters

    def form(text: str) -> str:
        return "".join("0" if character in "0123456789abcdef" else character for character in text)

    known, unknown = asked("ada"), asked("nobody")
    assert known.keys() == unknown.keys()
    for name in ("SALT", "USERNAME", "USER_ID_FOR_SRP"):
        assert form(known[name]) == form(unknown[name])
        assert asked("ada")[name] == known[name]
        assert asked("Nobody")[name] == unknown[name]
    assert len(known["SECRET_BLOCK"]) == len(unknown["SECRET_BLOCK"])
    assert asked("nobody else")["SALT"] != unknown["SALT"]


@pytest.mark.parametrize("name", ["ada", "nobody"])
def test_after_five_failures_the_sixth_attempt_is_refused_even_with_the_right_password(
    pool: Pool, name: str
) -> None:
    pool.add_user()
    pool.clock.stop()
    fail_to_sign_in(pool, name, times=5)
    with refused("NotAuthorizedException", EXCEEDED):
        pool.answer_of_password(name, PASSWORD)


def test_the_lockout_grows_and_a_success_ends_it(pool: Pool) -> None:
    pool.add_user()
    pool.clock.stop()
    fail_to_sign_in(pool, times=5)
    for lock_s in (1.0, 2.0, 4.0):
        with refused("NotAuthorizedException", EXCEEDED):
            pool.answer_of_password("ada", PASSWORD)
        pool.clock.advance(lock_s)
        fail_to_sign_in(pool)
    pool.clock.advance(8.0)
    assert pool.tokens()
    fail_to_sign_in(pool, times=4)
    assert pool.tokens()


def test_a_restart_does_not_end_the_lockout(tmp_path: Path) -> None:
    clock = Clock()
    clock.stop()
    with running_pool(tmp_path, clock=clock) as pool:
        pool.add_user()
        fail_to_sign_in(pool, times=5)
        pool.clock.advance(1.0)
        fail_to_sign_in(pool)
    with running_pool(tmp_path, clock=clock) as pool, refused("NotAuthorizedException", EXCEEDED):
        pool.answer_of_password("ada", PASSWORD)


def wrong_proofs(pool: Pool, client: Any, count: int) -> list[dict[str, str]]:
    """Ada's answers to `count` challenges, from a wrong password."""
    proofs = []
    for _ in range(count):
        srp = AWSSRP("ada", "a wrong password", pool.pool_id, pool.client_id, client=client)
        asked = client.initiate_auth(
            ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=srp.get_auth_params()
        )
        proofs.append(srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ada"}))
    return proofs


def test_proofs_begun_before_the_lockout_do_not_bypass_it(pool: Pool) -> None:
    """All challenges are fetched first, then answered: still only five guesses count."""
    pool.add_user()
    pool.clock.stop()
    client = pool.anyone()
    guesses = wrong_proofs(pool, client, 7)

    def send(guess: dict[str, str]) -> None:
        client.respond_to_auth_challenge(
            ClientId=pool.client_id, ChallengeName="PASSWORD_VERIFIER", ChallengeResponses=guess
        )

    for guess in guesses[:5]:
        with refused("NotAuthorizedException", INCORRECT):
            send(guess)
    for guess in guesses[5:]:
        with refused("NotAuthorizedException", EXCEEDED):
            send(guess)


def test_concurrent_guesses_are_counted_one_by_one(pool: Pool) -> None:
    """Twenty answers race: five are verified, the others refused without being examined."""
    pool.add_user()
    pool.clock.stop()
    guesses = wrong_proofs(pool, pool.anyone(), 20)

    def message(guess: dict[str, str]) -> str:
        body = {"ClientId": pool.client_id, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": guess}
        answer = pool.call("AWSCognitoIdentityProviderService.RespondToAuthChallenge", body)
        return str(answer.json()["message"])

    with ThreadPoolExecutor(20) as threads:
        messages = list(threads.map(message, guesses))
    assert sorted(messages) == [INCORRECT] * 5 + [EXCEEDED] * 15


def test_many_people_sign_in_concurrently(pool: Pool) -> None:
    names = [f"teacher{number}" for number in range(8)]
    for name in names:
        pool.add_user(name, email=None)
    pool.anyone()
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(pool.tokens, names))
    claims = [jwt.decode(one["AccessToken"], options={"verify_signature": False}) for one in results]
    assert [one["username"] for one in claims] == names
    assert len({one["origin_jti"] for one in claims}) == 8


def test_a_recorded_proof_cannot_be_replayed(pool: Pool) -> None:
    pool.add_user()
    client = pool.anyone()
    srp = AWSSRP("ada", PASSWORD, pool.pool_id, pool.client_id, client=client)
    asked = client.initiate_auth(
        ClientId=pool.client_id, AuthFlow="USER_SRP_AUTH", AuthParameters=srp.get_auth_params()
    )
    proof = srp.process_challenge(asked["ChallengeParameters"], {"USERNAME": "ada"})
    sent = {"ClientId": pool.client_id, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": proof}
    assert client.respond_to_auth_challenge(**sent)["AuthenticationResult"]
    with refused("NotAuthorizedException", INCORRECT):
        client.respond_to_auth_challenge(**sent)


@pytest.mark.parametrize(
    "change",
    [
        {"USERNAME": "bob"},
        {"TIMESTAMP": "Mon Nov 2 03:04:05 UTC 2020"},
        {"PASSWORD_CLAIM_SIGNATURE": "AAAA"},
        {"PASSWORD_CLAIM_SECRET_BLOCK": "AAAA"},
    ],
)
def test_a_changed_proof_is_refused(pool: Pool, change: dict[str, str]) -> None:
    pool.add_user()
    pool.add_user("bob", email=None)
    with refused("NotAuthorizedException", INCORRECT):
        pool.answer_of_password("ada", PASSWORD, **change)


@pytest.mark.parametrize("srp_a", ["0", "00", "ffff" * 300, "not a number", f"{5 * 0:x}"])
def test_a_client_number_that_would_reveal_the_key_is_refused(pool: Pool, srp_a: str) -> None:
    with refused("InvalidParameterException"):
        pool.anyone().initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": "ada", "SRP_A": srp_a},
        )


def test_only_the_right_password_reveals_that_a_user_is_disabled(pool: Pool) -> None:
    pool.add_user()
    pool.operator().admin_disable_user(UserPoolId=pool.pool_id, Username="ada")
    fail_to_sign_in(pool)
    with refused("NotAuthorizedException", "User is disabled."):
        pool.answer_of_password("ada", PASSWORD)


def test_sign_up_is_refused_as_in_a_pool_with_admin_created_accounts(pool: Pool) -> None:
    with refused("NotAuthorizedException", "SignUp is not permitted for this user pool"):
        pool.anyone().sign_up(ClientId=pool.client_id, Username="eve", Password=PASSWORD)


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
def test_flows_that_are_turned_off_are_refused(pool: Pool, flow: str) -> None:
    """A password is never sent in clear text at sign-in."""
    pool.add_user()
    with refused("InvalidParameterException", f"{flow} flow not enabled for this client"):
        pool.anyone().initiate_auth(
            ClientId=pool.client_id, AuthFlow=flow, AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD}
        )


def test_another_client_is_refused(pool: Pool) -> None:
    with refused("ResourceNotFoundException", "User pool client elsewhere does not exist."):
        pool.anyone().initiate_auth(
            ClientId="elsewhere",
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": "ada", "SRP_A": "abc"},
        )


def test_an_authenticator_is_set_up_used_and_turned_off(pool: Pool) -> None:
    pool.add_user()
    cognito = pool.pycognito("ada")
    cognito.authenticate(PASSWORD)
    app = pyotp.TOTP(cognito.associate_software_token())
    assert cognito.verify_software_token(app.at(pool.clock()))
    cognito.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")

    pool.clock.advance(30.0)  # each code works once: the next sign-in needs the next code
    with pytest.raises(SoftwareTokenMFAChallengeException):
        cognito.authenticate(PASSWORD)
    cognito.respond_to_software_token_mfa_challenge(app.at(pool.clock()))
    assert cognito.access_claims["username"] == "ada"
    user = pool.anyone().get_user(AccessToken=cognito.access_token)
    assert user["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]
    assert user["PreferredMfaSetting"] == "SOFTWARE_TOKEN_MFA"

    cognito.set_user_mfa_preference(sms_mfa=False, software_token_mfa=False)
    assert pool.tokens()


@pytest.fixture
def pool_with_authenticator(pool: Pool) -> tuple[Pool, pyotp.TOTP]:
    pool.add_user()
    client, token = pool.anyone(), pool.tokens()["AccessToken"]
    app = pyotp.TOTP(client.associate_software_token(AccessToken=token)["SecretCode"])
    client.verify_software_token(AccessToken=token, UserCode=app.at(pool.clock()))
    client.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    pool.clock.advance(60.0)
    return pool, app


def answer_code(pool: Pool, session: str, code: str, name: str = "ada") -> dict[str, object]:
    answer: dict[str, object] = pool.anyone().respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="SOFTWARE_TOKEN_MFA",
        Session=session,
        ChallengeResponses={"USERNAME": name, "SOFTWARE_TOKEN_MFA_CODE": code},
    )
    return answer


def test_a_wrong_code_is_refused_and_the_right_one_still_works(
    pool_with_authenticator: tuple[Pool, pyotp.TOTP],
) -> None:
    pool, app = pool_with_authenticator
    session = pool.answer_of_password("ada", PASSWORD)["Session"]
    right = app.at(pool.clock())
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for code in (wrong, "", "abcdef", right + "0"):
        with refused("CodeMismatchException" if code else "InvalidParameterException"):
            answer_code(pool, session, code)
    assert answer_code(pool, session, right)["AuthenticationResult"]


def test_a_code_works_only_once(pool_with_authenticator: tuple[Pool, pyotp.TOTP]) -> None:
    """An intercepted code is useless, and so is an earlier one."""
    pool, app = pool_with_authenticator
    code = app.at(pool.clock())
    assert answer_code(pool, pool.answer_of_password("ada", PASSWORD)["Session"], code)
    session = pool.answer_of_password("ada", PASSWORD)["Session"]
    for used in (code, app.at(pool.clock() - 30.0)):
        with refused("CodeMismatchException", "Invalid code received for user"):
            answer_code(pool, session, used)


def test_guessing_codes_is_throttled_across_sign_ins(
    pool_with_authenticator: tuple[Pool, pyotp.TOTP],
) -> None:
    pool, app = pool_with_authenticator
    pool.clock.stop()
    wrong = f"{(int(app.at(pool.clock())) + 1) % 1_000_000:06d}"
    for _ in range(5):
        session = pool.answer_of_password("ada", PASSWORD)["Session"]
        with refused("CodeMismatchException"):
            answer_code(pool, session, wrong)
    session = pool.answer_of_password("ada", PASSWORD)["Session"]
    with refused("NotAuthorizedException", EXCEEDED):
        answer_code(pool, session, app.at(pool.clock()))


def test_an_authenticator_code_is_required_after_a_required_new_password(
    pool_with_authenticator: tuple[Pool, pyotp.TOTP],
) -> None:
    pool, app = pool_with_authenticator
    pool.operator().admin_set_user_password(
        UserPoolId=pool.pool_id, Username="ada", Password=TEMPORARY, Permanent=False
    )
    challenge = pool.answer_of_password("ada", TEMPORARY)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    next_challenge = pool.anyone().respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ada", "NEW_PASSWORD": NEW_PASSWORD},
    )
    assert next_challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert answer_code(pool, next_challenge["Session"], app.at(pool.clock()))["AuthenticationResult"]


def test_abandoning_the_setup_of_another_authenticator_keeps_the_first_one(
    pool_with_authenticator: tuple[Pool, pyotp.TOTP],
) -> None:
    pool, app = pool_with_authenticator
    session = pool.answer_of_password("ada", PASSWORD)["Session"]
    token = answer_code(pool, session, app.at(pool.clock()))["AuthenticationResult"]["AccessToken"]  # type: ignore[index]
    client = pool.anyone()
    client.associate_software_token(AccessToken=token)
    with refused("EnableSoftwareTokenMFAException", "Code mismatch"):
        client.verify_software_token(AccessToken=token, UserCode="000000")
    pool.clock.advance(60.0)
    session = pool.answer_of_password("ada", PASSWORD)["Session"]
    assert answer_code(pool, session, app.at(pool.clock()))["AuthenticationResult"]


def test_a_refresh_returns_new_tokens_but_no_new_refresh_token(pool: Pool) -> None:
    pool.add_user()
    cognito = pool.pycognito("ada")
    cognito.authenticate(PASSWORD)
    before = dict(cognito.access_claims)
    pool.clock.advance(3000.0)
    cognito.renew_access_token()
    assert cognito.access_claims["jti"] != before["jti"]
    assert cognito.access_claims["origin_jti"] == before["origin_jti"]
    assert cognito.access_claims["auth_time"] == before["auth_time"]
    assert cognito.access_claims["exp"] >= before["exp"] + 3000

    client = pool.anyone()
    answer = client.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=cognito.refresh_token)
    assert answer["AuthenticationResult"].keys() == {"AccessToken", "IdToken", "ExpiresIn", "TokenType"}


def test_a_refresh_token_survives_a_restart_and_is_stored_only_as_a_hash(tmp_path: Path) -> None:
    with running_pool(tmp_path) as pool:
        pool.add_user()
        refresh_token = pool.tokens()["RefreshToken"]
    for path in tmp_path.iterdir():
        assert refresh_token.encode() not in path.read_bytes(), path
    with running_pool(tmp_path) as pool:
        answer = pool.anyone().get_tokens_from_refresh_token(
            ClientId=pool.client_id, RefreshToken=refresh_token
        )
        assert answer["AuthenticationResult"]["AccessToken"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        ("unknown", "Invalid Refresh Token"),
        ("late", "Refresh Token has expired"),
        ("revoked", "Refresh Token has been revoked"),
        ("disabled", "Refresh Token has been revoked"),
        ("deleted", "Invalid Refresh Token"),
    ],
)
def test_an_invalid_refresh_token_is_refused(pool: Pool, spoil: str, message: str) -> None:
    pool.add_user()
    token, client = pool.tokens()["RefreshToken"], pool.anyone()
    named = {"UserPoolId": pool.pool_id, "Username": "ada"}
    if spoil == "unknown":
        token = "0" * 96
    elif spoil == "late":
        pool.clock.advance(30 * 86_400.0)
    elif spoil == "revoked":
        client.revoke_token(ClientId=pool.client_id, Token=token)
    elif spoil == "disabled":
        pool.operator().admin_disable_user(**named)
    else:
        pool.operator().admin_delete_user(**named)
    for call in (
        lambda: client.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": token},
        ),
        lambda: client.get_tokens_from_refresh_token(ClientId=pool.client_id, RefreshToken=token),
    ):
        with refused("NotAuthorizedException", message):
            call()


def test_no_password_is_anywhere_in_the_data_folder(tmp_path: Path) -> None:
    """Neither temporary nor chosen, in any file or searchable encoding."""
    with running_pool(tmp_path) as pool:
        pool.add_user(password=None)
        pool.pycognito("ada").new_password_challenge(TEMPORARY, NEW_PASSWORD)
        assert pool.tokens(password=NEW_PASSWORD)
        for path in tmp_path.iterdir():
            content = path.read_bytes()
            for password in (TEMPORARY, NEW_PASSWORD):
                assert password.encode() not in content, path
