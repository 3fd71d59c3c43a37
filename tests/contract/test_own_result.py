"""Exams where each student sees the own result only: whom a result is about is the owner's alone."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders import at_version, exam_input, new_id
from tests.contract.calls import EXAM, RESULT, Api, Caller
from tests.contract.guest_documents import REQUESTS, guest_queries, guest_subscription
from tests.contract.target import TARGETS, Capability

AWAITED = "AWAITED"
CODE, OTHER_CODE, NO_CODE = "7K4QX29M3T", "9M3TZ47K4Q", "22222ZZZZZ"
ROW = "id examId student grade readable published version comment"
EVENT_ROW = f"{ROW} createdAt updatedAt owner"
EVENT_BATCH = f"examId readable published owner items {{{EVENT_ROW}}}"
FIND = f"query($e: ID!, $code: String!) {{findResult(examId: $e, code: $code) {{{ROW}}}}}"
CHARACTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.fixture
def alone(api: Api, request: pytest.FixtureRequest) -> Iterator[Api]:
    """The same kind of target, for this test alone: it is slowed down, and the others must not be."""
    with TARGETS[request.node.callspec.params["api"]].open() as target:
        own = Api(target)
        yield own
        own.close()


def own_exam(api: Api, *, is_published: bool = True, **changes: Any) -> dict[str, Any]:
    return api.teacher.new_exam(is_published=is_published, audience="OWN", **changes)


def put(
    api: Api, exam_id: str, code: str, grade: str, name: str | None = None, **more: str
) -> dict[str, Any]:
    given = {"id": new_id(), "examId": exam_id, "student": code, "grade": grade, "name": name, **more}
    return dict(api.teacher.mutate("createResults", RESULT, given).only())


def find(caller: Caller, exam_id: str, code: str) -> Any:
    return caller.ask(FIND, e=exam_id, code=code).only()


def test_whoever_has_the_code_finds_one_result_with_its_comment_and_without_its_student(api: Api) -> None:
    exam = own_exam(api)
    row = put(api, exam["id"], CODE, "14", "Ada Lovelace", number="S-17", comment="Well done.\nSee 3.")
    put(api, exam["id"], OTHER_CODE, "9", "Grace Hopper")
    for caller in (api.guest, api.other_teacher, api.teacher):
        assert find(caller, exam["id"], CODE) == {
            "id": row["id"],
            "examId": exam["id"],
            "student": "",
            "grade": "14",
            "readable": True,
            "published": True,
            "version": 1,
            "comment": "Well done.\nSee 3.",
        }
        assert find(caller, exam["id"], NO_CODE) is None
    hidden = "query($e: ID!, $code: String!) {findResult(examId: $e, code: $code) {id name number}}"
    for teacher in (api.other_teacher, api.teacher):
        assert teacher.ask(hidden, e=exam["id"], code=CODE).only() == {
            "id": row["id"],
            "name": None,
            "number": None,
        }


def test_strangers_get_grades_without_students_and_the_owner_gets_both(api: Api) -> None:
    """In lists and by id; awaited results are the owner's alone, as always."""
    exam = own_exam(api)
    row = put(api, exam["id"], CODE, "14", "Ada Lovelace")
    put(api, exam["id"], OTHER_CODE, AWAITED, "Grace Hopper")
    one = "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {id student grade}}"
    for stranger in (api.guest, api.other_teacher):
        assert stranger.results(exam["id"], "id student grade") == [
            {"id": row["id"], "student": "", "grade": "14"}
        ]
        assert stranger.ask(one, e=exam["id"], id=row["id"]).only()["student"] == ""
    mine = {(own["student"], own["name"], own["grade"]) for own in api.teacher.results(exam["id"])}
    assert mine == {(CODE, "Ada Lovelace", "14"), (OTHER_CODE, "Grace Hopper", AWAITED)}
    assert api.teacher.ask(one, e=exam["id"], id=row["id"]).only()["student"] == CODE


