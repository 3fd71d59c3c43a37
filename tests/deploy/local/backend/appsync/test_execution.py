"""What an answer may contain when a document is wrong, or its caller may not have what it requests."""

import json
from typing import Any

import pytest

from deploy.local.backend.appsync.authorization import AuthMode, Caller, guard_fields
from deploy.local.backend.appsync.execution import (
    ERRORS_SHOWN_MAX,
    LOCATIONS_SHOWN_MAX,
    MESSAGE_LENGTH_MAX,
    DocumentRefused,
    GraphqlExecutor,
)
from deploy.local.backend.appsync.schema import load_schema

GUEST = Caller(AuthMode.IAM)
EXAMS = [{"id": str(number), "owner": "owner", "resultsCount": 1} for number in range(1000)]


@pytest.fixture
def executor() -> GraphqlExecutor:
    schema = load_schema()
    guard_fields(schema, {("Query", "listExams"): lambda *_, limit=100: {"items": EXAMS[:limit]}})
    return GraphqlExecutor(schema)


def asked(executor: GraphqlExecutor, query: str, **variables: Any) -> dict[str, Any]:
    return executor.execute(executor.operation(query, None, variables), variables, GUEST)


def refused(executor: GraphqlExecutor, query: str) -> list[dict[str, Any]]:
    with pytest.raises(DocumentRefused) as caught:
        executor.operation(query, None, {})
    return caught.value.errors


def test_a_forbidden_field_is_one_error_however_many_rows_there_are(executor: GraphqlExecutor) -> None:
    """It is null in each row; the error names the first."""
    answer = asked(executor, "{listExams(limit: 1000) {items {id x: owner}}}")
    assert answer["data"]["listExams"]["items"] == [{"id": exam["id"], "x": None} for exam in EXAMS]
    (error,) = answer["errors"]
    assert (error["errorType"], error["path"]) == ("Unauthorized", ["listExams", "items", 0, "x"])


def test_each_forbidden_selection_has_its_error(executor: GraphqlExecutor) -> None:
    """Also where the same list is requested twice."""
    answer = asked(executor, "{a: listExams {items {x: owner y: owner}} b: listExams {items {resultsCount}}}")
    assert [error["path"] for error in answer["errors"]] == [
        ["a", "items", 0, "x"],
        ["a", "items", 0, "y"],
        ["b", "items", 0, "resultsCount"],
    ]


def test_errors_are_bounded_in_number(executor: GraphqlExecutor) -> None:
    """The last one says how many are left out."""
    aliases = " ".join(f"a{number}: owner" for number in range(190))
    errors = asked(executor, f"{{listExams(limit: 100) {{items {{{aliases}}}}}}}")["errors"]
    assert len(errors) == ERRORS_SHOWN_MAX + 1
    assert errors[-1]["message"] == f"{190 - ERRORS_SHOWN_MAX} more errors are not shown"


def test_an_error_is_bounded_in_length(executor: GraphqlExecutor) -> None:
    """The library quotes the document, and names each place of a repeated argument."""
    (quoting,) = refused(executor, '{getExam(id: {a: "' + "x" * 10_000 + '"}) {id}}')
    assert MESSAGE_LENGTH_MAX < len(quoting["message"]) <= MESSAGE_LENGTH_MAX + 1
    (repeating,) = refused(executor, "{getExam(" + "id: 1 " * 1000 + ") {id}}")
    assert len(repeating["locations"]) == LOCATIONS_SHOWN_MAX


@pytest.mark.parametrize(
    "query",
    [
        "{getExam(id: [" + "$a " * 4900 + "]) {id}}",
        "mutation {createExam(input: {" + " ".join(f"a{n}: $a{n}" for n in range(4900)) + "}) {id}}",
        "query (" + " ".join(f"$a{n}: Int!" for n in range(4900)) + ") {getExam(id: 1) {id}}",
        "{listExams {nextToken " + "@skip(if: true) " * 4900 + "}}",
        " ".join(f"query q{n} {{listExams {{nextToken}}}}" for n in range(2400)),
    ],
    ids=["undefined variables", "unknown fields", "declared variables", "directives", "operations"],
)
def test_a_document_with_thousands_of_parts_is_refused_before_validation(
    executor: GraphqlExecutor, query: str
) -> None:
    """Validation would compare them all with one another."""
    assert refused(executor, query)[0]["errorType"] == "MalformedHttpRequestException"


def test_a_cost_is_measured_with_the_requests_own_variables(executor: GraphqlExecutor) -> None:
    """The document is kept, its cost is not."""
    fields = " ".join(f"a{number}: id" for number in range(25))
    query = f"query ($limit: Int) {{listExams(limit: $limit) {{items {{{fields}}}}}}}"
    assert len(asked(executor, query, limit=3)["data"]["listExams"]["items"]) == 3
    with pytest.raises(DocumentRefused):
        executor.operation(query, None, {"limit": 1000})
    assert len(json.dumps(asked(executor, query, limit=700))) < 400_000
