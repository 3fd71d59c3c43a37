"""One open form: the commands of its outbox are carried out as they come."""

from __future__ import annotations

import datetime as dt
from typing import Any

from shared.model.errors import ApiRefused, BackendUnreachable, SessionEnded
from shared.model.exam import Audience, Exam
from shared.model.scales import NumberScale
from teacher_app.rows.commands import NotSaved, Refused
from teacher_app.rows.page_session import PageSession

__all__ = ["REFRESH_S", "EntrySession", "result_reader_text"]

REFRESH_S = 15.0  # how often the page reads what others have entered


def result_reader_text(audience: Audience) -> str:
    """Who sees a published result, as a clause: what follows says when."""
    return "each student sees their own result" if audience is Audience.OWN else "everybody sees each result"


class EntrySession(PageSession):
    """Saves each entry at once."""

    def save(self, outbox: object) -> None:
        """Carry out every entry of the outbox that has no receipt yet."""
        self.read_outbox(outbox)
        commands = [
            entry.command
            for key, entry in self.entries.items()
            if not isinstance(entry.command, Refused) and self.receipt(key) is None
        ]
        for key, receipt in self.writer.write(commands).items():
            self.record(key, receipt)

    def refresh_if_old(self) -> None:
        """Read what others have entered. An error is not shown: the next receipt reports it."""
        is_hindered = any(isinstance(self.receipt(key), NotSaved) for key in self.entries)
        if self.workspace.age_s < REFRESH_S / 2 or is_hindered:
            return
        try:
            self.workspace.refresh()
        except (ApiRefused, BackendUnreachable, SessionEnded):
            return

    def form_data(self, *, place: str, sign_in: str) -> dict[str, Any]:
        """What the form's script gets. `place` names the tab's storage, `sign_in` leads to a new session."""
        exam = self.workspace.exam
        scale = exam.scale
        is_plain_number = isinstance(scale, NumberScale) and scale.lowest >= 0 and not scale.has_signs
        return {
            **self.data(),
            "place": place,
            "subject": exam.subject,
            "sign_in": sign_in,
            "hint": _hint(exam, self.workspace.now_s()),
            "input_mode": "decimal" if is_plain_number else "text",
        }


def _hint(exam: Exam, now_s: float) -> str:
    parts = [exam.scale.hint, "Enter saves; Tab, or → in the list below, leads to the comment."]
    if exam.audience is Audience.CODES:
        parts.append("The name stays with you: everybody else sees a code.")
    elif exam.audience is Audience.OWN:
        parts.append("The name stays with you.")
    if exam.is_announced(dt.datetime.fromtimestamp(now_s, dt.UTC)):
        parts.append(f"This exam is announced: {result_reader_text(exam.audience)} at its hour.")
    elif exam.is_published:
        parts.append(f"This exam is published: {result_reader_text(exam.audience)} at once.")
    return " ".join(parts)
