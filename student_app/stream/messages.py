"""The live stream's messages as bytes, made once for all viewers. Pure: rows in, server-sent events out.

Event types (the board's script knows the same):

    snapshot  {"exam": {...}, "rows": [[id, student, grade, version, received], ...], "feed": {...}}
    change    {"exam": {...} or absent, "rows": [...], "gone": [id, ...]}
    gone      {}                        the exam is not published, or not any more
    feed      {"state": ..., "since": ..., "asOf": ..., "spread": ...}   also the heartbeat; over so many
              seconds the viewers spread what they ask of the page's script after a change

`received` is epoch seconds for a row that came while this server listened, else 0. Times are epoch seconds.
Only what guests may see is in the rows: `Result` objects of the guests' cache hold nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from shared.live.feed import FeedStatus
from shared.model.exam import Exam, Result
from shared.model.statistics import PASS_SCORE, SMALL_GROUP

__all__ = [
    "Json",
    "change_data",
    "exam_object",
    "feed_object",
    "row_array",
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


def row_array(result: Result, received_at_s: float) -> list[object]:
    """One row as the board keeps it."""
    return [result.id, result.student, result.grade, result.version, round(received_at_s, 3)]


def feed_object(status: FeedStatus) -> Json:
    """How current everything is."""
    as_of_s = None if status.as_of_s is None else round(status.as_of_s, 1)
    return {"state": status.state.value, "since": round(status.since_s, 1), "asOf": as_of_s}


def snapshot_object(
    exam: Exam, rows: Iterable[Result], received_at_s: Mapping[str, float], status: FeedStatus | None
) -> Json:
    """An exam whole. Without `status` it depends on the exam's own version alone, as an ETag needs it."""
    whole: dict[str, object] = {
        "exam": exam_object(exam),
        "rows": [row_array(row, received_at_s.get(row.id, 0.0)) for row in rows],
    }
    return whole if status is None else {**whole, "feed": feed_object(status)}


def change_data(
    exam: Exam | None, rows: Iterable[Result], received_at_s: float, removals: Iterable[str]
) -> Json:
    """Rows that are new or different, ids that are gone, and the exam itself if it changed."""
    change: dict[str, object] = {
        "rows": [row_array(row, received_at_s) for row in rows],
        "gone": list(removals),
    }
    return change if exam is None else {"exam": exam_object(exam), **change}


def to_json(value: Json) -> bytes:
    """Compact UTF-8; it holds no line break, as server-sent events want it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def server_sent_event(kind: str, data: bytes, event_id: str | None = None) -> bytes:
    """One event of a stream (WHATWG HTML, "Server-sent events"). `data` holds no line break."""
    head = f"event: {kind}\n" if event_id is None else f"id: {event_id}\nevent: {kind}\n"
    return head.encode() + b"data: " + data + b"\n\n"
