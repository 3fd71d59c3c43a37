"""Writers: each calls the API as the teachers' dashboard does, and records its calls and their answers."""

import datetime as dt
import itertools
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from shared.api.calls import TeacherApi
from shared.api.http import Patience
from shared.model.codes import CODE_ALPHABET, CODE_LENGTH
from shared.model.errors import ApiRefused, BackendUnreachable, NotAllowed
from shared.model.exam import Audience, Exam, NewExam, NewResult, Result, new_id
from shared.model.grades import AWAITED
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.robustness.model.history import (
    HIDDEN,
    ExamValue,
    History,
    Operation,
    Outcome,
    Read,
    ResultValue,
    Write,
)
from tests.robustness.traffic.teachers import KnownExam, Teacher

__all__ = ["PATIENCE", "Writer", "result_value"]

PATIENCE = Patience(connect_timeout_s=2.0, read_timeout_s=4.0, deadline_s=8.0)
PAUSE_S = 0.15  # between two calls, on average
BATCH_ROWS = (2, 8)
ROWS_MAX = 60  # of an exam; then more is deleted than created
DATE = dt.date(2026, 6, 18)

T = TypeVar("T")


def result_value(row: Result) -> ResultValue:
    """What the API gave of it."""
    return ResultValue(row.student, row.grade, row.name)


