"""When each change reached each viewer: written by the load process, read by the benchmark."""

import array
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.benchmarks.viewers.figures import marks_in

__all__ = ["Arrivals", "read_arrivals"]


class Arrivals:
    """Times by the monotonic clock, which all processes of a machine share. The first arrival counts."""

    def __init__(self, viewers: int, changes: int) -> None:
        self._changes = changes
        self._at_s = array.array("d", bytes(8 * viewers * changes))
        self.count = 0

    def note(self, viewer: int, data: bytes) -> None:
        """Records that `data` has reached this viewer now."""
        now_s = time.monotonic()
        begin = viewer * self._changes
        for change in marks_in(data):
            if change < self._changes and not self._at_s[begin + change]:
                self._at_s[begin + change] = now_s
                self.count += 1

    def write(self, path: Path, viewers: Iterable[int], changes: int) -> None:
        """Writes the first `changes` of each of these viewers, viewer by viewer."""
        with path.open("wb") as file:
            for viewer in viewers:
                begin = viewer * self._changes
                self._at_s[begin : begin + changes].tofile(file)


def read_arrivals(path: Path) -> Sequence[float]:
    """What Arrivals.write wrote."""
    moments: array.array[float] = array.array("d")
    moments.frombytes(path.read_bytes())
    return moments
