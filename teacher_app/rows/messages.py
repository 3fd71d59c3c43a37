"""Commands and receipts as the page's script and the server tell them to each other, in JSON.

outbox   [{"key", "attempt", "op": "create" | "change" | "delete" | "undo", ...}]
receipts {key: {"attempt", "kind", ...}}     the kinds: see receipt_to_page
row      [id, person, code, grade, version]     code is "" where an exam shows names

Nothing of an outbox is trusted: it was kept in a browser.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    NotSaved,
    Receipt,
    Refused,
    Saved,
    UndoCommand,
    person_of,
)

__all__ = ["OUTBOX_MAX", "attempts_of", "command_from_page", "receipt_to_page", "row_to_page"]

OUTBOX_MAX = 2000  # entries that are read; a page holds more back until these have their receipts
_TEXT_MAX = 1000  # characters; longer than any field may be, so that the refusal can say what is too long


def attempts_of(outbox: object) -> dict[str, tuple[int, Mapping[str, Any]]]:
    """The entries of an outbox by key, each with the number of its attempt; what has no key is left out."""
    entries: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for entry in outbox[:OUTBOX_MAX] if isinstance(outbox, list) else []:
        if isinstance(entry, Mapping) and isinstance(entry.get("key"), str):
            attempt = entry.get("attempt")
            entries[entry["key"]] = (attempt if isinstance(attempt, int) else 0, entry)
    return entries


def command_from_page(entry: Mapping[str, Any]) -> Command | Refused:
    """The command that an entry asks for, or why it cannot be read."""
    key = entry["key"]
    try:
        match entry.get("op"):
            case "create":
                has_consent = entry.get("accepts_duplicate") is True
                return CreateRow(
                    key, _text(entry, "person"), _text(entry, "grade"), has_consent, _code(entry)
                )
            case "change":
                return ChangeRow(
                    key, _text(entry, "id"), _version(entry), _text(entry, "person"), _text(entry, "grade")
                )
            case "delete":
                return DeleteRow(key, _text(entry, "id"), _version(entry))
            case "undo":
                return UndoCommand(key, _text(entry, "of"))
    except ValueError:
        pass
    return Refused(key, None, "This entry cannot be read any more. Type it again.")


def receipt_to_page(receipt: Receipt, attempt: int, audience: Audience) -> dict[str, Any]:
    """A receipt as the script shows it; times in milliseconds, as browsers count."""

    def row(result: Result | None) -> list[Any] | None:
        return None if result is None else row_to_page(result, audience)

    told: dict[str, Any]
    match receipt:
        case Saved():
            told = {"kind": "saved", "at": receipt.at_s * 1000, "row": row(receipt.row)}
            told["before"] = row(receipt.before)
        case Deleted():
            told = {"kind": "deleted", "at": receipt.at_s * 1000, "id": receipt.row_id}
            told["before"] = row(receipt.before)
        case Refused():
            told = {"kind": "refused", "field": receipt.field, "reason": receipt.reason}
        case Duplicate():
            told = {"kind": "duplicate", "row": row(receipt.there)}
        case Conflict():
            told = {"kind": "conflict", "id": receipt.row_id, "row": row(receipt.theirs)}
        case NotSaved():
            told = {"kind": "not-saved", "hindrance": receipt.hindrance.value}
    return {"attempt": attempt, **told}


def row_to_page(row: Result, audience: Audience) -> list[Any]:
    """One row for the script, its grade in words."""
    code = row.student if audience is Audience.CODES else ""
    return [row.id, person_of(row, audience), code, grade_text(row.grade), row.version]


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or len(value) > _TEXT_MAX:
        raise ValueError(name)
    return value


def _code(entry: Mapping[str, Any]) -> str | None:
    """Of a row that was deleted and is put back: its student has it on paper already."""
    code = entry.get("code")
    return code if isinstance(code, str) and is_code(code) else None


def _version(entry: Mapping[str, Any]) -> int:
    value = entry.get("version")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**31:
        raise ValueError("version")
    return value
