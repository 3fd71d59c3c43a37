"""Many commands on their way to the writer, which may be stopped and continued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shared.model.errors import NotAllowed, NotFound
from teacher_app.rows.commands import Command, Deleted, NotSaved, Receipt, Refused, Saved
from teacher_app.rows.writer import RowWriter

__all__ = ["WriteJob"]


class WriteJob:
    """`completed` and `rejected` are the receipts of the commands that are dealt with."""

    def __init__(self, writer: RowWriter, commands: Iterable[Command]) -> None:
        self._writer = writer
        self._waiting = {command.key: command for command in commands}
        self.total = len(self._waiting)
        self.completed: list[Saved | Deleted] = []
        self.rejected: list[Receipt] = []

    @property
    def done(self) -> int:
        """Commands that were carried out."""
        return len(self.completed)

    @property
    def left(self) -> int:
        """Commands that were not sent, or whose outcome is unknown."""
        return len(self._waiting)

    @property
    def is_finished(self) -> bool:
        return not self._waiting

    def run(self) -> Iterator[int]:
        """Yields after each step how many commands are dealt with.

        Raises what stops all of them alike: BackendUnreachable, SessionEnded, NotAllowed, or NotFound if the
        exam is gone. What was dealt with counts, and another run continues from there.
        """
        for receipts in self._writer.write_in_steps(self._waiting.values()):
            obstacle = None
            for key, receipt in receipts.items():
                if isinstance(receipt, Saved | Deleted):
                    self.completed.append(receipt)
                elif isinstance(receipt, NotSaved) or (
                    isinstance(receipt, Refused) and isinstance(receipt.cause, NotAllowed | NotFound)
                ):
                    obstacle = receipt.cause
                    continue
                else:
                    self.rejected.append(receipt)
                del self._waiting[key]
            if obstacle is not None:
                raise obstacle
            yield self.total - self.left
