"""Awaited results: students without a grade yet, which exist for the exam's owner alone."""

from __future__ import annotations

import datetime as dt
import json
import random
from typing import Any

import pytest

from tests.builders import at_version, new_id, result_input
from tests.contract.calls import RESULT, Api, Caller
from tests.contract.guest_documents import REQUESTS, guest_queries, guest_subscription
from tests.contract.target import Capability

AWAITED = "AWAITED"
PLANTED = "Planted"
ANNOUNCE = (
    "mutation($input: ExamVersionInput!, $at: AWSDateTime) "
    "{publishExam(input: $input, releaseAt: $at) {id version}}"
)
BATCH = f"examId readable published owner items {{{RESULT}}}"
EVENT_ROW = "id examId student grade readable published version createdAt updatedAt owner"


def batch_row(grade: str, student: str = "Ada") -> dict[str, str]:
    """With texts that are the owner's alone."""
    private = {name: f"{PLANTED} {name}" for name in ("name", "number", "comment")}
    return {"id": new_id(), "student": student, "grade": grade, **private}


def awaited(api: Api, exam_id: str, **changes: Any) -> dict[str, Any]:
    return api.teacher.new_result(exam_id, grade=AWAITED, **changes)


def test_the_owner_alone_sees_an_awaited_result(api: Api) -> None:
    """In a list and by its id; `published` is false although the exam is published."""
    exam = api.teacher.new_exam(is_published=True)
    graded = api.teacher.new_result(exam["id"])
    row = awaited(api, exam["id"])
    assert row["published"] is False
    listed = {one["id"]: one for one in api.teacher.results(exam["id"])}
    assert (listed[row["id"]]["grade"], listed[row["id"]]["published"]) == (AWAITED, False)
    assert listed[graded["id"]]["published"] is True
    document = "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {id grade published}}"
    assert api.teacher.ask(document, e=exam["id"], id=row["id"]).only()["grade"] == AWAITED
    for stranger in (api.guest, api.other_teacher):
        assert [one["id"] for one in stranger.results(exam["id"], "id")] == [graded["id"]]
        assert stranger.ask(document, e=exam["id"], id=row["id"]).only() is None


def test_publishing_shows_no_awaited_result(api: Api) -> None:
    exam = api.teacher.new_exam()
    awaited(api, exam["id"])
    graded = api.teacher.new_result(exam["id"])
    api.teacher.published(exam)
    assert [one["id"] for one in api.guest.results(exam["id"], "id")] == [graded["id"]]
    assert api.teacher.exam(exam["id"], "resultsCount") == {"resultsCount": 2}


def test_pages_that_leave_out_awaited_results_lose_no_other(api: Api) -> None:
    """Whatever the size of the pages, each graded result comes once."""
    exam = api.teacher.new_exam(is_published=True)
    graded = [batch_row("12") for _ in range(9)]
    for rows in (graded, [batch_row(AWAITED) for _ in range(9)]):
        api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    document = (
        "query($e: ID!, $limit: Int, $token: String) "
        "{listResults(examId: $e, limit: $limit, nextToken: $token) {items {id} nextToken}}"
    )
    for limit in (1, 2, 5):
        found, token = [], None
        while True:
            page = api.guest.ask(document, e=exam["id"], limit=limit, token=token).only()
            found += [row["id"] for row in page["items"]]
            token = page["nextToken"]
            if token is None:
                break
        assert found == sorted(row["id"] for row in graded)


def test_an_awaited_result_gets_its_grade_by_an_update(api: Api) -> None:
    exam = api.teacher.new_exam(is_published=True)
    row = awaited(api, exam["id"])
    renamed = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "student": "Ada L."}).only()
    assert (renamed["grade"], renamed["published"]) == (AWAITED, False)
    graded = api.teacher.mutate("updateResults", RESULT, {**at_version(renamed), "grade": "14"}).only()
    assert (graded["grade"], graded["published"], graded["version"]) == ("14", True, 3)
    assert api.guest.results(exam["id"], "id grade") == [{"id": row["id"], "grade": "14"}]


