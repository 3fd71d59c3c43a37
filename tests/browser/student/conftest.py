"""Fixtures of the browser tests of the students' pages."""

from collections.abc import Iterator

import pytest

from tests.browser.student.author import Author
from tests.pair_process import PairProcess


@pytest.fixture(scope="module")
def author(pair: PairProcess) -> Iterator[Author]:
    one = Author(pair)
    yield one
    one.api.close()