class Writer:
    """One writer of a teacher. step() makes one call; start() makes them in a thread, until close()."""

    _serial = itertools.count()

    def __init__(
        self, teacher: Teacher, settings: BackendSettings, history: History, chance: random.Random
    ) -> None:
        self._teacher, self._history, self._chance = teacher, history, chance
        self._lost_tries = 0
        self._token = ""
        self._is_over = threading.Event()
        self._api = TeacherApi(settings, self._access_token, patience=PATIENCE, sleep=self._lose_a_try)
        self._thread = threading.Thread(target=self._run, name="writer")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Ends after the call at hand."""
        self._is_over.set()
        if self._thread.is_alive():
            self._thread.join(60.0)
            assert not self._thread.is_alive()
        self._api.close()

    def create_exam(self, audience: Audience, *, is_secret: bool, is_published: bool) -> KnownExam | None:
        """A new exam of its teacher, with two students who stay awaited; None if some answer was lost."""
        subject = f"{HIDDEN} {self._unique()}" if is_secret else f"Exam {self._unique()}"
        new = NewExam(subject, DATE, "A. Lovelace", OUT_OF_20, audience)
        value = ExamValue(subject, is_published=False)
        exam = self._ask("create exam", (Write(new.id, None, 0, value),), lambda: self._api.create_exam(new))
        if exam is None:
            return None
        known = KnownExam(exam.id, audience, is_secret, exam.version, value)
        with self._teacher.lock:
            self._teacher.exams.append(known)
        for _ in range(2):
            kept = self._create(known, self._value(known, grade=AWAITED, is_hidden=True))
            if kept is None:
                return None
            with self._teacher.lock:
                known.kept.add(kept)
                del known.rows[kept]
        if is_published and not self._publish(known):
            return None
        return known

    def step(self) -> None:
        """One call, chosen at random."""
        with self._teacher.lock:
            exam = self._chance.choice(self._teacher.exams)
            count = len(exam.rows)
        wanted = {
            self._create_one: 30,
            self._create_some: 8,
            self._update_one: 30 if count else 0,
            self._delete_one: (8 if count < ROWS_MAX else 60) if count else 0,
            self._delete_some: (4 if count < ROWS_MAX else 60) if count else 0,
            self._retract_one: 5 if count else 0,
            self._rename: 3,
            self._toggle: 0 if exam.is_secret else 4,
            self._create_and_delete_exam: 1,
            self._reload: 3,
        }
        (act,) = self._chance.choices(list(wanted), list(wanted.values()))
        act(exam)

    # What a step may be.

    def _create_one(self, exam: KnownExam) -> None:
        self._create(exam, self._value(exam))

    def _create(self, exam: KnownExam, value: ResultValue) -> str | None:
        new = NewResult(value.student, value.grade, value.name)
        write = Write(exam.id, new.id, 0, value)
        row = self._ask("create result", (write,), lambda: self._api.create_result(exam.id, new), exam)
        self._note(exam, row, write)
        return None if row is None else new.id

    def _create_some(self, exam: KnownExam) -> None:
        is_awaited = self._chance.random() < 0.2
        values = [
            self._value(exam, grade=AWAITED if is_awaited else self._grade())
            for _ in range(self._chance.randint(*BATCH_ROWS))
        ]
        new = [NewResult(value.student, value.grade, value.name) for value in values]
        writes = tuple(Write(exam.id, row.id, 0, value) for row, value in zip(new, values, strict=True))
        rows = self._ask("create batch", writes, lambda: self._api.create_results(exam.id, new), exam)
        for write in writes if rows else ():
            self._note(exam, rows, write)

    def _update_one(self, exam: KnownExam) -> None:
        row_id, version, old = self._some_row(exam)
        grade = self._grade()
        if exam.audience is Audience.CODES:
            name: str | None = f"{HIDDEN} {self._unique()}"
            value = replace(old, grade=grade, name=name)
            student = None
        else:
            student, name = self._value(exam).student, None
            value = replace(old, grade=grade, student=student)
        write = Write(exam.id, row_id, version, value)
        row = self._ask(
            "update result",
            (write,),
            lambda: self._api.update_result(
                exam.id, row_id, version, grade=grade, student=student, name=name
            ),
            exam,
        )
        self._note(exam, row, write)

    def _retract_one(self, exam: KnownExam) -> None:
        row_id, version, old = self._some_row(exam)
        if old.is_awaited:
            return
        write = Write(exam.id, row_id, version, replace(old, grade=AWAITED))
        row = self._ask(
            "retract result", (write,), lambda: self._api.retract_result(exam.id, row_id, version), exam
        )
        self._note(exam, row, write)

    def _delete_one(self, exam: KnownExam) -> None:
        row_id, version, _ = self._some_row(exam)
        write = Write(exam.id, row_id, version, None)

        def delete() -> bool:
            self._api.delete_result(exam.id, row_id, version)
            return True

        self._note(exam, self._ask("delete result", (write,), delete, exam), write)

    def _delete_some(self, exam: KnownExam) -> None:
        with self._teacher.lock:
            rows = [(row_id, version) for row_id, (version, _) in exam.rows.items()]
        rows = self._chance.sample(rows, min(len(rows), self._chance.randint(*BATCH_ROWS)))
        if not rows:
            return
        writes = tuple(Write(exam.id, row_id, version, None) for row_id, version in rows)

        def delete() -> bool:
            self._api.delete_results(exam.id, rows)
            return True

        is_done = self._ask("delete batch", writes, delete, exam)
        for write in writes:
            self._note(exam, is_done, write)

    def _rename(self, exam: KnownExam) -> None:
        subject = f"{HIDDEN} {self._unique()}" if exam.is_secret else f"Exam {self._unique()}"
        with self._teacher.lock:
            version, value = exam.version, replace(exam.value, subject=subject)
        self._change_exam(
            "update exam",
            exam,
            version,
            value,
            lambda: self._api.update_exam(exam.id, version, subject=subject),
        )

    def _toggle(self, exam: KnownExam) -> None:
        with self._teacher.lock:
            is_published = exam.value.is_published
        if not is_published:
            self._publish(exam)
            return
        with self._teacher.lock:
            version, value = exam.version, replace(exam.value, is_published=False)
        self._change_exam(
            "unpublish exam", exam, version, value, lambda: self._api.unpublish_exam(exam.id, version)
        )

    def _publish(self, exam: KnownExam) -> bool:
        with self._teacher.lock:
            version, value = exam.version, replace(exam.value, is_published=True)
        return self._change_exam(
            "publish exam", exam, version, value, lambda: self._api.publish_exam(exam.id, version)
        )

    def _create_and_delete_exam(self, _exam: KnownExam) -> None:
        subject = f"{HIDDEN} {self._unique()}"
        new = NewExam(subject, DATE, "A. Lovelace", OUT_OF_20)
        value = ExamValue(subject, is_published=False)
        exam = self._ask("create exam", (Write(new.id, None, 0, value),), lambda: self._api.create_exam(new))
        if exam is None:
            return

        def delete() -> bool:
            self._api.delete_exam(new.id, exam.version)
            return True

        self._ask("delete exam", (Write(new.id, None, exam.version, None),), delete)

    def _reload(self, exam: KnownExam) -> None:
        """Reads the exam and its results, as a page does that shows the present ones after a conflict."""
        try:
            found = self._api.get_exam(exam.id)
            begun_s = time.monotonic()
            rows = {row.id: (row.version, result_value(row)) for row in self._api.list_results(exam.id)}
        except (BackendUnreachable, ApiRefused) as error:
            self._forget_token_if_refused(error)
            return
        self._history.reads.append(Read(False, exam.id, rows, begun_s, time.monotonic()))
        with self._teacher.lock:
            if found is not None and found.version > exam.version:
                exam.version, exam.value = found.version, ExamValue(found.subject, found.is_published)
            for row_id, known in rows.items():
                if row_id not in exam.kept and exam.rows.get(row_id, (0, None))[0] < known[0]:
                    exam.rows[row_id] = known
            for row_id in exam.rows.keys() - rows.keys():
                del exam.rows[row_id]

    # The parts of a step.

    def _change_exam(
        self, kind: str, exam: KnownExam, version: int, value: ExamValue, call: Callable[[], Exam]
    ) -> bool:
        changed = self._ask(kind, (Write(exam.id, None, version, value),), call, exam)
        if changed is None:
            return False
        with self._teacher.lock:
            if exam.version < changed.version:
                exam.version, exam.value = changed.version, value
        return True

    def _note(self, exam: KnownExam, answer: object, write: Write) -> None:
        """What an answered write to a result left."""
        assert write.row_id is not None
        with self._teacher.lock:
            if not answer:
                return
            if write.value is None:
                exam.rows.pop(write.row_id, None)
            elif (
                isinstance(write.value, ResultValue)
                and exam.rows.get(write.row_id, (0, None))[0] <= write.seen
            ):
                exam.rows[write.row_id] = write.seen + 1, write.value

    def _ask(
        self, kind: str, writes: tuple[Write, ...], call: Callable[[], T], exam: KnownExam | None = None
    ) -> T | None:
        """Calls, records, and returns what was answered; None if it was refused or got no answer."""
        self._lost_tries, self._token = 0, ""
        begun_s = time.monotonic()
        answer, outcome, reason = None, Outcome.ANSWERED, ""
        signed_in_s = self._teacher.signed_in_s
        try:
            answer = call()
        except BackendUnreachable as error:
            outcome, reason = Outcome.UNKNOWN, error.reason
        except ApiRefused as error:
            outcome = Outcome.UNKNOWN if error.lost_tries else Outcome.REFUSED
            reason = error.error_type
            self._forget_token_if_refused(error)
        self._history.operations.append(
            Operation(
                kind=kind,
                teacher=self._teacher.username,
                writes=writes,
                begun_s=begun_s,
                ended_s=time.monotonic(),
                outcome=outcome,
                lost_tries=self._lost_tries,
                signed_in_s=max(signed_in_s, self._teacher.signed_in_s),
                reason=reason,
            )
        )
        if outcome is not Outcome.ANSWERED and exam is not None:
            self._reload(exam)
        return answer

    def _access_token(self) -> str:
        self._token = self._teacher.access_token()
        return self._token

    def _forget_token_if_refused(self, error: Exception) -> None:
        if isinstance(error, NotAllowed):
            self._teacher.forget_token(self._token)

    def _lose_a_try(self, pause_s: float) -> None:
        self._lost_tries += 1
        self._is_over.wait(pause_s)

    def _some_row(self, exam: KnownExam) -> tuple[str, int, ResultValue]:
        with self._teacher.lock:
            row_id = self._chance.choice(list(exam.rows)) if exam.rows else None
            if row_id is None:  # another writer has deleted the last one meanwhile
                return new_id(), 1, ResultValue("Nobody", "1")
            return (row_id, *exam.rows[row_id])

    def _value(self, exam: KnownExam, *, grade: str | None = None, is_hidden: bool = False) -> ResultValue:
        given = self._grade() if grade is None else grade
        if exam.audience is Audience.CODES:
            code = "".join(self._chance.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
            return ResultValue(code, given, f"{HIDDEN} {self._unique()}")
        secret = HIDDEN if is_hidden or exam.is_secret else "Student"
        return ResultValue(f"{secret} {self._unique()}", given)

    def _grade(self) -> str:
        return str(self._chance.randint(0, 20))

    def _unique(self) -> str:
        """No two values are the same, so that it shows whose a value is."""
        return f"{next(self._serial)}"

    def _run(self) -> None:
        while not self._is_over.wait(self._chance.uniform(0, 2 * PAUSE_S)):
            self.step()
