"""Where the viewers of the benchmark look, straight or through the containers' proxy."""

import ssl
from dataclasses import dataclass

__all__ = ["Place"]

PROXY_SITE = "localhost"  # the name that the proxy has a certificate for


@dataclass(frozen=True, slots=True)
class Place:
    """`tls` trusts the proxy's authority; None: plain HTTP straight to the server."""

    host: str
    port: int
    exam_id: str
    tls: ssl.SSLContext | None = None

    @property
    def netloc(self) -> str:
        """As a browser's address line has it."""
        return f"{PROXY_SITE if self.tls else self.host}:{self.port}"

    @property
    def server_name(self) -> str | None:
        """Whom the certificate must name."""
        return PROXY_SITE if self.tls else None

    def url(self, scheme: str, path: str = "") -> str:
        """`scheme` as it is without TLS: http or ws."""
        return f"{scheme}{'s' if self.tls else ''}://{self.netloc}{path}"
