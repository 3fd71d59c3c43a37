"""The server's end of one open page: the entries of its outbox, a receipt for each, and the rows it lacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.model.codes import RandomSource
from shared.model.exam import new_id
from teacher_app.rows.commands import Deleted, Receipt, Refused, Saved
from teacher_app.rows.page_messages import Entry, entries_of, receipt_message, row_message
from teacher_app.rows.row_updates import RowUpdates
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter

__all__ = ["PageSession"]


class PageSession:
    """What the form and the grid share. Kept in the page's Streamlit session, like its workspace."""

    def __init__(self, workspace: Workspace, random: RandomSource) -> None:
        self.workspace = workspace
        self.writer = RowWriter(workspace, random)
        self.entries: dict[str, Entry] = {}  # by key
        self._receipts: dict[str, tuple[int, Receipt]] = {}  # by key: the attempt and its receipt
        self._row_updates = RowUpdates(new_id())
        self._seen: object = None
        self._heard: object = None

    def read_outbox(self, outbox: object) -> None:
        """Take over what the script has sent. Receipts of earlier attempts are dropped, but not those of
        completed ones: the script may have changed an entry while it was being saved."""
        message: Mapping[str, Any] = outbox if isinstance(outbox, Mapping) else {}
        self._seen = message.get("seen")
        self._heard = message.get("pulse")
        self.entries = entries_of(message)
        self._receipts = {
            key: (attempt, receipt)
            for key, (attempt, receipt) in self._receipts.items()
            if key in self.entries
            and (attempt == self.entries[key].attempt or isinstance(receipt, Saved | Deleted))
        }
        for key, entry in self.entries.items():
            if isinstance(entry.command, Refused):
                self.record(key, entry.command)

    def record(self, key: str, receipt: Receipt) -> None:
        """The receipt of the entry's present attempt."""
        self._receipts[key] = (self.entries[key].attempt, receipt)

    def receipt(self, key: str) -> Receipt | None:
        """That of the entry's present attempt, None if it has none yet."""
        attempt, receipt = self._receipts.get(key, (None, None))
        return receipt if attempt == self.entries[key].attempt else None

    def is_completed(self, key: str) -> bool:
        """Whether the present or an earlier attempt was carried out."""
        return key in self._receipts and isinstance(self._receipts[key][1], Saved | Deleted)

    @property
    def carried_out(self) -> dict[str, int]:
        """The attempts that were carried out, by key. The script may not know of them yet."""
        return {key: attempt for key, (attempt, _) in self._receipts.items() if self.is_completed(key)}

    def data(self) -> dict[str, Any]:
        """What every page's script gets: the receipts and the rows that it does not have yet."""
        audience = self.workspace.exam.audience
        update = self._row_updates.since(self._seen, self.workspace.results)
        return {
            "heard": self._heard,
            "receipts": {
                key: receipt_message(receipt, attempt, audience)
                for key, (attempt, receipt) in self._receipts.items()
            },
            "rows": {
                "epoch": update.epoch,
                "base": update.base,
                "revision": update.revision,
                "rows": [row_message(row, audience) for row in update.rows],
                "gone": update.gone,
            },
        }
