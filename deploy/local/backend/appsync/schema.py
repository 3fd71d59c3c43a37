"""The API's schema, ready to execute: `shared/api/schema.graphql` with AppSync's own scalars and directives
added.

Nothing about a certain field is written here: who may see what, and which mutations a subscription hears,
is read from the schema's directives.
"""

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

from graphql import (
    GraphQLError,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_directive_values,
)

__all__ = ["SCHEMA_PATH", "load_schema", "mutations_by_subscription"]

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


def load_schema(path: Path = SCHEMA_PATH) -> GraphQLSchema:
    """The schema without resolvers.

    Raises OSError, GraphQLError (not a schema), TypeError (not valid), LookupError (a scalar unknown here).
    """
    schema = build_schema(path.read_text("utf-8") + _APPSYNC)
    parsers = {"AWSDate": _parsed_date, "AWSDateTime": _parsed_date_time}
    for name, parser in parsers.items():
        scalar = schema.type_map[name]
        if not isinstance(scalar, GraphQLScalarType):
            raise LookupError(f"{name} is not a scalar in {path}")
        for method in ("coerce_input_value", "parse_value"):  # both names are read, by old and new callers
            setattr(scalar, method, parser)
    return schema


def mutations_by_subscription(schema: GraphQLSchema) -> Mapping[str, frozenset[str]]:
    """Subscription field → the mutation fields whose answers it hears (@aws_subscribe)."""
    directive = schema.get_directive("aws_subscribe")
    root = schema.subscription_type
    if directive is None or not isinstance(root, GraphQLObjectType):
        raise LookupError("the schema has no subscriptions")
    heard: dict[str, frozenset[str]] = {}
    for name, field in root.fields.items():
        values = get_directive_values(directive, field.ast_node) if field.ast_node else None
        heard[name] = frozenset((values or {}).get("mutations", ()))
    return heard


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
