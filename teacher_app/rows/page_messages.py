"""The protocol between a page's script and the server, in JSON. The form and the grid both use it.

The script keeps what is not saved in an outbox of entries, and sends all of it until each has its receipt.

outbox   {"pulse", "seen", "entries": [{"key", "attempt", "op": "create"|"change"|"delete"|"undo", ...}]}
receipts {key: {"attempt", "kind", ...}}     for the kinds see receipt_message()
rows     {"epoch", "base", "revision", "rows", "gone"}     what changed since the `seen` [epoch, revision]
row      [id, person, code, grade, version, number, comment]     code is "" where an exam shows names

An outbox is not to be trusted: it was kept in a browser.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.model.codes import is_code
from shared.model.exam import Audience, Result
from shared.model.grades import grade_text
from teacher_app.rows.commands import (
    ChangeRow,
    Command,
    Conflict,
    CreateRow,
    Deleted,
    DeleteRow,
    Duplicate,
    Hindrance,
    NotSaved,
    Receipt,
    Refused,
    Saved,
    UndoCommand,
    person_of,
)

__all__ = ["OUTBOX_MAX", "Entry", "entries_of", "receipt_message", "row_message"]

OUTBOX_MAX = 10_000  # entries that are read; the others get no receipt and stay in the page
_TEXT_MAX = 4000  # characters; longer than any field may be, so that the refusal can say what is too long

_HINDRANCES = {
    Hindrance.UNREACHABLE: "the server does not answer",
    Hindrance.DISK_FULL: "the server's disk is full; tell its operator",
    Hindrance.SESSION_ENDED: "your session has ended",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of an outbox. `attempt` grows with each change of it. `line_number` is its line in the
    grid, 0 in the form. `code` is the code of the row that it changes, if any."""

    attempt: int
    command: Command | Refused  # Refused if it cannot be read
    line_number: int = 0
    code: str | None = None


def entries_of(outbox: Mapping[str, Any]) -> dict[str, Entry]:
    """The entries by key; those without a key are left out."""
    entries = outbox.get("entries")
    return {
        entry["key"]: Entry(
            _count(entry, "attempt"), _command(entry), _count(entry, "line_number"), _code(entry)
        )
        for entry in (entries[:OUTBOX_MAX] if isinstance(entries, list) else [])
        if isinstance(entry, Mapping) and isinstance(entry.get("key"), str)
    }


def _command(entry: Mapping[str, Any]) -> Command | Refused:
    key = entry["key"]
    try:
        match entry.get("op"):
            case "create":
                has_consent = entry.get("accepts_duplicate") is True
                return CreateRow(
                    key,
                    _text(entry, "person"),
                    _text(entry, "grade"),
                    has_consent,
                    _code(entry),
                    _text(entry, "number", ""),
                    _text(entry, "comment", ""),
                )
            case "change":
                return ChangeRow(
                    key,
                    _text(entry, "id"),
                    _version(entry),
                    _text(entry, "person"),
                    _text(entry, "grade"),
                    _text(entry, "number") if "number" in entry else None,
                    _text(entry, "comment") if "comment" in entry else None,
                )
            case "delete":
                return DeleteRow(key, _text(entry, "id"), _version(entry))
            case "undo":
                return UndoCommand(key, _text(entry, "of"))
    except ValueError:
        pass
    return Refused(key, None, "This entry cannot be read any more. Type it again.")


def receipt_message(receipt: Receipt, attempt: int, audience: Audience) -> dict[str, Any]:
    """A receipt for the script. Times are in milliseconds since 1970."""

    def row(result: Result | None) -> list[Any] | None:
        return None if result is None else row_message(result, audience)

    message: dict[str, Any]
    match receipt:
        case Saved():
            message = {"kind": "saved", "at": receipt.at_s * 1000, "row": row(receipt.row)}
            message["before"] = row(receipt.before)
        case Deleted():
            message = {"kind": "deleted", "at": receipt.at_s * 1000, "id": receipt.row_id}
            message["before"] = row(receipt.before)
        case Refused():
            message = {"kind": "refused", "field": receipt.field, "reason": receipt.reason}
        case Duplicate():
            message = {"kind": "duplicate", "row": row(receipt.existing), "is_same": receipt.is_same_grade}
        case Conflict():
            message = {"kind": "conflict", "id": receipt.row_id, "row": row(receipt.theirs)}
        case NotSaved():
            hindrance = receipt.hindrance
            message = {"kind": "not-saved", "hindrance": hindrance.value, "reason": _HINDRANCES[hindrance]}
    return {"attempt": attempt, **message}


def row_message(row: Result, audience: Audience) -> list[Any]:
    """A row for the script, with its grade as people read it."""
    code = row.student if audience.has_codes else ""
    texts = [row.number or "", row.comment or ""]
    return [row.id, person_of(row, audience), code, grade_text(row.grade), row.version, *texts]


def _text(entry: Mapping[str, Any], name: str, default: str | None = None) -> str:
    value = entry.get(name, default)
    if not isinstance(value, str) or len(value) > _TEXT_MAX:
        raise ValueError(name)
    return value


def _count(entry: Mapping[str, Any], name: str) -> int:
    value = entry.get(name)
    return value if isinstance(value, int) else 0


def _code(entry: Mapping[str, Any]) -> str | None:
    """Kept by a row that was deleted and is put back: its student has it on paper already."""
    code = entry.get("code")
    return code if isinstance(code, str) and is_code(code) else None


def _version(entry: Mapping[str, Any]) -> int:
    value = entry.get("version")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise ValueError("version")
    return value
