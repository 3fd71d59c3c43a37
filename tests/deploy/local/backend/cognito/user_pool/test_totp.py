"""Authenticator codes: the examples of RFC 6238, adjacent time steps, and single use."""

import base64
import secrets

import pyotp
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploy.local.backend.cognito.user_pool.totp import matching_step, new_secret

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("now_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_examples_of_rfc_6238_are_accepted(now_s: int, code: str) -> None:
    """The last six of the RFC's eight digits."""
    assert matching_step(RFC_SECRET, code, float(now_s), after_step=0) == now_s // 30


@pytest.mark.parametrize(
    ("off_s", "is_accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_clocks_may_differ_by_one_step(off_s: int, is_accepted: bool) -> None:
    now_s = 1_800_000_015
    code = pyotp.TOTP(RFC_SECRET).at(now_s + off_s)
    assert (matching_step(RFC_SECRET, code, float(now_s), after_step=0) is not None) is is_accepted


def test_a_used_code_and_earlier_ones_are_refused() -> None:
    now_s = 1_800_000_015.0
    totp = pyotp.TOTP(RFC_SECRET)
    step = matching_step(RFC_SECRET, totp.at(now_s), now_s, after_step=0)
    assert step == 60_000_000
    for used in (totp.at(now_s), totp.at(now_s - 30)):
        assert matching_step(RFC_SECRET, used, now_s, after_step=step) is None
    assert matching_step(RFC_SECRET, totp.at(now_s + 30), now_s, after_step=step) == step + 1


@given(st.text(max_size=8))
@example("٢٨٧٠٨٢")  # digits, of another script
def test_anything_but_six_digits_is_refused(code: str) -> None:
    real = {pyotp.TOTP(RFC_SECRET).at(59 + off) for off in (-30, 0, 30)}
    assert (matching_step(RFC_SECRET, code, 59.0, after_step=-1) is not None) == (code in real)


def test_secrets_are_fresh_and_readable_by_apps() -> None:
    made = {new_secret(secrets.token_bytes) for _ in range(20)}
    assert len(made) == 20
    assert all(len(secret) == 32 and len(base64.b32decode(secret)) == 20 for secret in made)
