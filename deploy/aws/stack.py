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

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from deploy.aws.change_set import Change, change_lines, changes_of, is_empty_change_set
from deploy.aws.connection import Connection, aws_errors
from deploy.aws.console import Console
from deploy.aws.errors import AwsRefused, StackFailed, StackMissing, StackStuck
from deploy.aws.stack_events import failures_in, progress_line
from deploy.aws.template import INLINE_BYTES_MAX
from deploy.aws.template_store import TemplateStore

__all__ = ["Stack"]

NEVER_COMPLETED = ("REVIEW_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
POLL_INTERVAL_S = 2.0
WAIT_S = 60 * 60.0  # a stack with a CloudFront distribution takes up to half an hour
TAGS = [{"Key": "project", "Value": "exam-results-live"}]


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack of this name in the connection's region. `now` returns UTC time; `sleep` takes seconds."""

    name: str
    connection: Connection
    console: Console
    now: Callable[[], dt.datetime]
    sleep: Callable[[float], None]

    def describe(self) -> Mapping[str, Any] | None:
        """CloudFormation's description; None when the stack does not exist."""
        try:
            answer = self._client.describe_stacks(StackName=self.name)
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return None
            with aws_errors():
                raise
        stack: Mapping[str, Any] = answer["Stacks"][0]
        return stack

    def existing(self) -> Mapping[str, Any]:
        """CloudFormation's description. Raises StackMissing."""
        stack = self.describe()
        if stack is None:
            raise StackMissing(self.name, self.connection.region)
        return stack

    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name. Raises StackMissing."""
        return {output["OutputKey"]: output["OutputValue"] for output in self.existing().get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """The stack's parameters by name; empty when the stack does not exist."""
        stack = self.describe() or {}
        return {item["ParameterKey"]: item["ParameterValue"] for item in stack.get("Parameters", [])}

    def resources(self) -> list[Mapping[str, Any]]:
        """CloudFormation's summaries of the stack's resources."""
        with aws_errors():
            pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
            return [item for page in pages for item in page["StackResourceSummaries"]]

    def is_complete(self, stack: Mapping[str, Any]) -> bool:
        """Whether the described stack has ever been created completely."""
        status = str(stack["StackStatus"])
        return status not in (*NEVER_COMPLETED, "CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS")

    def deploy(self, template: str, parameters: Mapping[str, str]) -> None:
        """Creates the stack or updates it to the template, after the operator has confirmed the changes.

        Raises StackFailed with the resources and reasons, StackStuck, Declined.
        """
        status = self._idle_status()
        if status in NEVER_COMPLETED:
            self.console.say(f"A first creation of {self.name} did not succeed ({status}): clearing it away.")
            self._delete()
            status = None
        if status == "UPDATE_ROLLBACK_FAILED":
            self.console.say("An earlier change could not be taken back; trying that again first.")
            started = self.now()
            with aws_errors():
                self._client.continue_update_rollback(StackName=self.name)
            self._follow(started, good=("UPDATE_ROLLBACK_COMPLETE",))
        if status == "DELETE_FAILED":
            raise StackStuck(self.name, status, "Its deletion stopped half-way: run `down` again first.")
        kind = "CREATE" if status is None else "UPDATE"
        self._change(kind, self._template_argument(template), parameters, needs_confirmation=True)

    def set_parameters(self, parameters: Mapping[str, str]) -> None:
        """Changes these parameters without asking; the template and the other parameters stay."""
        self._change("UPDATE", {"UsePreviousTemplate": True}, parameters, needs_confirmation=False)

    def delete(self) -> None:
        """Deletes the stack; the resources that its template retains stay. Raises StackFailed."""
        self._idle_status()
        self._delete()

    # ------------------------------------------------------------------ steps

    @property
    def _client(self) -> Any:
        return self.connection.client("cloudformation")

    def _idle_status(self) -> str | None:
        """The state once no operation is running. REVIEW_IN_PROGRESS is an unexecuted first change set."""
        deadline = self.now() + dt.timedelta(seconds=WAIT_S)
        is_reported = False
        while self.now() < deadline:
            stack = self.describe()
            status = None if stack is None else str(stack["StackStatus"])
            if status is None or status == "REVIEW_IN_PROGRESS" or not status.endswith("_IN_PROGRESS"):
                return status
            if not is_reported:
                self.console.say(f"{self.name} is {status}: waiting for the end of that.")
                is_reported = True
            self.sleep(POLL_INTERVAL_S)
        raise StackStuck(self.name, "still being changed", "Its events are in the CloudFormation console.")

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
        kept = [] if kind == "CREATE" else [name for name in self.parameters() if name not in parameters]
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
                Tags=TAGS,
                **template,
            )
        changes = self._awaited_changes(change_set_name)
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
        started = self.now()
        with aws_errors():
            self._client.execute_change_set(StackName=self.name, ChangeSetName=change_set_name)
        self._follow(started, good=(f"{kind}_COMPLETE",))

    def _declared_parameters(self, template: Mapping[str, Any]) -> set[str]:
        if "UsePreviousTemplate" in template:
            return set(self.parameters())
        with aws_errors():
            summary = self._client.get_template_summary(**template)
        return {item["ParameterKey"] for item in summary.get("Parameters", [])}

    def _awaited_changes(self, change_set_name: str) -> tuple[Change, ...] | None:
        """The changes of the finished change set; None, with the change set deleted, when nothing differs."""
        deadline = self.now() + dt.timedelta(seconds=WAIT_S)
        while self.now() < deadline:
            with aws_errors():
                paginator = self._client.get_paginator("describe_change_set")
                pages = list(paginator.paginate(StackName=self.name, ChangeSetName=change_set_name))
            status, reason = pages[0]["Status"], pages[0].get("StatusReason", "")
            if status == "CREATE_COMPLETE":
                return changes_of(pages)
            if is_empty_change_set(status, reason):
                self._discard(change_set_name, "UPDATE")
                return None
            if status == "FAILED":
                raise AwsRefused("the change set", status, reason)
            self.sleep(POLL_INTERVAL_S)
        raise AwsRefused("the change set", "TIMEOUT", "CloudFormation did not finish it.")

    def _discard(self, change_set_name: str, kind: str) -> None:
        with aws_errors():
            self._client.delete_change_set(StackName=self.name, ChangeSetName=change_set_name)
            if kind == "CREATE":
                # The first change set created an empty stack, which would block the next creation.
                self._client.delete_stack(StackName=self.name)

    def _delete(self) -> None:
        stack = self.describe()
        if stack is None:
            return
        started = self.now()
        stack_id = stack["StackId"]
        with aws_errors():
            self._client.delete_stack(StackName=self.name)
        self._follow(started, good=("DELETE_COMPLETE",), stack_id=stack_id)

    def _follow(self, started: dt.datetime, *, good: tuple[str, ...], stack_id: str | None = None) -> None:
        """Prints events as they arrive until the operation ends. Raises StackFailed if not in a `good` state.

        `stack_id` is needed to follow a deletion: a deleted stack is not found by its name.
        """
        stack_key = stack_id or self.existing()["StackId"]
        deadline = self.now() + dt.timedelta(seconds=WAIT_S)
        seen: dict[str, Mapping[str, Any]] = {}
        while self.now() < deadline:
            # The state first: once it is final, all events that led to it can be read.
            status = self._status_of(stack_key)
            for event in self._events_since(stack_key, started):
                if event["EventId"] not in seen:
                    seen[event["EventId"]] = event
                    self.console.say(f"  {progress_line(event)}")
            if status in good:
                return
            if not status.endswith("_IN_PROGRESS"):
                raise StackFailed(self.name, status, failures_in(seen.values(), self.name))
            self.sleep(POLL_INTERVAL_S)
        raise StackStuck(self.name, "still being changed", "Its events are in the CloudFormation console.")

    def _status_of(self, stack_key: str) -> str:
        try:
            return str(self._client.describe_stacks(StackName=stack_key)["Stacks"][0]["StackStatus"])
        except ClientError as error:
            if "does not exist" in error.response["Error"]["Message"]:
                return "DELETE_COMPLETE"
            with aws_errors():
                raise

    def _events_since(self, stack_key: str, started: dt.datetime) -> list[Mapping[str, Any]]:
        """The events since `started`, oldest first."""
        # AWS's clock and ours differ slightly; an earlier operation's events are much older.
        earliest = started - dt.timedelta(seconds=5)
        found: list[Mapping[str, Any]] = []
        try:
            pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_key)
            for page in pages:
                events = page["StackEvents"]
                found.extend(event for event in events if event["Timestamp"] >= earliest)
                if events and events[-1]["Timestamp"] < earliest:
                    break
        except ClientError as error:
            if "does not exist" not in error.response["Error"]["Message"]:
                with aws_errors():
                    raise
        return found[::-1]
