"""Refusals of both Cognito services with AWS's types and texts; those that several operations share."""

__all__ = [
    "CognitoRefused",
    "address_taken",
    "attempts_exceeded",
    "authenticator_unverified",
    "codes_exceeded",
    "incorrect_name_or_password",
    "invalid_session",
    "user_not_found",
    "wrong_code",
]


class CognitoRefused(Exception):
    """The call is refused (HTTP 400); `error_type` and `message` are sent as they are."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type
        self.message = message


def address_taken() -> CognitoRefused:
    return CognitoRefused("AliasExistsException", "An account with the email already exists.")


def authenticator_unverified() -> CognitoRefused:
    return CognitoRefused("InvalidParameterException", "User has not verified software token mfa")


def incorrect_name_or_password() -> CognitoRefused:
    """The same for a wrong password and for an unknown name."""
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
    """For the operator only: no one else may learn whether a user exists."""
    return CognitoRefused("UserNotFoundException", "User does not exist.")