def test_no_answer_to_a_write_has_the_code(api: Api) -> None:
    """Every subscriber would get it. A refusal goes to the owner alone, and has it."""
    exam = own_exam(api)
    row = put(api, exam["id"], CODE, "14", "Ada Lovelace")
    assert (row["student"], row["name"]) == ("", None)
    changed = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "grade": "15"}).only()
    renamed = api.teacher.mutate(
        "updateResults", RESULT, {**at_version(changed), "student": OTHER_CODE}
    ).only()
    taken_back = api.teacher.mutate("retractResults", RESULT, at_version(renamed)).only()
    stale = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "grade": "1"})
    assert stale.refusal("ConflictException")["data"]["student"] == OTHER_CODE
    gone = api.teacher.mutate("deleteResults", RESULT, at_version(taken_back)).only()
    batch = {"examId": exam["id"], "rows": [{"id": new_id(), "student": CODE, "grade": "3"}]}
    made = api.teacher.mutate("createResultsBatch", EVENT_BATCH, batch).only()
    again = api.teacher.mutate("createResultsBatch", EVENT_BATCH, batch).only()
    assert again == made
    rows = [{"id": made["items"][0]["id"], "expectedVersion": 1}]
    deleted = api.teacher.mutate(
        "deleteResultsBatch", EVENT_BATCH, {"examId": exam["id"], "rows": rows}
    ).only()
    answers = [changed, renamed, taken_back, gone, *made["items"], *deleted["items"]]
    assert [answer["student"] for answer in answers] == [""] * len(answers)


def test_a_code_follows_every_change_of_its_result(api: Api) -> None:
    """A correction, a comment, another code, a grade taken back and given again, a deletion."""
    exam = own_exam(api)
    row = put(api, exam["id"], CODE, AWAITED, "Ada Lovelace")
    assert find(api.guest, exam["id"], CODE) is None
    row = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "grade": "14"}).only()
    assert find(api.guest, exam["id"], CODE)["grade"] == "14"
    for comment in ("Well done.", None, "See me."):
        row = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "comment": comment}).only()
        assert find(api.guest, exam["id"], CODE)["comment"] == comment
    row = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "student": OTHER_CODE}).only()
    assert find(api.guest, exam["id"], CODE) is None
    assert find(api.guest, exam["id"], OTHER_CODE)["version"] == 6
    row = api.teacher.mutate("retractResults", RESULT, at_version(row)).only()
    assert find(api.guest, exam["id"], OTHER_CODE) is None
    row = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "grade": "16"}).only()
    assert find(api.guest, exam["id"], OTHER_CODE)["grade"] == "16"
    api.teacher.mutate("deleteResults", RESULT, at_version(row)).only()
    assert find(api.guest, exam["id"], OTHER_CODE) is None


def test_nothing_is_found_in_a_draft_before_the_hour_or_in_another_kind_of_exam(api: Api) -> None:
    draft, coded = (
        own_exam(api, is_published=False),
        api.teacher.new_exam(is_published=True, audience="CODES"),
    )
    put(api, draft["id"], CODE, "14")
    put(api, coded["id"], "7K4QX2", "14")
    for caller in (api.guest, api.teacher):
        for exam_id, code in ((draft["id"], CODE), (coded["id"], "7K4QX2"), (new_id(), CODE), ("1", CODE)):
            assert find(caller, exam_id, code) is None
    announce = (
        "mutation($i: ExamVersionInput!, $at: AWSDateTime) {publishExam(input: $i, releaseAt: $at) {id}}"
    )
    api.teacher.ask(announce, i=at_version(draft), at=in_an_hour()).only()
    assert find(api.guest, draft["id"], CODE) is None


def in_an_hour() -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)).isoformat(timespec="milliseconds")


def test_a_code_that_two_students_have_finds_neither(api: Api) -> None:
    exam = own_exam(api)
    for grade in ("3", "17"):
        put(api, exam["id"], CODE, grade)
    assert find(api.guest, exam["id"], CODE) is None


def test_an_exam_by_link_is_found_by_code_as_any_other(api: Api) -> None:
    exam = own_exam(api, listed=False)
    put(api, exam["id"], CODE, "14")
    found = find(api.guest, exam["id"], CODE)
    assert (found["grade"], found["readable"], found["published"]) == ("14", True, False)


@pytest.mark.parametrize(
    "student", ["Ada Lovelace", "7K4QX2", f"{CODE}2", CODE.lower(), "7K4QX29M3I", f" {CODE[:9]}"]
)
def test_a_student_is_a_code_of_ten_characters(api: Api, student: str) -> None:
    """One that everybody sees in another exam must not find a result here."""
    exam = own_exam(api)
    given = {"id": new_id(), "examId": exam["id"], "student": student, "grade": "1"}
    error = api.teacher.mutate("createResults", RESULT, given).refusal("BadRequest")
    assert error["errorInfo"] == {"field": "student"}
    coded = api.teacher.new_exam(audience="CODES")
    given = {"id": new_id(), "examId": coded["id"], "student": CODE, "grade": "1"}
    api.teacher.mutate("createResults", RESULT, given).refusal("BadRequest")


