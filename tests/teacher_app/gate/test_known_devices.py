"""A browser in which a teacher has signed in is known, and no stranger keeps that teacher out."""

import sqlite3
from pathlib import Path

import pytest

from deploy.local.backend.cognito.user_pool import lockout
from deploy.local.backend.storage.database import MIGRATIONS_FOLDER
from shared.model.errors import SignInThrottled
from teacher_app.gate.attempts import AttemptLimits, Visitor
from teacher_app.gate.known_devices import KNOWN_FOR_S, KnownDevices
from tests.teacher_app.gate.fake_pool import Clock

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
HOURS = 8
SCHOOL, ELSEWHERE = "10.0.0.1", "203.0.113.9"


def test_a_device_is_known_for_its_teachers_names_however_they_are_typed() -> None:
    devices = KnownDevices(KEY, Clock())
    cookie = devices.remember(["Ada.Lovelace", "ada@school.example"])
    device = devices.device_of(cookie, "ADA.lovelace")
    assert device is not None
    assert len(device) == 16  # 64 random bits, in a cookie that has to stay short
    assert devices.device_of(cookie, "ada@school.example") == device
    assert devices.device_of(cookie, "grace") is None
    assert devices.device_of(devices.remember(["Ada.Lovelace"]), "ada.lovelace") != device


@pytest.mark.parametrize("cookie", [None, "", "forged", KnownDevices(OTHER_KEY, Clock()).remember(["ada"])])
def test_a_cookie_that_was_not_made_with_the_key_makes_no_device_known(cookie: str | None) -> None:
    assert KnownDevices(KEY, Clock()).device_of(cookie, "ada") is None


def test_a_device_is_forgotten_after_half_a_year() -> None:
    clock = Clock()
    devices = KnownDevices(KEY, clock)
    cookie = devices.remember(["ada"])
    clock.advance(KNOWN_FOR_S - 10.0)
    assert devices.device_of(cookie, "ada") is not None
    clock.advance(20.0)
    assert devices.device_of(cookie, "ada") is None


class School:
    """The gate's limits before the user pool's lock-out, which knows names only, as on AWS."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.limits = AttemptLimits(self.clock)
        self.rows = sqlite3.connect(":memory:", isolation_level=None)
        self.rows.row_factory = sqlite3.Row
        script = next(Path(MIGRATIONS_FOLDER).glob("0001_*.sql")).read_text("utf-8")
        self.rows.executescript(script)

    def sign_in(self, name: str, visitor: Visitor, *, is_right: bool) -> bool | None:
        """Whether it succeeded; None if the password was not even examined."""
        try:
            with self.limits.attempt(name, visitor):
                if not lockout.begin_attempt(self.rows, name.encode(), self.clock()):
                    raise SignInThrottled(1.0)
        except SignInThrottled:
            return None
        if is_right:
            lockout.clear_failures(self.rows, name.encode())
            self.limits.succeeded(name, visitor)
        return is_right


@pytest.mark.parametrize(
    ("names", "address"),
    [
        pytest.param([f"made up {number}" for number in range(40)], SCHOOL, id="many names, same address"),
        pytest.param(["ada"], ELSEWHERE, id="the teacher's name, another address"),
        pytest.param(["ada"], SCHOOL, id="the teacher's name, same address"),
    ],
)
def test_over_a_working_day_a_guesser_does_not_keep_a_teacher_with_a_known_device_out(
    names: list[str], address: str
) -> None:
    """She signs in every minute while the guesser tries every second, as often as it is let."""
    school = School()
    outcomes, guesses = [], 0
    ada = Visitor(SCHOOL, "her laptop")
    for second in range(HOURS * 3600):
        school.clock.advance(1.0)
        name = names[second % len(names)]
        guesses += school.sign_in(name, Visitor(address), is_right=False) is not None
        if second % 60 == 30:
            outcomes.append(school.sign_in("ada", ada, is_right=True))
    school.rows.close()
    assert len(outcomes) == HOURS * 60
    assert outcomes.count(True) >= 0.97 * len(outcomes)
    if names == ["ada"]:
        assert guesses <= 479 * HOURS / 24, "no faster than the user pool alone allows"


def test_on_a_known_device_guessing_is_slowed_down_as_everywhere() -> None:
    school = School()
    thief = Visitor(SCHOOL, "a stolen laptop")
    guesses = 0
    for _ in range(24 * 60):
        school.clock.advance(60.0)
        guesses += school.sign_in("ada", thief, is_right=False) is not None
    school.rows.close()
    assert guesses <= 479
