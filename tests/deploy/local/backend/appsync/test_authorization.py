"""Directives decide wherever a field is requested. These tests use their own schema: no type is special."""

from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema, execute_sync, parse

from deploy.local.backend.appsync.authorization import (
    AuthMode,
    Caller,
    ResolveInfo,
    admitted_modes,
    guard_fields,
    has_resolver,
)
from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.schema import load_schema

DIRECTIVES = """
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String!]!) on FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_api_key on OBJECT | FIELD_DEFINITION
"""
SCHEMA = """
type Query {
  open: Thing @aws_cognito_user_pools @aws_iam
  plain: Thing
  guests: Thing @aws_iam
  heads: String @aws_cognito_user_pools(cognito_groups: ["heads", "deans"])
  deans: String @aws_auth(cognito_groups: ["deans"])
  keyed: String @aws_api_key
}
type Thing @aws_cognito_user_pools @aws_iam {
  public: String
  secret: String @aws_cognito_user_pools
  inner: Inner
}
type Inner { text: String }
"""
TEACHER = Caller(AuthMode.USER_POOL, sub="t")
GUEST = Caller(AuthMode.IAM)

THING = {"public": "p", "secret": "s", "inner": {"text": "i"}}
ROOT = {"open": THING, "plain": THING, "guests": THING, "heads": "h", "deans": "d", "keyed": "k"}


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    built = build_schema(SCHEMA + DIRECTIVES)
    guard_fields(built, {})
    return built


def asked(schema: GraphQLSchema, caller: Caller, query: str) -> tuple[Any, list[str]]:
    """The data, and the messages of the Unauthorized errors."""
    result = execute_sync(schema, parse(query), root_value=ROOT, context_value=caller)
    messages = []
    for error in result.errors or []:
        assert isinstance(error.original_error, ApiError)
        assert error.original_error.error_type == "Unauthorized"
        messages.append(error.message)
    return result.data, messages


def test_a_field_without_directives_belongs_to_the_default_mode(schema: GraphQLSchema) -> None:
    """That is the user pool."""
    assert asked(schema, TEACHER, "{plain {public}}") == ({"plain": {"public": "p"}}, [])
    assert asked(schema, GUEST, "{plain {public}}") == (
        {"plain": None},
        ["Not Authorized to access plain on type Query"],
    )


def test_a_fields_own_directives_replace_those_of_its_type(schema: GraphQLSchema) -> None:
    """The type is open to guests, the field is not; the rest of the answer is returned."""
    assert asked(schema, GUEST, "{open {public secret}}") == (
        {"open": {"public": "p", "secret": None}},
        ["Not Authorized to access secret on type Thing"],
    )
    assert asked(schema, TEACHER, "{open {secret}}") == ({"open": {"secret": "s"}}, [])


def test_an_open_field_does_not_open_the_type_it_returns(schema: GraphQLSchema) -> None:
    """`Inner` has no directive, so only teachers can read it, even inside an open type."""
    assert asked(schema, GUEST, "{open {inner {text}}}") == (
        {"open": {"inner": {"text": None}}},
        ["Not Authorized to access text on type Inner"],
    )


@pytest.mark.parametrize(
    "query",
    [
        "{open {x: secret}}",
        "{open {...F}} fragment F on Thing {x: secret}",
        "{open {... on Thing {x: secret}}}",
        "{open {... {x: secret}}}",
        "query ($yes: Boolean = true) {open {x: secret @include(if: $yes)}}",
    ],
)
def test_aliases_and_fragments_do_not_bypass_it(schema: GraphQLSchema, query: str) -> None:
    """The check is made at the field, however it is named or reached."""
    data, messages = asked(schema, GUEST, query)
    assert data == {"open": {"x": None}}
    assert messages == ["Not Authorized to access secret on type Thing"]


def test_a_field_for_guests_only_is_closed_to_teachers(schema: GraphQLSchema) -> None:
    """A directive that names one mode excludes the others."""
    assert asked(schema, TEACHER, "{guests {public}}")[0] == {"guests": None}
    assert asked(schema, GUEST, "{guests {public}}")[0] == {"guests": {"public": "p"}}


