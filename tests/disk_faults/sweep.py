"""Repeats an operation with the disk failing at each of its calls in turn."""

import itertools
import shutil
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.disk_faults.injection import ERRORS, DiskFault, Outcome, run_with_fault
from tests.disk_faults.operations import DATA, Operation

__all__ = ["Case", "every_fault", "sweep"]


@dataclass(frozen=True, slots=True)
class Case:
    """A fault that has fired, and what was wrong afterwards, if anything."""

    fault: DiskFault
    wrong: str | None


def every_fault(operation: Operation, place: Path) -> list[DiskFault]:
    """Each call that the operation makes on a whole disk, with each error, once and lasting.

    `place` is emptied. Raises StraceUnusable.
    """
    made = _outcome(operation, None, place).calls
    return [
        DiskFault(call, number, error, lasts)
        for call, error, lasts in itertools.product(sorted(made), ERRORS, (False, True))
        for number in range(1, made[call] + 1)
    ]


def sweep(operation: Operation, faults: Iterable[DiskFault], place: Path) -> Iterator[Case]:
    """Repeat the operation with each of the faults; those that do not fire this time are left out."""
    for fault in faults:
        outcome = _outcome(operation, fault, place)
        if outcome.has_fired:
            yield Case(fault, _wrong(operation, outcome, place))


def _outcome(operation: Operation, fault: DiskFault | None, place: Path) -> Outcome:
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    shutil.copytree(operation.source, place / DATA)
    return run_with_fault(lambda probe: operation.act(probe, place), fault, place / "strace.log")


def _wrong(operation: Operation, outcome: Outcome, place: Path) -> str | None:
    try:
        operation.check(outcome, place)
    except Exception:  # noqa: BLE001  # whatever it is, it is reported
        return f"{outcome}\n{traceback.format_exc()}"
    return None
