"""How much one GraphQL operation may request, in two steps before it is executed.

`check_limits` measures the document's text before validation, whose cost grows faster than the document.
`operation_cost` then multiplies the fields of each list by the rows requested: a short text can request
millions of values. Where AppSync has the same limit, the template for AWS sets the same number.

A fragment counts at each spread but is measured once: a document that doubles at every level is measured
without being expanded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
)

from deploy.local.backend.appsync.authorization import has_resolver
from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.validation import (
    BATCH_ROWS_MAX,
    CLASS_STUDENTS_MAX,
    PAGE_ROWS_DEFAULT,
    PAGE_ROWS_MAX,
)

__all__ = [
    "DEPTH_MAX",
    "EVENT_VALUES_MAX",
    "FIELDS_MAX",
    "RESOLVERS_MAX",
    "TOKENS_MAX",
    "TOP_FIELDS_MAX",
    "VALUES_MAX",
    "check_limits",
    "fragments_of",
    "operation_cost",
]

TOKENS_MAX = 5_000  # of one document; a batch of 99 rows written out as literals has about 2,000
DEPTH_MAX = 5  # nested fields; the schema itself is 3 deep. AppSync's QueryDepthLimit
FIELDS_MAX = 400  # fields of one operation, fragments expanded
TOP_FIELDS_MAX = 20  # of one operation: each is a database transaction
RESOLVERS_MAX = 1_100  # calls of resolvers in one operation. AppSync's ResolverCountLimit
VALUES_MAX = 20_000  # of one answer: the longest page has 1,000 rows of 13 fields; about 0.1 s of processor
EVENT_VALUES_MAX = 2_500  # of one event: the longest batch has 99 rows of 10 fields


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int
    fields: int
    top_fields: int

    def combined_with(self, other: "_Size") -> "_Size":
        return _Size(
            max(self.depth, other.depth), self.fields + other.fields, self.top_fields + other.top_fields
        )


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The document's fragments by name."""
    return {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }


def check_limits(document: DocumentNode) -> None:
    """Raises ApiError when an operation is too deep, too large, or spreads a fragment within itself."""
    fragments = fragments_of(document)
    known: dict[str, _Size] = {}
    # Unused fragments are measured too: validation visits them.
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            continue
        size = _size(definition.selection_set, fragments, known, ())
        if size.depth > DEPTH_MAX:
            raise ApiError(
                "QueryDepthLimitReached", f"The operation is nested deeper than {DEPTH_MAX} levels"
            )
        if size.fields > FIELDS_MAX:
            raise ApiError(
                "QueryComplexityLimitReached", f"The operation selects more than {FIELDS_MAX} fields"
            )
        if isinstance(definition, OperationDefinitionNode) and size.top_fields > TOP_FIELDS_MAX:
            raise ApiError(
                "ResolverExecutionLimitReached", f"The operation has more than {TOP_FIELDS_MAX} top fields"
            )


def operation_cost(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
) -> int:
    """How many values the answer of this valid operation can have; of a subscription, each of its events.

    Raises ApiError when it is too many, or when its fields can call resolvers too often.
    """
    root = schema.get_root_type(operation.operation)
    if root is None:
        return 0  # validation reports it
    fragments = fragments_of(document)
    cost = _CostMeter(fragments, variables).cost(operation.selection_set, root, BATCH_ROWS_MAX)
    values_max = EVENT_VALUES_MAX if operation.operation is OperationType.SUBSCRIPTION else VALUES_MAX
    if cost.values > values_max:
        raise ApiError(
            "QueryComplexityLimitReached",
            f"The operation can answer {cost.values} values; at most {values_max} are allowed. "
            "Request fewer rows or fewer fields.",
        )
    if cost.resolver_calls > RESOLVERS_MAX:
        raise ApiError(
            "ResolverExecutionLimitReached",
            f"The operation can call {cost.resolver_calls} resolvers; at most {RESOLVERS_MAX} are allowed",
        )
    return cost.values


