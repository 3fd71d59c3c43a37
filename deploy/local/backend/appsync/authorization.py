"""Who may access which field: AppSync's authorization directives, enforced from the schema alone.

The rule applies to every field of every object type, wherever it is resolved, so aliases and fragments change
nothing: the field's own directives apply; without any, its type's; without these, the default mode, the user
pool. A refused field is null, with an error "Unauthorized"; the rest of the answer is returned. In a list,
only the first row has the error: one for each selection, however long the list is.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from graphql import (
    FieldDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    ObjectTypeDefinitionNode,
    get_directive_values,
    is_introspection_type,
)

from deploy.local.backend.appsync.errors import not_authorized

__all__ = ["AuthMode", "Caller", "ResolveInfo", "admitted_modes", "guard_fields", "has_resolver"]

Resolver = Callable[..., Any]


class AuthMode(StrEnum):
    """How a caller was authenticated; the value is the directive that admits it."""

    USER_POOL = "aws_cognito_user_pools"
    IAM = "aws_iam"


DEFAULT_MODE = AuthMode.USER_POOL
# Modes of AppSync that this backend does not offer, and what always asks for a group: a field open to these
# alone is closed here.
_OTHER_DIRECTIVES = ("aws_api_key", "aws_oidc", "aws_lambda", "aws_auth")
_HAS_RESOLVER = "has_resolver"  # an extension of each guarded field


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller, and the context of each GraphQL execution.

    `sub`, `username` and `sign_in` (the token's origin_jti) are a teacher's. `expires_at_s` is when the token
    or the guest's credentials expire. `address` is where an HTTP request came from.
    """

    mode: AuthMode
    sub: str | None = None
    sign_in: str | None = None
    expires_at_s: float | None = None
    address: str = ""
    username: str = ""


ResolveInfo: TypeAlias = "GraphQLResolveInfo[Caller]"


def admitted_modes(
    schema: GraphQLSchema, parent: GraphQLObjectType, field: GraphQLField
) -> frozenset[AuthMode]:
    """Who may access one field, from its directives or its type's."""
    for node in (field.ast_node, parent.ast_node):
        modes = _declared_modes(schema, node)
        if modes is not None:
            return modes
    return frozenset({DEFAULT_MODE})


def guard_fields(schema: GraphQLSchema, resolvers: Mapping[tuple[str, str], Resolver]) -> None:
    """Give every field of the schema a resolver that checks the caller first.

    `resolvers`: (type, field) → resolver. Fields without one take the value of their name from the source,
    a mapping. The execution's context must be a Caller. Raises LookupError for a resolver whose field is not
    in the schema.
    """
    left_over = dict(resolvers)
    for type_name, graphql_type in schema.type_map.items():
        if not isinstance(graphql_type, GraphQLObjectType) or is_introspection_type(graphql_type):
            continue
        for field_name, field in graphql_type.fields.items():
            resolver = left_over.pop((type_name, field_name), None)
            modes = admitted_modes(schema, graphql_type, field)
            field.resolve = _guarded(type_name, field_name, modes, resolver)
            field.extensions = {**field.extensions, _HAS_RESOLVER: resolver is not None}
    if left_over:
        raise LookupError(f"the schema has no fields for the resolvers {sorted(left_over)}")


def has_resolver(field: GraphQLField) -> bool:
    """Whether this guarded field has a resolver of its own, as AppSync counts them."""
    return bool(field.extensions.get(_HAS_RESOLVER))


def _guarded(
    type_name: str, field_name: str, modes: frozenset[AuthMode], resolver: Resolver | None
) -> Resolver:
    resolve = resolver or _from_source(field_name)

    def guarded(source: Any, info: ResolveInfo, **arguments: Any) -> Any:
        if info.context.mode not in modes:
            if _is_in_first_row(info):
                raise not_authorized(field_name, type_name)
            return None
        return resolve(source, info, **arguments)

    return guarded


def _is_in_first_row(info: ResolveInfo) -> bool:
    return not any(isinstance(key, int) and key > 0 for key in info.path.as_list())


def _from_source(field_name: str) -> Resolver:
    def resolve(source: Mapping[str, Any], _info: ResolveInfo, **_arguments: Any) -> Any:
        return source.get(field_name)

    return resolve


def _declared_modes(
    schema: GraphQLSchema, node: FieldDefinitionNode | ObjectTypeDefinitionNode | None
) -> frozenset[AuthMode] | None:
    """None without a directive. Users of this backend are in no groups, so a directive that asks for one
    admits nobody."""
    if node is None:
        return None
    modes: set[AuthMode] = set()
    is_declared = False
    for name in (*AuthMode, *_OTHER_DIRECTIVES):
        directive = schema.get_directive(name)
        values = get_directive_values(directive, node) if directive else None
        if values is None:
            continue
        is_declared = True
        if name not in _OTHER_DIRECTIVES and values.get("cognito_groups") is None:
            modes.add(AuthMode(name))
    return frozenset(modes) if is_declared else None
