"""The backend that is fuzzed, with the secrets planted in it, and what each answer must not contain."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from botocore.credentials import Credentials

from tests.backend_process import PASSWORD, RunningBackend, SignedInTeacher, running_backend
from tests.builders import at_version, exam_input, result_input
from tests.contract.calls import EXAM, RESULT, Api, Caller
from tests.contract.target import Teacher

__all__ = ["Fault", "Figures", "World", "planted_world"]

HIDDEN = "Hidden"  # begins every planted text that only its owner may see
OWNER = "fuzzed-owner"
OWN_CODE = "WXYZWXYZ2{}"  # to whom only the own result is shown
EXAMS = 3


class Fault(AssertionError):
    """The backend failed; the text says how, and with what request it can be repeated."""


@dataclass(slots=True)
class Figures:
    """What was tried, and how it was answered."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: str) -> None:
        self.tried += 1
        self.outcomes[outcome] += 1


@dataclass(frozen=True, slots=True)
class World:
    """A backend with exams of `owner`, each with a history: a published one of codes, a draft, and a
    published one in which each student finds the own result only; `stranger` is another teacher."""

    backend: RunningBackend
    owner: Caller
    stranger: Caller
    stranger_account: SignedInTeacher
    guest: Caller
    guest_credentials: Credentials
    operator: Credentials
    http: requests.Session
    ids: tuple[str, ...]
    stored: str
    for_nobody: tuple[str, ...]
    for_teachers: tuple[str, ...]

    def check_answer(
        self, text: str, status: int, request: object, *, is_guest: bool, is_operator: bool = False
    ) -> None:
        """Raises Fault for a failure of the server, or for a secret in its answer that the request does not
        contain. The operator alone lists the accounts."""
        if status >= 500 or "InternalFailure" in text or "InternalError" in text:
            raise Fault(f"{status} {text[:500]} for {request!r}")
        of_accounts = () if is_operator else (OWNER,)
        for secret in (*self.for_nobody, *of_accounts, *(self.for_teachers if is_guest else ())):
            if secret in text and secret not in str(request):
                raise Fault(f"{secret!r} is in the answer {text[:500]} to {request!r}")

    def check_stored(self) -> None:
        """Raises Fault when a stranger or a guest has changed what the owner stored."""
        if self.snapshot(self.owner, self.ids) != self.stored:
            raise Fault("what the owner stored was changed")

    @staticmethod
    def snapshot(owner: Caller, ids: tuple[str, ...]) -> str:
        return json.dumps([[owner.exam(id_), owner.results(id_), owner.changes(id_)] for id_ in ids[:EXAMS]])


@contextlib.contextmanager
def planted_world(data_dir: Path) -> Iterator[World]:
    with contextlib.ExitStack() as stack:
        backend = stack.enter_context(running_backend(data_dir))
        accounts: list[SignedInTeacher] = []
        for name in (OWNER, "fuzzed-stranger"):
            backend.create_teacher(name)
            accounts.append(backend.sign_in(name))
        own, other = accounts
        http = stack.enter_context(contextlib.closing(requests.Session()))
        guest_credentials = backend.guest_credentials()
        api = Api(_Target(backend, own, other, guest_credentials))
        stack.callback(api.close)
        ids, unseen = _planted(api.teacher)
        operator = json.loads((data_dir / "operator.json").read_text())
        yield World(
            backend=backend,
            owner=api.teacher,
            stranger=api.other_teacher,
            stranger_account=other,
            guest=api.guest,
            guest_credentials=guest_credentials,
            operator=Credentials(operator["access_key_id"], operator["secret_access_key"]),
            http=http,
            ids=ids,
            stored=World.snapshot(api.teacher, ids),
            for_nobody=(HIDDEN, operator["secret_access_key"], PASSWORD, *unseen),
            for_teachers=(own.sub, other.sub),
        )


@dataclass(frozen=True, slots=True)
class _Target:
    """The backend as a target of the contract suite's calls."""

    backend: RunningBackend
    own: SignedInTeacher
    other: SignedInTeacher
    guest: Credentials

    @property
    def api_url(self) -> str:
        return self.backend.api_url

    @property
    def realtime_url(self) -> str:
        return self.backend.realtime_url

    @property
    def region(self) -> str:
        return self.backend.region

    @property
    def teacher(self) -> Teacher:
        return Teacher(self.own.sub, self.own.access_token)

    @property
    def other_teacher(self) -> Teacher:
        return Teacher(self.other.sub, self.other.access_token)


def _planted(owner: Caller) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Every id, those of the exams first; and what of it nobody else may see."""
    exams: list[dict[str, Any]] = []
    results: list[list[dict[str, Any]]] = []
    for audience, subject in (("CODES", "Algebra"), ("NAMES", f"{HIDDEN} draft"), ("OWN", "Latin")):
        exam = owner.mutate("createExam", EXAM, {**_exam(subject), "audience": audience}).only()
        rows = [
            owner.mutate("createResults", RESULT, _result(exam["id"], audience, number)).only()
            for number in range(3)
        ]
        exams.append(exam)
        results.append(rows)
        before = {**at_version(rows[0]), "comment": f"{HIDDEN} correction", "grade": "3"}
        owner.mutate("updateResults", "id", before).only()
        owner.mutate("deleteResults", "id", at_version(rows[1])).only()
    for exam in (exams[0], exams[2]):
        owner.published(exam)
    codes, draft, own = ([row["id"] for row in rows] for rows in results)
    ids = (*(exam["id"] for exam in exams), *codes, *draft, *own)
    return ids, (*draft, *(OWN_CODE.format(number + 2) for number in range(3)))


def _exam(subject: str) -> dict[str, Any]:
    return {**exam_input(), "subject": subject}


def _result(exam_id: str, audience: str, number: int) -> dict[str, Any]:
    students = {"CODES": f"ABCDE{number + 2}", "OWN": OWN_CODE.format(number + 2)}
    student = students.get(audience, f"{HIDDEN} student {number}")
    private = {name: f"{HIDDEN} {name} {number}" for name in ("name", "number", "comment")}
    return {**result_input(exam_id), "student": student, **private}
