"""Runs a command that ends when the process that started it ends, however that came about.

    python parent_death.py PARENT_PID COMMAND [ARGUMENT ...]

A supervisor that is killed cannot stop its children; on Linux the kernel does it for us: it sends SIGTERM
when the parent dies. Elsewhere the command runs without that rope.
"""

import ctypes
import os
import signal
import sys

__all__ = ["tie_to_parent"]

PR_SET_PDEATHSIG = 1  # prctl(2)


def tie_to_parent(parent_pid: int) -> bool:
    """Ask the kernel for SIGTERM at the parent's death; False when the parent is dead already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # It may have died before the request; then nobody will ever send the signal.
    return os.getppid() == parent_pid


if __name__ == "__main__":
    if not tie_to_parent(int(sys.argv[1])):
        sys.exit(0)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # no shell is meant
