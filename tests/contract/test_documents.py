"""Documents and requests that are refused as a whole, and what the API does not reveal."""

import json

import pytest

from tests.builders import exam_input
from tests.contract.calls import Api
from tests.contract.target import Capability


def test_several_fields_are_answered_together_under_their_aliases(api: Api) -> None:
    """One refused field does not affect the others."""
    exam = api.teacher.new_exam(is_published=True)
    answer = api.guest.ask(
        "query($id: ID!) {a: getExam(id: $id) {id} b: listExams(limit: 0) {nextToken}}",
        id=exam["id"],
    )
    assert answer.data is None  # b is non-null, so all data is null, as GraphQL prescribes
    assert answer.error_types == ["BadRequest"]
    assert answer.errors[0]["path"] == ["b"]
    fine = api.guest.ask("query($id: ID!) {a: getExam(id: $id) {id} c: getExam(id: $id) {id}}", id=exam["id"])
    assert fine.data == {"a": {"id": exam["id"]}, "c": {"id": exam["id"]}}


def test_of_several_mutations_each_is_stored_or_refused_by_itself(api: Api) -> None:
    """In order."""
    first, second = exam_input(), {**exam_input(), "subject": ""}
    answer = api.teacher.ask(
        "mutation($a: CreateExamInput!, $b: CreateExamInput!) "
        "{a: createExam(input: $a) {id} b: createExam(input: $b) {id}}",
        a=first,
        b=second,
    )
    assert answer.data == {"a": {"id": first["id"]}, "b": None}
    assert answer.error_types == ["BadRequest"]
    assert answer.errors[0]["path"] == ["b"]


@pytest.mark.parametrize(
    "document",
    [
        "{listExams {items {password}}}",
        "{listExams {items}}",
        "{getExam {id}}",
        "{getExam(id: null) {id}}",
        "mutation {createExam(input: {}) {id}}",
        "query($x: Int!) {listExams(limit: $x) {nextToken}}",
        "{listExams(limit: true) {nextToken}}",
        "{...Missing}",
        "{nothing}",
    ],
)
def test_an_invalid_document_is_refused(api: Api, document: str) -> None:
    """With errors and without data."""
    answer = api.teacher.ask(document)
    assert answer.errors
    assert answer.data is None


def test_what_is_not_graphql_is_refused(api: Api) -> None:
    """An unreadable document."""
    answer = api.teacher.ask("{{{")
    assert answer.data is None
    assert answer.errors


@pytest.mark.needs(Capability.LIMITS)
@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '{"query": 5}', '{"variables": {}}', '{"query": "{a}", "variables": []}']
)
def test_a_body_that_is_not_a_request_is_malformed(api: Api, body: str) -> None:
    """HTTP 400."""
    answer = api.send(body, {"Authorization": api.target.teacher.token, "Content-Type": "application/json"})
    assert answer.status == 400
    assert answer.error_types == ["MalformedHttpRequestException"]


@pytest.mark.needs(Capability.LIMITS)
@pytest.mark.parametrize("document", ["{__schema {types {name}}}", '{__type(name: "Exam") {name}}'])
def test_the_schema_is_not_revealed(api: Api, document: str) -> None:
    """Introspection is off for everybody."""
    for caller in (api.guest, api.teacher):
        answer = caller.ask(document)
        assert answer.data is None
        assert answer.errors


@pytest.mark.needs(Capability.LIMITS)
def test_suggestions_do_not_reveal_the_schema_either(api: Api) -> None:
    """A misspelt name is not answered with the right one."""
    answer = api.guest.ask("{listExam {items {id}}}")
    assert "listExams" not in json.dumps(answer.errors)


@pytest.mark.needs(Capability.LIMITS)
@pytest.mark.parametrize(
    "document",
    [
        "{" * 4000,
        "{a" * 60 + "}" * 60,
        "{" + " ".join(f"a{number}: listExams(limit: 1000) {{nextToken}}" for number in range(60)) + "}",
        "{listExams {items {" + " ".join(f"a{number}: id" for number in range(600)) + "}}}",
        "{...A} fragment A on Query {...B} fragment B on Query {...A}",
        "{" + "a " * 30_000 + "}",
    ],
    ids=["braces", "depth", "top fields", "fields", "fragment cycle", "tokens"],
)
def test_a_document_that_requests_too_much_is_refused(api: Api, document: str) -> None:
    """Quickly, and the next request is served."""
    answer = api.guest.ask(document)
    assert answer.data is None
    assert answer.errors
    assert api.guest.ask("{listExams(limit: 1) {nextToken}}").errors == []


@pytest.mark.needs(Capability.LIMITS)
def test_a_request_over_a_megabyte_is_refused(api: Api) -> None:
    """One just below is read."""
    headers = {"Authorization": api.target.teacher.token, "Content-Type": "application/json"}
    query = {"query": "{listExams(limit: 1) {nextToken}}"}
    below = json.dumps({**query, "variables": {"x": "x" * 1_000_000}})
    assert api.send(below, headers).status == 200
    above = json.dumps({**query, "variables": {"x": "x" * 1_100_000}})
    assert api.send(above, headers).status == 413


@pytest.mark.needs(Capability.LIMITS)
def test_a_subscription_is_not_served_over_http(api: Api) -> None:
    """It has its own channel."""
    answer = api.guest.ask("subscription {onUpdateExam {id}}")
    assert answer.data is None
    assert answer.errors
