"""One pair, started by the one command, for all tests that do not change it."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.pair_process import PairProcess

__all__ = ["USUAL_OPEN_FILES", "soft_limit"]

USUAL_OPEN_FILES = 1024  # the soft limit of most systems


@contextmanager
def soft_limit(files: int) -> Iterator[int]:
    """A soft limit on open files for processes started meanwhile. Yields the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        yield hard
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="package")
def running_pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PairProcess]:
    """Started under the usual low limit on open files."""
    with soft_limit(USUAL_OPEN_FILES):
        pair = PairProcess(tmp_path_factory.mktemp("pair"))
    with pair:
        yield pair