def test_a_class_list_keeps_codes_of_either_length(api: Api) -> None:
    students = [{"name": "Ada", "code": CODE}, {"name": "Grace", "code": "7K4QX2"}]
    given = {"id": new_id(), "title": "7b", "students": students}
    made = api.teacher.mutate("createClassList", "students {name code}", given).only()
    assert made["students"] == students
    wrong = {**given, "id": new_id(), "students": [{"name": "Ada", "code": CODE[:8]}]}
    api.teacher.mutate("createClassList", "id", wrong).refusal("BadRequest")


@pytest.mark.parametrize(
    ("before", "after"), [("NAMES", "OWN"), ("CODES", "OWN"), ("OWN", "NAMES"), ("OWN", "CODES")]
)
def test_the_audience_changes_from_and_to_the_own_result_only_without_results(
    api: Api, before: str, after: str
) -> None:
    """Otherwise everybody would see what was kept from them, such as codes that find results elsewhere."""
    student = {"NAMES": "Ada", "CODES": "7K4QX2", "OWN": CODE}[before]
    exam = api.teacher.new_exam(audience=before)
    row = put(api, exam["id"], student, AWAITED)
    change = {**at_version(exam), "audience": after}
    api.teacher.mutate("updateExam", EXAM, change).refusal("PreconditionFailed")
    api.teacher.mutate("deleteResults", "id", at_version(row)).only()
    assert api.teacher.mutate("updateExam", EXAM, change).only()["audience"] == after


def test_wrong_codes_are_slowed_and_a_right_one_does_not_count(alone: Api) -> None:
    """A wrong code and one whose result is awaited count and are answered alike, up to the refusal."""
    exam, other = own_exam(alone), own_exam(alone)
    put(alone, exam["id"], CODE, "14")
    put(alone, exam["id"], OTHER_CODE, AWAITED)
    right = {"e": exam["id"], "code": CODE}
    for _ in range(5):
        assert alone.guest.ask(FIND, **right).only()["grade"] == "14"
    many = " ".join(f"a{index}: findResult(examId: $e, code: $code) {{id}}" for index in range(20))
    document = f"query($e: ID!, $code: String!) {{{many}}}"
    alone.target.count_guesses(exam["id"], 1_150)
    tried = {NO_CODE: 0, OTHER_CODE: 0}
    refusal = None
    while refusal is None:
        assert sum(tried.values()) <= 2 * 2400, "nothing slows the guesser"
        for code in tried:
            answer = alone.guest.ask(document, e=exam["id"], code=code)
            assert set(answer.data.values()) == {None}
            tried[code] += 20
            refusal = refusal or next(iter(answer.errors), None)
    assert refusal["errorType"] == "TooManyAttempts"
    assert 1 <= refusal["errorInfo"]["retryAfterSeconds"] <= 61
    seconds = f"Try again in {refusal['errorInfo']['retryAfterSeconds']} s."
    assert refusal["message"].startswith("Too many codes that find no result were tried ")
    assert refusal["message"].endswith(seconds)
    assert "from this address" in refusal["message"] or "for this exam" in refusal["message"]
    # Slowed by address: this caller waits at other exams, too, as for the right code.
    for asked in (right, {"e": other["id"], "code": NO_CODE}):
        slowed = alone.guest.ask(FIND, **asked)
        assert slowed.error_types in ([], ["TooManyAttempts"])  # [] once the minute is over


def some_students(
    api: Api, source: random.Random
) -> tuple[list[str], list[str], list[str], list[str], dict[str, str]]:
    """Own-result exams, listed, by link and draft: ids of exams, of results, codes, and secrets that no
    stranger may get, but for the comments, by code, of those who have one."""
    exam_ids, row_ids, codes, secrets = [], [], [], []
    comments: dict[str, str] = {}
    for number, made in enumerate(
        (own_exam(api), own_exam(api, listed=False), own_exam(api, is_published=False))
    ):
        for grade in ("12", AWAITED):
            rows = [
                {
                    "id": new_id(),
                    "student": "".join(source.choice(CHARACTERS) for _ in range(10)),
                    "grade": grade,
                    "name": f"Person {number} {index} {grade}",
                    "number": f"Number {number} {index} {grade}",
                    "comment": f"Comment {number} {index} {grade}",
                }
                for index in range(9)
            ]
            given = {"examId": made["id"], "rows": rows}
            api.teacher.mutate("createResultsBatch", EVENT_BATCH, given).only()
            row_ids += [row["id"] for row in rows]
            codes += [row["student"] for row in rows]
            secrets += [row[name] for row in rows for name in ("name", "number", "comment")]
            if grade != AWAITED and made["status"] == "PUBLISHED":
                comments |= {row["student"]: row["comment"] for row in rows}
        exam_ids.append(made["id"])
    return exam_ids, row_ids, codes, [*codes, *secrets], comments