@dataclass(frozen=True, slots=True)
class _Cost:
    values: int = 0
    resolver_calls: int = 0

    def plus(self, other: "_Cost", times: int = 1) -> "_Cost":
        return _Cost(self.values + times * other.values, self.resolver_calls + times * other.resolver_calls)


class _CostMeter:
    """Measures selections; the fields of a list count once for each row that it can have."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]) -> None:
        self._fragments, self._variables = fragments, variables
        self._known: dict[tuple[str, int], _Cost] = {}

    def cost(self, selection_set: SelectionSetNode | None, parent: GraphQLObjectType, rows: int) -> _Cost:
        """`rows` is the length of the next list within."""
        cost = _Cost()
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FieldNode):
                cost = cost.plus(self._field_cost(selection, parent, rows))
            elif isinstance(selection, InlineFragmentNode):
                cost = cost.plus(self.cost(selection.selection_set, parent, rows))
            elif isinstance(selection, FragmentSpreadNode):
                name = selection.name.value
                if (name, rows) not in self._known:
                    fragment = self._fragments[name]
                    self._known[name, rows] = self.cost(fragment.selection_set, parent, rows)
                cost = cost.plus(self._known[name, rows])
        return cost

    def _field_cost(self, node: FieldNode, parent: GraphQLObjectType, rows: int) -> _Cost:
        field = parent.fields.get(node.name.value)
        if field is None:
            return _Cost(1)  # __typename
        own = _Cost(1, int(has_resolver(field)))
        inner_type = get_named_type(field.type)
        if not isinstance(inner_type, GraphQLObjectType):
            return own
        if "limit" in field.args:
            rows = self._page_rows(node)
        if isinstance(get_nullable_type(field.type), GraphQLList):
            return own.plus(self.cost(node.selection_set, inner_type, BATCH_ROWS_MAX), rows)
        if inner_type.name == "ClassList":  # one that is asked for by itself; in a listing it has no students
            rows = CLASS_STUDENTS_MAX
        return own.plus(self.cost(node.selection_set, inner_type, rows))

    def _page_rows(self, node: FieldNode) -> int:
        """The rows of a page; the most where that cannot be read from the text and the variables."""
        for argument in node.arguments or ():
            if argument.name.value != "limit":
                continue
            value = argument.value
            if isinstance(value, NullValueNode):
                return PAGE_ROWS_DEFAULT
            given: object = None
            if isinstance(value, IntValueNode):
                given = int(value.value)
            elif isinstance(value, VariableNode):
                given = self._variables.get(value.name.value, PAGE_ROWS_MAX)
                if given is None:
                    return PAGE_ROWS_DEFAULT
            return given if isinstance(given, int) and 0 < given <= PAGE_ROWS_MAX else PAGE_ROWS_MAX
        return PAGE_ROWS_DEFAULT


def _size(
    selection_set: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    known: dict[str, _Size],
    open_fragments: tuple[str, ...],
) -> _Size:
    size = _Size(0, 0, 0)
    for selection in selection_set.selections if selection_set else ():
        if isinstance(selection, FieldNode):
            inner = _size(selection.selection_set, fragments, known, open_fragments)
            size = size.combined_with(_Size(inner.depth + 1, inner.fields + 1, 1))
        elif isinstance(selection, InlineFragmentNode):
            size = size.combined_with(_size(selection.selection_set, fragments, known, open_fragments))
        elif isinstance(selection, FragmentSpreadNode):
            size = size.combined_with(_fragment_size(selection.name.value, fragments, known, open_fragments))
    return size


def _fragment_size(
    name: str,
    fragments: Mapping[str, FragmentDefinitionNode],
    known: dict[str, _Size],
    open_fragments: tuple[str, ...],
) -> _Size:
    if name in known:
        return known[name]
    if name in open_fragments:
        raise ApiError("ValidationError", f"Cannot spread fragment '{name}' within itself")
    fragment = fragments.get(name)
    if fragment is None:
        return _Size(0, 0, 0)  # validation reports it
    size = _size(fragment.selection_set, fragments, known, (*open_fragments, name))
    known[name] = size
    return size
