"""The tree of errors of the data module. Each carries its facts as fields; its text is a line for people.

ExamResultsError
├── SettingsInvalid            name, reason
├── BackendUnreachable         endpoint, reason          trying again is sensible
│   └── ServerDiskFull                                   its operator has to make room first
├── FieldInvalid               field, reason             refused before anything was sent
│   ├── ScaleUnknown           text
│   └── GradeOutsideScale      text, scale
├── SignInError
│   ├── SignInRejected                                   wrong name or password, without saying which
│   ├── SignInThrottled        retry_after_s
│   ├── PasswordResetRequired
│   ├── CodeRejected           reason
│   ├── PasswordRefused        reason
│   ├── SessionEnded                                     sign in again
│   │   └── PasswordSetSignInAgain                       the new password is already set
│   └── AccountNotUsable       reason
└── ApiRefused                 error_type, message, field   the API understood and said no
    ├── NotAllowed
    ├── VersionConflict        current
    ├── InputRefused           reason
    ├── NotFound
    ├── StateRefused
    │   └── HistoryRemains                               send the same again
    └── TooManyAttempts        retry_after_s
"""

from __future__ import annotations

from typing import Protocol

__all__ = [
    "AccountNotUsable",
    "ApiRefused",
    "BackendUnreachable",
    "CodeRejected",
    "ExamResultsError",
    "FieldInvalid",
    "GradeOutsideScale",
    "HistoryRemains",
    "InputRefused",
    "NotAllowed",
    "NotFound",
    "PasswordRefused",
    "PasswordResetRequired",
    "PasswordSetSignInAgain",
    "ScaleUnknown",
    "ServerDiskFull",
    "SessionEnded",
    "SettingsInvalid",
    "SignInError",
    "SignInRejected",
    "SignInThrottled",
    "StateRefused",
    "TooManyAttempts",
    "VersionConflict",
    "Versioned",
]


class ExamResultsError(Exception):
    """The root: everything that the data module raises on purpose."""


class SettingsInvalid(ExamResultsError):
    """A setting is missing, unknown or unusable. The text is one line that names it and says what to do."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class BackendUnreachable(ExamResultsError):
    """No answer, a lost connection, or an answer that only a broken or busy server sends. A write may or may
    not have arrived; the same idempotent call can be made again."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"{endpoint} cannot be reached: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class ServerDiskFull(BackendUnreachable):
    """It answers, but cannot store anything until its operator makes room."""


class FieldInvalid(ExamResultsError):
    """A value that breaks a rule that is checked locally. `reason` says what to type."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class ScaleUnknown(FieldInvalid):
    """No scale has that `text`; `problem` says why, in words for people, where more is known."""

    def __init__(self, text: str, problem: str | None = None) -> None:
        why = problem or "write it like OUT_OF_20, PERCENT, FROM_1_TO_6;PASS=4 or LEVELS=A,B,C|D"
        super().__init__("scale", f"“{text}” is not a scale: {why}.")
        self.text = text
        self.problem = problem


class GradeOutsideScale(FieldInvalid):
    """`text` is no grade of `scale`, which is in its form on the wire. `suggestion` is the nearest grade of
    the scale where there is an obvious one."""

    def __init__(self, text: str, scale: str, reason: str, suggestion: str | None = None) -> None:
        super().__init__("grade", reason)
        self.text = text
        self.scale = scale
        self.suggestion = suggestion


class SignInError(ExamResultsError):
    """The user pool said no. Each kind below needs another step from the person."""


class SignInRejected(SignInError):
    """Wrong name or wrong password; the pool does not say which, and neither do we."""

    def __init__(self) -> None:
        super().__init__("The name or the password is not right.")


class SignInThrottled(SignInError):
    """Too many attempts. `retry_after_s` is None where the pool does not say how long."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        wait = "a while" if retry_after_s is None else f"{retry_after_s:.0f} seconds"
        super().__init__(f"Too many attempts. Wait {wait}, then try again.")
        self.retry_after_s = retry_after_s


class PasswordResetRequired(SignInError):
    """An operator reset the password: a new one is set with a code, as after “forgotten password”."""

    def __init__(self) -> None:
        super().__init__("This account needs a new password. Ask for a code under “Forgotten password”.")


class CodeRejected(SignInError):
    """A mailed code or an authenticator code was wrong or too old."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PasswordRefused(SignInError):
    """The new password breaks the pool's policy."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SessionEnded(SignInError):
    """The session is over (signed out elsewhere, revoked, or too old): sign in again."""

    def __init__(self) -> None:
        super().__init__("The session has ended. Sign in again.")


class PasswordSetSignInAgain(SessionEnded):
    """The new password is set, but the session could not be opened."""

    def __init__(self) -> None:
        super().__init__()
        self.args = ("The new password is set. Sign in with it.",)


class AccountNotUsable(SignInError):
    """The account is disabled, unconfirmed, or asks for a step that this dashboard does not have."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ApiRefused(ExamResultsError):
    """The API answered with an error. `error_type` is its name on the wire, `field` the API field asked for
    (in InputRefused the field of the input). `lost_tries` counts tries of the same call before this one whose
    answers were lost: one of them may have arrived."""

    lost_tries: int = 0

    def __init__(self, error_type: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.field = field


class NotAllowed(ApiRefused):
    """Not signed in (any more), or not the owner."""

    @property
    def is_about_the_row(self) -> bool:
        """True: these credentials hold, but not for this row or field. False: they were not accepted at
        all."""
        return self.error_type == "Unauthorized"


class Versioned(Protocol):
    """What can change in the meantime: an Exam or a Result. Those modules raise errors of this one."""

    @property
    def version(self) -> int:
        """From 1 on; each change adds 1."""


class VersionConflict(ApiRefused):
    """The row is not at the version that the caller saw. `current` is the row as it is now, None if the API
    did not send it."""

    def __init__(
        self, error_type: str, message: str, field: str | None = None, current: Versioned | None = None
    ) -> None:
        super().__init__(error_type, message, field)
        self.current = current


class InputRefused(ApiRefused):
    """The API's own checks refused the input. `field` is the one that it names, None if it names none."""

    def __init__(self, error_type: str, message: str, field: str | None = None) -> None:
        super().__init__(error_type, message, field)
        self.reason = message


class NotFound(ApiRefused):
    """There is no such row, or none that the caller may see."""


class StateRefused(ApiRefused):
    """Not in this state: such as deleting an exam that still has results."""


class HistoryRemains(StateRefused):
    """An exam's history is longer than one call erases: a part of it is gone, the exam is not."""


class TooManyAttempts(ApiRefused):
    """Too many codes were tried that find no result. `retry_after_s`: when the next one is looked up."""

    def __init__(
        self, error_type: str, message: str, field: str | None = None, retry_after_s: int = 60
    ) -> None:
        super().__init__(error_type, message, field)
        self.retry_after_s = retry_after_s
