"""Programs from tests/requirements.txt, beside the interpreter that runs the tests."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["CONTAINERS", "ROOT", "run_tool", "tool"]

ROOT = Path(__file__).parents[3]
CONTAINERS = ROOT / "deploy" / "containers"
DEADLINE_S = 60


def tool(name: str) -> str:
    """The path of an installed program."""
    path = Path(sys.executable).with_name(name)
    assert path.is_file(), f"{name} is not installed: pip install -r tests/requirements.txt"
    return str(path)


def run_tool(
    name: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tool(name), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
