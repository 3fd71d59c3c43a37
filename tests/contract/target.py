"""The implementations of the API that the contract suite tests.

Every rule of the API is stated once, in the test modules beside this one, and tested over the wire on every
target that can show it. To add a target: a `Target`, and its entry in TARGETS with its capabilities.
"""

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from botocore.credentials import Credentials

from tests.backend_process import RunningBackend, running_backend

__all__ = ["TARGETS", "Capability", "Target", "TargetDeclaration", "Teacher"]


class Capability(Enum):
    """What a rule requires of a target. An emulator of AWS does not implement everything that AWS does."""

    TOKENS = auto()  # forged and expired user-pool tokens are refused
    SIGNATURES = auto()  # wrong signatures are refused
    DIRECTIVES = auto()  # a type's own directives close its fields, not only the caller's role
    SUBSCRIPTIONS = auto()  # real time, with filters
    LIMITS = auto()  # sizes, depth, complexity, introspection


@dataclass(frozen=True, slots=True)
class Teacher:
    sub: str
    token: str


class Target(Protocol):
    """A running implementation of the API; it may contain data of earlier tests."""

    @property
    def api_url(self) -> str: ...

    @property
    def realtime_url(self) -> str:
        """Used only with SUBSCRIPTIONS."""

    @property
    def region(self) -> str: ...

    @property
    def teacher(self) -> Teacher: ...

    @property
    def other_teacher(self) -> Teacher: ...

    @property
    def guest(self) -> Credentials: ...

    def count_guesses(self, exam_id: str, count: int) -> None:
        """As if so many codes of this exam had just been tried in vain, where trying them takes minutes;
        elsewhere it does nothing."""


@dataclass(frozen=True, slots=True)
class TargetDeclaration:
    """`open` starts the target; leaving the context stops it."""

    capabilities: frozenset[Capability]
    open: Callable[[], AbstractContextManager[Target]]


class _EmbeddedTarget:
    def __init__(self, backend: RunningBackend) -> None:
        self.api_url, self.realtime_url = backend.api_url, backend.realtime_url
        self.region = backend.region
        self.teacher = _signed_in(backend, "contract-teacher")
        self.other_teacher = _signed_in(backend, "contract-other-teacher")
        self.guest = backend.guest_credentials()

    def count_guesses(self, exam_id: str, count: int) -> None:
        """A thousand are tried in seconds here."""


def _signed_in(backend: RunningBackend, username: str) -> Teacher:
    backend.create_teacher(username)
    teacher = backend.sign_in(username)
    return Teacher(teacher.sub, teacher.access_token)


@contextlib.contextmanager
def _embedded() -> Iterator[Target]:
    with tempfile.TemporaryDirectory() as folder, running_backend(Path(folder) / "data") as backend:
        yield _EmbeddedTarget(backend)


def _aws() -> AbstractContextManager[Target]:
    # Not at the top: that module imports this one, and needs an emulator that may be missing.
    from tests.deploy.aws.contract_target import aws_target

    return aws_target()


TARGETS: Mapping[str, TargetDeclaration] = {
    "embedded": TargetDeclaration(frozenset(Capability), _embedded),
    "aws": TargetDeclaration(
        frozenset({Capability.SIGNATURES, Capability.SUBSCRIPTIONS, Capability.DIRECTIVES}), _aws
    ),
}
