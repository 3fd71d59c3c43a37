"""Fuzzes the embedded backend: `python -m tests.fuzzing [--requests 10000] [--seed 1] [--only graphql,...]`.

Ends with 1 and the request that caused it at the first fault. The same seed sends the same requests.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.fuzzing import cognito_calls, graphql_requests, parsers, realtime_frames
from tests.fuzzing.world import Fault, Figures, World, planted_world

__all__ = ["PARTS", "main"]

# Name -> run(world, seed, requests). A GraphQL document is sent twice, a parser gets two texts.
PARTS: Mapping[str, Callable[[World, int, int], Figures]] = {
    "graphql": lambda world, start, count: graphql_requests.fuzz(world, start, count // 2),
    "cognito": cognito_calls.fuzz,
    "realtime": realtime_frames.fuzz,
    "parsers": lambda world, start, count: parsers.fuzz(world.backend.data_dir.parent, start, count // 2),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=10_000, help="of each part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(PARTS), help="the parts, separated by commas")
    given = parser.parse_args()
    for name in given.only.split(","):
        begun_s = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, planted_world(Path(folder) / "data") as world:
            try:
                figures = PARTS[name](world, given.seed, given.requests)
            except Fault as fault:
                print(f"{name}, seed {given.seed}: {fault}", file=sys.stderr)
                return 1
        print(f"{name}: {figures.tried} tried in {time.monotonic() - begun_s:.0f} s, no fault")
        for outcome, count in sorted(figures.outcomes.items()):
            print(f"  {count:>7}  {outcome}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