def test_a_field_for_a_group_is_closed_because_nobody_is_in_one(schema: GraphQLSchema) -> None:
    assert asked(schema, TEACHER, "{heads deans}") == (
        {"heads": None, "deans": None},
        ["Not Authorized to access heads on type Query", "Not Authorized to access deans on type Query"],
    )


def test_a_mode_that_this_backend_never_grants_stays_closed(schema: GraphQLSchema) -> None:
    """An API-key field does not fall back to the default mode."""
    assert asked(schema, TEACHER, "{keyed}")[0] == {"keyed": None}


def test_a_closed_fields_resolver_is_not_called() -> None:
    asked_for = []

    def double(_source: object, info: ResolveInfo, number: int) -> int:
        asked_for.append((info.context, number))
        return 2 * number

    built = build_schema("type Query {double(number: Int): Int plain: Int open: Int @aws_iam}" + DIRECTIVES)
    guard_fields(built, {("Query", "double"): double})
    assert asked(built, GUEST, "{double(number: 7)}")[0] == {"double": None}
    assert asked_for == []
    assert asked(built, TEACHER, "{double(number: 7)}") == ({"double": 14}, [])
    assert asked_for == [(TEACHER, 7)]
    fields = built.type_map["Query"].fields  # type: ignore[attr-defined]
    assert [has_resolver(fields[name]) for name in ("double", "plain", "open")] == [True, False, False]


def test_a_list_is_refused_once_however_long_it_is() -> None:
    built = build_schema(
        """
        type Query {things: [Thing] @aws_iam}
        type Thing @aws_iam {public: String secret: String @aws_cognito_user_pools}
    """
        + DIRECTIVES
    )
    guard_fields(built, {})
    root = {"things": [THING, THING, THING]}
    result = execute_sync(built, parse("{things {public secret}}"), root_value=root, context_value=GUEST)
    assert result.data == {"things": [{"public": "p", "secret": None}] * 3}
    assert [error.path for error in result.errors or []] == [["things", 0, "secret"]]


def test_a_resolver_for_a_missing_field_is_an_error_at_start() -> None:
    """A renamed field must not leave a resolver behind unnoticed."""
    with pytest.raises(LookupError, match="oldName"):
        guard_fields(build_schema(SCHEMA + DIRECTIVES), {("Query", "oldName"): lambda *_: None})


def test_guests_may_access_exactly_these_fields_of_the_real_schema() -> None:
    """An explicit list of what is public: a schema change that exposes more fails here."""
    schema = load_schema()
    open_to_guests = {
        f"{type_name}.{field_name}"
        for type_name in ("Query", "Mutation", "Subscription", "Exam", "Results", "ResultsBatch", "Change")
        for field_name, field in schema.type_map[type_name].fields.items()  # type: ignore[attr-defined]
        if GUEST.mode in admitted_modes(schema, schema.type_map[type_name], field)  # type: ignore[arg-type]
    }
    exam = [
        "id",
        "subject",
        "date",
        "teacher",
        "scale",
        "status",
        "audience",
        "listed",
        "published",
        "releaseAt",
        "secondsToRelease",
        "version",
        "createdAt",
        "updatedAt",
    ]
    results = ["id", "examId", "student", "grade", "readable", "published", "version", "comment", "corrected"]
    subscriptions = [
        "onUpdateExam",
        "onPublishExam",
        "onUnpublishExam",
        "onDeleteExam",
        "onCreateResults",
        "onUpdateResults",
        "onDeleteResults",
        "onCreateResultsBatch",
        "onDeleteResultsBatch",
    ]
    assert open_to_guests == {
        *(f"Query.{name}" for name in ("listExams", "getExam", "listResults", "getResults", "findResult")),
        *(f"Subscription.{name}" for name in subscriptions),
        *(f"Exam.{name}" for name in exam),
        *(f"Results.{name}" for name in results),
        *(f"ResultsBatch.{name}" for name in ("examId", "readable", "published", "items")),
    }
