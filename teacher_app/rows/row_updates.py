"""Which rows a page needs: all of them once, then only what changed.

A page reports what it has as [epoch, revision]. One of another epoch, or with nothing, gets everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared.model.exam import Result

__all__ = ["RowUpdate", "RowUpdates"]


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """What leads from `base` to `revision`; from nothing if `base` is None. `gone`: ids."""

    epoch: str
    base: int | None
    revision: int
    rows: list[Result]
    gone: list[str]


class RowUpdates:
    """The history of one list of rows, as an open page sees it. `epoch` is new with every page."""

    def __init__(self, epoch: str) -> None:
        self._epoch = epoch
        self._revision = 0
        self._rows: dict[str, Result] = {}
        # By id, of deleted rows too: the revision of the last change.
        self._changed_at: dict[str, int] = {}

    def since(self, seen: object, rows: Iterable[Result]) -> RowUpdate:
        """What a page that has `seen` ([epoch, revision]) lacks of the present `rows`."""
        present = {row.id: row for row in rows}
        differing = [key for key, row in present.items() if self._rows.get(key) != row]
        gone = [key for key in self._rows if key not in present]
        if differing or gone:
            self._revision += 1
            self._changed_at |= dict.fromkeys([*differing, *gone], self._revision)
            self._rows = present
        base = self._base(seen)
        if base is None:
            return RowUpdate(self._epoch, None, self._revision, list(present.values()), [])
        since_base = [key for key, revision in self._changed_at.items() if revision > base]
        changed = [present[key] for key in since_base if key in present]
        gone = [key for key in since_base if key not in present]
        return RowUpdate(self._epoch, base, self._revision, changed, gone)

    def _base(self, seen: object) -> int | None:
        match seen:
            case [epoch, int(revision)] if epoch == self._epoch and 0 <= revision <= self._revision:
                return revision
        return None
