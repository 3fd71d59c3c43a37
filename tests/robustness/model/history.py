"""What happened in one round: who asked for what, when, what came back, and who saw what.

Times are seconds of this process's monotonic clock. A history is recorded from many threads, and read by the
validation alone, after all of them have ended.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from shared.model.grades import AWAITED

__all__ = [
    "HIDDEN",
    "ExamValue",
    "History",
    "Operation",
    "Outcome",
    "Read",
    "ResultValue",
    "Sight",
    "SignOut",
    "State",
    "Write",
]

# In every text that no guest may ever see: what is written only into drafts, of students who are awaited for
# good, and the names behind codes.
HIDDEN = "zq-hidden"


class Outcome(StrEnum):
    """What the writer learned."""

    ANSWERED = "answered"
    REFUSED = "refused"  # at the first try: it has certainly not happened
    UNKNOWN = "unknown"  # it may have happened, and may still happen


@dataclass(frozen=True, slots=True)
class ExamValue:
    """What an exam is at one version."""

    subject: str
    is_published: bool


@dataclass(frozen=True, slots=True)
class ResultValue:
    """What a result is at one version."""

    student: str
    grade: str
    name: str | None = None

    @property
    def is_awaited(self) -> bool:
        return self.grade == AWAITED


@dataclass(frozen=True, slots=True)
class Write:
    """What an operation does to one exam (`row_id` None) or one result.

    It finds version `seen`, 0 if it creates it, and leaves `value`, None if it deletes it.
    """

    exam_id: str
    row_id: str | None
    seen: int
    value: ExamValue | ResultValue | None


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of a writer. Its writes happen together or not at all. `lost_tries` are those of its own tries
    that got no answer; `signed_in_s` is when its token had been obtained."""

    kind: str
    teacher: str
    writes: tuple[Write, ...]
    begun_s: float
    ended_s: float
    outcome: Outcome
    lost_tries: int = 0
    signed_in_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """One answer of the API: all results of an exam, as its owner or as a guest sees them."""

    is_guest: bool
    exam_id: str
    rows: dict[str, tuple[int, ResultValue]]
    begun_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class Sight:
    """A result that a viewer of the students' dashboard saw for the first time in this form."""

    viewer: str
    exam_id: str
    row_id: str
    version: int
    student: str
    grade: str
    at_s: float


@dataclass(frozen=True, slots=True)
class SignOut:
    """A teacher's tokens were ended everywhere."""

    teacher: str
    begun_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class State:
    """Everything at rest: each exam's version and value, and the results that its owner gets."""

    exams: dict[str, tuple[int, ExamValue]]
    results: dict[str, dict[str, tuple[int, ResultValue]]]


@dataclass(slots=True)
class History:
    """Appending is safe from any thread."""

    operations: list[Operation] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    sign_outs: list[SignOut] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # what did not recover, or let a stranger in
    texts_searched: int = 0
    _texts_lock: threading.Lock = field(default_factory=threading.Lock)  # guards texts_searched

    def search(self, who: str, texts: Iterable[str]) -> None:
        """Looks for what is hidden in texts that a guest received."""
        count = 0
        for text in texts:
            count += 1
            if HIDDEN in text:
                at = text.index(HIDDEN)
                self.leaks.append(f"{who} received {text[max(0, at - 200) : at + 60]!r}")
        with self._texts_lock:
            self.texts_searched += count