def test_a_grade_that_is_taken_back_is_awaited_again(api: Api) -> None:
    """The answer is the deletion's: the result as it was, with its new version."""
    exam = api.teacher.new_exam(is_published=True)
    row = api.teacher.new_result(exam["id"], name="Ada Lovelace")
    answer = api.teacher.mutate("retractResults", RESULT, at_version(row)).only()
    assert (answer["grade"], answer["published"], answer["version"]) == (row["grade"], True, 2)
    assert answer["name"] is None
    (stored,) = api.teacher.results(exam["id"])
    assert (stored["grade"], stored["published"], stored["version"]) == (AWAITED, False, 2)
    assert (stored["student"], stored["name"]) == (row["student"], "Ada Lovelace")
    assert api.guest.results(exam["id"], "id") == []
    again = api.teacher.mutate("updateResults", RESULT, {**at_version(answer), "grade": "9"}).only()
    assert (again["version"], again["published"]) == (3, True)


def test_an_update_takes_no_grade_back(api: Api) -> None:
    """Guests would never hear of it."""
    exam = api.teacher.new_exam()
    row = api.teacher.new_result(exam["id"])
    given = {**at_version(row), "grade": AWAITED}
    api.teacher.mutate("updateResults", RESULT, given).refusal("PreconditionFailed")
    assert api.teacher.results(exam["id"])[0]["grade"] == row["grade"]


def test_what_retracting_refuses(api: Api) -> None:
    """A stranger, a stale version, a missing result, one without a grade."""
    exam = api.teacher.new_exam(is_published=True)
    row, without = api.teacher.new_result(exam["id"]), awaited(api, exam["id"])
    api.other_teacher.mutate("retractResults", RESULT, at_version(row)).refusal("Unauthorized")
    stale = api.teacher.mutate("retractResults", RESULT, {**at_version(row), "expectedVersion": 7})
    assert stale.refusal("ConflictException")["data"]["version"] == 1
    missing = {**at_version(row), "id": new_id()}
    api.teacher.mutate("retractResults", RESULT, missing).refusal("NotFound")
    api.teacher.mutate("retractResults", RESULT, {**at_version(row), "id": "1"}).refusal("NotFound")
    error = api.teacher.mutate("retractResults", RESULT, at_version(without)).refusal("PreconditionFailed")
    assert error["message"].rstrip(".") == "The result has no grade"
    document = "mutation($input: ResultVersionInput!) {retractResults(input: $input) {id}}"
    api.guest.ask(document, input=at_version(row)).turned_away("retractResults", "Mutation")


def test_a_batch_is_awaited_or_graded_as_a_whole(api: Api) -> None:
    """Its event goes to guests whole or not at all."""
    exam = api.teacher.new_exam(is_published=True)
    mixed = [batch_row(AWAITED), batch_row("12")]
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": mixed}).refusal(
        "BadRequest"
    )
    assert api.teacher.results(exam["id"]) == []
    rows = [batch_row(AWAITED), batch_row(AWAITED)]
    batch = api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    assert batch["published"] is False
    assert [(row["grade"], row["published"]) for row in batch["items"]] == [(AWAITED, False)] * 2


def test_deleting_a_mixed_batch_answers_no_awaited_result(api: Api) -> None:
    exam = api.teacher.new_exam(is_published=True)
    rows = [api.teacher.new_result(exam["id"]), awaited(api, exam["id"])]
    gone = [{"id": row["id"], "expectedVersion": 1} for row in rows]
    batch = api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": gone}).only()
    assert (batch["published"], [row["id"] for row in batch["items"]]) == (True, [rows[0]["id"]])
    assert api.teacher.results(exam["id"]) == []
    row = awaited(api, exam["id"])
    gone = [{"id": row["id"], "expectedVersion": 1}]
    batch = api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": gone}).only()
    assert (batch["published"], [one["id"] for one in batch["items"]]) == (False, [row["id"]])


