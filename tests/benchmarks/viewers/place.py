"""The address that the benchmark's viewers use, direct or through the containers' proxy."""

import ssl
from dataclasses import dataclass

__all__ = ["Place"]

PROXY_SITE = "localhost"  # the name that the proxy has a certificate for


@dataclass(frozen=True, slots=True)
class Place:
    """`tls` trusts the proxy's certificate authority; None means plain HTTP direct to the server."""

    host: str
    port: int
    exam_id: str
    tls: ssl.SSLContext | None = None

    @property
    def netloc(self) -> str:
        """Host and port as in a browser's address bar."""
        return f"{PROXY_SITE if self.tls else self.host}:{self.port}"

    @property
    def server_name(self) -> str | None:
        """The name that the certificate must have."""
        return PROXY_SITE if self.tls else None

    def url(self, scheme: str, path: str = "") -> str:
        """`scheme` is the one without TLS: http or ws."""
        return f"{scheme}{'s' if self.tls else ''}://{self.netloc}{path}"
