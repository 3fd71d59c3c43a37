"""Attempts are limited by name and by address, with doubling waits and bounded memory."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import BackendUnreachable, SignInThrottled
from teacher_app.gate.attempts import AttemptLimits, AttemptRule, Attempts, Visitor
from tests.teacher_app.gate.fake_pool import Clock

RULE = AttemptRule(free=3, first_wait_s=5.0, longest_wait_s=60.0, forgotten_after_s=600.0)


def attempt(limits: AttemptLimits, name: str, address: str) -> None:
    with limits.attempt(name, Visitor(address)):
        pass


def test_the_first_attempts_are_free_and_then_waits_double_up_to_the_maximum() -> None:
    clock = Clock()
    attempts = Attempts(RULE, clock)
    waits = []
    for _ in range(9):
        attempts.begin("ada")
        waits.append(attempts.wait_s("ada"))
        clock.advance(waits[-1])
    assert waits == [0.0, 0.0, 5.0, 10.0, 20.0, 40.0, 60.0, 60.0, 60.0]


def test_one_key_does_not_block_another() -> None:
    attempts = Attempts(RULE, Clock())
    for _ in range(3):
        attempts.begin("ada")
    assert attempts.wait_s("ada") == 5.0
    assert attempts.wait_s("grace") == 0.0


def test_waiting_unblocks_and_a_long_pause_resets_everything() -> None:
    clock = Clock()
    attempts = Attempts(RULE, clock)
    for _ in range(3):
        attempts.begin("ada")
    clock.advance(4.0)
    assert attempts.wait_s("ada") == 1.0
    clock.advance(1.0)
    assert attempts.wait_s("ada") == 0.0
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 10.0
    clock.advance(10.0 + 600.0 + 0.1)
    for _ in range(2):
        attempts.begin("ada")
    assert attempts.wait_s("ada") == 0.0


def test_with_gradual_forgiveness_a_steady_trickle_is_never_blocked() -> None:
    """But a burst is, and its end does not reset the count."""
    clock = Clock()
    attempts = Attempts(replace(RULE, one_forgiven_every_s=60.0), clock)
    for _ in range(100):
        attempts.begin("one school")
        assert attempts.wait_s("one school") == 0.0
        clock.advance(61.0)
    waits = []
    for _ in range(4):
        attempts.begin("one school")
        waits.append(attempts.wait_s("one school"))
    assert waits == [0.0, 0.0, 5.0, 10.0]
    clock.advance(65.0)
    attempts.begin("one school")
    assert attempts.wait_s("one school") == 10.0


def test_quiet_time_does_not_accumulate_credit() -> None:
    clock = Clock()
    attempts = Attempts(replace(RULE, one_forgiven_every_s=60.0), clock)
    attempts.begin("one school")
    clock.advance(550.0)
    for _ in range(3):
        attempts.begin("one school")
    assert attempts.wait_s("one school") == 5.0


def test_a_withdrawn_attempt_no_longer_counts() -> None:
    attempts = Attempts(RULE, Clock())
    for _ in range(3):
        attempts.begin("ada")
    attempts.withdraw("ada")
    assert attempts.wait_s("ada") == 0.0
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 5.0


def test_withdrawing_one_attempt_does_not_unblock_a_key_that_others_blocked() -> None:
    attempts = Attempts(RULE, Clock())
    for _ in range(5):
        attempts.begin("one school")
    attempts.withdraw("one school")
    assert attempts.wait_s("one school") == 10.0


def test_withdrawing_an_uncounted_attempt_changes_nothing() -> None:
    attempts = Attempts(RULE, Clock())
    attempts.withdraw("ada")
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 0.0


def test_memory_is_bounded_by_evicting_the_least_recently_seen() -> None:
    attempts = Attempts(RULE, Clock(), keys_max=2)
    for key in ("old", "old", "old", "middle", "middle", "middle", "new"):
        attempts.begin(key)
    assert attempts.wait_s("old") == 0.0
    assert attempts.wait_s("middle") == 5.0


@given(st.integers(min_value=1, max_value=5000))
def test_no_number_of_attempts_makes_the_wait_longer_than_the_maximum(attempts_made: int) -> None:
    attempts = Attempts(RULE, Clock())
    for _ in range(attempts_made):
        attempts.begin("ada")
    assert attempts.wait_s("ada") <= RULE.longest_wait_s


def test_a_name_is_blocked_from_every_address_however_it_is_typed() -> None:
    limits = AttemptLimits(Clock())
    for number in range(5):
        attempt(limits, "Ada", f"10.0.0.{number}")
    with pytest.raises(SignInThrottled) as refused:
        attempt(limits, " ada ", "10.0.0.99")
    assert refused.value.retry_after_s == 5.0


def test_an_address_is_blocked_for_every_name() -> None:
    limits = AttemptLimits(Clock())
    for number in range(30):
        attempt(limits, f"teacher-{number}", "10.0.0.1")
    with pytest.raises(SignInThrottled):
        attempt(limits, "somebody else", "10.0.0.1")
    attempt(limits, "somebody else", "10.0.0.2")


def test_a_success_clears_the_name_but_withdraws_only_one_attempt_of_the_address() -> None:
    """Knowing one right password must not allow unlimited attempts at others."""
    limits = AttemptLimits(Clock())
    for number in range(29):
        attempt(limits, f"teacher-{number}", "10.0.0.1")
    attempt(limits, "own", "10.0.0.1")
    limits.succeeded("own", Visitor("10.0.0.1"))
    attempt(limits, "teacher-30", "10.0.0.1")
    with pytest.raises(SignInThrottled):
        attempt(limits, "teacher-31", "10.0.0.1")


def test_a_refused_attempt_is_not_counted_so_waiting_is_enough() -> None:
    clock = Clock()
    limits = AttemptLimits(clock)
    for _ in range(5):
        attempt(limits, "ada", "10.0.0.1")
    for _ in range(20):
        with pytest.raises(SignInThrottled):
            attempt(limits, "ada", "10.0.0.1")
    clock.advance(5.0)
    attempt(limits, "ada", "10.0.0.1")


def test_an_attempt_that_the_pool_could_not_decide_is_not_counted() -> None:
    limits = AttemptLimits(Clock())
    for _ in range(50):
        with pytest.raises(BackendUnreachable), limits.attempt("ada", Visitor("10.0.0.1")):
            raise BackendUnreachable("pool", "no answer")
    attempt(limits, "ada", "10.0.0.1")


def test_a_known_device_is_limited_on_its_own_until_a_success() -> None:
    """Neither the name nor the address has to do with it, so that no stranger can block it."""
    limits = AttemptLimits(Clock())
    laptop = Visitor("10.0.0.1", "her laptop")
    for _ in range(2):
        for _ in range(5):
            with limits.attempt("ada", laptop):
                pass
        with pytest.raises(SignInThrottled) as refused, limits.attempt("ada", laptop):
            pass
        assert refused.value.retry_after_s == 5.0
        with limits.attempt("ada", Visitor("10.0.0.1", "her telephone")):
            pass
        limits.succeeded("ada", laptop)
    attempt(limits, "ada", "10.0.0.1")


def test_a_success_clears_the_name() -> None:
    limits = AttemptLimits(Clock())
    for _ in range(2):
        for _ in range(5):
            attempt(limits, "ada", "10.0.0.1")
        with pytest.raises(SignInThrottled):
            attempt(limits, "ada", "10.0.0.1")
        limits.succeeded("ada", Visitor("10.0.0.1"))
    limits.succeeded("nobody tried", Visitor("10.0.0.1"))


def test_a_text_too_long_for_a_name_counts_by_its_beginning() -> None:
    limits = AttemptLimits(Clock())
    for number in range(5):
        attempt(limits, "a" * 128 + str(number), "10.0.0.1")
    with pytest.raises(SignInThrottled):
        attempt(limits, "a" * 128, "10.0.0.1")
    attempt(limits, "a" * 127, "10.0.0.1")


def test_the_rest_of_a_period_counts_towards_the_next_attempt_forgiven() -> None:
    clock = Clock()
    attempts = Attempts(replace(RULE, one_forgiven_every_s=60.0), clock)
    for _ in range(2):
        attempts.begin("one school")
    waits = []
    for pause_s in (0.0, 90.0, 30.0, 59.0):
        clock.advance(pause_s)
        attempts.begin("one school")
        waits.append(attempts.wait_s("one school"))
    assert waits == [5.0, 5.0, 5.0, 10.0]


def test_attempts_are_remembered_until_the_pause_after_the_wait_is_over() -> None:
    clock = Clock()
    attempts = Attempts(RULE, clock)
    for _ in range(3):
        attempts.begin("ada")
    clock.advance(5.0 + RULE.forgotten_after_s)
    attempts.begin("ada")
    assert attempts.wait_s("ada") == 10.0


def test_withdrawing_one_attempt_leaves_the_others_counted() -> None:
    attempts = Attempts(RULE, Clock())
    for _ in range(2):
        attempts.begin("ada")
    attempts.withdraw("ada")
    for _ in range(2):
        attempts.begin("ada")
    assert attempts.wait_s("ada") == 5.0
