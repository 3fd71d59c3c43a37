"""Installs what the AWS tests need besides Python: the emulator's environment and AWS's resolver lint rules.

Run by tests/run.sh; safe to repeat. Without a network it says what is missing and, unless REQUIRE_ALL=1,
goes on: the tests that need it are then skipped with that reason.
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from tests.deploy.aws.tools import (
    EMULATOR_ENVIRONMENT,
    EMULATOR_REQUIREMENTS,
    LINT_FOLDER,
    node_environment,
    node_tool,
)

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    missing = []
    for name, prepare in (("the AWS emulator", _emulator), ("the resolvers' lint rules", _lint)):
        try:
            prepare()
        except (OSError, subprocess.CalledProcessError, LookupError) as error:
            missing.append(f"{name}: {error}")
    for line in missing:
        print(f"not prepared: {line}", file=sys.stderr)
    return 1 if missing and os.environ.get("REQUIRE_ALL") == "1" else 0


def _emulator() -> None:
    python = EMULATOR_ENVIRONMENT / "bin" / "python"
    if _is_current(EMULATOR_ENVIRONMENT / "installed", EMULATOR_REQUIREMENTS):
        return
    print(f"installing {EMULATOR_REQUIREMENTS.relative_to(ROOT)} into {EMULATOR_ENVIRONMENT.name} ...")
    venv.create(EMULATOR_ENVIRONMENT, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(EMULATOR_REQUIREMENTS)], check=True)
    _mark(EMULATOR_ENVIRONMENT / "installed", EMULATOR_REQUIREMENTS)


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
