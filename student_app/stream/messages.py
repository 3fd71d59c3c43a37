"""The live stream's messages as bytes, made once for all viewers. Pure: rows in, server-sent events out.

Event types (the board's script knows the same):

    snapshot  {"exam": {...}, "rows": [[id, student, grade, version, received], ...], "feed": {...}}
    change    {"exam": {...} or absent, "rows": [...], "gone": [id, ...]}
    gone      {}                        the exam is not published, or not any more
    feed      {"state": ..., "since": ..., "asOf": ..., "spread": ...}   also the heartbeat; over so many
              seconds the viewers spread what they ask of the page's script after a change

Times are epoch seconds. `received` is when a row arrived while this server was listening, else 0. In an exam
that shows codes it is always 0: whoever watched the papers being graded could tell from the order of entry
whose code is whose. For the same reason rows and ids are always sorted by their random ids. The rows contain
only what guests may see: the `Result` objects of the guests' cache contain nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter

from shared.live.feed import FeedStatus
from shared.model.exam import Audience, Exam, Result
from shared.model.statistics import PASS_SCORE, SMALL_GROUP

__all__ = [
    "Json",
    "change_data",
    "exam_object",
    "feed_object",
    "server_sent_event",
    "snapshot_object",
    "to_json",
]

Json = Mapping[str, object]


def exam_object(exam: Exam) -> Json:
    """What the board needs to know of an exam, with the rules of its statistics."""
    return {
        "id": exam.id,
        "subject": exam.subject,
        "date": exam.date.isoformat(),
        "teacher": exam.teacher,
        "scale": exam.scale.kind.value,
        "points": exam.scale.points,
        "audience": exam.audience.value,
        "smallGroup": SMALL_GROUP,
        "passScore": PASS_SCORE,
    }


def feed_object(status: FeedStatus) -> Json:
    """How current everything is."""
    as_of_s = None if status.as_of_s is None else round(status.as_of_s, 1)
    return {"state": status.state.value, "since": round(status.since_s, 1), "asOf": as_of_s}


def snapshot_object(
    exam: Exam, rows: Iterable[Result], received_at_s: Mapping[str, float], status: FeedStatus | None
) -> Json:
    """A whole exam. Without `status` it depends only on the exam's and its results' versions, as an ETag
    requires."""
    whole: dict[str, object] = {
        "exam": exam_object(exam),
        "rows": _row_arrays(exam, rows, received_at_s),
    }
    return whole if status is None else {**whole, "feed": feed_object(status)}


def change_data(
    exam: Exam,
    rows: Collection[Result],
    received_at_s: float,
    removals: Iterable[str],
    *,
    is_exam_changed: bool,
) -> Json:
    """Rows that are new or different, ids that are gone, and the exam itself if it changed."""
    change: dict[str, object] = {
        "rows": _row_arrays(exam, rows, dict.fromkeys((row.id for row in rows), received_at_s)),
        "gone": sorted(removals),
    }
    return {"exam": exam_object(exam), **change} if is_exam_changed else change


def to_json(value: Json) -> bytes:
    """Compact UTF-8; it holds no line break, as server-sent events want it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def server_sent_event(kind: str, data: bytes, event_id: str | None = None) -> bytes:
    """One event of a stream (WHATWG HTML, "Server-sent events"). `data` holds no line break."""
    head = f"event: {kind}\n" if event_id is None else f"id: {event_id}\nevent: {kind}\n"
    return head.encode() + b"data: " + data + b"\n\n"


def _row_arrays(exam: Exam, rows: Iterable[Result], received_at_s: Mapping[str, float]) -> list[list[object]]:
    times = {} if exam.audience is Audience.CODES else received_at_s
    return [
        [row.id, row.student, row.grade, row.version, round(times.get(row.id, 0.0), 3)]
        for row in sorted(rows, key=attrgetter("id"))
    ]