@pytest.mark.parametrize("stranger", ["guest", "other_teacher"])
def test_no_query_that_a_stranger_can_form_answers_a_student_or_anothers_comment(
    api: Api, stranger: str, request: pytest.FixtureRequest
) -> None:
    """Thousands of them, by fields, aliases, fragments, directives, variables, pages and right codes."""
    source = random.Random(17)
    is_fast = "embedded" in request.node.name  # an emulator of AWS takes a tenth of a second for each
    count = 100
    if is_fast and stranger == "guest":
        api, count = request.getfixturevalue("alone"), REQUESTS
    exam_ids, row_ids, codes, secrets, comments = some_students(api, source)
    caller: Caller = getattr(api, stranger)
    assert find(caller, exam_ids[0], codes[0])["comment"] == comments[codes[0]]
    found = 0
    for document in guest_queries(source, count, exam_ids, row_ids, codes):
        answer = caller.ask(document.text, **document.variables)
        for key, value in {**(answer.data or {}), "errors": answer.errors}.items():
            text = json.dumps(value)
            leaked = {secret for secret in secrets if secret in text}
            assert leaked <= {comments.get(document.codes.get(key, ""))}, document.text
            found += text.count('"id"')
    assert found > count  # the documents asked for something


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_no_subscription_that_a_stranger_can_form_hears_a_student(api: Api) -> None:
    """Created, corrected, renamed, taken back and deleted, alone and in batches."""
    exam, source = own_exam(api), random.Random(17)
    names = ["onCreateResults", "onUpdateResults", "onDeleteResults", "onCreateResultsBatch"]
    names.append("onDeleteResultsBatch")
    with api.guest.listening() as guest, api.other_teacher.listening() as other:
        for client in (guest, other):
            for number in range(60):
                name = names[number % len(names)]
                client.subscribe(f"s{number}", guest_subscription(source, name, exam["id"]).text)
        row = put(api, exam["id"], CODE, "14", "Ada Lovelace", number="S-17", comment="Well done.")
        row = api.teacher.mutate(
            "updateResults", EVENT_ROW, {**at_version(row), "student": OTHER_CODE, "comment": "Look again."}
        ).only()
        row = api.teacher.mutate("retractResults", EVENT_ROW, at_version(row)).only()
        row = api.teacher.mutate("updateResults", EVENT_ROW, {**at_version(row), "grade": "9"}).only()
        api.teacher.mutate("deleteResults", EVENT_ROW, at_version(row)).only()
        private = {"name": "Ada Lovelace", "number": "S-17", "comment": "Well done."}
        rows = [{"id": new_id(), "student": CODE, "grade": "3", **private}]
        api.teacher.mutate("createResultsBatch", EVENT_BATCH, {"examId": exam["id"], "rows": rows}).only()
        gone = [{"id": rows[0]["id"], "expectedVersion": 1}]
        api.teacher.mutate("deleteResultsBatch", EVENT_BATCH, {"examId": exam["id"], "rows": gone}).only()
        for client in (guest, other):
            for number in range(4, 60, len(names)):  # those of onDeleteResultsBatch hear of it last
                client.next_of(f"s{number}")
            heard = json.dumps([one["payload"] for one in client.messages if one["type"] == "data"])
            assert exam["id"] in heard
            for secret in (CODE, OTHER_CODE, *private.values(), "Look again."):
                assert secret not in heard


def test_a_client_that_knows_no_such_audience_goes_on_as_before(api: Api) -> None:
    """Exams that were made without it keep theirs, and their students are shown as they were."""
    given = exam_input()
    exam = api.teacher.published(api.teacher.mutate("createExam", EXAM, given).only())
    assert exam["audience"] == given["audience"]
    put(api, exam["id"], "Ada", "14")
    assert api.guest.results(exam["id"], "student grade") == [{"student": "Ada", "grade": "14"}]
