"""Runs a module as a program whose clock a test can step while it runs:

    python -m tests.robustness.failpoints.stepped_clock FILE MODULE [ARGUMENT ...]

FILE has the seconds to add to time.time(), as eight bytes; the monotonic clock goes on as ever.
"""

import mmap
import runpy
import struct
import sys
import time
from pathlib import Path

__all__ = ["step_clock"]

_SECONDS = struct.Struct("<d")


def step_clock(path: Path, seconds: float) -> None:
    """From now on the program's clock is that far from ours."""
    mode = "r+b" if path.exists() else "w+b"
    with path.open(mode) as file:  # in place: the program has it mapped
        file.write(_SECONDS.pack(seconds))


def _run(path: Path, module: str, arguments: list[str]) -> None:
    with path.open("rb") as file:
        shift = mmap.mmap(file.fileno(), _SECONDS.size, prot=mmap.PROT_READ)
    real_s = time.time
    time.time = lambda: real_s() + _SECONDS.unpack_from(shift)[0]  # before the module takes it as a default
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _run(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