def some_exams(api: Api) -> tuple[list[str], list[str], list[str], list[str]]:
    """Published exams of two audiences, two that are announced for tomorrow (of the own result only, too) and
    a draft, with graded and awaited results: ids of the exams, of all results, and of those that only the
    owner may see; and the codes of all."""
    exams = [
        api.teacher.new_exam(is_published=True),
        api.teacher.new_exam(is_published=True, audience="CODES"),
        api.teacher.new_exam(),
        api.teacher.new_exam(audience="OWN"),
        api.teacher.new_exam(),
    ]
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    for exam in exams[2:4]:
        api.teacher.ask(ANNOUNCE, input=at_version(exam), at=tomorrow.isoformat()).only()
    graded: list[str] = []
    hidden: list[str] = []
    codes: list[str] = []
    for number, exam in enumerate(exams):
        for grade, ids in (("12", graded), (AWAITED, hidden)):
            rows = [
                batch_row(
                    grade,
                    f"AB{number}C{'XY'[grade == AWAITED]}{index}".replace("0", "Z").replace("1", "W")
                    + ("2345" if exam["audience"] == "OWN" else ""),
                )
                for index in range(9)
            ]
            codes += [row["student"] for row in rows]
            api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
            ids += [row["id"] for row in rows]
            hidden += [row["id"] for row in rows if number > 1]
    return [exam["id"] for exam in exams], [*graded, *hidden], hidden, codes


def assert_nothing_hidden(data: Any, asked: str, hidden: set[str]) -> None:
    """No object of the answer is a hidden result by its id, or awaited by its grade; tokens are not rows."""
    if isinstance(data, dict):
        values = [value for name, value in data.items() if name != "nextToken"]
        assert AWAITED not in values, asked
        assert not any(value in hidden for value in values if isinstance(value, str)), asked
        for value in values:
            assert_nothing_hidden(value, asked, hidden)
    elif isinstance(data, list):
        for item in data:
            assert_nothing_hidden(item, asked, hidden)


