"""A document that requests too much is measured without being expanded."""

from typing import Any

import pytest
from graphql import GraphQLSchema, get_operation_ast, parse

from deploy.local.backend.appsync.authorization import guard_fields
from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.limits import (
    DEPTH_MAX,
    EVENT_VALUES_MAX,
    FIELDS_MAX,
    RESOLVERS_MAX,
    TOP_FIELDS_MAX,
    VALUES_MAX,
    check_limits,
    operation_cost,
)
from deploy.local.backend.appsync.schema import load_schema
from deploy.local.backend.appsync.validation import BATCH_ROWS_MAX, CLASS_STUDENTS_MAX
from shared.api.calls import CHANGES_MAX, PAGE_MAX
from shared.api.operations import GUEST_SUBSCRIPTIONS, LIST_CHANGES, MUTATIONS, QUERIES


def nested(depth: int) -> str:
    return "{a" * depth + "}" * depth


def test_the_deepest_allowed_document_passes_and_one_more_level_is_refused() -> None:
    """Depth counts nested fields."""
    check_limits(parse(nested(DEPTH_MAX)))
    for before in ("", "type T {a: T} ", "fragment F on T {a} ", "query B {a} "):
        with pytest.raises(ApiError, match=f"nested deeper than {DEPTH_MAX} levels") as caught:
            check_limits(parse(f"{before} query A {nested(DEPTH_MAX + 1)}"))
        assert caught.value.error_type == "QueryDepthLimitReached"


def test_depth_counts_through_fragments() -> None:
    """A fragment does not hide depth."""
    document = f"query {{a {{a {{...F}}}}}} fragment F on T {nested(DEPTH_MAX - 1)}"
    with pytest.raises(ApiError) as caught:
        check_limits(parse(document))
    assert caught.value.error_type == "QueryDepthLimitReached"


def test_depth_counts_through_a_fragment_within_an_inline_one() -> None:
    with pytest.raises(ApiError) as caught:
        check_limits(parse(f"query {{... on T {{...F}}}} fragment F on T {nested(DEPTH_MAX + 1)}"))
    assert caught.value.error_type == "QueryDepthLimitReached"


def test_the_widest_allowed_operation_passes_and_one_more_field_is_refused() -> None:
    """Each spread of a fragment counts."""
    half = FIELDS_MAX // 2
    fragment = "fragment F on T {" + " ".join(f"f{number}" for number in range(half - 1)) + "}"
    check_limits(parse("{a {...F} b {...F}}" + fragment))
    with pytest.raises(ApiError, match=f"selects more than {FIELDS_MAX} fields") as caught:
        check_limits(parse("{a {...F} b {...F} c}" + fragment))
    assert caught.value.error_type == "QueryComplexityLimitReached"


def test_top_fields_are_limited_by_alias_and_by_fragment() -> None:
    """Each costs a database access, whatever its name."""
    aliases = " ".join(f"a{number}: listExams {{nextToken}}" for number in range(TOP_FIELDS_MAX))
    check_limits(parse(f"{{{aliases}}}"))
    with pytest.raises(ApiError, match=f"more than {TOP_FIELDS_MAX} top fields") as caught:
        check_limits(parse(f"{{{aliases} ... on Query {{b: listExams {{nextToken}}}}}}"))
    assert caught.value.error_type == "ResolverExecutionLimitReached"


def test_a_document_that_doubles_forty_times_is_measured_without_visiting_each_field() -> None:
    """2 to the power of 40 fields: visiting them all would never end."""
    doubling = "".join(f"fragment F{n} on T {{...F{n + 1} ... on T {{...F{n + 1}}}}}" for n in range(40))
    document = parse("{a {...F0}}" + doubling + "fragment F40 on T {x}")
    with pytest.raises(ApiError):
        check_limits(document)


def test_a_fragment_within_itself_is_refused() -> None:
    """Directly or through another."""
    with pytest.raises(ApiError, match="within itself") as refused:
        check_limits(parse("{...A} fragment A on T {a {...B}} fragment B on T {... on T {b {...A}}}"))
    assert refused.value.error_type == "ValidationError"


