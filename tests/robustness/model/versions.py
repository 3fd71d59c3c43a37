"""The model: an exam or a result is a chain of versions, and each version has one writer.

Every write names the version that it found. So at most one write can have gone on from each version, and all
that a history leaves open is which of the unanswered ones happened, and when.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from tests.robustness.model.history import ExamValue, Operation, Outcome, ResultValue, Write

__all__ = ["Chain", "Key", "Possible", "chains", "was_possible_together"]

Key = tuple[str, str | None]  # exam, result


@dataclass(frozen=True, slots=True)
class Possible:
    """A version that may have been the present one, at most from `begun_s` to `ended_s`.

    From `certain_s` on it, or a later one, certainly was, if that is finite.
    """

    version: int
    value: ExamValue | ResultValue
    begun_s: float
    ended_s: float
    certain_s: float


class Chain:
    """All that was written, or may have been, to one exam or result."""

    def __init__(self, steps: Iterable[tuple[Operation, Write]]) -> None:
        self.by_seen: dict[int, list[tuple[Operation, Write]]] = defaultdict(list)
        for operation, write in steps:
            if operation.outcome is not Outcome.REFUSED:
                self.by_seen[write.seen].append((operation, write))

    def answered(self, seen: int) -> list[tuple[Operation, Write]]:
        """The answered writes that found this version."""
        return [step for step in self.by_seen.get(seen, ()) if step[0].outcome is Outcome.ANSWERED]

    def steps_from(self, seen: int) -> list[tuple[Operation, Write]]:
        """The writes that may have gone on from this version: the answered one if there is one."""
        return self.answered(seen) or self.by_seen.get(seen, [])

    @cached_property
    def newest_answered(self) -> int:
        """The highest version that an answered write found; -1 without one."""
        return max((seen for seen in self.by_seen if self.answered(seen)), default=-1)

    @cached_property
    def possible(self) -> list[Possible]:
        """Every version that may have existed, by version."""
        found = []
        for seen in sorted(self.by_seen):
            version = seen + 1
            later = [
                operation.ended_s
                for others in self.by_seen
                if others >= version
                for operation, _ in self.answered(others)
            ]
            for operation, write in self.steps_from(seen):
                if write.value is not None:
                    is_answered = operation.outcome is Outcome.ANSWERED
                    certain_s = operation.ended_s if is_answered else math.inf
                    found.append(
                        Possible(
                            version, write.value, operation.begun_s, min(later, default=math.inf), certain_s
                        )
                    )
        return found

    def at(self, version: int) -> list[Possible]:
        """What this version may have been."""
        return [one for one in self.possible if one.version == version]

    def may_change_before(self, version: int, moment_s: float) -> list[Write]:
        """The writes that may have gone on from this version or a later one before the moment."""
        return [
            write
            for seen in self.by_seen
            if seen >= version
            for operation, write in self.by_seen[seen]
            if operation.begun_s < moment_s
        ]


def chains(operations: Iterable[Operation]) -> Mapping[Key, Chain]:
    """Each exam's and each result's chain."""
    steps: dict[Key, list[tuple[Operation, Write]]] = defaultdict(list)
    for operation in operations:
        for write in operation.writes:
            steps[write.exam_id, write.row_id].append((operation, write))
    return {key: Chain(found) for key, found in steps.items()}


def was_possible_together(
    exam: Possible, result: Possible, begun_s: float = -math.inf, ended_s: float = math.inf
) -> bool:
    """Whether both may have been current at one moment of that time."""
    return max(exam.begun_s, result.begun_s, begun_s) <= min(exam.ended_s, result.ended_s, ended_s)
