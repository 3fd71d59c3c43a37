"""Checks, over the wire, the API's rules that only a real stack (or the embedded backend) can show.

The contract suite checks the other rules on an emulator. No emulator implements these: the signatures of
tokens, the schema's directives, introspection, and how AppSync itself runs transactions, conditions, the
resolvers' JavaScript and real time. Every check creates the data it needs and deletes it again.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import requests

from deploy.aws.smoke.listener import Listener, SubscriptionRefused
from shared.api.calls import GuestApi, TeacherApi
from shared.api.http import GuestSignature, TeacherToken
from shared.api.operations import GUEST_SUBSCRIPTIONS
from shared.identity.guest import GuestCredentials
from shared.live.appsync_protocol import guest_authentication, teacher_authentication
from shared.model.class_list import ClassStudent, NewClassList
from shared.model.errors import VersionConflict
from shared.model.exam import Exam, NewExam, NewResult, Result, new_id
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings

__all__ = ["CHECKS", "CheckFailed", "CheckResult", "Smoke", "expect", "results_of"]

_S = TypeVar("_S")

EVENT_WITHIN_S = 15.0
LISTED_WITHIN_S = 30.0  # DynamoDB's indexes lag behind their table
LISTED_INTERVAL_S = 0.5
REQUEST_S = 20.0
BATCH_ROWS = 99
# An exam is announced for so long as this: enough to see that its results are held back, on any connection.
ANNOUNCED_S, ANNOUNCED_ROUND_TRIPS = 3.0, 10

TEACHER_SUBSCRIPTIONS = {
    "onCreateResults": "subscription { onCreateResults "
    "{ id examId published owner name number comment version student } }",
}


class CheckFailed(Exception):
    """Something unexpected was seen; the text is what was seen."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check; `seen` is what failed it."""

    name: str
    is_ok: bool
    seen: str


