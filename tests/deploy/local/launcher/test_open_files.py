"""The one command raises the open-file limit to make room for viewers."""

import resource
import subprocess
import sys

import psutil

from tests.deploy.local.launcher.conftest import USUAL_OPEN_FILES, soft_limit
from tests.pair_process import PairProcess
from tests.server_process import ROOT


def limits_after(wanted: int) -> list[int]:
    """The function's result and the limit afterwards, in a process that starts with USUAL_OPEN_FILES."""
    program = (
        "import resource; from deploy.local.launcher.open_files import allow_open_files;"
        f"print(allow_open_files({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    with soft_limit(USUAL_OPEN_FILES):
        told = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return [int(word) for word in told.stdout.split()]


def test_the_limit_is_raised_to_the_requested_number() -> None:
    assert limits_after(USUAL_OPEN_FILES + 1) == [USUAL_OPEN_FILES + 1, USUAL_OPEN_FILES + 1]


def test_the_limit_is_raised_no_further_than_the_system_allows() -> None:
    with soft_limit(USUAL_OPEN_FILES) as hard:
        assert hard > USUAL_OPEN_FILES
    assert limits_after(hard + 1) == [hard, hard]


def test_a_higher_limit_is_kept() -> None:
    assert limits_after(100) == [USUAL_OPEN_FILES, USUAL_OPEN_FILES]


def test_every_child_of_the_one_command_has_the_raised_limit(running_pair: PairProcess) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    children = running_pair.children()
    assert len(children) >= 3
    assert {psutil.Process(child.pid).rlimit(psutil.RLIMIT_NOFILE)[0] for child in children} == {
        min(hard, 65_536)
    }
