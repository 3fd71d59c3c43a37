"""The changes of a change set, and their lines for the operator. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "change_lines", "changes_of", "is_empty_change_set"]

_NO_CHANGE_REASONS = ("didn't contain changes", "No updates are to be performed")
_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": ">", "Dynamic": "?"}


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one resource. `replacement`: True, False, Conditional, or empty where it does not apply."""

    action: str
    logical_id: str
    resource_type: str
    replacement: str
    properties: tuple[str, ...]
    is_consequence: bool = False  # it changes only if a resource it refers to does

    @property
    def may_lose_data(self) -> bool:
        """Whether a resource with data would be removed or replaced."""
        holds_data = self.resource_type in ("AWS::DynamoDB::Table", "AWS::Cognito::UserPool")
        return holds_data and (self.action == "Remove" or self.replacement in ("True", "Conditional"))

    def __str__(self) -> str:
        words = f"{_SIGNS.get(self.action, '?')} {self.logical_id} ({self.resource_type})"
        if self.action == "Modify" and self.properties:
            words += f": {', '.join(self.properties)}"
        if self.replacement == "True":
            words += " - replaced"
        elif self.replacement == "Conditional":
            words += " - perhaps replaced"
        if self.may_lose_data:
            words += " - HOLDS DATA"
        return words


def changes_of(pages: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    """The changes in describe_change_set's pages, sorted by logical id."""
    found = []
    for page in pages:
        for entry in page.get("Changes", []):
            resource = entry.get("ResourceChange")
            if resource is None:
                continue
            details = resource.get("Details", [])
            targets = [detail.get("Target", {}) for detail in details]
            names = {str(target.get("Name") or target.get("Attribute") or "") for target in targets}
            found.append(
                Change(
                    action=resource["Action"],
                    logical_id=resource["LogicalResourceId"],
                    resource_type=resource["ResourceType"],
                    replacement=resource.get("Replacement", ""),
                    properties=tuple(sorted(names - {""})),
                    is_consequence=bool(details)
                    and all(detail.get("Evaluation") == "Dynamic" for detail in details),
                )
            )
    return tuple(sorted(found, key=lambda change: change.logical_id))


def is_empty_change_set(status: str, reason: str) -> bool:
    """Whether the change set failed only because nothing differs."""
    return status == "FAILED" and any(words in reason for words in _NO_CHANGE_REASONS)


def change_lines(changes: tuple[Change, ...]) -> list[str]:
    """One line per change; the creation of many resources by type, mere consequences as a total."""
    if len(changes) > 30 and all(change.action == "Add" for change in changes):
        counts: dict[str, int] = {}
        for change in changes:
            counts[change.resource_type] = counts.get(change.resource_type, 0) + 1
        return [f"+ {count} x {kind}" for kind, count in sorted(counts.items())]
    lines = [str(change) for change in changes if not change.is_consequence or change.may_lose_data]
    if len(lines) < len(changes):
        lines.append(f"and {len(changes) - len(lines)} that only refer to these")
    return lines
