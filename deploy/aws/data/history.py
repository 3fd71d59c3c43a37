"""The history as the resolvers store it, in the table of results: an item is one change, or a batch's."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from deploy.local.backend.storage.changes import Change

__all__ = ["HISTORY", "changes_of", "record_of"]

HISTORY: Final = "history/"  # before the exam's id, in the place of an exam's id


def changes_of(items: Iterable[Mapping[str, Any]]) -> list[Change]:
    """The oldest first, by exam; numbered as the embedded backend does."""
    changes: list[Change] = []
    for item in sorted(items, key=lambda one: (one["examId"], one["id"])):
        exam_id = str(item["examId"]).removeprefix(HISTORY)
        # Of a record the result with the first id is listed first, and so is the newest.
        rows = sorted(item["rows"].items(), reverse=True) if "rows" in item else [(None, item)]
        changes += [_change(exam_id, item, result_id, row) for result_id, row in rows]
    return changes


def record_of(change: Change) -> dict[str, Any]:
    """An item for one change: the same for the same change of the same backup."""
    record = {
        "examId": HISTORY + change.exam_id,
        "id": f"{change.made_at}#{uuid.UUID(int=change.number)}",
        "at": change.made_at,
        "by": change.made_by,
        "byName": change.made_by_name,
        "kind": change.kind,
    }
    values: dict[str, Any] = {"before": dict(change.before)}
    if change.after is not None:
        values["after"] = dict(change.after)
    return record | (values if change.result_id is None else {"rows": {change.result_id: values}})


def _change(exam_id: str, item: Mapping[str, Any], result_id: str | None, row: Mapping[str, Any]) -> Change:
    return Change(
        exam_id=exam_id,
        made_at=item["at"],
        made_by=item["by"],
        made_by_name=item["byName"],
        kind=item["kind"],
        result_id=result_id,
        before=row["before"],
        after=row.get("after"),
    )
