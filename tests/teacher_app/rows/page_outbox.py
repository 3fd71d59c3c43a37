"""Entries as a page's script keeps them in its outbox."""

from collections.abc import Mapping
from typing import Any

from shared.model.exam import Result
from tests.builders import new_id

__all__ = ["change_entry", "create_entry", "delete_entry", "outbox_of"]


def create_entry(person: str, grade: str, **more: object) -> dict[str, Any]:
    return {"key": new_id(), "attempt": 1, "op": "create", "person": person, "grade": grade, **more}


def change_entry(row: Result, **values: object) -> dict[str, Any]:
    """`values`: person, grade or other fields to change."""
    person = row.student if row.name is None else row.name
    entry = {"key": new_id(), "attempt": 1, "op": "change", "id": row.id, "version": row.version}
    return {**entry, "person": person, "grade": row.grade, **values}


def delete_entry(row: Result) -> dict[str, Any]:
    return {"key": new_id(), "attempt": 1, "op": "delete", "id": row.id, "version": row.version}


def outbox_of(*entries: object, seen: object = None) -> Mapping[str, Any]:
    return {"pulse": "1", "seen": seen, "entries": list(entries)}
