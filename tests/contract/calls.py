"""Calls of the API as a test writes them: a caller, a document, its variables; then data and errors."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from botocore.credentials import Credentials

from tests.builders import at_version, exam_input, result_input
from tests.contract.target import Target, Teacher
from tests.realtime_client import Authorize, RealtimeClient, signed_by, with_token
from tests.signing import signed_headers

__all__ = ["CHANGE", "EXAM", "RESULT", "Answer", "Api", "Caller"]

DEADLINE_S = 20.0

# Everything that a teacher may see of a type; the shared fragments of real clients select less.
EXAM = "id subject date teacher scale status audience listed published version createdAt updatedAt owner"
RESULT = "id examId student grade readable published version createdAt updatedAt owner name number comment"

_VALUES = "student grade name number comment subject date teacher scale audience listed status releaseAt"
CHANGE = f"id examId at by byName kind resultId before {{{_VALUES}}} after {{{_VALUES}}}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: the HTTP status, the data and the errors."""

    status: int
    data: Any
    errors: list[dict[str, Any]] = field(default_factory=list)

    @property
    def error_types(self) -> list[str]:
        return [error["errorType"] for error in self.errors]

    def only(self) -> Any:
        """The value of the only top-level field; fails if there are errors."""
        assert self.errors == [], self.errors
        (value,) = self.data.values()
        return value

    def refusal(self, error_type: str) -> dict[str, Any]:
        """The one error, which must be of this type and have left its field null."""
        assert self.error_types == [error_type], (self.data, self.errors)
        assert self.data is None or list(self.data.values()) == [None], self.data
        return self.errors[0]

    def turned_away(self, field_name: str, type_name: str) -> None:
        """Refused because of who the caller is. AppSync refuses the field when a directive closes it, and the
        whole request when the caller's role allows none of its fields."""
        (error,) = self.errors
        of_field = ("Unauthorized", f"Not Authorized to access {field_name} on type {type_name}")
        of_request = ("UnauthorizedException", "Permission denied")
        assert (error["errorType"], error["message"]) in (of_field, of_request), error
        assert self.data is None or list(self.data.values()) == [None], self.data


class Caller:
    """Calls as a teacher (a token), as a guest (signed), or without credentials."""

    def __init__(self, api: "Api", proof: str | Credentials | None) -> None:
        self._api, self._proof = api, proof

    @property
    def authorize(self) -> Authorize:
        """How this caller is authenticated in real time."""
        host = urlsplit(self._api.target.api_url).netloc
        if isinstance(self._proof, Credentials):
            return signed_by(host, self._proof, self._api.target.region)
        return with_token(host, self._proof or "")

    def listening(self) -> RealtimeClient:
        """An acknowledged real-time connection of this caller."""
        return RealtimeClient(self._api.target.realtime_url, self.authorize)

    def ask(self, document: str, **variables: Any) -> Answer:
        return self._api.post({"query": document, "variables": variables}, self._proof)

    # What many tests do; each returns the object or fails.

    def mutate(self, field_name: str, selection: str, given: Mapping[str, Any]) -> Answer:
        """The mutation with this input."""
        return self.ask(
            f"mutation($input: {_INPUTS[field_name]}!) {{{field_name}(input: $input) {{{selection}}}}}",
            input=dict(given),
        )

    def new_exam(self, *, is_published: bool = False, **changes: Any) -> dict[str, Any]:
        given = {**exam_input(), **changes}
        exam: dict[str, Any] = self.mutate("createExam", EXAM, given).only()
        return self.published(exam) if is_published else exam

    def published(self, exam: Mapping[str, Any]) -> dict[str, Any]:
        changed: dict[str, Any] = self.mutate("publishExam", EXAM, at_version(exam)).only()
        return changed

    def new_result(self, exam_id: str, **changes: Any) -> dict[str, Any]:
        result: dict[str, Any] = self.mutate(
            "createResults", RESULT, {**result_input(exam_id), **changes}
        ).only()
        return result

    def exam(self, exam_id: str, selection: str = EXAM) -> Any:
        return self.ask(f"query($id: ID!) {{getExam(id: $id) {{{selection}}}}}", id=exam_id).only()

    def results(self, exam_id: str, selection: str = RESULT) -> list[dict[str, Any]]:
        return self._all_pages(
            "query($examId: ID!, $token: String) {listResults(examId: $examId, nextToken: $token) "
            f"{{items {{{selection}}} nextToken}}}}",
            examId=exam_id,
        )

    def changes(
        self, exam_id: str, *, result_id: str | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """The history of an exam, or of one result, newest first, read in pages of `limit`."""
        return self._all_pages(
            "query($examId: ID!, $id: ID, $limit: Int, $token: String) "
            "{listChanges(examId: $examId, id: $id, limit: $limit, nextToken: $token) "
            f"{{items {{{CHANGE}}} nextToken}}}}",
            examId=exam_id,
            id=result_id,
            limit=limit,
        )

    def listed_exams(self, field_name: str = "listExams", selection: str = "id") -> list[dict[str, Any]]:
        return self._all_pages(
            f"query($token: String) {{{field_name}(limit: 1000, nextToken: $token) "
            f"{{items {{{selection}}} nextToken}}}}"
        )

    def _all_pages(self, document: str, **variables: Any) -> list[dict[str, Any]]:
        """The items of every page of a query that takes a $token."""
        rows: list[dict[str, Any]] = []
        token: str | None = None
        while True:
            page = self.ask(document, token=token, **variables).only()
            rows += page["items"]
            token = page["nextToken"]
            if token is None:
                return rows


class Api:
    """One target with its callers."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._session = requests.Session()
        self.teacher = self.as_teacher(target.teacher)
        self.other_teacher = self.as_teacher(target.other_teacher)
        self.guest = self.signed_with(target.guest)
        self.nobody = Caller(self, None)

    def as_teacher(self, teacher: Teacher) -> Caller:
        return Caller(self, teacher.token)

    def with_token(self, token: str) -> Caller:
        return Caller(self, token)

    def signed_with(self, credentials: Credentials) -> Caller:
        return Caller(self, credentials)

    def post(self, request: Mapping[str, Any], proof: str | Credentials | None) -> Answer:
        body = json.dumps(request)
        headers = {"Content-Type": "application/json"}
        if isinstance(proof, str):
            headers["Authorization"] = proof
        elif proof is not None:
            headers = signed_headers(self.target.api_url, body, proof, self.target.region)
        return self.send(body, headers)

    def send(self, body: str, headers: Mapping[str, str]) -> Answer:
        response = self._session.post(
            self.target.api_url, data=body.encode(), headers=dict(headers), timeout=DEADLINE_S
        )
        document = response.json()
        return Answer(response.status_code, document.get("data"), document.get("errors") or [])

    def close(self) -> None:
        self._session.close()


_INPUTS = {
    "createExam": "CreateExamInput",
    "updateExam": "UpdateExamInput",
    "deleteExam": "ExamVersionInput",
    "publishExam": "ExamVersionInput",
    "unpublishExam": "ExamVersionInput",
    "createResults": "CreateResultsInput",
    "updateResults": "UpdateResultsInput",
    "deleteResults": "DeleteResultsInput",
    "retractResults": "ResultVersionInput",
    "createResultsBatch": "CreateResultsBatchInput",
    "deleteResultsBatch": "DeleteResultsBatchInput",
    "eraseChanges": "EraseChangesInput",
    "createClassList": "CreateClassListInput",
    "updateClassList": "UpdateClassListInput",
    "deleteClassList": "ClassListVersionInput",
}
