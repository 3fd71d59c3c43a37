"""Read access: guests, teachers, and the fields that are not public."""

from typing import Any

import pytest

from tests.builders import at_version, exam_input, new_id, result_input
from tests.contract.calls import Api
from tests.contract.target import Capability

GUEST_EXAM = "id subject date teacher scale status audience listed published version createdAt updatedAt"
GUEST_RESULT = "id examId student grade readable published version"

ONE_RESULT = "query($examId: ID!, $id: ID!) {getResults(examId: $examId, id: $id) {id student}}"


@pytest.fixture
def exam(api: Api) -> dict[str, Any]:
    """A published exam with one result, `exam["result"]`."""
    made = api.teacher.new_exam(is_published=True)
    return {**made, "result": api.teacher.new_result(made["id"], name="Ada L.")}


def test_a_guest_reads_what_is_published(api: Api, exam: dict[str, Any]) -> None:
    """The exam, its results, one of them."""
    result = exam["result"]
    assert api.guest.exam(exam["id"], GUEST_EXAM) == {name: exam[name] for name in GUEST_EXAM.split(" ")}
    assert api.guest.results(exam["id"], GUEST_RESULT) == [
        {name: result[name] for name in GUEST_RESULT.split(" ")}
    ]
    one = api.guest.ask(ONE_RESULT, examId=exam["id"], id=result["id"]).only()
    assert one == {"id": result["id"], "student": result["student"]}


def test_a_draft_is_invisible_to_guests_and_other_teachers(api: Api) -> None:
    """As if it did not exist: the exam, its results, one of them. Its owner sees all."""
    exam = api.teacher.new_exam()
    result = api.teacher.new_result(exam["id"])
    for caller in (api.guest, api.other_teacher):
        assert caller.exam(exam["id"], "id") is None
        assert caller.results(exam["id"], "id") == []
        assert caller.ask(ONE_RESULT, examId=exam["id"], id=result["id"]).only() is None
        assert exam["id"] not in [row["id"] for row in caller.listed_exams()]
    assert api.teacher.exam(exam["id"])["id"] == exam["id"]
    assert [row["id"] for row in api.teacher.results(exam["id"])] == [result["id"]]
    assert api.teacher.ask(ONE_RESULT, examId=exam["id"], id=result["id"]).only()["id"] == result["id"]


def test_a_missing_exam_looks_like_another_teachers_draft(api: Api) -> None:
    """The two are indistinguishable."""
    for caller in (api.guest, api.teacher):
        assert caller.exam(new_id(), "id") is None
        assert caller.exam("no-uuid", "id") is None
        assert caller.results(new_id(), "id") == []
        assert caller.ask(ONE_RESULT, examId=new_id(), id=new_id()).only() is None


def test_an_unpublished_exam_is_invisible_again(api: Api, exam: dict[str, Any]) -> None:
    """At once, in every query."""
    api.teacher.mutate("unpublishExam", "id", at_version(exam)).only()
    assert api.guest.exam(exam["id"], "id") is None
    assert api.guest.results(exam["id"], "id") == []
    assert exam["id"] not in [row["id"] for row in api.guest.listed_exams()]


def test_a_teacher_reads_another_teachers_published_exam(api: Api, exam: dict[str, Any]) -> None:
    """With the owner and the times, without the name and the count."""
    selection = "owner resultsCount"
    assert api.other_teacher.exam(exam["id"], selection) == {
        "owner": api.target.teacher.sub,
        "resultsCount": None,
    }
    (row,) = api.other_teacher.results(exam["id"], "owner createdAt name")
    assert row == {
        "owner": api.target.teacher.sub,
        "createdAt": exam["result"]["createdAt"],
        "name": None,
    }


MUTATIONS = [
    ("createExam", "id", exam_input()),
    ("updateExam", "id", {"id": new_id(), "expectedVersion": 1}),
    ("deleteExam", "id", {"id": new_id(), "expectedVersion": 1}),
    ("publishExam", "id", {"id": new_id(), "expectedVersion": 1}),
    ("unpublishExam", "id", {"id": new_id(), "expectedVersion": 1}),
    ("createResults", "id", result_input(new_id())),
    ("updateResults", "id", {"id": new_id(), "examId": new_id(), "expectedVersion": 1}),
    ("deleteResults", "id", {"id": new_id(), "examId": new_id(), "expectedVersion": 1}),
    ("createResultsBatch", "examId", {"examId": new_id(), "rows": []}),
    ("deleteResultsBatch", "examId", {"examId": new_id(), "rows": []}),
]


