"""CloudFormation's events: their lines of progress, and the failures among them. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from deploy.aws.errors import ResourceFailure

__all__ = ["failures_in", "progress_line"]

# Consequences of another failure or of the rollback, not reasons that an operator can act on.
_CONSEQUENCES = ("Resource creation cancelled", "Resource update cancelled", "Resource deletion cancelled")


def progress_line(event: Mapping[str, Any]) -> str:
    """One event as a line: time of day, state, resource, and the reason if it has one."""
    time = event["Timestamp"].strftime("%H:%M:%S")
    reason = event.get("ResourceStatusReason", "")
    words = f"{time}  {event['ResourceStatus']:<28} {event['LogicalResourceId']}"
    return f"{words}  {reason}" if reason else words


def failures_in(events: Iterable[Mapping[str, Any]], stack_name: str) -> tuple[ResourceFailure, ...]:
    """The failures, first cause first; the stack's own only if no resource failed. `events`: oldest first."""
    found: list[ResourceFailure] = []
    of_stack: list[ResourceFailure] = []
    for event in events:
        status = event["ResourceStatus"]
        reason = event.get("ResourceStatusReason", "")
        if not status.endswith("_FAILED") or any(words in reason for words in _CONSEQUENCES):
            continue
        failure = ResourceFailure(event["LogicalResourceId"], event["ResourceType"], status, reason)
        is_stack = (
            event["ResourceType"] == "AWS::CloudFormation::Stack" and event["LogicalResourceId"] == stack_name
        )
        (of_stack if is_stack else found).append(failure)
    return tuple(found or of_stack)
