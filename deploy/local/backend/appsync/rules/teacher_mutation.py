"""One call of a mutation, as the rules get it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.local.backend.appsync.validation import stored_time

__all__ = ["TeacherMutation"]


@dataclass(frozen=True, slots=True)
class TeacherMutation:
    """One call of a mutation: its field, `input` and `releaseAt` as the schema names them, the caller's sub,
    the time in epoch seconds, the fields of the answer that the caller selected, and the name with which
    the caller signed in."""

    field: str
    input: Mapping[str, Any]
    owner: str
    now_s: float
    release_at: str | None = None
    selected: Collection[str] = ()
    owner_name: str = ""

    @property
    def now(self) -> str:
        """The time as an AWSDateTime."""
        return stored_time(self.now_s)
