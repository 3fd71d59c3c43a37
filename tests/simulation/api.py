"""The exam API as a model: what is stored, what guests may see of it at each moment, and its events."""

import asyncio
import bisect
import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

__all__ = ["ModelApi", "Public"]

Wire = dict[str, Any]
EXAMS_MAX = 4
ROWS_MAX = 12
HOUR_MAX_S = 18.0  # all have come when the last stalled page reads on
EPOCH = "2026-06-15T08:00:00.000Z"

# Exam id -> its version and its results: id -> version and grade.
Public = Mapping[str, tuple[int, Mapping[str, tuple[int, str]]]]


@dataclass(slots=True)
class _Exam:
    wire: Wire
    results: dict[str, Wire] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)  # ids of results without a grade: guests do not see them
    hour_s: float = 0.0  # until then a published exam is announced only

    @property
    def is_published(self) -> bool:
        return bool(self.wire["published"])

    def answer(self, now_s: float) -> Wire:
        """The exam as the API answers at this moment."""
        return {**self.wire, "secondsToRelease": max(0.0, self.hour_s - now_s)}


class ModelApi:
    """`subscribers` get each event that guests may have: the subscription's field, and the row."""

    def __init__(self, choose: random.Random, loop: asyncio.AbstractEventLoop) -> None:
        self.subscribers: dict[Callable[[str, Wire], None], None] = {}  # in their order
        self.history: list[tuple[float, Public]] = []  # what guests may see, from each moment on
        self.ever_public: set[tuple[str, int, str]] = set()  # id, version, grade
        self._choose, self._loop, self._now_s = choose, loop, loop.time
        self._exams: dict[str, _Exam] = {}
        self._listed: list[
            tuple[float, list[_Exam]]
        ] = []  # the index of published exams, from each moment on
        self._changes = 0
        self._note()

    # What guests read.

    @property
    def public(self) -> Public:
        return self.history[-1][1]

    @property
    def exam_ids(self) -> list[str]:
        """Of published exams and of drafts."""
        return list(self._exams)

    def states_since(self, moment_s: float) -> list[Public]:
        """What guests might see at that moment and at each later one."""
        first = bisect.bisect_right(self.history, moment_s, key=lambda entry: entry[0]) - 1
        return [public for _, public in self.history[first:]]

    def listed_exams(self, lag_s: float) -> list[Wire]:
        """From the index, which may lag behind."""
        moment = self._now_s() - lag_s
        exams = next((listed for since, listed in reversed(self._listed) if since <= moment), [])
        return [exam.answer(self._now_s()) for exam in exams]

    def published_exam(self, exam_id: str) -> Wire | None:
        exam = self._exams.get(exam_id)
        return exam.answer(self._now_s()) if exam is not None and exam.is_published else None

    def published_results(self, exam_id: str, after_id: str, count: int) -> list[Wire]:
        exam = self._exams.get(exam_id)
        if exam is None or not self._is_readable(exam):
            return []
        ids = sorted(id_ for id_ in exam.results.keys() - exam.awaited if id_ > after_id)
        return [dict(exam.results[id_]) for id_ in ids[:count]]

    # What teachers do.

    def change_something(self) -> None:
        """One mutation, at random."""
        choose = self._choose
        if len(self._exams) < EXAMS_MAX and (not self._exams or choose.random() < 0.1):
            self._create_exam()
        else:
            exam = choose.choice(list(self._exams.values()))
            acts = [self._publish, self._edit, self._add, self._add_batch, self._unpublish, self._delete_exam]
            weights = [4.0, 1.0, 3.0, 2.0, 0.7, 0.2]
            if exam.results:
                acts += [self._grade, self._retract, self._remove, self._remove_batch]
                weights += [8.0, 1.0, 2.0, 0.5]
            choose.choices(acts, weights)[0](exam)
        self._note()

    def _create_exam(self) -> None:
        exam_id = self._new_id()
        wire = {"id": exam_id, "subject": "Physics", "date": "2026-06-15", "teacher": "A. L.", "version": 1}
        wire |= {"scale": "OUT_OF_20", "audience": self._choose.choice(["NAMES", "CODES"])}
        wire |= {"status": "DRAFT", "published": False, "listed": True}
        wire |= {"createdAt": EPOCH, "updatedAt": EPOCH}
        self._exams[exam_id] = _Exam(wire)

    def _publish(self, exam: _Exam) -> None:
        if exam.is_published:
            return
        hour = None
        if self._choose.random() < 0.3:
            exam.hour_s = self._now_s() + self._choose.uniform(1, HOUR_MAX_S)
            hour = dt.datetime.fromtimestamp(exam.hour_s, dt.UTC).isoformat()
            self._loop.call_at(exam.hour_s, self._note)
        self._change_exam(exam, status="PUBLISHED", published=True, releaseAt=hour)
        self._tell("onPublishExam", exam.answer(self._now_s()))

    def _unpublish(self, exam: _Exam) -> None:
        if exam.is_published:
            exam.hour_s = 0.0
            self._change_exam(exam, status="DRAFT", published=False, releaseAt=None)
            self._tell("onUnpublishExam", exam.wire)

    def _edit(self, exam: _Exam) -> None:
        self._change_exam(exam, subject=f"Physics {exam.wire['version']}")
        if exam.is_published:
            self._tell("onUpdateExam", exam.answer(self._now_s()))

    def _delete_exam(self, exam: _Exam) -> None:
        if exam.results:
            return
        was_published = exam.is_published
        self._change_exam(exam, published=False)
        del self._exams[exam.wire["id"]]
        if was_published:
            self._tell("onDeleteExam", exam.wire)

    def _add(self, exam: _Exam) -> None:
        row = self._new_result(exam)
        if self._choose.random() < 0.2:
            exam.awaited.add(row["id"])
        else:
            self._announce(exam, "onCreateResults", row)

    def _add_batch(self, exam: _Exam) -> None:
        rows = [self._new_result(exam) for _ in range(self._choose.randint(1, 4))]
        self._announce(exam, "onCreateResultsBatch", {"examId": exam.wire["id"], "items": rows})

    def _grade(self, exam: _Exam) -> None:
        row = self._changed(exam)
        exam.awaited.discard(row["id"])
        self._announce(exam, "onUpdateResults", row)

    def _retract(self, exam: _Exam) -> None:
        row = self._changed(exam)
        exam.awaited.add(row["id"])
        self._announce(exam, "onDeleteResults", row)

    def _remove(self, exam: _Exam) -> None:
        row = self._changed(exam)
        self._forget(exam, row["id"])
        self._announce(exam, "onDeleteResults", row)

    def _remove_batch(self, exam: _Exam) -> None:
        rows = [self._changed(exam) for _ in range(min(len(exam.results), 2))]
        rows = list({row["id"]: row for row in rows}.values())
        for row in rows:
            self._forget(exam, row["id"])
        self._announce(exam, "onDeleteResultsBatch", {"examId": exam.wire["id"], "items": rows})

    def _new_result(self, exam: _Exam) -> Wire:
        row = {"id": self._new_id(), "examId": exam.wire["id"], "student": f"Student {self._changes}"}
        row |= {"grade": self._new_grade(), "published": exam.is_published, "version": 1}
        if len(exam.results) >= ROWS_MAX:
            self._forget(exam, next(iter(exam.results)), is_announced=True)
        exam.results[row["id"]] = row
        return row

    def _changed(self, exam: _Exam) -> Wire:
        old = self._choose.choice(list(exam.results.values()))
        row = {**old, "grade": self._new_grade(), "version": old["version"] + 1}
        exam.results[row["id"]] = row
        return row

    def _forget(self, exam: _Exam, result_id: str, *, is_announced: bool = False) -> None:
        row = exam.results.pop(result_id)
        exam.awaited.discard(result_id)
        if is_announced:
            self._announce(exam, "onDeleteResults", {**row, "version": row["version"] + 1})

    def _change_exam(self, exam: _Exam, **fields: object) -> None:
        exam.wire = {**exam.wire, **fields, "version": exam.wire["version"] + 1}

    def _announce(self, exam: _Exam, field_name: str, row: Wire) -> None:
        """A result's event of a draft, or before the hour, reaches no guest: the subscription's filter drops
        it."""
        if self._is_readable(exam):
            self._tell(field_name, row)

    def _is_readable(self, exam: _Exam) -> bool:
        """Whether guests may see its results."""
        return exam.is_published and exam.hour_s <= self._now_s()

    def _tell(self, field_name: str, row: Wire) -> None:
        for tell in list(self.subscribers):
            tell(field_name, row)

    def _note(self) -> None:
        """What guests may see from now on."""
        published = [exam for exam in self._exams.values() if exam.is_published]
        public: dict[str, tuple[int, Mapping[str, tuple[int, str]]]] = {}
        for exam in published:
            shown = exam.results.keys() - exam.awaited if self._is_readable(exam) else set()
            rows = {id_: (exam.results[id_]["version"], exam.results[id_]["grade"]) for id_ in shown}
            public[exam.wire["id"]] = (exam.wire["version"], rows)
            self.ever_public |= {(id_, *shown_row) for id_, shown_row in rows.items()}
        self.history.append((self._now_s(), public))
        copies = [replace(exam, wire=dict(exam.wire)) for exam in published]
        self._listed.append((self._now_s(), copies))

    def _new_grade(self) -> str:
        """Never the same twice, so that a draft's grade is recognised wherever it is shown."""
        self._changes += 1
        return f"{self._changes}"

    def _new_id(self) -> str:
        return str(UUID(int=self._choose.getrandbits(128), version=4))