def test_an_unknown_fragment_is_left_to_validation() -> None:
    """Validation names it."""
    check_limits(parse("{a {...Missing}}"))


@pytest.mark.parametrize(
    "document",
    [
        "{a" * DEPTH_MAX + " {...Missing}" + "}" * DEPTH_MAX,
        "{a {" + "b " * (FIELDS_MAX - 1) + "...Missing}}",
        "{" + "a " * TOP_FIELDS_MAX + "...Missing}",
    ],
)
def test_an_unknown_fragment_counts_nothing(document: str) -> None:
    """Beside as many fields as are allowed."""
    check_limits(parse(document))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    built = load_schema()
    guard_fields(built, {("Query", "listMyExams"): list, ("Exam", "resultsCount"): int})
    return built


def cost(schema: GraphQLSchema, query: str, **variables: Any) -> int:
    document = parse(query)
    operation = get_operation_ast(document)
    assert operation is not None
    return operation_cost(schema, document, operation, variables)


@pytest.mark.parametrize(
    ("query", "variables", "values"),
    [
        ("{getExam(id: 1) {id owner}}", {}, 3),
        ("{listExams(limit: 7) {items {id __typename} nextToken}}", {}, 1 + 1 + 7 * 2 + 1),
        ("{a: listExams(limit: 7) {items {id}} b: listExams(limit: 2) {items {id}}}", {}, 2 + 7 + 2 + 2),
        ("{listExams(limit: 7) {items {id} more: items {id}}}", {}, 1 + 2 * (1 + 7)),
        ("{listExams(limit: 7) {...F ...F}} fragment F on ExamConnection {items {id}}", {}, 1 + 2 * (1 + 7)),
        ("{listExams(limit: 7) {... {items {...R}}}} fragment R on Exam {id ...S} fragment S on Exam {date}",
         {}, 1 + 1 + 7 * 2),
        ("{a: listExams(limit: 7) {...F} b: listExams(limit: 2) {...F}} "
         "fragment F on ExamConnection {items {id}}", {}, 2 + 2 + 7 + 2),
        ("query ($limit: Int) {listExams(limit: $limit) {items {id}}}", {"limit": 7}, 1 + 1 + 7),
        ("query ($limit: Int) {listExams(limit: $limit) {items {id}}}", {"limit": None}, 1 + 1 + 100),
        ("query ($limit: Int) {listExams(limit: $limit) {items {id}}}", {}, 1 + 1 + 1000),
        ("query ($limit: Int = 7) {listExams(limit: $limit) {items {id}}}", {}, 1 + 1 + 1000),
        ("query ($limit: Int) {listExams(limit: $limit) {items {id}}}", {"limit": -5}, 1 + 1 + 1000),
        ("query ($limit: Int) {listExams(limit: $limit) {items {id}}}", {"limit": 7.0}, 1 + 1 + 1000),
        ("{listExams(limit: null) {items {id}}}", {}, 1 + 1 + 100),
        ("{listExams {items {id}}}", {}, 1 + 1 + 100),
        ("{listExams(limit: 0) {items {id}}}", {}, 1 + 1 + 1000),
        ("{listExams(limit: 1) {items {id}}}", {}, 1 + 1 + 1),
        ('{listExams(nextToken: "a", limit: 7) {items {id}}}', {}, 1 + 1 + 7),
        ("{listMyClassLists(limit: 7) {items {students {name}}}}", {}, 1 + 1 + 7 * (1 + BATCH_ROWS_MAX)),
        ("{getClassList(id: 1) {title students {name code}}}", {}, 1 + 1 + 1 + 2 * CLASS_STUDENTS_MAX),
        ("subscription {onCreateResultsBatch {examId items {id grade}}}", {}, 1 + 1 + 1 + BATCH_ROWS_MAX * 2),
    ],
)  # fmt: skip
def test_the_fields_of_a_list_count_once_for_each_row(
    schema: GraphQLSchema, query: str, variables: dict[str, Any], values: int
) -> None:
    """A page has the rows of its limit, by default 100; an unreadable limit counts as the longest page."""
    assert cost(schema, query, **variables) == values


