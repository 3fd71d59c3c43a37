"""TOTP codes of authenticator apps (RFC 6238: SHA-1, 30 s, six digits), each accepted once."""

import base64
import hmac
from collections.abc import Callable
from typing import Final

import pyotp

__all__ = ["matching_step", "new_secret"]

STEP_S: Final = 30
WINDOW_STEPS: Final = (
    1  # steps before and after the present one that also count: clocks differ, people are slow
)
SECRET_BYTES: Final = 20  # as long as the hash; 32 characters of base32 without padding


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """A new secret in base32, as authenticator apps read it."""
    return base64.b32encode(random_bytes(SECRET_BYTES)).decode()


def matching_step(secret: str, code: str, now_s: float, *, after_step: int) -> int | None:
    """The time step (Unix time / 30 s) of this code, or None when it is wrong, expired or used.

    `after_step` is the last step that was accepted: an observed code cannot be used again.
    """
    if len(code) != 6 or not (code.isascii() and code.isdigit()):
        return None
    generator = pyotp.TOTP(secret, interval=STEP_S)
    present = int(now_s) // STEP_S
    found: int | None = None
    for step in range(present - WINDOW_STEPS, present + WINDOW_STEPS + 1):
        if hmac.compare_digest(generator.generate_otp(step), code) and step > after_step:
            found = step
    return found
