"""What each event of the API's subscriptions changes in the cache."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.api.operations import GUEST_EVENTS, GuestEvent
from shared.live.cache import ExamCache
from shared.model.exam import exam_from_wire, result_from_wire

__all__ = ["apply_event"]

logger = logging.getLogger(__name__)


def apply_event(cache: ExamCache, field: str, row: Mapping[str, Any]) -> GuestEvent | None:
    """Merges one event's row into the cache and returns its kind, None for a field that is not known.

    Raises KeyError, TypeError, ValueError, AttributeError or FieldInvalid if the row cannot be read.
    """
    event = GUEST_EVENTS.get(field)
    match event:
        case GuestEvent.EXAM_UPDATED | GuestEvent.EXAM_PUBLISHED:
            float(row["secondsToRelease"])  # missing where a client that knows no hours made the change
            exam = exam_from_wire(row)
            held = cache.exam(exam.id)
            if row.get("listed") is None and held is not None:  # the mutation did not select it
                exam = replace(exam, is_listed=held.is_listed)
            cache.put_exam(exam)
        case GuestEvent.EXAM_REMOVED:
            cache.remove_exam(row["id"], int(row["version"]))
        case GuestEvent.RESULTS_PUT:
            cache.put_results(row["examId"], [result_from_wire(item) for item in row.get("items", [row])])
        case GuestEvent.RESULTS_REMOVED:
            removed = [(item["id"], int(item["version"])) for item in row.get("items", [row])]
            cache.remove_results(row["examId"], removed)
        case None:
            logger.warning("an event of the unknown field %s was ignored", field)
    return event
