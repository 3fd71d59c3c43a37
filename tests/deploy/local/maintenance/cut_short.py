"""Runs an operation on copies of a data folder, each killed one step later than the one before.

    python -m tests.deploy.local.maintenance.cut_short SOURCE TARGET [ARCHIVE]

It is a key rotation or, with an archive, a restore of it with --replace. A step is opening, renaming or
removing a file in the folder, or connecting to its database. In the last copy the operation completes. It is
a separate program because only a process without threads can be forked safely.
"""

import itertools
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy.local.maintenance.key_rotation import rotate_keys
from deploy.local.maintenance.restore import restore

STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "sqlite3.connect"}


def run_and_die(operation: Callable[[Path], None], folder: Path, last_step: int) -> None:
    steps_left = last_step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps_left
        if event in STEPS and str(arguments[0]).startswith(f"{folder}"):
            steps_left -= 1
            if steps_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    operation(folder)
    os._exit(0)


def main(source: Path, target: Path, archive: Path | None) -> None:
    def operation(folder: Path) -> None:
        if archive is None:
            rotate_keys(folder, secrets.token_bytes)
            return
        with archive.open("rb") as file:
            restore(file, folder, time.time, is_replacing=True)

    for step in itertools.count(1):
        folder = target / f"{step:03}"
        shutil.copytree(source, folder)
        child = os.fork()
        if child == 0:
            run_and_die(operation, folder, step)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]) if len(sys.argv) > 3 else None)
