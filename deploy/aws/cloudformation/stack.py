"""One CloudFormation stack: changed through change sets that are shown first, and followed event by event.

State of the stack          `deploy`
none                        creates it
*_IN_PROGRESS               waits for the end of the operation, then looks again
REVIEW_IN_PROGRESS,         a first creation that never finished: deletes the stack, then creates it
CREATE_FAILED, ROLLBACK_*
*_COMPLETE                  updates it, if anything differs
UPDATE_ROLLBACK_FAILED      continues the rollback, then updates
DELETE_FAILED               refuses: a person must decide about the remaining resources
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from deploy.aws.cloudformation.change_set import Change, change_lines, changes_of, is_empty_change_set
from deploy.aws.cloudformation.events import failures_in, progress_line
from deploy.aws.cloudformation.template import INLINE_BYTES_MAX
from deploy.aws.cloudformation.template_store import TemplateStore
from deploy.aws.connection import Connection, aws_errors
from deploy.aws.errors import (
    AwsRefused,
    AwsUnreachable,
    DeployError,
    StackFailed,
    StackMissing,
    StackStuck,
    StackUnfinished,
)
from deploy.console import Console

__all__ = ["NEVER_COMPLETED", "Stack", "StackOutputs"]

NEVER_COMPLETED = (
    "REVIEW_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "IMPORT_ROLLBACK_COMPLETE",
    "IMPORT_ROLLBACK_FAILED",
)
POLL_INTERVAL_S = 2.0
RETRY_INTERVAL_S = 5.0
TRANSIENT_CODES = (
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "InternalFailure",
)
WAIT_S = 60 * 60.0  # a stack with a CloudFront distribution takes up to half an hour
_T = TypeVar("_T")

TAGS = [{"Key": "project", "Value": "exam-results-live"}]


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack of this name in the connection's region. `now` returns UTC time; `sleep` takes seconds."""

    name: str
    connection: Connection
    console: Console
    now: Callable[[], dt.datetime]
    sleep: Callable[[float], None]

    def describe(self, stack_key: str | None = None) -> Mapping[str, Any] | None:
        """CloudFormation's description; None when the stack does not exist. `stack_key`: name or id."""
        try:
            with aws_errors():
                answer = self._client.describe_stacks(StackName=stack_key or self.name)
        except AwsRefused as refusal:
            if _is_missing(refusal):
                return None
            raise
        stack: Mapping[str, Any] = answer["Stacks"][0]
        return stack

    def existing(self) -> Mapping[str, Any]:
        """CloudFormation's description. Raises StackMissing."""
        stack = self.describe()
        if stack is None:
            raise StackMissing(self.name, self.connection.region)
        return stack

    def outputs(self) -> StackOutputs:
        """The stack's outputs by name. Raises StackMissing."""
        stack = self.existing()
        outputs = StackOutputs(self.name, str(stack["StackStatus"]))
        outputs.update({output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])})
        return outputs

    def parameters(self) -> dict[str, str]:
        """The stack's parameters by name; empty when the stack does not exist."""
        stack = self.describe() or {}
        return {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}

    def template(self) -> str:
        """The text that the stack was last made of."""
        with aws_errors():
            return str(self._client.get_template(StackName=self.name)["TemplateBody"])

    def resources(self) -> list[Mapping[str, Any]]:
        """CloudFormation's summaries of the stack's resources."""
        with aws_errors():
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
            return [item for page in pages for item in page["StackResourceSummaries"]]

    def settled_status(self) -> str | None:
        """The state once no operation is running; None for no stack.

        REVIEW_IN_PROGRESS is an unexecuted first change set.
        """
        deadline = self.now() + dt.timedelta(seconds=WAIT_S)
        is_reported = False
        while self.now() < deadline:
            stack = self._ask_again(self.describe, deadline)
            status = None if stack is None else str(stack["StackStatus"])
            if status is None or status == "REVIEW_IN_PROGRESS" or not status.endswith("_IN_PROGRESS"):
                return status
            if not is_reported:
                self.console.say(f"{self.name} is {status}: waiting for the end of that.")
                is_reported = True
            self.sleep(POLL_INTERVAL_S)
        raise StackStuck(self.name, "still being changed", "Its events are in the CloudFormation console.")

    def deploy(self, template: str, parameters: Mapping[str, str]) -> None:
        """Creates the stack or updates it to the template, after the operator has confirmed the changes.

        Raises StackFailed with the resources and reasons, StackStuck, Declined.
        """
        status = self.settled_status()
        if status in NEVER_COMPLETED:
            self.console.say(f"A first creation of {self.name} did not succeed ({status}): clearing it away.")
            self._delete()
            status = None
        if status == "UPDATE_ROLLBACK_FAILED":
            self.console.say("An earlier change could not be taken back; trying that again first.")
            last_event = self._last_event(self.name)
            with aws_errors():
                self._client.continue_update_rollback(StackName=self.name)
            self._follow(last_event, good=("UPDATE_ROLLBACK_COMPLETE",))
        if status == "DELETE_FAILED":
            raise StackStuck(self.name, status, "Its deletion stopped half-way: run `down` again first.")
        kind = "CREATE" if status is None else "UPDATE"
        self._change(kind, self._template_argument(template), parameters, needs_confirmation=True)

    def import_resources(
        self, template: str, parameters: Mapping[str, str], entries: Sequence[Mapping[str, Any]]
    ) -> None:
        """Creates the stack from resources that exist, after the operator has confirmed; `template` has these
        alone. `entries`: ResourcesToImport of CreateChangeSet. Raises StackFailed, Declined."""
        if self.settled_status() is not None:
            self._delete()  # an import that was never finished: it owns nothing
        argument = {**self._template_argument(template), "ResourcesToImport": list(entries)}
        self._change("IMPORT", argument, parameters, needs_confirmation=True)

    def set_parameters(self, parameters: Mapping[str, str]) -> None:
        """Changes these parameters without asking; the template and the other parameters stay."""
        self._change("UPDATE", {"UsePreviousTemplate": True}, parameters, needs_confirmation=False)

    def delete(self) -> None:
        """Deletes the stack; the resources that its template retains stay. Raises StackFailed."""
        self.settled_status()
        self._delete()

    # ------------------------------------------------------------------ steps

    @property
    def _client(self) -> Any:
        return self.connection.client("cloudformation")

    def _template_argument(self, template: str) -> dict[str, Any]:
        if len(template.encode()) <= INLINE_BYTES_MAX:
            return {"TemplateBody": template}
        return {"TemplateURL": TemplateStore(self.connection).put(self.name, template)}

    def _change(
        self,
        kind: str,
        template: Mapping[str, Any],
        parameters: Mapping[str, str],
        *,
        needs_confirmation: bool,
    ) -> None:
        change_set_name = f"change-{self.now():%Y%m%d-%H%M%S-%f}"
        kept = [name for name in self.parameters() if name not in parameters] if kind == "UPDATE" else []
        declared = self._declared_parameters(template) if kept else set()
        with aws_errors():
            self._client.create_change_set(
                StackName=self.name,
                ChangeSetName=change_set_name,
                ChangeSetType=kind,
                Capabilities=["CAPABILITY_IAM"],
                Parameters=[
                    *({"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()),
                    # CloudFormation refuses a parameter that the new template no longer declares.
                    *({"ParameterKey": name, "UsePreviousValue": True} for name in kept if name in declared),
                ],
                # An import may not tag; the next update does.
                **({} if kind == "IMPORT" else {"Tags": TAGS}),
                **template,
            )
        changes = self._awaited_changes(change_set_name, kind)
        if changes is None:
            self.console.say(f"Nothing to change in {self.name}.")
            return
        self.console.say(f"Changes of {self.name} in {self.connection.region}:")
        for line in change_lines(changes):
            self.console.say(f"  {line}")
        if needs_confirmation:
            try:
                if any(change.may_lose_data for change in changes):
                    self.console.confirm_by_name("This removes or replaces resources with data.", self.name)
                else:
                    self.console.confirm("Make these changes?")
            except Exception:
                self._discard(change_set_name, kind)
                raise
        last_event = self._last_event(self.name)
        with aws_errors():
            self._client.execute_change_set(StackName=self.name, ChangeSetName=change_set_name)
        self._follow(last_event, good=(f"{kind}_COMPLETE",))

    def _declared_parameters(self, template: Mapping[str, Any]) -> set[str]:
        if "UsePreviousTemplate" in template:
            return set(self.parameters())
        with aws_errors():
            summary = self._client.get_template_summary(**template)
        return {item["ParameterKey"] for item in summary.get("Parameters", [])}

    def _awaited_changes(self, change_set_name: str, kind: str) -> tuple[Change, ...] | None:
        """The changes of the finished change set; None, with the change set deleted, when nothing differs.

        Raises AwsRefused, with the change set deleted, when AWS refuses it.
        """
        deadline = self.now() + dt.timedelta(seconds=WAIT_S)
        while self.now() < deadline:
            pages = self._ask_again(lambda: self._change_set_pages(change_set_name), deadline)
            status, reason = pages[0]["Status"], pages[0].get("StatusReason", "")
            if status == "CREATE_COMPLETE":
                return changes_of(pages)
            if is_empty_change_set(status, reason):
                self._discard(change_set_name, "UPDATE")
                return None
            if status == "FAILED":
                refused = self._refused_properties(change_set_name)
                self._discard(change_set_name, kind)
                raise AwsRefused("the change set", status, "\n  ".join((reason, *refused)))
            self.sleep(POLL_INTERVAL_S)
        raise AwsRefused("the change set", "TIMEOUT", "CloudFormation did not finish it.")

    def _refused_properties(self, change_set_name: str) -> list[str]:
        """A line for each fault that AWS found in a change set before trying it, whose reason names none.

        Empty for an operator who may not read them.
        """
        try:
            with aws_errors():
                answer = self._client.describe_events(
                    StackName=self.name, ChangeSetName=change_set_name, Filters={"FailedEvents": True}
                )
        except AwsRefused:
            return []
        return [
            f"{event.get('LogicalResourceId', self.name)}: {event['ValidationStatusReason']} "
            f"({event.get('ValidationPath', event.get('ValidationName', ''))})"
            for event in answer["OperationEvents"]
            if "ValidationStatusReason" in event
        ]

    def _change_set_pages(self, change_set_name: str) -> list[Mapping[str, Any]]:
        with aws_errors():
            paginator = self._client.get_paginator("describe_change_set")
            return list(paginator.paginate(StackName=self.name, ChangeSetName=change_set_name))

    def _discard(self, change_set_name: str, kind: str) -> None:
        with aws_errors():
            self._client.delete_change_set(StackName=self.name, ChangeSetName=change_set_name)
            if kind != "UPDATE":
                # The first change set created an empty stack, which would block the next creation.
                self._client.delete_stack(StackName=self.name)

    def _delete(self) -> None:
        stack = self.describe()
        if stack is None:
            return
        stack_id = stack["StackId"]
        last_event = self._last_event(stack_id)
        with aws_errors():
            self._client.delete_stack(StackName=self.name)
        self._follow(last_event, good=("DELETE_COMPLETE",), stack_id=stack_id)

    def _follow(self, last_event: str | None, *, good: tuple[str, ...], stack_id: str | None = None) -> None:
        """Prints the events after `last_event` until the operation ends.

        Right after a change CloudFormation may still report the state before it: no state is believed until
        an event of the operation has been seen. `stack_id` is needed to follow a deletion, since a deleted
        stack is not found by its name. Raises StackFailed if the operation does not end in a `good` state.
        """
        stack_key = stack_id or self.existing()["StackId"]
        deadline = self.now() + dt.timedelta(seconds=WAIT_S)
        seen: dict[str, Mapping[str, Any]] = {}
        while self.now() < deadline:
            # The state first: once it is final, all events that led to it can be read.
            stack = self._ask_again(lambda: self.describe(stack_key), deadline)
            status = "DELETE_COMPLETE" if stack is None else str(stack["StackStatus"])
            for event in self._ask_again(lambda: self._events_after(last_event, stack_key), deadline):
                if event["EventId"] not in seen:
                    seen[event["EventId"]] = event
                    self.console.say(f"  {progress_line(event)}")
            is_gone = status == "DELETE_COMPLETE"  # a state from before cannot be that one
            if is_gone or (seen and not status.endswith("_IN_PROGRESS")):
                if status in good:
                    return
                raise StackFailed(self.name, status, failures_in(seen.values(), self.name))
            self.sleep(POLL_INTERVAL_S)
        raise StackStuck(self.name, "still being changed", "Its events are in the CloudFormation console.")

    def _ask_again(self, ask: Callable[[], _T], deadline: dt.datetime) -> _T:
        """The answer of AWS; faults that pass are reported once and waited out, until `deadline`."""
        is_reported = False
        while True:
            try:
                return ask()
            except DeployError as error:
                is_transient = isinstance(error, AwsUnreachable) or (
                    isinstance(error, AwsRefused) and error.code in TRANSIENT_CODES
                )
                if not is_transient or self.now() >= deadline:
                    raise
                if not is_reported:
                    self.console.say(f"  {error} Trying again; AWS goes on meanwhile.")
                    is_reported = True
            self.sleep(RETRY_INTERVAL_S)

    def _last_event(self, stack_key: str) -> str | None:
        """The id of the newest event; None for a stack without any."""
        events = self._events_after(None, stack_key, pages_max=1)
        return str(events[-1]["EventId"]) if events else None

    def _events_after(
        self, last_event: str | None, stack_key: str, pages_max: int | None = None
    ) -> list[Mapping[str, Any]]:
        """The events that followed the one of that id, oldest first; none of a stack that does not exist."""
        found: list[Mapping[str, Any]] = []
        try:
            with aws_errors():
                pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_key)
                for page in itertools.islice(pages, pages_max):
                    for event in page["StackEvents"]:  # the newest first
                        if event["EventId"] == last_event:
                            return found[::-1]
                        found.append(event)
        except AwsRefused as refusal:
            if not _is_missing(refusal):
                raise
        return found[::-1]


class StackOutputs(dict[str, str]):
    """A stack's outputs by name; one that is missing raises StackUnfinished, which says what to do."""

    def __init__(self, stack_name: str, status: str) -> None:
        super().__init__()
        self._stack_name = stack_name
        self._status = status

    def __missing__(self, name: str) -> str:
        raise StackUnfinished(self._stack_name, self._status, name)


def _is_missing(refusal: AwsRefused) -> bool:
    return "does not exist" in refusal.message
