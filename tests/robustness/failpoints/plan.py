"""Which failpoints fire in which order, how long each lasts, after what pause. One seed, one plan."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["BACKEND", "NETWORKS", "PROCESSES", "STUDENT", "TEACHER", "Failpoint", "Step", "plan"]

BACKEND, STUDENT, TEACHER = PROCESSES = ("backend", "student dashboard", "teacher dashboard")
# clients -> backend, student dashboard -> backend, viewers -> student dashboard
NETWORKS = ("clients", "feed", "viewers")


class Failpoint(StrEnum):
    """What is broken."""

    KILL = "SIGKILL"
    PAUSE = "SIGSTOP, SIGCONT"
    CUT = "connections cut"
    HALF_OPEN = "connections half-open"
    HOLD_ANSWERS = "answers held back"
    LOSE_ANSWERS = "answers lost"
    DELAY = "messages delayed"
    REFUSE = "connections refused"
    DISK_FULL = "disk full"
    DISK_FAILS = "writes to disk fail"
    LOCK = "database locked"
    CLOCK = "clock stepped"
    SIGN_OUT = "a teacher's tokens ended"


@dataclass(frozen=True, slots=True)
class Step:
    """`amount`: the seconds of a delay or of a clock's step, how many answers are lost, or which teacher."""

    failpoint: Failpoint
    target: str
    pause_s: float
    lasts_s: float
    amount: float = 0.0


_OTHERS = (
    *((one, network) for one in (Failpoint.CUT, Failpoint.DELAY, Failpoint.REFUSE) for network in NETWORKS),
    *((one, network) for one in (Failpoint.HALF_OPEN, Failpoint.HOLD_ANSWERS) for network in NETWORKS),
    *((Failpoint.LOSE_ANSWERS, network) for network in NETWORKS),
    *((one, BACKEND) for one in (Failpoint.DISK_FULL, Failpoint.DISK_FAILS, Failpoint.LOCK, Failpoint.LOCK)),
    *((Failpoint.CLOCK, BACKEND), (Failpoint.CLOCK, BACKEND)),
    *((Failpoint.SIGN_OUT, "teacher"), (Failpoint.SIGN_OUT, "teacher")),
)
# The backend is killed most: it alone keeps what was answered.
_OF_PROCESSES = (
    *((Failpoint.KILL, BACKEND),) * 6,
    *((Failpoint.KILL, STUDENT),) * 2,
    (Failpoint.KILL, TEACHER),
    *((Failpoint.PAUSE, process) for process in PROCESSES),
)
_CLOCK_STEPS_S = (-3.0, 3.0, -40.0, 40.0, -200.0, 200.0, -4000.0, 4000.0)


def plan(seed: int) -> tuple[Iterator[Step], Iterator[Step]]:
    """Two endless orders, which are carried out side by side: what befalls processes, and everything else.

    Each deals all its failpoints before any of them comes again.
    """
    return (
        _dealt(_OF_PROCESSES, random.Random(f"{seed} processes"), longest_pause_s=1.0),
        _dealt(_OTHERS, random.Random(f"{seed} others"), longest_pause_s=1.5),
    )


def _dealt(
    pack: tuple[tuple[Failpoint, str], ...], chance: random.Random, longest_pause_s: float
) -> Iterator[Step]:
    while True:
        for failpoint, target in chance.sample(pack, len(pack)):
            pause_s, lasts_s = chance.uniform(0.2, longest_pause_s), chance.uniform(0.1, 6.0)
            match failpoint:
                case Failpoint.DELAY:
                    amount = chance.uniform(0.02, 0.5)
                case Failpoint.LOSE_ANSWERS:
                    amount = chance.randint(1, 20)
                case Failpoint.CLOCK:
                    amount = chance.choice(_CLOCK_STEPS_S)
                case Failpoint.SIGN_OUT:
                    amount = chance.randrange(1000)
                case Failpoint.KILL:
                    amount, lasts_s = 0.0, chance.uniform(0.0, 0.5)
                case _:
                    amount = 0.0
            yield Step(failpoint, target, pause_s, lasts_s, amount)
