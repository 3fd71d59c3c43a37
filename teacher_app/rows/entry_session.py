"""One open page where results are entered: its outbox read, carried out, answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.model.codes import RandomSource
from shared.model.errors import ApiRefused, BackendUnreachable, SessionEnded
from shared.model.exam import Audience, new_id
from shared.model.scales import NumberScale
from teacher_app.rows.commands import Command, NotSaved, Receipt, Refused
from teacher_app.rows.messages import attempts_of, command_from_page, receipt_to_page, row_to_page
from teacher_app.rows.row_updates import RowUpdates
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter

__all__ = ["EntrySession"]

REFRESH_S = 15.0  # what others enter meanwhile is seen after so long, at the next row


class EntrySession:
    """Kept in the page's Streamlit session, like its workspace."""

    def __init__(self, workspace: Workspace, random: RandomSource) -> None:
        self.workspace = workspace
        self.writer = RowWriter(workspace, random)
        self._news = RowUpdates(new_id())
        self._seen: object = None
        self._receipts: dict[str, tuple[int, Receipt]] = {}  # of the outbox, by key: (attempt, receipt)

    def take(self, outbox: object) -> None:
        """Carry out what the outbox holds and has no receipt yet."""
        message: Mapping[str, Any] = outbox if isinstance(outbox, Mapping) else {}
        self._seen = message.get("seen")
        attempts = attempts_of(message.get("entries"))
        self._receipts = {
            key: known
            for key, known in self._receipts.items()
            if key in attempts and known[0] == attempts[key][0]
        }
        commands: list[Command] = []
        for key, (attempt, entry) in attempts.items():
            if key in self._receipts:
                continue
            command = command_from_page(entry)
            if isinstance(command, Refused):
                self._receipts[key] = (attempt, command)
            else:
                commands.append(command)
        for key, receipt in self.writer.write(commands).items():
            self._receipts[key] = (attempts[key][0], receipt)

    def refresh_if_old(self) -> None:
        """See what others entered. A line that does not answer is no news: the next receipt tells it."""
        is_hindered = any(isinstance(receipt, NotSaved) for _, receipt in self._receipts.values())
        if self.workspace.age_s < REFRESH_S or is_hindered:
            return
        try:
            self.workspace.refresh()
        except (ApiRefused, BackendUnreachable, SessionEnded):
            return

    def data(self, *, place: str, sign_in: str) -> dict[str, Any]:
        """What the page's script gets. `place` names the tab's storage, `sign_in` leads to a new session."""
        exam = self.workspace.exam
        news = self._news.since(self._seen, self.workspace.results)
        audience = exam.audience
        scale = exam.scale
        is_plain_number = isinstance(scale, NumberScale) and scale.lowest >= 0 and not scale.has_signs
        return {
            "place": place,
            "subject": exam.subject,
            "sign_in": sign_in,
            "hint": _hint(exam.scale.hint, audience, exam.is_published),
            "input_mode": "decimal" if is_plain_number else "text",
            "receipts": {
                key: receipt_to_page(receipt, attempt, audience)
                for key, (attempt, receipt) in self._receipts.items()
            },
            "rows": {
                "epoch": news.epoch,
                "base": news.base,
                "revision": news.revision,
                "rows": [row_to_page(row, audience) for row in news.rows],
                "gone": news.gone,
            },
        }


def _hint(scale_hint: str, audience: Audience, is_published: bool) -> str:
    parts = [scale_hint, "Enter saves."]
    if audience is Audience.CODES:
        parts.append("The name stays with you: everybody else sees a code.")
    if is_published:
        parts.append("This exam is published: everybody sees each row at once.")
    return " ".join(parts)
