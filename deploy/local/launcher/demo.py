"""Loads the example exams as a teacher would: signed in, through the API. Safe to repeat and to interrupt."""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.local.data_folder import paths
from deploy.local.launcher.demo_exams import DemoExam, demo_exams
from deploy.local.maintenance.operator_access import OperatorRefused
from deploy.teacher_accounts import TeacherAccounts, new_password
from shared.api.calls import BATCH_MAX, TeacherApi
from shared.identity.teacher_session import TeacherSession
from shared.identity.user_pool import UserPool
from shared.model.errors import AccountNotUsable, ExamResultsError
from shared.model.exam import ExamStatus
from shared.settings import load_teacher_settings

__all__ = ["DemoAccount", "load_demo"]

USERNAME = "demo"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """The owner of the examples, with a temporary password."""

    username: str
    password: str


def load_demo(data_dir: Path, accounts: TeacherAccounts, say: Callable[[str], None]) -> DemoAccount | None:
    """Load what is missing; None when everything was loaded before.

    Raises OperatorRefused, or what botocore raises for `accounts`.
    """
    mark = data_dir / paths.DEMO_LOADED
    if mark.exists():
        return None
    own_password, temporary_password = new_password(secrets.choice), new_password(secrets.choice)
    if all(teacher.username != USERNAME for teacher in accounts.all()):
        accounts.add(USERNAME, temporary_password)
    # Only this function knows this password; the account ends up with a temporary one, for the operator.
    accounts.set_permanent_password(USERNAME, own_password)
    exams = demo_exams()
    try:
        _load_all(data_dir, own_password, exams)
    except ExamResultsError as error:
        raise OperatorRefused(f"the examples could not be loaded: {error}") from error
    accounts.set_temporary_password(USERNAME, temporary_password)
    mark.write_text("delete this file to have the examples loaded again\n", "utf-8")
    say(f"  {len(exams)} example exams with {sum(len(demo.rows) for demo in exams)} results loaded")
    return DemoAccount(USERNAME, temporary_password)


def _load_all(data_dir: Path, password: str, exams: list[DemoExam]) -> None:
    settings = load_teacher_settings({}, data_dir / paths.SETTINGS).backend
    with contextlib.closing(UserPool(settings)) as pool:
        session = pool.sign_in(USERNAME, password)
        if not isinstance(session, TeacherSession):
            raise AccountNotUsable(f"sign-in asks {USERNAME} for another step")
        with contextlib.closing(TeacherApi(settings, session.access_token)) as api:
            for demo in exams:
                _load(api, demo)


def _load(api: TeacherApi, demo: DemoExam) -> None:
    """Bring one exam to its final state, wherever an interrupted start left it."""
    exam = api.get_exam(demo.exam.id)
    if exam is not None and exam.status is ExamStatus.PUBLISHED:
        return
    if exam is None:
        exam = api.create_exam(demo.exam)
    for start in range(0, len(demo.rows), BATCH_MAX):
        api.create_results(exam.id, demo.rows[start : start + BATCH_MAX])
    if demo.is_published:
        api.publish_exam(exam.id, exam.version)
