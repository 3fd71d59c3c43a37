"""What the API refuses, with AppSync's errorTypes."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "ApiError",
    "bad_request",
    "conflict",
    "not_authorized",
    "not_found",
    "precondition_failed",
]

JsonObject = Mapping[str, object]


@dataclass(slots=True)
class ApiError(Exception):
    """A refusal of one field, or of a whole document before it is executed.

    The answer's other fields are unaffected, and its HTTP status is 200, as on AppSync.
    """

    error_type: str
    message: str
    error_info: JsonObject | None = None
    data: JsonObject | None = None

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"


def not_authorized(field_name: str, type_name: str) -> ApiError:
    """The caller may not access this field, or not this row by it."""
    return ApiError("Unauthorized", f"Not Authorized to access {field_name} on type {type_name}")


def not_found(what: str) -> ApiError:
    """`what` begins the message: "The exam", "The result"."""
    return ApiError("NotFound", f"{what} does not exist")


def bad_request(field_name: str, reason: str) -> ApiError:
    """`field_name` is the field of the input: a form shows the reason beside it."""
    return ApiError("BadRequest", f"{field_name} {reason}", error_info={"field": field_name})


def conflict(reason: str, current: JsonObject | None) -> ApiError:
    """`current` is the stored row without `name`; None when the caller may not see it."""
    return ApiError("ConflictException", reason, data=current)


def precondition_failed(reason: str) -> ApiError:
    """The exam is not in the state that the change requires."""
    return ApiError("PreconditionFailed", reason)
