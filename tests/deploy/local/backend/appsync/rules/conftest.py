"""A school on an empty database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.backend.storage.database import Database
from tests.deploy.local.backend.appsync.rules.school import School


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    with Database(tmp_path / "d.sqlite") as database:
        yield School(database)
