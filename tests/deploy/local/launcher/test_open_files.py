"""The one command makes room for viewers where a system begins with little."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.pair_process import ROOT, PairProcess

USUAL = 1024  # the soft limit of most systems


@contextmanager
def soft_limit(files: int) -> Iterator[int]:
    """For processes that are started meanwhile. Gives the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def limits_after(wanted: int) -> list[int]:
    """What the function gives and what holds then, in a process that begins with USUAL."""
    program = (
        "import resource; from deploy.local.launcher.open_files import allow_open_files;"
        f"print(allow_open_files({wanted}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    with soft_limit(USUAL):
        told = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
        )
    return [int(word) for word in told.stdout.split()]


def test_the_limit_is_raised_to_what_is_wanted() -> None:
    assert limits_after(USUAL + 1) == [USUAL + 1, USUAL + 1]


def test_the_limit_is_raised_no_further_than_the_system_allows() -> None:
    with soft_limit(USUAL) as hard:
        assert hard > USUAL
    assert limits_after(hard + 1) == [hard, hard]


def test_a_limit_that_is_higher_already_stays() -> None:
    assert limits_after(100) == [USUAL, USUAL]


def test_every_child_of_the_one_command_has_room(tmp_path: Path) -> None:
    with soft_limit(USUAL) as hard:
        pair = PairProcess(tmp_path)
    with pair:
        children = pair.children()
        assert len(children) >= 3
        assert {psutil.Process(child.pid).rlimit(psutil.RLIMIT_NOFILE)[0] for child in children} == {
            min(hard, 65_536)
        }
