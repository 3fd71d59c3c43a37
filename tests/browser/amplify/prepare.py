"""Makes the web page of the Amplify tests: the pinned packages, and one script bundled from page.js.

Run by tests/run.sh; safe to repeat. Without node or a network it says so and, unless REQUIRE_ALL=1, goes on:
the tests are then skipped with that reason.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from tests.deploy.aws.tools import node_environment, node_tool

FOLDER = Path(__file__).resolve().parent

__all__ = ["BUNDLE", "is_prepared"]

BUNDLE = FOLDER / "node_modules" / "page.bundle.js"
STAMP = FOLDER / "node_modules" / "prepared"
SOURCES = (FOLDER / "package-lock.json", FOLDER / "page.js")


def main() -> int:
    if is_prepared():
        return 0
    print(f"installing {FOLDER.name}/package-lock.json and bundling its page ...")
    try:
        for words in (["ci", "--no-audit", "--no-fund", "--loglevel=error"], ["run", "--silent", "build"]):
            subprocess.run([*node_tool("npm"), *words], cwd=FOLDER, env=node_environment(), check=True)
    except (OSError, subprocess.CalledProcessError, LookupError) as error:
        print(f"not prepared: the Amplify page: {error}", file=sys.stderr)
        return 1 if os.environ.get("REQUIRE_ALL") == "1" else 0
    STAMP.write_text(_checksum(), encoding="utf-8")
    return 0


def is_prepared() -> bool:
    return BUNDLE.is_file() and STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _checksum()


def _checksum() -> str:
    return hashlib.sha256(b"\0".join(source.read_bytes() for source in SOURCES)).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
