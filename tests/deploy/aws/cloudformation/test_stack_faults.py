"""What the deployer does when AWS or the network fails: one clear line; following outlives what passes.

The answers are botocore's own, checked against its model of CloudFormation.
"""

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, NoCredentialsError
from botocore.stub import Stubber

from deploy.aws.cloudformation.stack import POLL_INTERVAL_S, WAIT_S, Stack
from deploy.aws.connection import Connection
from deploy.aws.errors import (
    AwsRefused,
    AwsUnreachable,
    CredentialsMissing,
    DeployError,
    StackFailed,
    StackStuck,
    StackUnfinished,
)
from deploy.console import Console

NOW = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
NAME = "exam-results"
ID = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{NAME}/1"
MISSING = f"Stack with id {NAME} does not exist"
ADDRESS = "https://cloudformation.example"


class Cloud:
    """CloudFormation with answers prepared in order, and an operator who sees what is printed."""

    def __init__(self) -> None:
        self.client = boto3.client(
            "cloudformation", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.stub = Stubber(self.client)
        self.printed: list[str] = []
        self.now = NOW
        console = Console(self.printed.append, None, is_agreed=True)
        connection = Connection("eu-west-1", None, lambda _service: self.client)
        self.stack = Stack(NAME, connection, console, lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += dt.timedelta(seconds=seconds)

    def is_in(self, status: str, **fields: Any) -> None:
        stack = {"StackName": NAME, "StackId": ID, "CreationTime": NOW, "StackStatus": status, **fields}
        self.stub.add_response("describe_stacks", {"Stacks": [stack]})

    def has_events(self, *statuses: str) -> None:
        """The states of its events, the oldest first; ids are their numbers."""
        events = [
            {
                "StackId": ID,
                "EventId": str(number),
                "StackName": NAME,
                "LogicalResourceId": "Table",
                "ResourceType": "AWS::DynamoDB::Table",
                "ResourceStatus": status,
                "Timestamp": NOW,
            }
            for number, status in enumerate(statuses)
        ]
        self.stub.add_response("describe_stack_events", {"StackEvents": events[::-1]})

    def begins_a_deletion(self, status: str = "UPDATE_COMPLETE") -> None:
        self.is_in(status)  # nothing is going on
        self.is_in(status)  # and there is a stack to delete
        self.has_events(status)
        self.stub.add_response("delete_stack", {})

    def fails(self, operation: str, *errors: Exception | None) -> None:
        """The next calls of an operation meet these errors on the way; None is a call that arrives."""
        waiting = iter(errors)

        def fail(**_event: Any) -> None:
            error = next(waiting, None)
            if error is not None:
                raise error

        self.client.meta.events.register(f"provide-client-params.cloudformation.{operation}", fail)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    with contextlib.closing(cloud.client), cloud.stub:
        yield cloud
    cloud.stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoCredentialsError(), CredentialsMissing),
        (EndpointConnectionError(endpoint_url=ADDRESS), AwsUnreachable),
    ],
)
def test_a_failure_before_anything_has_begun_is_one_clear_line(
    cloud: Cloud, error: Exception, kind: type[DeployError]
) -> None:
    cloud.fails("DescribeStacks", error)
    with pytest.raises(kind) as refusal:
        cloud.stack.describe()
    assert "\n" not in str(refusal.value)


def test_an_expired_session_is_named_as_missing_credentials(cloud: Cloud) -> None:
    cloud.stub.add_client_error("describe_stacks", "ExpiredToken", "The security token is expired")
    with pytest.raises(CredentialsMissing, match="aws sso login"):
        cloud.stack.describe()


def test_a_stack_that_does_not_exist_is_no_error(cloud: Cloud) -> None:
    cloud.stub.add_client_error("describe_stacks", "ValidationError", MISSING)
    assert cloud.stack.describe() is None


