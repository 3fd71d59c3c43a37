"""Signature Version 4 as a true client makes it (botocore), for tests that then spoil it."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

__all__ = ["signed_headers"]


def signed_headers(
    url: str,
    body: str,
    credentials: Credentials,
    region: str,
    *,
    headers: Mapping[str, str] | None = None,
    service: str = "appsync",
) -> dict[str, str]:
    """The headers of a signed POST, those given among them."""
    request = AWSRequest(
        method="POST",
        url=url,
        data=body.encode(),
        headers={**(headers or {"Content-Type": "application/json"}), "Host": urlsplit(url).netloc},
    )
    SigV4Auth(credentials, service, region).add_auth(request)
    return dict(request.headers.items())
