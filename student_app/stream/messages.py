"""The live stream's messages as bytes, made once for all viewers. Pure: rows in, server-sent events out.

Event types (read by the board's script):

    snapshot  {"exam": {...}, "rows": [row, ...], "feed": {...}}
    change    {"rows": [row, ...], "gone": [id, ...]}
    numbers   of all rows, as shared/model/overview.py describes them: follows a snapshot and a change.
              {"tiles": [[name, text], ...], "bars": [[count, height, share, total height, total share], ...],
              "marks": [[left, text, row, is text before], ...], "box": [[left, text], ...],
              "places": [[least score, text], ...], "statistics": [[name, text], ...], "rule": ...,
              "comparable": [[name, text], ...], "words": ...}
    gone      {}                        the exam is not, or no longer, published
    withdrawn {"ids": [...]}            exams that are no longer published: to all viewers, who may compare
    feed      {"state": ..., "since": ..., "asOf": ..., "load": ..., "spread": ...}   also the heartbeat.
              `load` says where the exam's results are: LOADED, LOADING, ABSENT, or NO_ROOM while other exams
              have more viewers; `spread` over how many seconds the viewers spread what they ask of the
              page's script after a change; `in`, of an announced exam, in how many seconds its results
              come out

A row is [id, student, grade, version, received, score, bar]: `grade` as people read it, `score` from 0
(worst) to 1 (best) and `bar` its index in the chart, both null without one; a corrected grade's has a 1
behind these. The exam brings the axis of its
chart, and whether grades are numbers, which the script writes as the viewer's locale has them; and until its
hour `releaseAt`, when its results come out, without a row. After that the first snapshot has them all.

Times are epoch seconds. `received` is when a row arrived while this server was listening, else 0. In an exam
that shows codes it is always 0: whoever watched the papers being graded could tell from the order of entry
whose code is whose. For the same reason rows and ids are always sorted by their random ids. The rows contain
only what guests may see: the `Result` objects of the guests' cache contain nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from operator import attrgetter

from shared.live.cache import ResultsSnapshot
from shared.live.status import FeedStatus
from shared.model.exam import Audience, Exam, Result
from shared.model.grades import shown_grade
from shared.model.overview import axis_of, overview_of
from shared.model.scales import NumberScale, Scale, describe
from shared.model.statistics import SCORE_DECIMALS, bin_index, read_grade
from shared.model.statistics_texts import PLACE_WORDS
from shared.model.text import date_text

__all__ = [
    "Json",
    "change_data",
    "exam_object",
    "feed_object",
    "numbers_object",
    "row_array",
    "server_sent_event",
    "snapshot_object",
    "to_json",
]

Json = Mapping[str, object]


def exam_object(exam: Exam, *, is_held_back: bool = False) -> Json:
    """What the board needs to know of an exam, with the axis of its chart; `is_held_back` before its hour."""
    hour = exam.release_at if is_held_back else None
    axis = axis_of(exam.scale)
    return {
        "id": exam.id,
        "subject": exam.subject,
        "date": date_text(exam.date),
        "teacher": exam.teacher,
        "axis": {
            "bars": [[label, tick] for label, tick in zip(axis.labels, axis.ticks, strict=True)],
            "last": axis.last_tick,
        },
        "scale": describe(exam.scale),
        "hasNumbers": isinstance(exam.scale, NumberScale),
        "audience": exam.audience.value,
        "placeWords": PLACE_WORDS,
        "releaseAt": None if hour is None else hour.timestamp(),
    }


def numbers_object(exam: Exam, rows: Iterable[Result]) -> Json:
    """The tiles and the chart, as every page draws them: some hundred bytes, however many rows.

    It computes with all rows, which takes tens of milliseconds for 10,000: call it off the event loop.
    """
    overview = overview_of(exam, rows)
    return {
        "tiles": overview.tiles,
        "bars": [
            [bar.count, bar.height, bar.share, bar.total_height, bar.total_share] for bar in overview.bars
        ],
        "marks": [[mark.left, mark.text, mark.row, mark.is_text_before] for mark in overview.marks],
        "box": [[mark.left, mark.text] for mark in overview.box],
        "places": overview.places,
        "statistics": overview.statistics,
        "rule": overview.rule,
        "comparable": overview.comparable,
        "words": overview.words if overview.bars else "",
    }


def feed_object(status: FeedStatus) -> Json:
    """How current everything is."""
    as_of_s = None if status.as_of_s is None else round(status.as_of_s, 1)
    return {"state": status.state.value, "since": round(status.since_s, 1), "asOf": as_of_s}


def snapshot_object(
    exam: Exam,
    results: ResultsSnapshot,
    status: FeedStatus | None,
    numbers: Json | None = None,
) -> Json:
    """A whole exam, with its numbers where no message of their own follows. Without `status` it depends only
    on the exam's and its results' versions, as an ETag requires."""
    whole: dict[str, object] = {
        "exam": exam_object(exam, is_held_back=results.is_held_back),
        "rows": _row_arrays(exam, results.rows, results.received_at_s),
    }
    if numbers is not None:
        whole["numbers"] = numbers
    return whole if status is None else {**whole, "feed": feed_object(status)}


def change_data(
    exam: Exam,
    rows: Collection[Result],
    received_at_s: float,
    removals: Iterable[str],
) -> Json:
    """Rows that are new or different, and ids that are gone."""
    return {
        "rows": _row_arrays(exam, rows, dict.fromkeys((row.id for row in rows), received_at_s)),
        "gone": sorted(removals),
    }


def to_json(value: Json) -> bytes:
    """Compact UTF-8; it contains no line break, as server-sent events require."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def server_sent_event(kind: str, data: bytes, event_id: str | None = None) -> bytes:
    """One event of a stream (WHATWG HTML, "Server-sent events"). `data` contains no line break."""
    head = f"event: {kind}\n" if event_id is None else f"id: {event_id}\nevent: {kind}\n"
    return head.encode() + b"data: " + data + b"\n\n"


def _row_arrays(exam: Exam, rows: Iterable[Result], received_at_s: Mapping[str, float]) -> list[list[object]]:
    if exam.audience is Audience.OWN:
        return []  # each student asks for the own result; the numbers come from the server
    times = {} if exam.audience.has_codes else received_at_s
    return [row_array(exam.scale, row, times.get(row.id, 0.0)) for row in sorted(rows, key=attrgetter("id"))]


def row_array(scale: Scale, row: Result, received_at_s: float = 0.0) -> list[object]:
    """One row as the board's script reads it."""
    grade = read_grade(row.grade, scale)
    received = round(received_at_s, 3)
    head: list[object] = [row.id, row.student, shown_grade(row.grade, scale), row.version, received]
    mark = [1] if row.is_corrected else []  # few rows have it, and the others stay as short as they were
    if grade is None or not grade.is_scored:
        return [*head, None, None, *mark]
    return [*head, round(grade.score, SCORE_DECIMALS), bin_index(grade.score, scale), *mark]
