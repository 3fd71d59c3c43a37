"""How much one GraphQL document may request. Checked before validation, whose cost grows faster than the
document.

A fragment counts at each spread but is measured once: a document that doubles at every level is measured
without being expanded.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from deploy.local.backend.appsync.errors import ApiError

__all__ = ["DEPTH_MAX", "FIELDS_MAX", "RESOLVERS_MAX", "TOKENS_MAX", "check_limits"]

TOKENS_MAX = 20_000  # of one document; a batch of 100 rows written out as literals has about 2,000
DEPTH_MAX = 10  # nested fields; the schema itself is 3 deep
FIELDS_MAX = 400  # fields of one operation, fragments expanded
RESOLVERS_MAX = 20  # top fields of one operation: each is a database transaction


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int
    fields: int
    top_fields: int

    def combined_with(self, other: "_Size") -> "_Size":
        return _Size(
            max(self.depth, other.depth), self.fields + other.fields, self.top_fields + other.top_fields
        )


def check_limits(document: DocumentNode) -> None:
    """Raises ApiError when an operation is too deep, too large, or spreads a fragment within itself."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
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
        if isinstance(definition, OperationDefinitionNode) and size.top_fields > RESOLVERS_MAX:
            raise ApiError(
                "ResolverExecutionLimitReached", f"The operation has more than {RESOLVERS_MAX} top fields"
            )


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
