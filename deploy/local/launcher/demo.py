"""Loads the example exams as a teacher would: signed in, through the API. Safe to repeat and to interrupt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from botocore import UNSIGNED
from botocore.config import Config
from pycognito import Cognito

from deploy.local.data_folder import paths
from deploy.local.launcher.demo_exams import DemoExam, DemoRow, demo_exams
from deploy.local.launcher.operator_client import Operator, OperatorRefused

__all__ = ["DemoAccount", "load_demo"]

USERNAME = "demo"
BATCH_ROWS_MAX = 100
TIMEOUT_S = 30.0

_GET = "query Get($id: ID!) { getExam(id: $id) { version status } }"
# What subscribers hear of a change is what its mutation selects.
_EXAM_FIELDS = "id subject date teacher scale status audience published version createdAt updatedAt owner"
_CREATE = f"mutation Create($input: CreateExamInput!) {{ createExam(input: $input) {{ {_EXAM_FIELDS} }} }}"
_PUBLISH = (
    f"mutation Publish($input: ExamVersionInput!) {{ publishExam(input: $input) {{ {_EXAM_FIELDS} }} }}"
)
_BATCH = """mutation Batch($input: CreateResultsBatchInput!) { createResultsBatch(input: $input) {
  examId published owner items { id examId student grade published version createdAt updatedAt owner } } }"""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Who owns the examples, with a temporary password."""

    username: str
    password: str


def load_demo(
    data_dir: Path, operator: Operator, settings: Mapping[str, str], say: Callable[[str], None]
) -> DemoAccount | None:
    """Load what is missing; None when all was loaded before. Raises OperatorRefused."""
    mark = data_dir / paths.DEMO_LOADED
    if mark.exists():
        return None
    if all(teacher.username != USERNAME for teacher in operator.teachers()):
        operator.add_teacher(USERNAME)
    # The password of the moment is ours alone; at the end the account gets a temporary one for a person.
    token = _sign_in(settings, operator.set_password(USERNAME, is_permanent=True))
    exams = demo_exams()
    with requests.Session() as session:
        session.headers["Authorization"] = token
        for exam in exams:
            _load(session, settings["EXAM_RESULTS_API_URL"], exam)
    password = operator.set_password(USERNAME, is_permanent=False)
    mark.write_text("delete this file to have the examples loaded again\n", "utf-8")
    say(f"  {len(exams)} example exams with {sum(len(exam.rows) for exam in exams)} results loaded")
    return DemoAccount(USERNAME, password)


def _sign_in(settings: Mapping[str, str], password: str) -> str:
    user = Cognito(
        settings["EXAM_RESULTS_USER_POOL_ID"],
        settings["EXAM_RESULTS_USER_POOL_CLIENT_ID"],
        username=USERNAME,
        boto3_client_kwargs={"endpoint_url": settings["EXAM_RESULTS_COGNITO_ENDPOINT_URL"]},
        botocore_config=Config(signature_version=UNSIGNED),
    )
    user.authenticate(password=password)
    token: str = user.access_token
    return token


def _load(session: requests.Session, url: str, exam: DemoExam) -> None:
    """Bring one exam to its final state, wherever an interrupted start left it."""
    found = _call(session, url, _GET, {"id": exam.id})["getExam"]
    if found is not None and found["status"] == "PUBLISHED":
        return
    if found is None:
        wire = {
            "id": exam.id,
            "subject": exam.subject,
            "date": exam.date,
            "teacher": exam.teacher,
            "scale": exam.scale,
            "audience": exam.audience,
        }
        found = _call(session, url, _CREATE, {"input": wire})["createExam"]
    for start in range(0, len(exam.rows), BATCH_ROWS_MAX):
        rows = [_row(row) for row in exam.rows[start : start + BATCH_ROWS_MAX]]
        _call(session, url, _BATCH, {"input": {"examId": exam.id, "rows": rows}})
    if exam.is_published:
        _call(session, url, _PUBLISH, {"input": {"id": exam.id, "expectedVersion": found["version"]}})


def _row(row: DemoRow) -> dict[str, str]:
    wire = {"id": row.id, "student": row.student, "grade": row.grade}
    return wire if row.name is None else {**wire, "name": row.name}


def _call(session: requests.Session, url: str, document: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    try:
        answer = session.post(url, json={"query": document, "variables": variables}, timeout=TIMEOUT_S).json()
    except requests.RequestException as error:
        raise OperatorRefused(f"the examples could not be loaded: {error}") from error
    if answer.get("errors"):
        raise OperatorRefused(f"the examples could not be loaded: {answer['errors'][0].get('message')}")
    data: dict[str, Any] = answer["data"]
    return data