def test_a_missing_output_of_a_half_made_stack_is_explained(cloud: Cloud) -> None:
    cloud.is_in("ROLLBACK_COMPLETE", Outputs=[{"OutputKey": "Region", "OutputValue": "eu-west-1"}])
    outputs = cloud.stack.outputs()
    assert outputs["Region"] == "eu-west-1"
    assert "ApiUrl" not in outputs
    with pytest.raises(StackUnfinished, match=r"ROLLBACK_COMPLETE and has no output ApiUrl.*deploy\.aws up"):
        _ = outputs["ApiUrl"]


def test_following_goes_on_after_faults_of_the_network_and_of_aws(cloud: Cloud) -> None:
    cloud.begins_a_deletion()
    timeout = ConnectTimeoutError(endpoint_url=ADDRESS)
    cloud.fails("DescribeStacks", None, None, timeout, timeout)
    cloud.is_in("DELETE_IN_PROGRESS")
    cloud.stub.add_client_error("describe_stack_events", "Throttling", "Rate exceeded")
    cloud.has_events("UPDATE_COMPLETE", "DELETE_IN_PROGRESS")
    cloud.is_in("DELETE_COMPLETE")
    cloud.has_events("UPDATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE")
    cloud.stack.delete()
    events = [line.split()[1] for line in cloud.printed if line.endswith("Table")]
    assert events == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert sum("Trying again" in line for line in cloud.printed) == 2


def test_a_fault_that_lasts_ends_the_following_with_its_reason(cloud: Cloud) -> None:
    cloud.begins_a_deletion()
    lasting = [EndpointConnectionError(endpoint_url=ADDRESS)] * 2000
    cloud.fails("DescribeStacks", None, None, *lasting)
    with pytest.raises(AwsUnreachable):
        cloud.stack.delete()
    assert cloud.now >= NOW + dt.timedelta(seconds=WAIT_S)


def test_a_state_from_before_the_change_is_not_believed(cloud: Cloud) -> None:
    cloud.begins_a_deletion()
    cloud.is_in("UPDATE_COMPLETE")  # still the former one: neither the end nor a failure of the deletion
    cloud.has_events("UPDATE_COMPLETE")
    cloud.is_in("DELETE_FAILED")
    cloud.has_events("UPDATE_COMPLETE", "DELETE_FAILED")
    with pytest.raises(StackFailed, match="DELETE_FAILED"):
        cloud.stack.delete()


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "DELETE_FAILED", "IMPORT_ROLLBACK_COMPLETE"])
def test_a_stack_that_takes_no_update_can_be_deleted(cloud: Cloud, status: str) -> None:
    cloud.begins_a_deletion(status)
    cloud.is_in(status)  # still the former one
    cloud.has_events(status)
    cloud.is_in("DELETE_COMPLETE")
    cloud.has_events(status, "DELETE_COMPLETE")
    cloud.stack.delete()


def test_a_change_that_could_not_be_taken_back_is_taken_back_before_the_next(cloud: Cloud) -> None:
    cloud.is_in("UPDATE_ROLLBACK_FAILED")
    cloud.has_events("UPDATE_ROLLBACK_FAILED")
    cloud.stub.add_response("continue_update_rollback", {})
    cloud.is_in("UPDATE_ROLLBACK_FAILED")  # its id
    cloud.is_in("UPDATE_ROLLBACK_FAILED")  # still the former state
    cloud.has_events("UPDATE_ROLLBACK_FAILED")
    cloud.is_in("UPDATE_ROLLBACK_COMPLETE")
    cloud.has_events("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE")
    cloud.is_in("UPDATE_ROLLBACK_COMPLETE")  # its parameters
    cloud.stub.add_response("create_change_set", {})
    nothing = "The submitted information didn't contain changes."
    cloud.stub.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": nothing})
    cloud.stub.add_response("delete_change_set", {})
    cloud.stack.deploy("Resources: {}", {})
    assert cloud.printed[-1] == f"Nothing to change in {NAME}."


def test_a_change_that_cannot_be_taken_back_names_its_resource(cloud: Cloud) -> None:
    cloud.is_in("UPDATE_ROLLBACK_FAILED")
    cloud.has_events("UPDATE_ROLLBACK_FAILED")
    cloud.stub.add_response("continue_update_rollback", {})
    cloud.is_in("UPDATE_ROLLBACK_FAILED")
    cloud.is_in("UPDATE_ROLLBACK_FAILED")
    cloud.has_events("UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED")
    with pytest.raises(StackFailed, match=r"Table \(AWS::DynamoDB::Table\), UPDATE_FAILED"):
        cloud.stack.deploy("Resources: {}", {})


