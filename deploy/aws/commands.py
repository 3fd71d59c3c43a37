"""The commands of `python -m deploy.aws` for the backend's stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.aws.connection import Connection, aws_errors
from deploy.aws.console import Console
from deploy.aws.dashboards_settings import settings_file
from deploy.aws.errors import InputWrong
from deploy.aws.hosting import hosting_stacks
from deploy.aws.stack import Stack
from deploy.aws.template import BACKEND_TEMPLATE, read_template
from deploy.aws.template_store import TemplateStore
from deploy.teacher_accounts import TeacherAccounts
from deploy.teacher_commands import TeacherCommands

__all__ = ["BackendCommands"]

UNPROTECTED, PROTECTED = {"Protected": "false"}, {"Protected": "true"}
RETAINED_TYPES = ("AWS::DynamoDB::Table", "AWS::Cognito::UserPool")


@dataclass(frozen=True, slots=True)
class BackendCommands:
    """The commands for one stack."""

    stack: Stack
    connection: Connection
    console: Console

    def up(self, parameters: Mapping[str, str]) -> None:
        """Creates the stack or updates it to this checkout's template; safe to repeat."""
        template = read_template(BACKEND_TEMPLATE)
        stack = self.stack.describe()
        if stack is None or not self.stack.is_complete(stack):
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
        if path.exists() and path.read_text(encoding="utf-8") != text:
            self.console.confirm(f"{path} exists and differs. Replace it?")
        path.write_text(text, encoding="utf-8")
        self.console.say(f"Wrote {path}.")

    def teachers(self) -> TeacherCommands:
        """The commands for teachers' accounts. Raises InputWrong for a stack without a user pool."""
        outputs = self.stack.outputs()
        if "UserPoolId" not in outputs:
            raise InputWrong("--stack-name", f"{self.stack.name} is not a stack of exam results.")
        accounts = TeacherAccounts(self.connection.client("cognito-idp"), outputs["UserPoolId"])
        return TeacherCommands(accounts, self.console.say)

    def down(self, *, is_data_deleted: bool) -> None:
        """Deletes the stack. Exams, results and accounts stay unless `is_data_deleted`."""
        self.stack.existing()
        hosting_to_delete = hosting_stacks(self.stack)
        retained = [item for item in self.stack.resources() if item["ResourceType"] in RETAINED_TYPES]
        if is_data_deleted:
            self.console.confirm_by_name(
                "This deletes every exam, every result and every account, for ever.", self.stack.name
            )
            self.stack.set_parameters(UNPROTECTED)
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
                self._delete(item)
                self.console.say(f"Deleted {item['LogicalResourceId']}: {item['PhysicalResourceId']}")
            else:
                self.console.say(f"Kept {item['LogicalResourceId']}: {item['PhysicalResourceId']}")
        TemplateStore(self.connection).clear(self.stack.name)

    def _delete(self, item: Mapping[str, Any]) -> None:
        name = item["PhysicalResourceId"]
        with aws_errors():
            if item["ResourceType"] == "AWS::DynamoDB::Table":
                self.connection.client("dynamodb").delete_table(TableName=name)
            else:
                self.connection.client("cognito-idp").delete_user_pool(UserPoolId=name)
