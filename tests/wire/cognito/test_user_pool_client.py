"""Teachers' sign-in against the embedded backend, every step and every refusal."""

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import boto3
import pyotp
import pytest

from shared.api.calls import TeacherApi
from shared.identity.teacher_session import Tokens
from shared.identity.user_pool import AuthenticatorChallenge, NewPasswordChallenge, TeacherSession, UserPool
from shared.model.errors import (
    AccountNotUsable,
    BackendUnreachable,
    CodeRejected,
    NotAllowed,
    PasswordRefused,
    PasswordResetRequired,
    SessionEnded,
    SignInRejected,
    SignInThrottled,
)
from shared.settings import BackendSettings
from tests.backend_process import RunningBackend
from tests.clocks import ShiftedClock
from tests.wire.clients import port_of
from tests.wire.tcp_proxy import TcpProxy

TEMPORARY = "Temporary-horse-1"
PASSWORD = "Correct-horse-7-battery"
NEW_PASSWORD = "Other-horse-8-battery"
_names = (f"pool-teacher-{number}" for number in count())


@pytest.fixture
def pool(settings: BackendSettings, clock: ShiftedClock) -> Iterator[UserPool]:
    with contextlib.closing(UserPool(settings, clock)) as pool:
        yield pool


@pytest.fixture(scope="module")
def operator(backend: RunningBackend, settings: BackendSettings) -> Iterator[Any]:
    key = json.loads((backend.data_dir / "operator.json").read_text())
    client = boto3.client(
        "cognito-idp",
        endpoint_url=settings.cognito_endpoint_url,
        region_name=settings.region,
        aws_access_key_id=key["access_key_id"],
        aws_secret_access_key=key["secret_access_key"],
    )
    with contextlib.closing(client):
        yield client


@pytest.fixture
def newcomer(operator: Any, settings: BackendSettings) -> str:
    """An account with a temporary password and a verified address."""
    name = next(_names)
    operator.admin_create_user(
        UserPoolId=settings.user_pool_id,
        Username=name,
        TemporaryPassword=TEMPORARY,
        UserAttributes=[
            {"Name": "email", "Value": f"{name}@example.org"},
            {"Name": "email_verified", "Value": "true"},
        ],
        MessageAction="SUPPRESS",
    )
    return name


@pytest.fixture
def name(operator: Any, settings: BackendSettings, newcomer: str) -> str:
    """An account with a permanent password."""
    operator.admin_set_user_password(
        UserPoolId=settings.user_pool_id, Username=newcomer, Password=PASSWORD, Permanent=True
    )
    return newcomer


def signed_in(pool: UserPool, name: str, password: str = PASSWORD) -> TeacherSession:
    session = pool.sign_in(name, password)
    assert isinstance(session, TeacherSession)
    return session


