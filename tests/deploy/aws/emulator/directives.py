"""The schema's @aws_* directives, which ministack's AppSync ignores.

As AWS documents it ("Using additional authorization modes"): a field is open to the modes that it names, else
to those of its type, else to the API's default mode, which is the user pool; a closed field is null, with an
error.
"""

import threading

from ministack.core import appsync_graphql
from ministack.services import appsync

TEACHERS, GUESTS = "aws_cognito_user_pools", "aws_iam"
_request = threading.local()


def mode_of(headers):
    """The directive that admits the sender of these headers (names in lower case)."""
    return GUESTS if str(headers.get("authorization", "")).startswith("AWS4") else TEACHERS


def require(info, mode):
    """Raises AppSync's own error if the field is closed to this mode."""
    field = info.parent_type.fields[info.field_name].ast_node
    if mode not in (_modes(field) or _modes(info.parent_type.ast_node) or {TEACHERS}):
        raise appsync._unauthorized_field(info.parent_type.name, info.field_name)


def _modes(node):
    return {one.name.value for one in node.directives} & {TEACHERS, GUESTS}


def complete():
    """Lets every request's fields be checked."""
    plain_execute, plain_fields = appsync._execute_with_schema, appsync_graphql.execute

    def execute_in_mode(api_id, sdl, query, variables, operation_name, headers, *rest):
        _request.mode = mode_of({name.lower(): value for name, value in headers.items()})
        return plain_execute(api_id, sdl, query, variables, operation_name, headers, *rest)

    def execute_checked(api_id, sdl, query, variables, operation_name, field_resolver, context):
        mode = _request.mode

        def checked(source, info, **arguments):
            require(info, mode)
            return field_resolver(source, info, **arguments)

        return plain_fields(api_id, sdl, query, variables, operation_name, checked, context)

    appsync._execute_with_schema = execute_in_mode
    appsync_graphql.execute = execute_checked
