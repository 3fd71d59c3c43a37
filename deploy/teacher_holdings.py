"""What a teacher owns in a backend: the exams with their results, and the class lists."""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Holdings", "TeacherHoldings"]


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much it is; false if it is nothing."""

    exams: int
    results: int
    class_lists: int

    def __bool__(self) -> bool:
        return self.exams > 0 or self.class_lists > 0

    def __str__(self) -> str:
        exams, lists = _counted(self.exams, "exam"), _counted(self.class_lists, "class list")
        return f"{exams} with {_counted(self.results, 'result')}, and {lists}"


class TeacherHoldings(Protocol):
    """Everything that teachers own, by the subs of their accounts; past the API, which is the teachers'.

    Each call can be repeated after an interruption.
    """

    def count(self, sub: str) -> Holdings: ...

    def hand_over(self, sub: str, new_sub: str) -> None:
        """Make all of it another account's. Guests notice nothing."""

    def delete(self, sub: str) -> None:
        """Delete all of it. No event is sent: subscribers learn it from their next listing."""


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
