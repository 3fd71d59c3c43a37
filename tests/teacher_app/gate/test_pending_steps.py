"""Incomplete sign-ins are kept for minutes, one per browser, and their number is bounded."""

from shared.identity.user_pool import NewPasswordChallenge
from teacher_app.gate.pending_steps import CodeSent, PendingSignIn, PendingSteps
from tests.teacher_app.gate.fake_pool import Clock

LIFETIME_S = 60.0


def test_a_step_is_kept_until_it_is_completed() -> None:
    steps = PendingSteps(Clock())
    step = PendingSignIn(NewPasswordChallenge("ada", "ada", "secret handle"))
    steps.put("browser", step)
    assert steps.get("browser") is step
    assert steps.get("another browser") is None
    assert steps.get(None) is None
    steps.drop(None)
    steps.drop("browser")
    steps.drop("browser")
    assert steps.get("browser") is None


def test_a_step_that_takes_too_long_expires() -> None:
    clock = Clock()
    steps = PendingSteps(clock, LIFETIME_S)
    steps.put("browser", CodeSent("ada", None))
    clock.advance(LIFETIME_S - 0.1)
    assert steps.get("browser") is not None
    clock.advance(0.1)
    assert steps.get("browser") is None


def test_a_sweep_removes_expired_steps_and_keeps_new_ones() -> None:
    clock = Clock()
    steps = PendingSteps(clock, LIFETIME_S)
    steps.put("old", CodeSent("ada", None))
    clock.advance(LIFETIME_S)
    steps.put("new", CodeSent("grace", None))
    clock.advance(0.1)
    steps.sweep()
    clock.advance(-1.0)
    assert steps.get("old") is None
    assert steps.get("new") == CodeSent("grace", None)


def test_a_new_step_replaces_the_browsers_old_one() -> None:
    steps = PendingSteps(Clock())
    steps.put("browser", CodeSent("ada", None))
    steps.put("browser", CodeSent("grace", None))
    assert steps.get("browser") == CodeSent("grace", None)


def test_a_step_beyond_the_limit_drops_the_oldest() -> None:
    steps = PendingSteps(Clock(), steps_max=2)
    for name in ("first", "second", "third"):
        steps.put(name, CodeSent(name, None))
    assert [steps.get(name) is not None for name in ("first", "second", "third")] == [False, True, True]


def test_a_challenges_handle_is_not_in_its_repr() -> None:
    assert "secret handle" not in repr(PendingSignIn(NewPasswordChallenge("ada", "ada", "secret handle")))
