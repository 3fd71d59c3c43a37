"""The fields that a mutation selected: subscribers receive these and no others. Pure.

Fields are named as in the schema, not by their aliases: a subscriber's document has its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLIncludeDirective,
    GraphQLSkipDirective,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    get_directive_values,
)

from deploy.local.backend.appsync.authorization import ResolveInfo

__all__ = ["projected", "selected_fields"]

# Field name → what is selected within it (empty for a scalar).
Selection = dict[str, "Selection"]


def selected_fields(info: ResolveInfo) -> Selection:
    """The selection within the field being resolved, after @skip and @include."""
    selection: Selection = {}
    for node in info.field_nodes:
        _collect(node.selection_set, info, selection)
    return selection


def projected(value: Any, selection: Selection) -> Any:
    """`value` reduced to the selected fields, lists item by item."""
    if isinstance(value, Mapping):
        return {
            name: projected(value[name], below) if below else value[name]
            for name, below in selection.items()
            if name in value
        }
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [projected(item, selection) for item in value]
    return value


def _collect(selection_set: SelectionSetNode | None, info: ResolveInfo, selection: Selection) -> None:
    for node in selection_set.selections if selection_set else ():
        if not _is_included(node, info):
            continue
        if isinstance(node, FieldNode):
            _collect(node.selection_set, info, selection.setdefault(node.name.value, {}))
        elif isinstance(node, InlineFragmentNode):
            _collect(node.selection_set, info, selection)
        elif isinstance(node, FragmentSpreadNode):
            _collect(info.fragments[node.name.value].selection_set, info, selection)


def _is_included(node: SelectionNode, info: ResolveInfo) -> bool:
    if not node.directives:
        return True  # as nearly every field
    skip = get_directive_values(GraphQLSkipDirective, node, info.variable_values)
    include = get_directive_values(GraphQLIncludeDirective, node, info.variable_values)
    return not (skip and skip["if"]) and (include is None or bool(include["if"]))
