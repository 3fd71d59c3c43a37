"""Lets the disk fail at every call in turn: `python -m tests.disk_faults [--only backup,...] [--sample 4]`.

For each operation, its first call fails, then its second, and so on: with each error, once and for
good. Lists what was wrong afterwards, and ends with 1 if anything was, with 3 where strace cannot be used.
"""

import argparse
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.disk_faults.injection import StraceUnusable
from tests.disk_faults.operations import operations
from tests.disk_faults.sweep import every_fault, sweep

__all__ = ["main"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.disk_faults", description=__doc__.splitlines()[0])
    parser.add_argument("--only", help="the operations, separated by commas")
    parser.add_argument("--sample", type=int, help="so many faults of each operation, at random")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    logging.disable()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        known = operations(Path(folder))
        for name in given.only.split(",") if given.only else known:
            begun_s, fired, place = time.monotonic(), Counter[str](), Path(folder) / "place"
            try:
                faults = every_fault(known[name], place)
            except StraceUnusable as unusable:
                print(unusable, file=sys.stderr)
                return 3
            if given.sample:
                faults = random.Random(given.seed).sample(faults, given.sample)
            for case in sweep(known[name], faults, place):
                fired[case.fault.call] += 1
                if case.wrong is not None:
                    wrong += 1
                    print(f"{name}, {case.fault}: {case.wrong}", file=sys.stderr)
            calls = ", ".join(f"{call} {count}" for call, count in fired.items())
            print(f"{name}: {fired.total()} faults in {time.monotonic() - begun_s:.0f} s ({calls})")
    print(f"{wrong} folders were left wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
