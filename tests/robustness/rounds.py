"""One run: rounds of traffic under faults, each followed by rest and by the validation of its history."""

import contextlib
import random
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from shared.api.calls import TeacherApi
from shared.model.exam import Audience
from tests.robustness.failpoints.faults import Faults
from tests.robustness.failpoints.plan import plan
from tests.robustness.model.history import ExamValue, History, Outcome, State
from tests.robustness.pair import Pair
from tests.robustness.report.figures import Figures
from tests.robustness.traffic.guests import Listener, Reader
from tests.robustness.traffic.sessions import Session
from tests.robustness.traffic.strangers import Stranger
from tests.robustness.traffic.teachers import Teacher
from tests.robustness.traffic.viewers import Viewer
from tests.robustness.traffic.writers import Writer, result_value
from tests.robustness.validation.rules import violations
from tests.robustness.validation.violation import Violation
from tests.robustness.validation.visibility import Board, check_at_rest
from tests.teacher_app.gate.gate_client import GateBrowser
from tests.wire.clients import backend_settings

__all__ = ["Load", "Run"]

REST_DEADLINE_S = 150.0
LOOK_AGAIN_S = 0.5
SIGNED_IN = "teacher-at-the-dashboard"


@dataclass(frozen=True, slots=True)
class Load:
    """How much traffic there is."""

    teachers: int = 4
    writers_each: int = 2
    viewers: int = 50
    readers: int = 3
    listeners: int = 2


class Run:
    """All rounds of one seed on one pair, which lives through all of them.

    `browser` is one at the teachers' dashboard. Its teacher signs in once and uses it from then on.
    """

    def __init__(
        self, pair: Pair, browser: GateBrowser, figures: Figures, load: Load = Load()
    ) -> None:  # frozen
        self._pair, self._figures, self._load = pair, figures, load
        self._chance = random.Random(figures.seed)
        self._orders = plan(figures.seed)
        self._teachers = [Teacher(pair, f"teacher-{number}") for number in range(load.teachers)]
        for username in (SIGNED_IN, *(teacher.username for teacher in self._teachers)):
            pair.create_teacher(username)
        self._session = Session(browser, SIGNED_IN)

    def round(self, seconds: float) -> list[Violation]:
        """Faults for that long, then rest. Returns what was broken."""
        history = History()
        with contextlib.ExitStack() as stack:
            writers = self._writers(history, stack)
            exam_ids = self._new_exams(writers)
            viewers = self._viewers(exam_ids, history, stack)
            guests: list[Reader | Listener | Stranger] = [
                *(self._reader(exam_ids, history) for _ in range(self._load.readers)),
                *(Listener(self._pair, history) for _ in range(self._load.listeners)),
                Stranger(self._pair.teacher_url, history, self._another_chance()),
            ]
            for guest in guests:
                stack.callback(guest.end)
            for writer in writers:
                writer.start()
            self._break_things(seconds, history)
            healed_s = time.monotonic()
            for writer in writers:
                writer.close()
            for guest in guests:
                guest.end()
            self._check_that_all_write(history)
            self._session.check(history)
            state, boards = self._at_rest(history, viewers)
            self._figures.longest_rest_s = max(self._figures.longest_rest_s, time.monotonic() - healed_s)
        found = violations(history, state, boards)
        self._figures.count(history, found)
        return found

    def _another_chance(self) -> random.Random:
        return random.Random(self._chance.random())

    def _reader(self, exam_ids: list[str], history: History) -> Reader:
        return Reader(self._pair, exam_ids, history, self._another_chance())

    def _writers(self, history: History, stack: contextlib.ExitStack) -> list[Writer]:
        writers = []
        for teacher in self._teachers:
            teacher.exams.clear()
            for _ in range(self._load.writers_each):
                writer = Writer(teacher, self._pair.client_settings, history, self._another_chance())
                stack.callback(writer.close)
                writers.append(writer)
        return writers

    def _viewers(self, exam_ids: list[str], history: History, stack: contextlib.ExitStack) -> list[Viewer]:
        viewers = []
        for number in range(self._load.viewers):
            viewer = Viewer(f"{number}", self._pair.viewers_url, exam_ids[number % len(exam_ids)], history)
            viewers.append(viewer)
            stack.callback(viewer.close)
        for viewer in viewers:
            stack.callback(viewer.ask_to_close)  # of all, before any is waited for
        return viewers

    def _new_exams(self, writers: list[Writer]) -> list[str]:
        """For each teacher one exam of each kind. Nothing is broken yet, so that every call is answered."""
        for writer in writers[:: self._load.writers_each]:
            writer.create_exam(Audience.NAMES, is_secret=False, is_published=True)
            writer.create_exam(Audience.CODES, is_secret=False, is_published=True)
            writer.create_exam(Audience.NAMES, is_secret=True, is_published=False)
        ids = [exam.id for teacher in self._teachers for exam in teacher.exams]
        assert len(ids) == 3 * len(self._teachers), "an undisturbed pair did not answer"
        return ids

    def _break_things(self, seconds: float, history: History) -> None:
        usernames = [teacher.username for teacher in self._teachers]
        with contextlib.ExitStack() as stack:
            for order in self._orders:
                faults = Faults(self._pair, order, usernames, history, self._figures.fired)
                stack.callback(faults.end)
            self._session.use(seconds, history)

    def _check_that_all_write(self, history: History) -> None:
        """Every teacher can write again."""
        for teacher in self._teachers:
            writer = Writer(teacher, backend_settings(self._pair), history, self._another_chance())
            with contextlib.closing(writer):
                for _ in range(3):  # the first may be refused for a token that has been ended
                    before = len(history.operations)
                    if writer.create_exam(Audience.NAMES, is_secret=True, is_published=False):
                        break
                else:
                    reasons = [
                        operation.reason
                        for operation in history.operations[before:]
                        if operation.outcome is not Outcome.ANSWERED
                    ]
                    history.failures.append(f"{teacher.username} cannot write any more: {reasons}")

    def _at_rest(
        self, history: History, viewers: list[Viewer]
    ) -> tuple[State, Mapping[str, tuple[str, Board]]]:
        """What is stored, and what viewers see, as soon as they agree, or at the deadline."""
        give_up_at_s = time.monotonic() + REST_DEADLINE_S
        written = {write.exam_id for operation in history.operations for write in operation.writes}
        while True:
            state = self._stored(written)
            boards = {viewer.name: (viewer.exam_id, viewer.board) for viewer in viewers}
            is_agreed = all(viewer.is_live for viewer in viewers) and not list(check_at_rest(boards, state))
            if is_agreed:
                return state, boards
            if time.monotonic() > give_up_at_s:
                late = [viewer.name for viewer in viewers if not viewer.is_live]
                if late:
                    history.failures.append(f"the dashboard does not hear of changes again: {late}")
                return state, boards
            threading.Event().wait(LOOK_AGAIN_S)

    def _stored(self, exam_ids: set[str]) -> State:
        """Of this round's exams."""
        state = State({}, {})
        for teacher in self._teachers:
            with contextlib.closing(TeacherApi(backend_settings(self._pair), teacher.access_token)) as api:
                for exam in (exam for exam in api.list_my_exams() if exam.id in exam_ids):
                    state.exams[exam.id] = exam.version, ExamValue(exam.subject, exam.is_published)
                    state.results[exam.id] = {
                        row.id: (row.version, result_value(row)) for row in api.list_results(exam.id)
                    }
        return state
