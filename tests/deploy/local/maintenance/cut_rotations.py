"""Rotates the keys in copies of a data folder, each killed one step later: `... cut_rotations SOURCE TARGET`.

A step is opening, renaming or removing a file in the folder, or connecting to its database. The last copy's
rotation completes. It is a separate program because only a process without threads can be forked safely.
"""

import itertools
import os
import secrets
import shutil
import signal
import sys
from pathlib import Path

from deploy.local.maintenance.key_rotation import rotate_keys

STEPS = {"open", "os.rename", "os.remove", "sqlite3.connect"}


def rotate_and_die(folder: Path, last_step: int) -> None:
    steps_left = last_step

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal steps_left
        if event in STEPS and str(arguments[0]).startswith(f"{folder}"):
            steps_left -= 1
            if steps_left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    rotate_keys(folder, secrets.token_bytes)
    os._exit(0)


def main(source: Path, target: Path) -> None:
    for step in itertools.count(1):
        folder = target / f"{step:02}"
        shutil.copytree(source, folder)
        child = os.fork()
        if child == 0:
            rotate_and_die(folder, step)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            sys.exit(os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
