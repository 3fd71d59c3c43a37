"""Which refusals on the wire are retried, and which are final."""

import pytest

from shared.api.http import refusal_from_wire
from shared.model.errors import ApiRefused, BackendUnreachable, VersionConflict

ENDPOINT = "https://api.example/graphql"


@pytest.mark.parametrize(
    "error_type",
    [
        "DynamoDB:ProvisionedThroughputExceededException",
        "DynamoDB:RequestLimitExceededException",
        "DynamoDB:ThrottlingException",
        "DynamoDB:TransactionConflictException",
        "DynamoDB:TransactionCanceledException",
        "DynamoDB:TransactionInProgressException",
        "DynamoDB:InternalServerErrorException",
        "DynamoDB:DynamoDbException",
        "DynamoDB:AmazonDynamoDBException",
        "DynamoDB:ExecutionTimeoutException",
        "ExecutionTimeout",
        "InternalFailure",
        "InternalFailureException",
        "InternalServerError",
        "LimitExceededError",
        "LimitExceededException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
        "TooManyRequestsException",
    ],
)
def test_a_transient_error_is_not_a_refusal(error_type: str) -> None:
    error = refusal_from_wire(ENDPOINT, {"errorType": error_type, "message": "busy"})
    assert isinstance(error, BackendUnreachable)
    assert (error.endpoint, error.reason) == (ENDPOINT, "busy")


@pytest.mark.parametrize(
    "error_type",
    [
        "DynamoDB:ConditionalCheckFailedException",
        "DynamoDB:ResourceNotFoundException",
        "MaxSubscriptionsReachedError",
        "UnsupportedOperation",
        "ValidationError",
        "WAFForbiddenException",
    ],
)
def test_a_final_refusal_is_not_retried(error_type: str) -> None:
    error = refusal_from_wire(ENDPOINT, {"errorType": error_type, "message": "no"})
    assert isinstance(error, ApiRefused)
    assert error.error_type == error_type


@pytest.mark.parametrize(
    "row",
    [
        {"id": "x"},
        {
            "id": "x",
            "subject": "Algebra",
            "date": "2026-06-18",
            "teacher": "Ada",
            "scale": "ROMAN_NUMERALS",
            "status": "DRAFT",
            "audience": "NAMES",
            "version": 2,
            "createdAt": "2026-06-18T12:00:00Z",
            "updatedAt": "2026-06-18T12:00:00Z",
        },
    ],
)
def test_a_conflict_with_an_unreadable_row_is_still_a_conflict(row: dict[str, object]) -> None:
    error = refusal_from_wire(ENDPOINT, {"errorType": "ConflictException", "message": "stale", "data": row})
    assert isinstance(error, VersionConflict)
    assert error.current is None
