"""Guessing is slowed by exam and by address; only what finds nothing counts, and a minute forgives it."""

from dataclasses import dataclass

import pytest

from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.rules.guesses import ADDRESS_GUESSES_MAX, EXAM_GUESSES_MAX, GuessLimits


@dataclass
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_an_address_is_slowed_at_every_exam_until_the_minute_ends() -> None:
    clock = Clock(1_000_020.0)
    limits = GuessLimits(clock)
    for number in range(ADDRESS_GUESSES_MAX):
        limits.begin(f"exam {number}", "198.51.100.7")
    with pytest.raises(ApiError) as caught:
        limits.begin("another exam", "198.51.100.7")
    assert caught.value.error_type == "TooManyAttempts"
    assert caught.value.error_info == {"retryAfterSeconds": 61}
    assert caught.value.message.endswith("were tried from this address. Try again in 61 s.")
    limits.begin("another exam", "198.51.100.8")
    clock.now_s += 60
    limits.begin("another exam", "198.51.100.7")


def test_an_exam_is_slowed_for_every_address() -> None:
    limits = GuessLimits(Clock())
    for number in range(EXAM_GUESSES_MAX):
        limits.begin("exam", f"address {number % 3}")
    with pytest.raises(ApiError, match=r" were tried for this exam\. Try again in 61 s\.$"):
        limits.begin("exam", "another address")
    limits.begin("another exam", "another address")


def test_what_finds_a_result_never_counts() -> None:
    limits = GuessLimits(Clock())
    for _ in range(2 * EXAM_GUESSES_MAX):
        limits.begin("exam", "address")()


def test_guesses_at_once_gain_nothing() -> None:
    """Each is counted before it is looked up."""
    limits = GuessLimits(Clock())
    under_way = [limits.begin("exam", "address") for _ in range(ADDRESS_GUESSES_MAX)]
    with pytest.raises(ApiError):
        limits.begin("exam", "address")
    under_way[0]()
    limits.begin("exam", "address")
    with pytest.raises(ApiError):
        limits.begin("exam", "address")


def test_what_finds_a_result_is_taken_back_once() -> None:
    """It forgives no guess but itself, neither at its exam nor of its address."""
    limits = GuessLimits(Clock())
    limits.begin("exam", "address")()  # the first of all leaves nothing behind
    for number in range(EXAM_GUESSES_MAX):
        limits.begin("exam", f"address {number % 3}")()
        limits.begin("exam", f"address {number % 3}")
    with pytest.raises(ApiError, match="for this exam"):
        limits.begin("exam", "another address")
    for number in range(ADDRESS_GUESSES_MAX):
        limits.begin(f"exam {number}", "address")()
        limits.begin(f"exam {number}", "address")
    with pytest.raises(ApiError, match="from this address"):
        limits.begin("another exam", "address")
