"""Runs a command that ends when the process that started it ends, for whatever reason.

    python parent_death.py PARENT_PID COMMAND [ARGUMENT ...]

A supervisor that is killed cannot stop its children. On Linux the kernel does so: it sends them SIGTERM when
their parent dies. On other systems the command runs without this safeguard.
"""

import ctypes
import os
import signal
import sys

__all__ = ["tie_to_parent"]

PR_SET_PDEATHSIG = 1  # from <linux/prctl.h>


def tie_to_parent(parent_pid: int) -> bool:
    """Ask the kernel to send SIGTERM when the parent dies; False if it is dead already. See prctl(2)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    # If it died before the request, no signal will ever come.
    return os.getppid() == parent_pid


if __name__ == "__main__":
    if not tie_to_parent(int(sys.argv[1])):
        sys.exit(0)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606  # deliberately without a shell
