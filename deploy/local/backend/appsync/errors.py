"""What the API refuses, as AppSync names it: each refusal knows its errorType, text and extra data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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
    """A refusal of one field; the answer's other fields are unaffected. HTTP says 200, as AppSync does."""

    error_type: str
    message: str
    error_info: JsonObject | None = None
    data: JsonObject | None = field(default=None)

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"


def not_authorized(field_name: str, type_name: str) -> ApiError:
    return ApiError("Unauthorized", f"Not Authorized to access {field_name} on type {type_name}")


def not_found(what: str) -> ApiError:
    return ApiError("NotFound", f"{what} does not exist")


def bad_request(field_name: str, reason: str) -> ApiError:
    """`field_name` is the input's field, so that a form can show the reason beside it."""
    return ApiError("BadRequest", f"{field_name} {reason}", error_info={"field": field_name})


def conflict(reason: str, current: JsonObject | None) -> ApiError:
    """`current` is the stored row as the caller may see it, without `name`; None when it may not be seen."""
    return ApiError("ConflictException", reason, data=current)


def precondition_failed(reason: str) -> ApiError:
    return ApiError("PreconditionFailed", reason)
