"""What both Cognito services refuse with: AWS's types and texts, and those that several operations share."""

__all__ = [
    "CognitoRefused",
    "attempts_exceeded",
    "codes_exceeded",
    "incorrect_name_or_password",
    "invalid_session",
    "user_not_found",
    "wrong_code",
]


class CognitoRefused(Exception):
    """The call is refused: `error_type` and `message` go into the answer as they are (HTTP 400)."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


def incorrect_name_or_password() -> CognitoRefused:
    """For a wrong password and for an unknown name alike."""
    return CognitoRefused("NotAuthorizedException", "Incorrect username or password.")


def attempts_exceeded() -> CognitoRefused:
    return CognitoRefused("NotAuthorizedException", "Password attempts exceeded")


def codes_exceeded() -> CognitoRefused:
    return CognitoRefused("LimitExceededException", "Attempt limit exceeded, please try after some time.")


def wrong_code() -> CognitoRefused:
    return CognitoRefused("CodeMismatchException", "Invalid verification code provided, please try again.")


def invalid_session() -> CognitoRefused:
    return CognitoRefused("NotAuthorizedException", "Invalid session for the user, session is expired.")


def user_not_found() -> CognitoRefused:
    """For the operator only: everybody else is told the same of known and unknown users."""
    return CognitoRefused("UserNotFoundException", "User does not exist.")
