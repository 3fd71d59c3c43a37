"""The API's schema, ready to execute: `shared/api/schema.graphql` with AppSync's own scalars and directives
added.

No field is named here: who may see a field, and which mutations a subscription receives, is read from the
schema's directives.
"""

import datetime as dt
import functools
import re
from collections.abc import Mapping
from pathlib import Path

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_ast_schema,
    get_directive_values,
    parse,
)
from graphql.validation.validate import assert_valid_sdl

__all__ = ["load_schema", "mutations_by_subscription"]

SCHEMA_PATH = Path(__file__).parents[4] / "shared" / "api" / "schema.graphql"

_APPSYNC = """
scalar AWSDate
scalar AWSDateTime
directive @aws_cognito_user_pools(cognito_groups: [String!]) on OBJECT | FIELD_DEFINITION
directive @aws_auth(cognito_groups: [String!]!) on FIELD_DEFINITION
directive @aws_iam on OBJECT | FIELD_DEFINITION
directive @aws_api_key on OBJECT | FIELD_DEFINITION
directive @aws_oidc on OBJECT | FIELD_DEFINITION
directive @aws_lambda on OBJECT | FIELD_DEFINITION
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
"""

_OFFSET = r"(Z|[+-][0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
_DATE = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}){_OFFSET}?")
_DATE_TIME = re.compile(
    rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,9}})?)?){_OFFSET}"
)


def load_schema() -> GraphQLSchema:
    """The schema without resolvers.

    Raises OSError, GraphQLError (syntax), TypeError (an invalid schema) or LookupError (a scalar redefined).
    """
    document = _valid_document(SCHEMA_PATH.read_text("utf-8") + _APPSYNC)
    schema = build_ast_schema(document, assume_valid_sdl=True)
    parsers = {"AWSDate": _parsed_date, "AWSDateTime": _parsed_date_time}
    for name, parser in parsers.items():
        scalar = schema.type_map[name]
        if not isinstance(scalar, GraphQLScalarType):
            raise LookupError(f"{name} is not a scalar in {SCHEMA_PATH}")
        scalar.coerce_input_value = parser
    return schema


@functools.cache
def _valid_document(text: str) -> DocumentNode:
    """Reading it takes three times as long as making a schema of it, which each backend of a process gets
    for itself."""
    document = parse(text)
    assert_valid_sdl(document)
    return document


def mutations_by_subscription(schema: GraphQLSchema) -> Mapping[str, frozenset[str]]:
    """Subscription field → the mutation fields whose answers it receives (@aws_subscribe)."""
    directive = schema.get_directive("aws_subscribe")
    root = schema.subscription_type
    if directive is None or not isinstance(root, GraphQLObjectType):
        raise LookupError("the schema has no subscriptions")
    mutations: dict[str, frozenset[str]] = {}
    for name, field in root.fields.items():
        values = get_directive_values(directive, field.ast_node) if field.ast_node else None
        mutations[name] = frozenset((values or {}).get("mutations", ()))
    return mutations


def _parsed_date(value: object) -> str:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is None:
            raise ValueError(value)
        dt.date.fromisoformat(match.group(1))
    except ValueError:
        raise GraphQLError("Unable to parse the value as an AWSDate") from None
    return match.group()


def _parsed_date_time(value: object) -> str:
    match = _DATE_TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is None:
            raise ValueError(value)
        dt.datetime.fromisoformat(match.group(1))
    except ValueError:
        raise GraphQLError("Unable to parse the value as an AWSDateTime") from None
    return match.group()