@pytest.mark.parametrize("query", [*QUERIES, *MUTATIONS, *GUEST_SUBSCRIPTIONS.values()])
def test_every_document_of_the_dashboards_is_within_the_limits(schema: GraphQLSchema, query: str) -> None:
    """With the longest page, and with __typename in each object, as many clients add it."""
    check_limits(parse(query))
    longest = CHANGES_MAX if query == LIST_CHANGES else PAGE_MAX
    assert cost(schema, query.replace("{ ", "{ __typename "), limit=longest) > 0


def test_more_values_than_allowed_are_refused_before_execution(schema: GraphQLSchema) -> None:
    """A few thousand bytes can request millions; the refusal says what to do."""
    per_row = VALUES_MAX // 1000
    fields = " ".join(f"a{number}: id" for number in range(per_row))
    advice = f"values; at most {VALUES_MAX} are allowed. Request fewer rows or fewer fields.$"
    with pytest.raises(ApiError, match=advice) as caught:
        cost(schema, f"{{listExams(limit: 1000) {{items {{{fields}}}}}}}")
    assert caught.value.error_type == "QueryComplexityLimitReached"
    assert cost(schema, f"{{listExams(limit: 999) {{items {{{fields}}}}}}}") <= VALUES_MAX


def test_as_many_values_as_allowed_are_answered(schema: GraphQLSchema) -> None:
    """Of a query and of an event; one more is refused."""
    row = " ".join(f"a{number}: id" for number in range(VALUES_MAX // 1000))
    event_row = " ".join(f"a{number}: id" for number in range(EVENT_VALUES_MAX // BATCH_ROWS_MAX))
    for query, most in (
        (f"{{listExams(limit: 999) {{items {{{row}}} %s}}}}", VALUES_MAX),
        (f"subscription {{onCreateResultsBatch {{items {{{event_row}}} %s}}}}", EVENT_VALUES_MAX),
    ):
        left = most - cost(schema, query.replace("%s", ""))
        beside = [f"b{number}: __typename" for number in range(left + 1)]
        assert cost(schema, query.replace("%s", " ".join(beside[1:]))) == most
        with pytest.raises(ApiError):
            cost(schema, query.replace("%s", " ".join(beside)))


def test_an_events_values_are_limited_more_tightly(schema: GraphQLSchema) -> None:
    """Every write pays for them."""
    per_row = EVENT_VALUES_MAX // BATCH_ROWS_MAX
    fields = [f"a{number}: id" for number in range(per_row + 1)]
    with pytest.raises(ApiError, match=f"at most {EVENT_VALUES_MAX}"):
        cost(schema, f"subscription {{onCreateResultsBatch {{items {{{' '.join(fields)}}}}}}}")
    assert cost(schema, f"subscription {{onCreateResultsBatch {{items {{{' '.join(fields[1:])}}}}}}}")


def test_resolver_calls_are_limited_as_on_appsync(schema: GraphQLSchema) -> None:
    """A field with its own resolver costs a call for each row."""
    calls = "{listMyExams(limit: %d) {items {resultsCount}}}"
    assert cost(schema, calls % (RESOLVERS_MAX - 101))
    twice = (
        "{listMyExams(limit: 1000) {items {resultsCount}} b: listMyExams(limit: %d) {items {resultsCount}}}"
    )
    assert cost(schema, twice % (RESOLVERS_MAX - 1002))
    with pytest.raises(ApiError, match=f"resolvers; at most {RESOLVERS_MAX} are allowed") as caught:
        cost(schema, twice % (RESOLVERS_MAX - 1001))
    assert caught.value.error_type == "ResolverExecutionLimitReached"
