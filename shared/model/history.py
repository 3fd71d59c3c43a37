"""The history of an exam: what a result or the exam was, what it came to be, when, and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.model.exam import parse_time

__all__ = ["Change", "ChangeKind", "HistoryPage", "Values", "change_from_wire"]

# By the API's names of the fields; what is not stored is missing.
Values = Mapping[str, Any]


class ChangeKind(StrEnum):
    """What happened. A moved hour is PUBLISHED again."""

    UPDATED = "UPDATED"
    DELETED = "DELETED"
    RETRACTED = "RETRACTED"
    EXAM_UPDATED = "EXAM_UPDATED"
    PUBLISHED = "PUBLISHED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a result, or of the exam itself where `result_id` is None.

    `by` is the sub of the teacher who made it, `by_name` the name with which that teacher had signed in.
    `before` and `after` have all values, changed or not; a deleted result has no `after`.
    """

    id: str
    exam_id: str
    at: dt.datetime
    by: str
    by_name: str
    kind: ChangeKind
    result_id: str | None
    before: Values
    after: Values | None

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The API's names of the fields that differ, in the order of the schema; of a deletion, all."""
        after = self.after or {}
        fields = dict.fromkeys((*self.before, *after))
        return tuple(name for name in fields if self.before.get(name) != after.get(name))


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some changes, newest first. `next_token` asks for those before them; None: there are none."""

    changes: tuple[Change, ...]
    next_token: str | None


def change_from_wire(wire: Mapping[str, Any]) -> Change:
    """Raises KeyError, TypeError or ValueError if the API's answer is not a change."""
    after = wire["after"]
    return Change(
        id=wire["id"],
        exam_id=wire["examId"],
        at=parse_time(wire["at"]),
        by=wire["by"],
        by_name=wire["byName"],
        kind=ChangeKind(wire["kind"]),
        result_id=wire.get("resultId"),
        before=_known(wire["before"]),
        after=None if after is None else _known(after),
    )


def _known(values: Mapping[str, Any]) -> Values:
    return {name: value for name, value in values.items() if value is not None}