class Smoke:
    """The checks over one backend, with two teachers who are signed in. close() it at the end."""

    def __init__(
        self,
        settings: BackendSettings,
        teacher_token: Callable[[], str],
        other_teacher_token: Callable[[], str],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.teacher_token, self.other_teacher_token = teacher_token, other_teacher_token
        self.guest_credentials = GuestCredentials(settings, now_s)
        self.teacher = TeacherApi(settings, teacher_token)
        self.guest = GuestApi(settings, self.guest_credentials)
        self._http = requests.Session()

    def close(self) -> None:
        """Closes every connection."""
        self._http.close()
        self.guest.close()
        self.teacher.close()
        self.guest_credentials.close()

    def run(self) -> Iterator[CheckResult]:
        """Each check's result, as results_of() yields it."""
        return results_of(CHECKS, self)

    # ------------------------------------------------------------------ for the checks

    def ask(
        self, document: str, auth: Any, variables: dict[str, Any] | None = None
    ) -> tuple[int, dict[str, Any]]:
        """The HTTP status and the JSON document of the answer, including its errors."""
        answer = self._http.post(
            self.settings.api_url,
            json={"query": document, "variables": variables or {}},
            auth=auth,
            timeout=REQUEST_S,
        )
        document_of_answer: dict[str, Any] = answer.json()
        return answer.status_code, document_of_answer

    def as_teacher(self, token: str | None = None) -> TeacherToken:
        return TeacherToken(self.teacher_token if token is None else lambda: token)

    def as_guest(self) -> GuestSignature:
        return GuestSignature(self.guest_credentials.current, self.settings.region)

    @contextmanager
    def exam(self) -> Iterator[Exam]:
        """A draft, deleted afterwards with all its results."""
        made = self.teacher.create_exam(
            NewExam(subject="Smoke test", date=date(2026, 1, 1), teacher="Nobody", scale=OUT_OF_20)
        )
        try:
            yield made
        finally:
            rows = [(row.id, row.version) for row in self.teacher.list_results(made.id)]
            for start in range(0, len(rows), BATCH_ROWS):
                self.teacher.delete_results(made.id, rows[start : start + BATCH_ROWS])
            left = self.teacher.get_exam(made.id)
            if left is not None:
                self.teacher.delete_exam(made.id, left.version)

    def new_row(self, exam: Exam) -> Result:
        new = NewResult(student="Ada", grade="17", name="Ada Byron", number="12", comment="Well done.")
        return self.teacher.create_result(exam.id, new)

    def guest_listener(self, documents: Mapping[str, str] = GUEST_SUBSCRIPTIONS) -> Listener:
        authentication = guest_authentication(self.settings, self.guest_credentials.current())
        return Listener(self.settings.realtime_url, authentication, documents)

    def teacher_listener(self, token: str) -> Listener:
        authentication = teacher_authentication(self.settings, token)
        return Listener(self.settings.realtime_url, authentication, TEACHER_SUBSCRIPTIONS)


def expect(condition: bool, seen: object) -> None:
    """Fails a check, which shows what was `seen`, unless the condition holds."""
    if not condition:
        raise CheckFailed(str(seen))


def results_of(checks: Mapping[str, Callable[[_S], None]], subject: _S) -> Iterator[CheckResult]:
    """Runs the checks one by one, yielding each result; a failed one does not stop the others."""
    for name, check in checks.items():
        try:
            check(subject)
        except Exception as error:  # noqa: BLE001  # any failure is a result
            yield CheckResult(name, is_ok=False, seen=f"{type(error).__name__}: {error}")
        else:
            yield CheckResult(name, is_ok=True, seen="")


def _forged_token(smoke: Smoke) -> None:
    head, _, signature = smoke.teacher_token().rpartition(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    status, answer = smoke.ask("{listMyExams {items {id}}}", smoke.as_teacher(f"{head}.{changed}"))
    expect(status == 401, (status, answer))


def _no_proof(smoke: Smoke) -> None:
    status, answer = smoke.ask("{listExams {items {id}}}", auth=lambda request: request)
    expect(status == 401, (status, answer))


def _tampered_request(smoke: Smoke) -> None:
    signature = smoke.as_guest()

    def sign_then_change(request: requests.PreparedRequest) -> requests.PreparedRequest:
        signed = signature(request)
        body = signed.body if isinstance(signed.body, bytes) else str(signed.body).encode()
        signed.body = body.replace(b"listExams", b"listexams")
        return signed

    status, answer = smoke.ask("{listExams {items {id}}}", sign_then_change)
    expect(status in (400, 401, 403), (status, answer))


def _guest_mutation(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        document = "mutation($input: ExamVersionInput!) {publishExam(input: $input) {id}}"
        variables = {"input": {"id": exam.id, "expectedVersion": exam.version}}
        _status, answer = smoke.ask(document, smoke.as_guest(), variables)
        expect(bool(answer.get("errors")) and not (answer.get("data") or {}).get("publishExam"), answer)
        unchanged = smoke.teacher.get_exam(exam.id)
        expect(unchanged is not None and not unchanged.is_published, unchanged)


def _closed_fields(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        smoke.new_row(exam)
        smoke.teacher.publish_exam(exam.id, exam.version)
        document = (
            "query($id: ID!) {listResults(examId: $id) "
            "{items {id student owner name number createdAt comment}}}"
        )
        _status, answer = smoke.ask(document, smoke.as_guest(), {"id": exam.id})
        refused = {error["path"][-1] for error in answer.get("errors", [])}
        expect(refused == {"owner", "name", "number", "createdAt"}, answer)
        (row,) = answer["data"]["listResults"]["items"]
        expect(all(row[field] is None for field in (*refused, "comment")), row)


def _introspection(smoke: Smoke) -> None:
    _status, answer = smoke.ask("{__schema {types {name}}}", smoke.as_teacher())
    expect(bool(answer.get("errors")) and not (answer.get("data") or {}).get("__schema"), answer)


def _guest_receives_no_draft_events(smoke: Smoke) -> None:
    with smoke.exam() as exam, smoke.guest_listener() as listener:
        draft_row = smoke.new_row(exam)
        smoke.teacher.publish_exam(exam.id, exam.version)
        # Events arrive in order: an event of the draft would have arrived before the publication's.
        listener.wait_for("onPublishExam", lambda row: row["id"] == exam.id, EVENT_WITHIN_S)
        expect(not listener.has_received("onCreateResults", lambda row: row["id"] == draft_row.id), draft_row)


def _guest_receives_published_events(smoke: Smoke) -> None:
    with smoke.exam() as exam, smoke.guest_listener() as listener:
        published = smoke.teacher.publish_exam(exam.id, exam.version)
        row = smoke.new_row(exam)
        event = listener.wait_for("onCreateResults", lambda event: event["id"] == row.id, EVENT_WITHIN_S)
        expect(event["published"] is True and event["student"] == "Ada", event)
        rows = [NewResult(student=f"Student {number}", grade="12") for number in range(BATCH_ROWS)]
        smoke.teacher.create_results(exam.id, rows)
        batch = listener.wait_for(
            "onCreateResultsBatch", lambda event: event["examId"] == exam.id, EVENT_WITHIN_S
        )
        expect(len(batch["items"]) == BATCH_ROWS, len(batch["items"]))
        smoke.teacher.unpublish_exam(exam.id, published.version)
        gone = listener.wait_for("onUnpublishExam", lambda event: event["id"] == exam.id, EVENT_WITHIN_S)
        expect(gone["published"] is False, gone)


def _owner_receives_draft_events(smoke: Smoke) -> None:
    with (
        smoke.exam() as exam,
        smoke.teacher_listener(smoke.teacher_token()) as owner,
        smoke.teacher_listener(smoke.other_teacher_token()) as other,
    ):
        draft_row = smoke.new_row(exam)
        event = owner.wait_for("onCreateResults", lambda event: event["id"] == draft_row.id, EVENT_WITHIN_S)
        expect(event["name"] is event["number"] is event["comment"] is None, event)
        smoke.teacher.publish_exam(exam.id, exam.version)
        public_row = smoke.new_row(exam)
        other.wait_for("onCreateResults", lambda event: event["id"] == public_row.id, EVENT_WITHIN_S)
        expect(
            not other.has_received("onCreateResults", lambda event: event["id"] == draft_row.id), draft_row
        )


def _guest_may_not_subscribe_to_creations(smoke: Smoke) -> None:
    try:
        with smoke.guest_listener({"onCreateExam": "subscription { onCreateExam { id } }"}):
            raise CheckFailed("the subscription was accepted")
    except SubscriptionRefused as refused:
        expect("nauthorized" in str(refused), refused)


def _repeated_create(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        rows = [NewResult(student=f"Student {number}", grade="12") for number in range(BATCH_ROWS)]
        first = smoke.teacher.create_results(exam.id, rows)
        again = smoke.teacher.create_results(exam.id, rows)
        expect(first == again, (len(first), len(again)))


def _deleted_stays_deleted(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        row = NewResult(student="Ada", grade="12")
        made = smoke.teacher.create_result(exam.id, row)
        smoke.teacher.delete_result(exam.id, made.id, made.version)
        try:
            smoke.teacher.create_result(exam.id, row)
        except VersionConflict as conflict:
            expect(conflict.current is None, conflict.current)
        else:
            raise CheckFailed("the deleted result was created again")
        expect(list(smoke.teacher.list_results(exam.id)) == [], "the deleted result is listed")


def _conflict_shows_the_current_row(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        row = smoke.new_row(exam)
        changed = smoke.teacher.update_result(exam.id, row.id, row.version, grade="18")
        try:
            smoke.teacher.update_result(exam.id, row.id, row.version, grade="3")
        except VersionConflict as conflict:
            current = conflict.current
            expect(isinstance(current, Result) and current.version == changed.version, current)
        else:
            raise CheckFailed("the stale change was accepted")


def _conflict_shows_the_current_class_list(smoke: Smoke) -> None:
    """AppSync is documented to give the stored item beside a failed condition, and reported not to
    (aws/aws-appsync-community#343)."""
    new = NewClassList(title="Smoke test", students=(ClassStudent("Ada", None, None),))
    made = smoke.teacher.create_class_list(new)
    try:
        expect(smoke.teacher.create_class_list(new) == made, "the same list again is refused")
        made = smoke.teacher.update_class_list(made.id, made.version, title="Smoke")
        try:
            smoke.teacher.update_class_list(made.id, made.version - 1, title="Stale")
        except VersionConflict as conflict:
            expect(conflict.current == made, conflict.current)
        else:
            raise CheckFailed("the stale change was accepted")
    finally:
        smoke.teacher.delete_class_list(made.id, made.version)


def _announced_results_come_at_their_hour(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        begun = time.monotonic()
        row = smoke.new_row(exam)
        round_trip_s = time.monotonic() - begun
        # By the API's own clock, whatever this machine's says.
        hour = (row.created_at or exam.created_at) + timedelta(
            seconds=ANNOUNCED_S + ANNOUNCED_ROUND_TRIPS * round_trip_s
        )
        smoke.teacher.publish_exam(exam.id, exam.version, release_at=hour)
        seen_before = list(smoke.guest.list_results(exam.id))
        announced = smoke.guest.get_exam(exam.id)
        expect(announced is not None and announced.seconds_to_release > 0, announced)
        expect(seen_before == [], seen_before)
        deadline = time.monotonic() + ANNOUNCED_S + ANNOUNCED_ROUND_TRIPS * round_trip_s + LISTED_WITHIN_S
        while [seen.id for seen in smoke.guest.list_results(exam.id)] != [row.id]:
            expect(time.monotonic() < deadline, "the results did not come at their hour")
            time.sleep(LISTED_INTERVAL_S)


def _history_is_its_owners(smoke: Smoke) -> None:
    with smoke.exam() as exam, closing(TeacherApi(smoke.settings, smoke.other_teacher_token)) as other:
        row = smoke.new_row(exam)
        smoke.teacher.publish_exam(exam.id, exam.version)
        smoke.teacher.update_result(exam.id, row.id, row.version, grade="18")
        kinds = [change.kind for change in smoke.teacher.list_changes(exam.id).changes]
        expect(kinds == ["UPDATED", "PUBLISHED"], kinds)
        expect(other.list_changes(exam.id).changes == (), "another teacher reads it")
        document = "query($id: ID!) {listChanges(examId: $id) {items {id}}}"
        _status, answer = smoke.ask(document, smoke.as_guest(), {"id": exam.id})
        expect(bool(answer.get("errors")) and not (answer.get("data") or {}).get("listChanges"), answer)


def _index_follows(smoke: Smoke) -> None:
    with smoke.exam() as exam:
        smoke.teacher.publish_exam(exam.id, exam.version)
        deadline = time.monotonic() + LISTED_WITHIN_S
        while exam.id not in [listed.id for listed in smoke.guest.list_exams()]:
            expect(time.monotonic() < deadline, "the published exam is not listed")
            time.sleep(LISTED_INTERVAL_S)


def _unknown_ids(smoke: Smoke) -> None:
    expect(smoke.guest.get_exam(new_id()) is None, "an exam that does not exist")
    expect(list(smoke.guest.list_results(new_id())) == [], "results of an exam that does not exist")


CHECKS: dict[str, Callable[[Smoke], None]] = {
    "a token with a changed signature is refused": _forged_token,
    "a request without proof is refused": _no_proof,
    "a request that was changed after signing is refused": _tampered_request,
    "a guest changes nothing": _guest_mutation,
    "teachers' fields are closed to guests by the schema's directives": _closed_fields,
    "introspection is off": _introspection,
    "guests receive no events of a draft": _guest_receives_no_draft_events,
    "guests receive published results, batches and withdrawals": _guest_receives_published_events,
    "a teacher receives events of their own drafts, another teacher does not": _owner_receives_draft_events,
    "guests may not subscribe to the creation of exams": _guest_may_not_subscribe_to_creations,
    "a batch of 99 rows is stored once, however often it is sent": _repeated_create,
    "what was deleted is not created again by a try that arrives late": _deleted_stays_deleted,
    "a conflict carries the current row": _conflict_shows_the_current_row,
    "a conflict carries the current class list": _conflict_shows_the_current_class_list,
    "announced results are held back, and come at their hour": _announced_results_come_at_their_hour,
    "a published exam is listed": _index_follows,
    "an exam's history is its owner's alone": _history_is_its_owners,
    "unknown ids are no errors": _unknown_ids,
}
