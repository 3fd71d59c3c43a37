"""What teachers own in an embedded backend's database, whether the backend is running or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.backend.storage.database import Database
from deploy.local.backend.storage.owners import change_owner, count_owned, delete_owned
from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderLock, locked_folder
from deploy.teacher_holdings import Holdings

__all__ = ["StoredHoldings"]


class StoredHoldings:
    """Of the data in one folder. Each call raises FolderInUse during a backup or a restore, DatabaseError."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def count(self, sub: str) -> Holdings:
        with self._database() as database:
            return Holdings(*database.read(lambda connection: count_owned(connection, sub)))

    def hand_over(self, sub: str, new_sub: str) -> None:
        """In one transaction."""
        with self._database() as database:
            database.write(lambda connection: change_owner(connection, sub, new_sub))

    def delete(self, sub: str) -> None:
        """In one transaction."""
        with self._database() as database:
            database.write(lambda connection: delete_owned(connection, sub))

    @contextmanager
    def _database(self) -> Iterator[Database]:
        with (
            locked_folder(self._data_dir, FolderLock.MAINTENANCE),
            Database(self._data_dir / paths.DATABASE) as database,
        ):
            yield database
