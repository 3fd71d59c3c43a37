"""The documents against the one schema: valid, and selecting only what each caller may read."""

from pathlib import Path

import pytest
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    build_schema,
    parse,
    validate,
    visit,
)

from shared.api import operations

SCHEMA_FILE = Path(operations.__file__).with_name("schema.graphql")
APPSYNC = """
scalar AWSDate
scalar AWSDateTime
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_cognito_user_pools on OBJECT | FIELD_DEFINITION
"""
GUEST_DOCUMENTS = [
    operations.GUEST_LIST_EXAMS,
    operations.GUEST_GET_EXAM,
    operations.GUEST_LIST_RESULTS,
    operations.GUEST_GET_RESULTS,
    operations.PROBE_SUBSCRIPTION,
    *operations.GUEST_SUBSCRIPTIONS.values(),
]
ALL_DOCUMENTS = [*operations.QUERIES, *operations.MUTATIONS, *GUEST_DOCUMENTS]


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(APPSYNC + SCHEMA_FILE.read_text(encoding="utf-8"))


def selected(schema: GraphQLSchema, document: str) -> set[tuple[str, str]]:
    """(type, field) of every selection in a document."""
    types = TypeInfo(schema)
    found: set[tuple[str, str]] = set()

    class Collect(Visitor):
        def enter_field(self, node: FieldNode, *_rest: object) -> None:
            parent = types.get_parent_type()
            assert parent is not None
            found.add((parent.name, node.name.value))

    visit(parse(document), TypeInfoVisitor(types, Collect()))
    return found


def is_for_guests(schema: GraphQLSchema, type_name: str, field: str) -> bool:
    """Guests may read a field if its own directives say so or, without any, its type's."""
    owner = schema.type_map[type_name]
    assert isinstance(owner, GraphQLObjectType)
    assert owner.ast_node is not None
    node = owner.fields[field].ast_node
    assert node is not None
    own = {directive.name.value for directive in node.directives or ()} & {
        "aws_iam",
        "aws_cognito_user_pools",
    }
    return "aws_iam" in (own or {directive.name.value for directive in owner.ast_node.directives or ()})


@pytest.mark.parametrize("document", ALL_DOCUMENTS)
def test_every_document_is_valid_against_the_schema(schema: GraphQLSchema, document: str) -> None:
    assert validate(schema, parse(document)) == []


@pytest.mark.parametrize("document", GUEST_DOCUMENTS)
def test_guests_request_no_field_that_is_for_teachers_only(schema: GraphQLSchema, document: str) -> None:
    for type_name, field in selected(schema, document):
        assert is_for_guests(schema, type_name, field), f"{type_name}.{field}"


def test_the_check_above_recognises_a_field_for_teachers(schema: GraphQLSchema) -> None:
    assert not is_for_guests(schema, "Results", "name")
    assert not is_for_guests(schema, "Query", "listMyExams")
    assert any(not is_for_guests(schema, *field) for field in selected(schema, operations.LIST_RESULTS))


def test_the_feed_uses_every_subscription_open_to_guests(schema: GraphQLSchema) -> None:
    assert schema.subscription_type is not None
    for_guests = {
        name for name in schema.subscription_type.fields if is_for_guests(schema, "Subscription", name)
    }
    assert for_guests == set(operations.GUEST_SUBSCRIPTIONS)
    assert len(for_guests) == 9


def test_mutations_select_everything_that_their_subscribers_request(schema: GraphQLSchema) -> None:
    """AppSync passes on only what the mutation selected: anything else would arrive as null."""
    assert schema.subscription_type is not None
    by_mutation = {
        next(field for owner, field in selected(schema, document) if owner == "Mutation"): document
        for document in operations.MUTATIONS
    }
    for name, document in operations.GUEST_SUBSCRIPTIONS.items():
        node = schema.subscription_type.fields[name].ast_node
        assert node is not None
        subscribe = next(d for d in node.directives or () if d.name.value == "aws_subscribe")
        mutation = subscribe.arguments[0].value.values[0].value
        wanted = {pair for pair in selected(schema, document) if pair[0] != "Subscription"}
        assert wanted <= selected(schema, by_mutation[mutation]), name


@pytest.mark.parametrize("document", operations.MUTATIONS)
def test_mutations_select_what_the_filters_need_and_never_a_name(
    schema: GraphQLSchema, document: str
) -> None:
    fields = selected(schema, document)
    for type_name in {owner for owner, _ in fields} & {"Exam", "Results", "ResultsBatch"}:
        assert (type_name, "published") in fields
        assert (type_name, "owner") in fields
    assert ("Results", "name") not in fields
    assert ("Exam", "resultsCount") not in fields


def test_every_mutation_of_the_schema_has_its_document(schema: GraphQLSchema) -> None:
    assert schema.mutation_type is not None
    known = {
        field
        for document in operations.MUTATIONS
        for owner, field in selected(schema, document)
        if owner == "Mutation"
    }
    assert known == set(schema.mutation_type.fields)
