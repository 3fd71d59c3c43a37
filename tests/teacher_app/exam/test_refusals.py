"""Whatever the API raises, a teacher reads what to do, and no technical message."""

import pytest

from shared.model.errors import (
    ApiRefused,
    BackendUnreachable,
    FieldInvalid,
    InputRefused,
    NotAllowed,
    NotFound,
    ServerDiskFull,
    SessionEnded,
    StateRefused,
    VersionConflict,
)
from teacher_app.exam.refusals import refusal_text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (SessionEnded(), "Your session has ended. Nothing that you typed is lost"),
        (
            BackendUnreachable("http://backend", "refused"),
            "The server does not answer. Nothing",
        ),
        (ServerDiskFull("http://backend", "full"), "disk is full: nothing can be saved until its operator"),
        (VersionConflict("ConflictException", "stale"), "changed elsewhere in the meantime"),
        (NotAllowed("Unauthorized", "Not Authorized to access updateExam"), "belongs to another teacher"),
        (NotAllowed("UnauthorizedException", "Token has expired."), "Sign out, then sign in again"),
        (NotFound("NotFound", "no row"), "it was deleted elsewhere"),
        (InputRefused("BadRequest", "The subject is empty.", "subject"), "Not saved: The subject is empty."),
        (FieldInvalid("grade", "“21” is above 20."), "Not saved: “21” is above 20."),
        (StateRefused("PreconditionFailed", "It has results."), "This was refused: It has results."),
    ],
)
def test_each_error_says_what_to_do(error: Exception, text: str) -> None:
    assert text in refusal_text(error)


def test_addresses_and_technical_messages_are_not_shown() -> None:
    for error in (
        BackendUnreachable("http://10.0.0.7/graphql", "ECONNREFUSED"),
        NotAllowed("Unauthorized", "T"),
    ):
        assert "10.0.0.7" not in refusal_text(error)
        assert "Unauthorized" not in refusal_text(error)


def test_every_kind_of_refusal_has_a_text() -> None:
    for kind in [ApiRefused, *ApiRefused.__subclasses__()]:
        assert refusal_text(kind("SomeType", "Some message."))
