"""The commands of `python -m deploy.aws` for the backend's stack."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.aws.cloudformation.stack import NEVER_COMPLETED, Stack
from deploy.aws.cloudformation.template import (
    BACKEND_TEMPLATE,
    indexes_of,
    only_resources,
    read_template,
    retained_resources,
)
from deploy.aws.cloudformation.template_store import TemplateStore
from deploy.aws.connection import Connection
from deploy.aws.dashboards_settings import settings_file
from deploy.aws.data.kept import RETAINED_TYPES, KeptResource, delete_resource, find_kept, select_kept
from deploy.aws.data.moving import MovingCommands
from deploy.aws.data.school import StackData
from deploy.aws.errors import InputWrong, KeptDataFound, StackStuck
from deploy.aws.hosting import hosting_stacks
from deploy.console import Console
from deploy.teacher_accounts import TeacherAccounts
from deploy.teacher_commands import TeacherCommands

__all__ = ["BackendCommands", "write_whole_file"]

COGNITO_MAILS_A_DAY = 50  # Amazon Cognito quotas, "Daily email messages per account"
ADOPTED = "IMPORT_COMPLETE"  # the state between the two steps of an adoption
UNPROTECTED, PROTECTED = {"Protected": "false"}, {"Protected": "true"}


@dataclass(frozen=True, slots=True)
class BackendCommands:
    """The commands for one stack."""

    stack: Stack
    connection: Connection
    console: Console

    def up(self, parameters: Mapping[str, str], *, is_empty_wanted: bool = False) -> None:
        """Creates the stack or updates it to this checkout's template; safe to repeat.

        Raises KeptDataFound where a new stack would be empty beside data that an earlier one left, unless
        `is_empty_wanted`.
        """
        template = read_template(BACKEND_TEMPLATE)
        status = self.stack.settled_status()
        if status is None or status in NEVER_COMPLETED:
            if not is_empty_wanted:
                self._expect_nothing_kept(template)
            # Unprotected first: a failed creation must be able to roll back.
            self.stack.deploy(template, {**parameters, **UNPROTECTED})
            self.console.say("Now protecting tables and accounts against deletion.")
            self.stack.set_parameters(PROTECTED)
        else:
            self.stack.deploy(template, {**parameters, **PROTECTED})
        self.outputs()

    def status(self) -> None:
        """The stack's state, its number of resources and its protection; the states of the hosting stacks."""
        stack = self.stack.existing()
        resources = self.stack.resources()
        protected = self.stack.parameters().get("Protected")
        self.console.say(f"{self.stack.name} in {self.connection.region}: {stack['StackStatus']}")
        self.console.say(f"  resources: {len(resources)}")
        self.console.say(f"  protected against deletion: {'yes' if protected == 'true' else 'no'}")
        for resource in resources:
            if not resource["ResourceStatus"].endswith("_COMPLETE"):
                self.console.say(f"  {resource['LogicalResourceId']}: {resource['ResourceStatus']}")
        for hosting in hosting_stacks(self.stack):
            self.console.say(f"{hosting.name}: {hosting.existing()['StackStatus']}")

    def outputs(self) -> None:
        """The outputs of the stack and of the hosting stacks, one per line."""
        for stack in (self.stack, *hosting_stacks(self.stack)):
            for name, value in sorted(stack.outputs().items()):
                self.console.say(f"{name}={value}")

    def env(self, path: Path | None) -> None:
        """The dashboards' settings: shown, or written to a new file."""
        text = settings_file(self.stack.name, self.stack.outputs(), self.connection.endpoint_url)
        if path is None:
            self.console.say(text.rstrip("\n"))
            return
        if path.exists() and path.read_bytes() != text.encode():
            self.console.confirm(f"{path} exists and differs. Replace it?")
        write_whole_file(path, text)
        self.console.say(f"Wrote {path}.")

    def teachers(self) -> TeacherCommands:
        """The commands for teachers' accounts. Raises StackUnfinished for a stack without a user pool."""
        outputs = self.stack.outputs()
        accounts = TeacherAccounts(self.connection.client("cognito-idp"), outputs["UserPoolId"])
        return TeacherCommands(accounts, StackData(self.connection, outputs), self.console)

    def moving(self, now: Callable[[], dt.datetime]) -> MovingCommands:
        """The commands for moving a school. Raises StackUnfinished."""
        outputs = self.stack.outputs()
        accounts = TeacherAccounts(self.connection.client("cognito-idp"), outputs["UserPoolId"])
        return MovingCommands(StackData(self.connection, outputs), accounts, self.console, now)

    def adopt(self, parameters: Mapping[str, str], wanted: Sequence[str]) -> None:
        """Makes a stack of the tables and accounts that `down` kept, then does `up`.

        `wanted` names the tables and the user pool to take where there are several of a kind. Safe to repeat.
        Raises InputWrong, StackFailed, StackStuck when the stack exists.
        """
        template = read_template(BACKEND_TEMPLATE)
        status = self.stack.settled_status()
        if status == ADOPTED:
            self.console.say("Its data are adopted already; now the rest.")
            self.up(parameters)
            return
        if status is not None and status not in NEVER_COMPLETED:
            advice = "It has its own data already: `up` changes it."
            raise StackStuck(self.stack.name, status, advice)
        retained = retained_resources(template)
        selected = select_kept(self._kept(template), retained, wanted)
        for resource in selected:
            missing = indexes_of(template, resource.logical_id) - resource.indexes
            if missing:  # an import believes the template, and no update would add them
                raise InputWrong(
                    "adopt",
                    f"{resource.physical_id} lacks {', '.join(sorted(missing))} of this version. Adopt it "
                    "with the checkout that made it, and then bring it up to date with this one's `up`.",
                )
            self.console.say(f"Adopting {resource}")
        adopted = [resource.logical_id for resource in selected]
        for logical_id in retained:
            if logical_id not in adopted:
                self.console.say(f"No {logical_id} was kept: it begins empty.")
        self.stack.import_resources(
            only_resources(template, adopted), PROTECTED, [resource.import_entry for resource in selected]
        )
        self.up(parameters)

    def delete_kept(self) -> None:
        """Deletes what earlier stacks of this name left behind, after the operator has typed the name."""
        kept = self._kept(read_template(BACKEND_TEMPLATE))
        if not kept:
            self.console.say(f"Nothing was kept of {self.stack.name}.")
            return
        for resource in kept:
            self.console.say(f"  {resource}")
        self.console.confirm_by_name("This deletes all of these for ever.", self.stack.name)
        for resource in kept:
            delete_resource(self.connection, resource.resource_type, resource.physical_id)
            self.console.say(f"Deleted {resource.logical_id}: {resource.physical_id}")

    def confirm_mails(self, count: int) -> None:
        """Asks before sending more messages than Cognito's own sender does in a day. Raises Declined."""
        if count > COGNITO_MAILS_A_DAY and not self.stack.parameters().get("MailFrom"):
            self.console.confirm(
                f"Cognito sends about {COGNITO_MAILS_A_DAY} messages a day; the rest of {count} invitations "
                "would not arrive. `up --mail-from` sends by Amazon SES, --show prints the passwords. Go on?"
            )

    def down(self, *, is_data_deleted: bool) -> None:
        """Deletes the stacks, in whatever state they are. Exams, results and accounts stay unless
        `is_data_deleted`.

        Raises StackMissing where there is nothing, KeptDataFound where only the data are left.
        """
        hosting_to_delete = hosting_stacks(self.stack)
        retained: list[Mapping[str, Any]] = []
        if self.stack.describe() is not None:
            retained = self._retained()
        elif not hosting_to_delete:
            self._expect_nothing_kept(read_template(BACKEND_TEMPLATE))
            self.stack.existing()
        if is_data_deleted:
            self.console.confirm_by_name(
                "This deletes every exam, every result and every account, for ever.", self.stack.name
            )
        else:
            self.console.confirm(
                f"Delete {self.stack.name} in {self.connection.region}? Exams, results and accounts are kept."
            )
        for hosting in hosting_to_delete:
            hosting.delete()
            self.console.say(f"Deleted {hosting.name}.")
        self.stack.delete()
        for item in retained:
            if is_data_deleted:
                delete_resource(self.connection, item["ResourceType"], item["PhysicalResourceId"])
                self.console.say(f"Deleted {item['LogicalResourceId']}: {item['PhysicalResourceId']}")
            else:
                self.console.say(f"Kept {item['LogicalResourceId']}: {item['PhysicalResourceId']}")
        if retained and not is_data_deleted:
            self.console.say("`adopt` makes a stack of them again; `delete-kept` deletes them.")
        TemplateStore(self.connection).clear(self.stack.name)

    def _retained(self) -> list[Mapping[str, Any]]:
        """CloudFormation's summaries of the stack's tables and user pool that exist."""
        return [
            item
            for item in self.stack.resources()
            if item["ResourceType"] in RETAINED_TYPES
            and item.get("PhysicalResourceId")
            and item["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def _expect_nothing_kept(self, template: str) -> None:
        """Raises KeptDataFound."""
        kept = self._kept(template)
        if kept:
            raise KeptDataFound(self.stack.name, tuple(str(resource) for resource in kept))

    def _kept(self, template: str) -> list[KeptResource]:
        """What earlier stacks of this name left behind."""
        owned = [] if self.stack.describe() is None else self._retained()
        return find_kept(
            self.connection,
            self.stack.name,
            retained_resources(template),
            [item["PhysicalResourceId"] for item in owned],
        )


def write_whole_file(path: Path, text: str) -> None:
    """Writes the file, or leaves it as it was when the disk is full. Raises OSError."""
    if path.exists() and not path.is_file():  # such as /dev/stdout
        path.write_text(text, encoding="utf-8")
        return
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)
        raise
