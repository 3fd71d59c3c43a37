"""A restore that replaces files one by one, and what becomes of it when the process is killed in between.

A marker is written before the first file is moved and removed after the last. As long as it is there, the
restore is not finished: `settle_restore` finishes it or takes it back, so that no start finds half of a data
folder and begins an empty one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from deploy.local.data_folder import paths
from deploy.local.data_folder.private_file import flush_folder, write_private_file

__all__ = ["RestoreUnfinished", "Settled", "begin_restore", "end_restore", "settle_restore"]


class RestoreUnfinished(Exception):
    """A restore into an empty folder was interrupted: there is no former data to return to."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"a restore into {data_dir} was interrupted: run it again")
        self.data_dir = data_dir


class Settled(StrEnum):
    """How an interrupted restore was settled."""

    FINISHED = "an interrupted restore was complete but for its last step: the restored data are used"
    TAKEN_BACK = "an interrupted restore was taken back: the data from before it are used; run it again"


def begin_restore(data_dir: Path, aside: Path | None, former: Sequence[str]) -> None:
    """Before anything is moved. `former` are the names that will be moved to `aside`. Raises OSError."""
    content = {"aside": None if aside is None else aside.name, "former": list(former)}
    write_private_file(data_dir / paths.RESTORE_MARKER, json.dumps(content).encode())


def end_restore(data_dir: Path) -> None:
    """After everything has been moved. Raises OSError."""
    flush_folder(data_dir)
    (data_dir / paths.RESTORE_MARKER).unlink()
    flush_folder(data_dir)


def settle_restore(data_dir: Path) -> Settled | None:
    """Finishes or takes back an interrupted restore, under the folder's locks; None where there is none.

    Can be run again when it is itself interrupted. Raises RestoreUnfinished, OSError.
    """
    try:
        marker = json.loads((data_dir / paths.RESTORE_MARKER).read_text("utf-8"))
    except FileNotFoundError:
        return None
    aside = None if marker["aside"] is None else data_dir / marker["aside"]
    former: list[str] = marker["former"]
    has_former_database = paths.DATABASE in former
    is_former_database_aside = aside is not None and (aside / paths.DATABASE).exists()
    if (data_dir / paths.DATABASE).exists() and (is_former_database_aside or not has_former_database):
        end_restore(data_dir)
        return Settled.FINISHED
    if aside is None or not has_former_database:
        raise RestoreUnfinished(data_dir)
    for name in paths.BACKED_UP:
        if name not in former:
            (data_dir / name).unlink(missing_ok=True)  # of the restore
        elif (aside / name).exists():
            (aside / name).replace(data_dir / name)
    end_restore(data_dir)
    aside.rmdir()
    return Settled.TAKEN_BACK
