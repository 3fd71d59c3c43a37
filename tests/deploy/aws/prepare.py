"""Installs what the AWS tests need besides Python: emulator, checkers of templates, lint rules of resolvers.

Run by tests/run.sh; safe to repeat. Without a network it says what is missing and, unless REQUIRE_ALL=1,
goes on: the tests that need it are then skipped with that reason.
"""

import hashlib
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.deploy.aws.tools import (
    CHECKERS_ENVIRONMENT,
    CHECKERS_REQUIREMENTS,
    EMULATOR_ENVIRONMENT,
    EMULATOR_REQUIREMENTS,
    LINT_FOLDER,
    node_environment,
    node_tool,
)

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    missing = []
    steps: tuple[tuple[str, Callable[[], None]], ...] = (
        ("the AWS emulator", partial(_environment, EMULATOR_ENVIRONMENT, EMULATOR_REQUIREMENTS)),
        ("the resolvers' lint rules", _lint),
        ("the templates' checkers", partial(_environment, CHECKERS_ENVIRONMENT, CHECKERS_REQUIREMENTS)),
    )
    for name, prepare in steps:
        try:
            prepare()
        except (OSError, subprocess.CalledProcessError, LookupError) as error:
            missing.append(f"{name}: {error}")
    for line in missing:
        print(f"not prepared: {line}", file=sys.stderr)
    return 1 if missing and os.environ.get("REQUIRE_ALL") == "1" else 0


def _environment(folder: Path, requirements: Path) -> None:
    if _is_current(folder / "installed", requirements):
        return
    print(f"installing {requirements.relative_to(ROOT)} into {folder.name} ...")
    venv.create(folder, with_pip=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(requirements)], check=True)
    _mark(folder / "installed", requirements)


def _lint() -> None:
    lock = LINT_FOLDER / "package-lock.json"
    if _is_current(LINT_FOLDER / "node_modules" / "installed", lock):
        return
    print(f"installing {lock.relative_to(ROOT)} ...")
    npm = [*node_tool("npm"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(npm, cwd=LINT_FOLDER, env=node_environment(), check=True)
    _mark(LINT_FOLDER / "node_modules" / "installed", lock)


def _is_current(stamp: Path, source: Path) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _checksum(source)


def _mark(stamp: Path, source: Path) -> None:
    stamp.write_text(_checksum(source), encoding="utf-8")


def _checksum(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