def test_a_half_deleted_stack_is_not_changed(cloud: Cloud) -> None:
    cloud.is_in("DELETE_FAILED")
    with pytest.raises(StackStuck, match="run `down` again first"):
        cloud.stack.deploy("Resources: {}", {})


def test_what_is_still_going_on_is_waited_for_and_said_once(cloud: Cloud) -> None:
    for status in ("CREATE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE"):
        cloud.is_in(status)
    assert cloud.stack.settled_status() == "ROLLBACK_COMPLETE"
    assert cloud.printed == [f"{NAME} is CREATE_IN_PROGRESS: waiting for the end of that."]


def test_what_never_ends_is_given_up_with_where_to_look(cloud: Cloud) -> None:
    for _ in range(int(WAIT_S / POLL_INTERVAL_S)):
        cloud.is_in("UPDATE_IN_PROGRESS")
    with pytest.raises(StackStuck, match="still being changed"):
        cloud.stack.settled_status()


def test_a_stack_whose_deletion_leaves_no_event_is_believed_to_be_gone(cloud: Cloud) -> None:
    """One that waited for its first change set has had no resource to tell of."""
    cloud.begins_a_deletion("REVIEW_IN_PROGRESS")
    cloud.is_in("DELETE_COMPLETE")
    cloud.has_events("REVIEW_IN_PROGRESS")
    cloud.stack.delete()


def refuses_the_change_set(cloud: Cloud) -> None:
    """As CloudFormation does since November 2025: the reason names a validation, and no resource."""
    cloud.stub.add_client_error("describe_stacks", "ValidationError", MISSING)
    cloud.stub.add_response("create_change_set", {})
    reason = (
        "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To "
        "troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
    )
    cloud.stub.add_response("describe_change_set", {"Status": "FAILED", "StatusReason": reason})


def discards_it(cloud: Cloud) -> None:
    cloud.stub.add_response("delete_change_set", {})
    cloud.stub.add_response("delete_stack", {})


def test_what_aws_finds_before_a_change_is_named_with_its_resource(cloud: Cloud) -> None:
    """aws/aws-cdk-cli#1000, serverless/serverless#13248"""
    refuses_the_change_set(cloud)
    fault = "Resource of type 'AWS::Logs::LogGroup' with identifier '/school/teacher' already exists."
    event = {
        "EventType": "VALIDATION_ERROR",
        "LogicalResourceId": "TeacherLogs",
        "ValidationName": "NAME_CONFLICT_VALIDATION",
        "ValidationStatus": "FAILED",
        "ValidationStatusReason": fault,
        "ValidationPath": "/Resources/TeacherLogs/Properties/LogGroupName",
    }
    cloud.stub.add_response("describe_events", {"OperationEvents": [{"EventType": "STACK_EVENT"}, event]})
    discards_it(cloud)
    with pytest.raises(AwsRefused) as refusal:
        cloud.stack.deploy("Resources: {}", {})
    assert str(refusal.value).endswith(
        f"\n  TeacherLogs: {fault} (/Resources/TeacherLogs/Properties/LogGroupName)"
    )


def test_an_operator_who_may_not_read_what_aws_found_gets_its_reason(cloud: Cloud) -> None:
    refuses_the_change_set(cloud)
    cloud.stub.add_client_error("describe_events", "AccessDenied", "not authorized")
    discards_it(cloud)
    with pytest.raises(AwsRefused, match="EarlyValidation"):
        cloud.stack.deploy("Resources: {}", {})


def test_a_stack_that_is_gone_is_deleted_even_if_no_event_can_be_read(cloud: Cloud) -> None:
    cloud.begins_a_deletion()
    cloud.stub.add_client_error("describe_stacks", "ValidationError", MISSING)
    cloud.stub.add_client_error("describe_stack_events", "ValidationError", MISSING)
    cloud.stack.delete()
