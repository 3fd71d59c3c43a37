"""AWS clients for one region, with botocore's errors translated into DeployErrors."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from deploy.aws.errors import AwsRefused, AwsUnreachable, CredentialsMissing, DeployError, InputWrong

__all__ = ["Connection", "aws_errors", "connect"]

EXPIRED_CODES = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
)
NO_ENDPOINT = "AWS"


@dataclass(slots=True)
class Connection:
    """One account in one region. `endpoint_url` is None on AWS, otherwise an emulator's address."""

    region: str
    endpoint_url: str | None
    make_client: Callable[[str], Any]
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """boto3's client for a service such as "cloudformation", created once."""
        if service not in self._clients:
            self._clients[service] = self.make_client(service)
        return self._clients[service]

    def account_id(self) -> str:
        """The account's twelve digits."""
        with aws_errors():
            return str(self.client("sts").get_caller_identity()["Account"])

    def close(self) -> None:
        """Closes every client's connections."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()


def connect(region: str | None, profile: str | None, endpoint_url: str | None) -> Connection:
    """A connection configured as AWS tools are: arguments, then environment, then configuration files.

    Raises CredentialsMissing for an unknown profile, InputWrong when no region is configured.
    """
    with aws_errors():
        session: Any = boto3.Session(region_name=region or os.environ.get("AWS_REGION"), profile_name=profile)
    if session.region_name is None:
        raise InputWrong("--region", "say which one, such as eu-west-1, or set AWS_REGION.")
    endpoint = endpoint_url.rstrip("/") if endpoint_url else None
    # An emulator has one host name, so bucket names belong in the path.
    config = Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=10,
        read_timeout=60,
        s3={"addressing_style": "path" if endpoint else "auto"},
    )

    def make_client(service: str) -> Any:
        return session.client(service, endpoint_url=endpoint, config=config)

    return Connection(str(session.region_name), endpoint, make_client)


@contextmanager
def aws_errors() -> Iterator[None]:
    """Translates botocore's errors into CredentialsMissing, AwsRefused or AwsUnreachable."""
    try:
        yield
    except ClientError as error:
        raise _refusal(error) from error
    except (
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        SSOError,
        TokenRetrievalError,
    ) as error:
        raise CredentialsMissing(f"{str(error).rstrip('.')}.") from error
    except (BotoConnectionError, HTTPClientError) as error:
        endpoint = getattr(error, "kwargs", {}).get("endpoint_url", NO_ENDPOINT)
        raise AwsUnreachable(endpoint, str(error)) from error
    except BotoCoreError as error:
        raise AwsRefused("the request", type(error).__name__, " ".join(str(error).split())) from error


def _refusal(error: ClientError) -> DeployError:
    code = error.response.get("Error", {}).get("Code", "")
    message = error.response.get("Error", {}).get("Message", "")
    if code in EXPIRED_CODES:
        return CredentialsMissing(f"{message.rstrip('.')}.")
    return AwsRefused(error.operation_name, code, message)