@pytest.mark.parametrize("stranger", ["guest", "other_teacher"])
def test_no_query_that_a_stranger_can_form_answers_an_awaited_result_or_one_before_its_hour(
    api: Api, stranger: str, request: pytest.FixtureRequest
) -> None:
    """Generated: fields, aliases, fragments, directives, variables, pages, right codes."""
    exam_ids, result_ids, hidden, codes = some_exams(api)
    caller: Caller = getattr(api, stranger)
    is_fast = "embedded" in request.node.name  # an emulator of AWS takes a tenth of a second for each
    count = REQUESTS if is_fast and stranger == "guest" else 200
    rows_seen = 0
    expected = {"BadRequest"}  # for another's token
    if stranger == "guest":
        expected |= {"Unauthorized", "UnauthorizedException"}  # for a field of teachers
    for document in guest_queries(random.Random(13), count, exam_ids, result_ids, codes):
        answer = caller.ask(document.text, **document.variables)
        refused = {error["errorType"] for error in answer.errors} - expected
        assert refused == set(), (document.text, refused)
        assert_nothing_hidden(answer.data, document.text, set(hidden))
        text = json.dumps(answer.data)
        assert PLANTED not in text, document.text
        rows_seen += text.count('"id"')
    assert rows_seen > count  # the documents asked for something


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_no_subscription_that_a_stranger_can_form_hears_of_an_awaited_result(api: Api) -> None:
    """Created, renamed and deleted, alone and in batches, in a published exam; what has a grade is heard."""
    exam = api.teacher.new_exam(is_published=True)
    source = random.Random(13)
    names = [
        "onCreateResults",
        "onUpdateResults",
        "onDeleteResults",
        "onCreateResultsBatch",
        "onDeleteResultsBatch",
    ]
    batch = f"examId readable published owner items {{{EVENT_ROW}}}"
    with api.guest.listening() as guest, api.other_teacher.listening() as other:
        for client in (guest, other):
            for number in range(60):
                name = names[number % len(names)]
                client.subscribe(f"s{number}", guest_subscription(source, name, exam["id"]).text)
        row = api.teacher.mutate(
            "createResults", EVENT_ROW, {**result_input(exam["id"]), "grade": AWAITED}
        ).only()
        row = api.teacher.mutate("updateResults", EVENT_ROW, {**at_version(row), "student": "Ada L."}).only()
        api.teacher.mutate("deleteResults", EVENT_ROW, at_version(row)).only()
        rows = [batch_row(AWAITED), batch_row(AWAITED)]
        api.teacher.mutate("createResultsBatch", batch, {"examId": exam["id"], "rows": rows}).only()
        gone = [{"id": one["id"], "expectedVersion": 1} for one in rows]
        api.teacher.mutate("deleteResultsBatch", batch, {"examId": exam["id"], "rows": gone}).only()
        kept = api.teacher.mutate(
            "createResults", EVENT_ROW, {**result_input(exam["id"]), "grade": AWAITED}
        ).only()
        graded = api.teacher.mutate("createResults", EVENT_ROW, result_input(exam["id"])).only()
        gone = [{"id": one["id"], "expectedVersion": 1} for one in (kept, graded)]
        api.teacher.mutate("deleteResultsBatch", batch, {"examId": exam["id"], "rows": gone}).only()
        last = api.teacher.mutate("createResults", EVENT_ROW, result_input(exam["id"])).only()
        hidden = {row["id"], kept["id"], *(one["id"] for one in rows)}
        for client in (guest, other):
            for number in range(0, 60, len(names)):  # those of onCreateResults hear of the last one
                while last["id"] not in json.dumps(client.next_of(f"s{number}")):
                    pass
            heard = [message["payload"] for message in client.messages if message["type"] == "data"]
            assert any(graded["id"] in json.dumps(payload) for payload in heard)
            for payload in heard:
                assert_nothing_hidden(payload, "subscription", hidden)


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_guests_hear_that_a_grade_was_taken_back_as_a_deletion(api: Api) -> None:
    """And of the next grade as of a change, with a newer version than the deletion's."""
    exam = api.teacher.new_exam(is_published=True)
    with api.guest.listening() as guest:
        for name in ("onDeleteResults", "onUpdateResults"):
            guest.subscribe(name, f"subscription {{{name} {{id grade version published}}}}")
        row = api.teacher.mutate("createResults", EVENT_ROW, result_input(exam["id"])).only()
        row = api.teacher.mutate("retractResults", EVENT_ROW, at_version(row)).only()
        while (heard := guest.event("onDeleteResults"))["id"] != row["id"]:
            pass
        assert heard == {"id": row["id"], "grade": row["grade"], "version": 2, "published": True}
        api.teacher.mutate("updateResults", EVENT_ROW, {**at_version(row), "grade": "3"}).only()
        while (heard := guest.event("onUpdateResults"))["id"] != row["id"]:
            pass
        assert heard == {"id": row["id"], "grade": "3", "version": 3, "published": True}


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_the_owner_hears_of_awaited_results(api: Api) -> None:
    exam = api.teacher.new_exam(is_published=True)
    with api.teacher.listening() as owner:
        owner.subscribe("1", "subscription {onCreateResults {id grade published}}")
        row = api.teacher.mutate(
            "createResults", EVENT_ROW, {**result_input(exam["id"]), "grade": AWAITED}
        ).only()
        while (heard := owner.event("1"))["id"] != row["id"]:
            pass
        assert heard == {"id": row["id"], "grade": AWAITED, "published": False}
