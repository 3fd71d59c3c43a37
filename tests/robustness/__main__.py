"""Breaks the running pair in every way of the plan, and checks that its promises hold.

    python -m tests.robustness --seconds 3600 --seed 1

The same seed breaks the same things in the same order. Ends with 1 if a promise was broken.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.robustness.pair import running_pair
from tests.robustness.report.figures import Figures
from tests.robustness.rounds import Run
from tests.server_process import ROOT
from tests.wire.gate_dashboard import wire_browser

__all__ = ["main"]

ROUND_S = 60.0
DISK_SIZE = "128m"
ON_SMALL_DISK = "ROBUSTNESS_FOLDER"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.robustness", description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a folder for the processes' logs")
    given = parser.parse_args()
    if ON_SMALL_DISK not in os.environ:
        return _again_on_a_small_disk(given.keep)
    is_asked_to_end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_asked_to_end.set())  # the round at hand is finished, and reported
    figures = Figures(given.seed, _commit())
    begun_s = time.monotonic()
    with (
        running_pair(Path(os.environ[ON_SMALL_DISK])) as pair,
        wire_browser(pair.teacher_url) as browser,
    ):
        run = Run(pair, browser, figures)
        while figures.duration_s < given.seconds and not is_asked_to_end.is_set():
            for violation in run.round(min(ROUND_S, given.seconds - figures.duration_s)):
                print(violation, flush=True)
            figures.duration_s = time.monotonic() - begun_s
            print(
                f"{figures.duration_s:.0f} s: {figures.rounds} rounds, {figures.kills()} kills, "
                f"{len(figures.violations)} violations",
                flush=True,
            )
        for name, part in pair.parts.items():
            if part.failed_starts:
                figures.fired[f"{name}: could not start then"] = part.failed_starts
    print(figures.text())
    return 1 if figures.violations else 0


def _again_on_a_small_disk(keep: Path | None) -> int:
    """Runs this once more where the data folder is a file system of its own, which can be filled.

    Where that is not possible, the run leaves out this one failpoint.
    """
    with tempfile.TemporaryDirectory() as temporary:
        folder = keep or Path(temporary)
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.robustness", *sys.argv[1:]]
        mount = f'mount -t tmpfs -o size={DISK_SIZE},mode=700 none "$0"'
        isolated = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
        try:
            is_possible = subprocess.run([*isolated, mount, str(data)], check=False).returncode == 0
        except FileNotFoundError:
            is_possible = False
        if is_possible:
            command = [*isolated, f'{mount} && exec "$@"', str(data), *command]
        else:
            print("no file system can be mounted here: the disk will not be filled", flush=True)
        environment = {**os.environ, ON_SMALL_DISK: str(folder)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: process.terminate())
        return process.wait()


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, check=False, capture_output=True, text=True
    )
    return found.stdout.strip() or "unknown"


if __name__ == "__main__":
    sys.exit(main())
