"""Simulates the live path with random trouble: `python -m tests.simulation [--runs 10000] [--seed 1]`.

Each run has the seed after the one before. Ends with 1 at the first fault; `--runs 1 --seed N` repeats it.
"""

import argparse
import logging
import os
import sys
import time

from tests.simulation.run import Fault, Figures, simulate, simulated_network

__all__ = ["main"]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of texts have their order from it
        command = [sys.executable, "-m", "tests.simulation", *sys.argv[1:]]
        os.execve(sys.executable, command, {**os.environ, "PYTHONHASHSEED": "0"})
    logging.disable()
    begun_s, whole = time.monotonic(), Figures()
    with simulated_network() as networks:
        for seed in range(given.seed, given.seed + given.runs):
            try:
                figures = simulate(seed, networks)
            except Fault as fault:
                print(fault, file=sys.stderr)
                return 1
            whole.seconds += figures.seconds
            for name, count in figures.counts.items():
                whole.count(name, count)
    print(
        f"{given.runs} runs in {time.monotonic() - begun_s:.0f} s, {whole.seconds / 3600:.0f} hours, no fault"
    )
    for name, count in sorted(whole.counts.items()):
        print(f"  {count:>9}  {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
