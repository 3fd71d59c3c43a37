"""`smoke`: runs the checks of api.py and pages.py on a stack, with two temporary accounts."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.aws.cloudformation.stack import Stack
from deploy.aws.connection import Connection, aws_errors
from deploy.aws.dashboards_settings import backend_settings
from deploy.aws.data.school import StackData
from deploy.aws.errors import SmokeFailed
from deploy.aws.hosting import hosting_stacks
from deploy.aws.smoke.api import CheckResult, Smoke
from deploy.aws.smoke.pages import Pages, PagesSmoke
from deploy.console import Console
from deploy.teacher_accounts import TeacherAccounts, new_password
from shared.identity.teacher_session import TeacherSession
from shared.identity.user_pool import NewPasswordChallenge, UserPool
from shared.settings import BackendSettings

__all__ = ["CONTEXT", "RESOLVERS", "SmokeCommand", "SmokeTeacher"]

RESOLVERS = Path(__file__).parents[1] / "resolvers"
ACCOUNT_PREFIX = "smoke-"
ACCOUNT = re.compile(rf"{ACCOUNT_PREFIX}[0-9a-f]{{12}}")
_ID = "00000000-0000-4000-8000-000000000000"
# Enough context for every function to run; whether it then refuses the request does not matter here.
_EXAM = {"id": _ID, "owner": "nobody", "status": "DRAFT", "audience": "NAMES", "version": 1}
CONTEXT = {
    "arguments": {"id": _ID, "examId": _ID, "input": {"id": _ID, "examId": _ID, "expectedVersion": 1}},
    "identity": {"sub": "nobody", "username": "nobody"},
    "source": {"id": _ID, "owner": "nobody"},
    "info": {"fieldName": "getExam"},
    "stash": {
        "examId": _ID,
        "access": "READ",
        "exam": _EXAM,
        "expectedVersion": 1,
        "field": "updateExam",
        "fields": {},
        "rows": [{"id": _ID, "expectedVersion": 1}],
        "stored": {_ID: {"id": _ID, "version": 1}},
        "history": {"items": [], "hasMore": False},
        "historyPage": {"limit": 1, "keysOnly": False, "from": None},
        "listing": {"name": "exams/", "key": "status", "value": "PUBLISHED", "sortKey": "dateId"},
        "items": [{"id": _ID}],
    },
    "env": {"RESULTS_TABLE": "results", "EXAMS_TABLE": "exams"},
}


@dataclass(frozen=True, slots=True)
class SmokeCommand:
    """Checks the stack's API, whether AppSync accepts the resolvers' code and, if hosted, the dashboards."""

    stack: Stack
    connection: Connection
    console: Console

    def run(self) -> None:
        """Prints each check's result. Raises SmokeFailed if any failed."""
        failed = []
        for result in self._results():
            self.console.say(f"{'ok    ' if result.is_ok else 'FAILED'}  {result.name}")
            if not result.is_ok:
                self.console.say(f"        seen: {result.seen}")
                failed.append(result.name)
        if failed:
            raise SmokeFailed(tuple(failed))

    def _results(self) -> Iterator[CheckResult]:
        with self.opened() as (smoke, teacher):
            yield self._resolvers_are_accepted()
            yield from smoke.run()
            pages = self.pages()
            if pages is not None:
                with closing(PagesSmoke(pages, smoke, teacher.username, teacher.password)) as pages_smoke:
                    yield from pages_smoke.run()

    @contextmanager
    def opened(self) -> Iterator[tuple[Smoke, "SmokeTeacher"]]:
        """The stack's API with two temporary accounts, and the first of them."""
        outputs = self.stack.outputs()
        settings = backend_settings(outputs, self.connection.endpoint_url)
        accounts = TeacherAccounts(self.connection.client("cognito-idp"), outputs["UserPoolId"])
        self._remove_what_was_left(accounts, StackData(self.connection, outputs))
        with (
            _signed_in(accounts, settings) as teacher,
            _signed_in(accounts, settings) as other,
            closing(Smoke(settings, teacher.session.access_token, other.session.access_token)) as smoke,
        ):
            yield smoke, teacher

    def _remove_what_was_left(self, accounts: TeacherAccounts, data: StackData) -> None:
        """The accounts of checks that were killed, and the exams that they had made."""
        with aws_errors():
            left = [one for one in accounts.all() if ACCOUNT.fullmatch(one.username)]
            for account in left:
                self.console.say(f"Removing what an interrupted check left: {account.username}.")
                data.delete(account.sub)
                accounts.remove(account.username)

    def pages(self) -> Pages | None:
        """The dashboards' addresses; None where they are not hosted, as on every emulator."""
        if self.connection.endpoint_url is not None:
            return None
        for stack in hosting_stacks(self.stack):
            outputs = stack.outputs()
            if "StudentUrl" in outputs:
                return Pages(outputs["StudentUrl"], outputs["TeacherUrl"])
        return None

    def _resolvers_are_accepted(self) -> CheckResult:
        refused = []
        for path in sorted(RESOLVERS.glob("*.js")):
            with aws_errors():
                answer = self.connection.client("appsync").evaluate_code(
                    runtime={"name": "APPSYNC_JS", "runtimeVersion": "1.0.0"},
                    code=path.read_text(encoding="utf-8"),
                    context=json.dumps(CONTEXT),
                    function="request",
                )
            faults = answer.get("error", {}).get("codeErrors", [])
            refused += [f"{path.name}: {fault.get('value')}" for fault in faults]
        return CheckResult("AppSync accepts every resolver's code", not refused, "; ".join(refused))


@dataclass(frozen=True, slots=True)
class SmokeTeacher:
    """A temporary account that has signed in."""

    username: str
    password: str
    session: TeacherSession


@contextmanager
def _signed_in(accounts: TeacherAccounts, settings: BackendSettings) -> Iterator[SmokeTeacher]:
    username, password = f"{ACCOUNT_PREFIX}{secrets.token_hex(6)}", new_password(secrets.choice)
    with aws_errors():
        accounts.add(username, temporary := new_password(secrets.choice), name="Smoke test")
    try:
        session = _first_sign_in(settings, username, temporary, password)
        yield SmokeTeacher(username, password, session)
    finally:
        with aws_errors():
            accounts.remove(username)


def _first_sign_in(
    settings: BackendSettings, username: str, temporary_password: str, password: str
) -> TeacherSession:
    with closing(UserPool(settings)) as pool:
        step = pool.sign_in(username, temporary_password)
        if isinstance(step, NewPasswordChallenge):
            step = pool.answer_new_password(step, password)
    if not isinstance(step, TeacherSession):
        raise SmokeFailed((f"sign-in of a new teacher ({type(step).__name__})",))
    return step
