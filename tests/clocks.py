"""Clocks that a test can move."""

import time
from dataclasses import dataclass

__all__ = ["ShiftedClock"]


@dataclass
class ShiftedClock:
    """Epoch seconds: real time plus a shift that a test changes."""

    shift_s: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.shift_s