@pytest.mark.parametrize(("field_name", "selection", "given"), MUTATIONS, ids=[row[0] for row in MUTATIONS])
def test_a_guest_can_change_nothing(api: Api, field_name: str, selection: str, given: dict[str, Any]) -> None:
    """Every mutation is refused before its content is checked."""
    api.guest.mutate(field_name, selection, given).turned_away(field_name, "Mutation")
    if field_name == "createExam":
        assert api.teacher.exam(given["id"]) is None


def test_a_guest_has_no_exams_of_their_own(api: Api) -> None:
    """listMyExams is for teachers."""
    api.guest.ask("{listMyExams {items {id}}}").turned_away("listMyExams", "Query")


@pytest.mark.needs(Capability.DIRECTIVES)
@pytest.mark.parametrize(
    "document",
    [
        "{getExam(id: %s) {key: id x: owner y: resultsCount}}",
        "{getExam(id: %s) {key: id ...F}} fragment F on Exam {x: owner y: resultsCount}",
        "{getExam(id: %s) {key: id ... on Exam {x: owner y: resultsCount}}}",
        "{getExam(id: %s) {key: id ...F}} fragment F on Exam {...G} "
        "fragment G on Exam {x: owner y: resultsCount}",
    ],
    ids=["plain", "fragment", "inline", "nested"],
)
def test_a_guest_never_reads_an_exams_private_fields(api: Api, exam: dict[str, Any], document: str) -> None:
    """By alias or inside fragments: null with an error each; the rest of the answer is returned."""
    answer = api.guest.ask(document % f'"{exam["id"]}"')
    assert answer.data == {"getExam": {"key": exam["id"], "x": None, "y": None}}
    assert answer.error_types == ["Unauthorized", "Unauthorized"]
    assert {error["message"] for error in answer.errors} == {
        "Not Authorized to access owner on type Exam",
        "Not Authorized to access resultsCount on type Exam",
    }


@pytest.mark.needs(Capability.DIRECTIVES)
@pytest.mark.parametrize("field_name", ["name", "owner", "createdAt", "updatedAt"])
@pytest.mark.parametrize(
    "document",
    [
        "{listResults(examId: %s) {items {id %s}}}",
        "{listResults(examId: %s) {items {id ...F}}} fragment F on Results {x: %s}",
        "{listResults(examId: %s) {items {id ... on Results {student: %s}}}}",
        "{listResults(examId: %s) {...P}} fragment P on ResultsConnection {items {id x: %s}}",
    ],
    ids=["plain", "fragment", "alias of a public field", "page fragment"],
)
def test_a_guest_never_reads_a_results_private_fields(
    api: Api, exam: dict[str, Any], document: str, field_name: str
) -> None:
    """Alone, by alias, inside fragments."""
    answer = api.guest.ask(document % (f'"{exam["id"]}"', field_name))
    (row,) = answer.data["listResults"]["items"]
    assert row.pop("id") == exam["result"]["id"]
    assert list(row.values()) == [None]
    assert answer.error_types == ["Unauthorized"]
    assert answer.errors[0]["message"] == f"Not Authorized to access {field_name} on type Results"


@pytest.mark.needs(Capability.DIRECTIVES)
def test_a_guest_never_reads_one_results_private_fields(api: Api, exam: dict[str, Any]) -> None:
    """Not by getResults, either."""
    document = "query($e: ID!, $r: ID!) {getResults(examId: $e, id: $r) {id a: name b: owner}}"
    answer = api.guest.ask(document, e=exam["id"], r=exam["result"]["id"])
    assert answer.data == {"getResults": {"id": exam["result"]["id"], "a": None, "b": None}}
    assert answer.error_types == ["Unauthorized", "Unauthorized"]
