"""Who is calling the API: a teacher with a user-pool token, or a guest with signed requests.

HTTP requests carry the proof in their headers, the real-time channel in an authorization object. A
signature made with the credentials of a signed-in teacher's identity counts as a guest's: the identity pool's
roles grant both the same.
"""

from collections.abc import Callable, Iterable, Mapping

from deploy.local.backend.appsync.authorization import AuthMode, Caller
from deploy.local.backend.sigv4 import ALGORITHM, FindCredentials, SignatureRefused, verify
from deploy.local.backend.tokens import TokenFault, TokenRefused, TokenVerifier

__all__ = ["ApiAuthenticator", "AuthenticationRefused"]

SERVICE = "appsync"

_TOKEN_TEXTS = {TokenFault.EXPIRED: "Token has expired."}


class AuthenticationRefused(Exception):
    """The caller is not authenticated. `http_status` is 401 for a token, 403 for a signature."""

    def __init__(self, http_status: int, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.http_status, self.error_type, self.message = http_status, error_type, message


class ApiAuthenticator:
    """Authenticates callers. What a sign-in's first request reads from the database takes some ten
    microseconds."""

    def __init__(
        self,
        *,
        tokens: TokenVerifier,
        find_credentials: FindCredentials,
        region: str,
        now_s: Callable[[], float],
    ) -> None:
        self._tokens, self._find_credentials = tokens, find_credentials
        self._region, self._now_s = region, now_s

    def caller(
        self, *, path: str, query: str, headers: Iterable[tuple[str, str]], body: bytes, address: str = ""
    ) -> Caller:
        """The caller of `POST path` from `address`, authenticated. Raises AuthenticationRefused."""
        pairs = list(headers)
        values = {name.lower(): value for name, value in pairs}
        authorization = values.get("authorization", "").strip()
        if not authorization:
            raise AuthenticationRefused(401, "UnauthorizedException", "Missing authorization header")
        if authorization.startswith(ALGORITHM):
            return self._guest(path, query, pairs, body, address)
        return self._teacher(authorization.removeprefix("Bearer "), address)

    def is_signed_out(self, caller: Caller) -> bool:
        """Whether the sign-in of a teacher who was authenticated before has ended since."""
        if caller.sign_in is None or caller.sub is None:
            return False
        return self._tokens.is_revoked(caller.sign_in, caller.sub)

    def realtime_caller(self, *, path: str, authorization: Mapping[str, str], body: str) -> Caller:
        """The caller of a handshake or a subscription, from its authorization object. Raises
        AuthenticationRefused."""
        return self.caller(path=path, query="", headers=authorization.items(), body=body.encode())

    def _guest(
        self, path: str, query: str, headers: list[tuple[str, str]], body: bytes, address: str
    ) -> Caller:
        try:
            credentials = verify(
                method="POST",
                path=path,
                query=query,
                headers=headers,
                body=body,
                find_credentials=self._find_credentials,
                service=SERVICE,
                region=self._region,
                now_s=self._now_s(),
            )
        except SignatureRefused as refusal:
            raise AuthenticationRefused(403, refusal.error_type, refusal.message) from None
        return Caller(mode=AuthMode.IAM, expires_at_s=credentials.expires_at_s, address=address)

    def _teacher(self, token: str, address: str) -> Caller:
        try:
            claims = self._tokens.verify(token, self._now_s())
        except TokenRefused as refusal:
            message = _TOKEN_TEXTS.get(refusal.reason, "You are not authorized to make this call.")
            raise AuthenticationRefused(401, "UnauthorizedException", message) from None
        return Caller(
            mode=AuthMode.USER_POOL,
            sub=claims.sub,
            sign_in=claims.origin_jti,
            expires_at_s=claims.expires_at_s,
            address=address,
            username=claims.username,
        )