def code_from_outbox(backend: RunningBackend, name: str) -> str:
    lines = (backend.data_dir / "outbox.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [mail["text"] for mail in map(json.loads, lines) if mail["username"] == name]
    found = re.search(r"\b\d{6}\b", texts[-1])
    assert found
    return found.group()


def test_the_right_password_gives_a_session_that_the_api_accepts(
    pool: UserPool, name: str, settings: BackendSettings
) -> None:
    session = signed_in(pool, name)
    assert (session.username, session.display_name) == (name, name)
    assert session.email == f"{name}@example.org"
    with contextlib.closing(TeacherApi(settings, session.access_token)) as api:
        assert list(api.list_my_exams()) == []


def test_no_objects_text_contains_a_password_or_token(pool: UserPool, name: str, newcomer: str) -> None:
    session = signed_in(pool, name)
    token = session.access_token()
    assert token not in repr(session) + repr(vars(session))
    assert PASSWORD not in repr([vars(pool), vars(session)])


@pytest.mark.parametrize("who", ["known", "unknown"])
def test_a_wrong_password_and_an_unknown_name_are_refused_alike(pool: UserPool, name: str, who: str) -> None:
    with pytest.raises(SignInRejected, match="name or the password"):
        pool.sign_in(name if who == "known" else "nobody-at-all", "Wrong-horse-1-battery")


@pytest.mark.parametrize(("given_name", "password"), [("", PASSWORD), ("ada", "")])
def test_an_empty_name_or_password_is_refused_without_asking(
    pool: UserPool, given_name: str, password: str
) -> None:
    with pytest.raises(SignInRejected):
        pool.sign_in(given_name, password)


def test_too_many_wrong_passwords_throttle_even_the_right_one(pool: UserPool, name: str) -> None:
    for _ in range(5):
        with pytest.raises(SignInRejected):
            pool.sign_in(name, "Wrong-horse-1-battery")
    with pytest.raises(SignInThrottled):
        pool.sign_in(name, PASSWORD)


def test_a_temporary_password_must_be_replaced_and_is_then_invalid(pool: UserPool, newcomer: str) -> None:
    challenge = pool.sign_in(newcomer, TEMPORARY)
    assert isinstance(challenge, NewPasswordChallenge)
    assert challenge.username == newcomer
    assert challenge.session not in repr(challenge)
    session = pool.answer_new_password(challenge, NEW_PASSWORD)
    assert isinstance(session, TeacherSession)
    assert session.username == newcomer
    with pytest.raises(SignInRejected):
        pool.sign_in(newcomer, TEMPORARY)
    assert signed_in(pool, newcomer, NEW_PASSWORD).sub == session.sub


def test_a_weak_new_password_is_refused_and_another_may_be_tried(pool: UserPool, newcomer: str) -> None:
    challenge = pool.sign_in(newcomer, TEMPORARY)
    assert isinstance(challenge, NewPasswordChallenge)
    with pytest.raises(PasswordRefused) as refusal:
        pool.answer_new_password(challenge, "short")
    assert refusal.value.reason
    assert isinstance(pool.answer_new_password(challenge, NEW_PASSWORD), TeacherSession)


def test_an_already_answered_or_forged_challenge_ends_the_sign_in(pool: UserPool, newcomer: str) -> None:
    challenge = pool.sign_in(newcomer, TEMPORARY)
    assert isinstance(challenge, NewPasswordChallenge)
    with pytest.raises(SessionEnded):
        pool.answer_new_password(replace(challenge, session="x" * 40), NEW_PASSWORD)
    pool.answer_new_password(challenge, NEW_PASSWORD)
    with pytest.raises(SessionEnded):
        pool.answer_new_password(challenge, "Third-horse-9-battery")


def test_only_the_right_password_reveals_that_an_account_is_disabled(
    pool: UserPool, operator: Any, settings: BackendSettings, name: str
) -> None:
    operator.admin_disable_user(UserPoolId=settings.user_pool_id, Username=name)
    with pytest.raises(SignInRejected):
        pool.sign_in(name, "Wrong-horse-1-battery")
    with pytest.raises(AccountNotUsable, match="switched off"):
        pool.sign_in(name, PASSWORD)


def test_an_operators_reset_sends_a_code_that_sets_a_new_password(
    pool: UserPool, operator: Any, settings: BackendSettings, name: str, backend: RunningBackend
) -> None:
    operator.admin_reset_user_password(UserPoolId=settings.user_pool_id, Username=name)
    with pytest.raises(PasswordResetRequired):
        pool.sign_in(name, PASSWORD)
    pool.confirm_forgot_password(name, code_from_outbox(backend, name), NEW_PASSWORD)
    assert signed_in(pool, name, NEW_PASSWORD).username == name


def test_a_forgotten_password_is_reset_with_the_mailed_code(
    pool: UserPool, name: str, backend: RunningBackend
) -> None:
    assert pool.forgot_password(name) is None, "the answer tells nothing of the address"
    code = code_from_outbox(backend, name)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    with pytest.raises(CodeRejected):
        pool.confirm_forgot_password(name, wrong, NEW_PASSWORD)
    with pytest.raises(PasswordRefused):
        pool.confirm_forgot_password(name, code, "short")
    pool.confirm_forgot_password(name, f" {code[:3]} {code[3:]} ", NEW_PASSWORD)
    signed_in(pool, name, NEW_PASSWORD)
    with pytest.raises(CodeRejected):
        pool.confirm_forgot_password(name, code, PASSWORD)


def test_the_forgotten_password_form_does_not_reveal_who_has_an_account(pool: UserPool) -> None:
    assert pool.forgot_password("nobody-at-all") is None
    with pytest.raises(CodeRejected):
        pool.confirm_forgot_password("nobody-at-all", "123456", NEW_PASSWORD)


def test_changing_a_password_requires_the_current_one(pool: UserPool, name: str) -> None:
    session = signed_in(pool, name)
    with pytest.raises(SignInRejected):
        pool.change_password(session, "Wrong-horse-1-battery", NEW_PASSWORD)
    with pytest.raises(PasswordRefused):
        pool.change_password(session, PASSWORD, "short")
    pool.change_password(session, PASSWORD, NEW_PASSWORD)
    signed_in(pool, name, NEW_PASSWORD)


def test_an_authenticator_app_is_enrolled_required_and_turned_off(pool: UserPool, name: str) -> None:
    session = signed_in(pool, name)
    assert not pool.has_authenticator(session)
    secret = pool.enrol_authenticator(session, "Exam Results")
    assert secret.secret not in repr(secret)
    totp = pyotp.parse_uri(secret.uri)
    assert isinstance(totp, pyotp.TOTP)
    assert (totp.issuer, totp.name) == ("Exam Results", name)
    right = totp.now()
    with pytest.raises(CodeRejected):
        pool.confirm_authenticator(session, f"{(int(right) + 1) % 1_000_000:06}")
    assert not pool.has_authenticator(session)
    pool.confirm_authenticator(session, f"{right[:3]} {right[3:]}")
    assert pool.has_authenticator(session)

    challenge = pool.sign_in(name, PASSWORD)
    assert isinstance(challenge, AuthenticatorChallenge)
    assert (challenge.username, challenge.is_after_new_password) == (name, False)
    later = totp.at(time.time() + 30)  # a code works once: the next one is accepted within the window
    with pytest.raises(CodeRejected):
        pool.answer_authenticator(challenge, "12")
    challenge = pool.sign_in(name, PASSWORD)
    assert isinstance(challenge, AuthenticatorChallenge)
    again = pool.answer_authenticator(challenge, later)
    assert isinstance(again, TeacherSession)
    pool.turn_off_authenticator(again)
    assert isinstance(pool.sign_in(name, PASSWORD), TeacherSession)


def test_after_a_new_password_the_authenticator_code_is_required_too(
    pool: UserPool, operator: Any, settings: BackendSettings, name: str
) -> None:
    session = signed_in(pool, name)
    totp = pyotp.TOTP(pool.enrol_authenticator(session, "Exam Results").secret)
    pool.confirm_authenticator(session, totp.now())
    operator.admin_set_user_password(
        UserPoolId=settings.user_pool_id, Username=name, Password=TEMPORARY, Permanent=False
    )
    step = pool.sign_in(name, TEMPORARY)
    if isinstance(step, AuthenticatorChallenge):  # a pool may ask for the code first
        step = pool.answer_authenticator(step, totp.at(time.time() + 30))
        assert isinstance(step, NewPasswordChallenge)
        assert isinstance(pool.answer_new_password(step, NEW_PASSWORD), TeacherSession)
    else:
        assert isinstance(step, NewPasswordChallenge)
        step = pool.answer_new_password(step, NEW_PASSWORD)
        assert isinstance(step, AuthenticatorChallenge)
        assert step.is_after_new_password
        assert isinstance(pool.answer_authenticator(step, totp.at(time.time() + 30)), TeacherSession)


def test_a_token_that_expires_within_five_minutes_is_renewed_before_use(
    pool: UserPool, name: str, clock: ShiftedClock
) -> None:
    session = signed_in(pool, name)
    first = session.access_token()
    clock.shift_s = 3600 - 301
    assert session.access_token() == first
    clock.shift_s = 3600 - 299
    renewed = session.access_token()
    assert renewed != first
    assert session.username == name


def test_sign_out_ends_only_this_session_here_and_in_the_pool(
    pool: UserPool, settings: BackendSettings, name: str, clock: ShiftedClock
) -> None:
    session, other = signed_in(pool, name), signed_in(pool, name)
    token = session.access_token()
    pool.sign_out(session)
    assert session.has_ended
    with pytest.raises(SessionEnded):
        session.access_token()
    pool.sign_out(session)  # signing out again is harmless
    with contextlib.closing(TeacherApi(settings, lambda: token)) as api, pytest.raises(NotAllowed):
        list(api.list_exams())
    clock.shift_s = 3590
    assert other.access_token()


def test_sign_out_everywhere_ends_every_session_at_its_next_renewal(
    pool: UserPool, name: str, clock: ShiftedClock
) -> None:
    session, other = signed_in(pool, name), signed_in(pool, name)
    pool.sign_out_everywhere(session)
    assert session.has_ended
    with pytest.raises(SessionEnded):
        pool.sign_out_everywhere(session)
    clock.shift_s = 3590
    with pytest.raises(SessionEnded):
        other.access_token()
    assert other.has_ended
    with pytest.raises(SessionEnded):
        pool.change_password(other, PASSWORD, NEW_PASSWORD)


def test_an_operator_who_disables_an_account_ends_its_sessions_at_the_next_renewal(
    pool: UserPool, operator: Any, settings: BackendSettings, name: str, clock: ShiftedClock
) -> None:
    session = signed_in(pool, name)
    operator.admin_disable_user(UserPoolId=settings.user_pool_id, Username=name)
    clock.shift_s = 3590
    with pytest.raises(SessionEnded):
        session.access_token()


def test_while_the_pool_is_unreachable_a_token_is_used_until_it_expires(
    settings: BackendSettings, backend: RunningBackend, name: str, clock: ShiftedClock
) -> None:
    with (
        TcpProxy(port_of(backend)) as proxy,
        contextlib.closing(UserPool(settings, clock)) as pool,
    ):
        tokens = signed_in(pool, name).end()
        assert tokens is not None
        away = replace(settings, cognito_endpoint_url=f"http://127.0.0.1:{proxy.port}")
        proxy.refuse(True)
        with contextlib.closing(UserPool(away, clock)) as away_pool:
            asked: list[str] = []

            def renew(refresh_token: str) -> Tokens:
                asked.append(refresh_token)
                raise away_error.value

            with pytest.raises(BackendUnreachable) as away_error:
                away_pool.sign_in(name, PASSWORD)
            session = TeacherSession(tokens, renew, clock)
            token = session.access_token()
            assert asked == []
            clock.shift_s = 3600 - 200
            assert session.access_token() == token
            assert asked == [tokens.refresh_token]
            assert session.access_token() == token
            assert asked == [tokens.refresh_token]  # not retried on every click
            clock.shift_s = 3599
            with pytest.raises(BackendUnreachable):
                session.access_token()
            assert not session.has_ended


def test_an_unknown_token_is_refused_by_the_api(settings: BackendSettings) -> None:
    with (
        contextlib.closing(TeacherApi(settings, lambda: "a.b.c")) as api,
        pytest.raises(NotAllowed) as refusal,
    ):
        list(api.list_my_exams())
    assert not refusal.value.is_about_the_row


@pytest.mark.parametrize("begun", [b"", b'{"Auth'], ids=["after its head", "in its body"])
def test_an_answer_that_is_cut_is_no_answer(settings: BackendSettings, begun: bytes) -> None:
    """Found by the robustness run: an empty answer would mean that the password is changed, or that there is
    no authenticator."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 60\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            for _ in range(3):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(head + begun)

        thread = threading.Thread(target=answer)
        thread.start()
        away = replace(settings, cognito_endpoint_url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        with contextlib.closing(UserPool(away)) as pool:
            claims = {"sub": "ada", "username": "ada", "iat": 0, "exp": 3600}
            session = TeacherSession(Tokens("a", "r", claims, claims), pool._renew)
            with pytest.raises(BackendUnreachable):
                pool.change_password(session, PASSWORD, NEW_PASSWORD)
            with pytest.raises(BackendUnreachable):
                pool.has_authenticator(session)
            with pytest.raises(BackendUnreachable):
                pool.resume("r")
        thread.join()
