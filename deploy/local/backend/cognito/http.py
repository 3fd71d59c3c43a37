"""Both Cognito services at one address: `POST /` with X-Amz-Target, and the pool's public documents.

The only module of this package that uses the web framework. Every answer is JSON in AWS's format, including
refusals and faults, since clients parse it. The operator's calls must be signed with the operator's key; all
others are open to anybody. The application around these routes adds the cross-origin headers.
"""

import json
import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from deploy.local.backend import sigv4
from deploy.local.backend.cognito import identity_pool
from deploy.local.backend.cognito.errors import CognitoRefused
from deploy.local.backend.cognito.identity_pool import IdentityPool
from deploy.local.backend.cognito.operator_key import OperatorKey
from deploy.local.backend.cognito.request_fields import Answer, Fields
from deploy.local.backend.cognito.user_pool import account, admin, listing, mailed_codes, sign_in
from deploy.local.backend.cognito.user_pool.context import UserPoolContext
from deploy.local.backend.sigv4 import SignatureRefused, SigningCredentials
from deploy.local.backend.storage.pools import PoolNames
from deploy.local.backend.tokens import SigningKey

__all__ = ["CognitoServices", "cognito_routes"]

USER_POOL_SERVICE: Final = "AWSCognitoIdentityProviderService"
IDENTITY_POOL_SERVICE: Final = "AWSCognitoIdentityService"
BODY_BYTES_MAX: Final = 128 * 1024
WORKERS: Final = 8  # simultaneous calls; their arithmetic shares one core anyway
WAITING_MAX: Final = 256  # further calls are refused (TooManyRequestsException)
MEDIA_TYPE: Final = "application/x-amz-json-1.1"

UserPoolOperation = Callable[[UserPoolContext, Fields], Answer]
IdentityPoolOperation = Callable[[IdentityPool, Fields], Answer]


def _sign_up(_pool: UserPoolContext, _fields: Fields) -> Answer:
    raise CognitoRefused("NotAuthorizedException", "SignUp is not permitted for this user pool")


OPEN_OPERATIONS: Final[Mapping[str, UserPoolOperation]] = {
    "AssociateSoftwareToken": account.associate_software_token,
    "ChangePassword": account.change_password,
    "ConfirmForgotPassword": mailed_codes.confirm_forgot_password,
    "ForgotPassword": mailed_codes.forgot_password,
    "GetTokensFromRefreshToken": sign_in.get_tokens_from_refresh_token,
    "GetUser": account.get_user,
    "GetUserAttributeVerificationCode": account.get_user_attribute_verification_code,
    "GlobalSignOut": account.global_sign_out,
    "InitiateAuth": sign_in.initiate_auth,
    "RespondToAuthChallenge": sign_in.respond_to_auth_challenge,
    "RevokeToken": account.revoke_token,
    "SetUserMFAPreference": account.set_user_mfa_preference,
    "SignUp": _sign_up,
    "UpdateUserAttributes": account.update_user_attributes,
    "VerifySoftwareToken": account.verify_software_token,
    "VerifyUserAttribute": account.verify_user_attribute,
}
OPERATOR_OPERATIONS: Final[Mapping[str, UserPoolOperation]] = {
    "AdminCreateUser": admin.admin_create_user,
    "AdminDeleteUser": admin.admin_delete_user,
    "AdminDisableUser": admin.admin_disable_user,
    "AdminEnableUser": admin.admin_enable_user,
    "AdminGetUser": admin.admin_get_user,
    "AdminResetUserPassword": admin.admin_reset_user_password,
    "AdminSetUserMFAPreference": admin.admin_set_user_mfa_preference,
    "AdminSetUserPassword": admin.admin_set_user_password,
    "AdminUserGlobalSignOut": admin.admin_user_global_sign_out,
    "ListUsers": listing.list_users,
}
IDENTITY_POOL_OPERATIONS: Final[Mapping[str, IdentityPoolOperation]] = {
    "GetCredentialsForIdentity": identity_pool.get_credentials_for_identity,
    "GetId": identity_pool.get_id,
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CognitoServices:
    """What the routes serve: the pools' operations and public documents. `issuer` is that of the tokens."""

    names: PoolNames
    issuer: str
    signing_key: SigningKey
    operator_key: OperatorKey
    user_pool: UserPoolContext
    identity_pool: IdentityPool


def cognito_routes(services: CognitoServices) -> list[Route]:
    """The routes of both services, for an application."""
    endpoint = _Endpoint(services)
    documents = f"/{services.names.user_pool_id}/.well-known"
    return [
        Route("/", endpoint.call, methods=["POST"]),
        Route(f"{documents}/jwks.json", endpoint.keys, methods=["GET"]),
        Route(f"{documents}/openid-configuration", endpoint.configuration, methods=["GET"]),
    ]


class _Endpoint:
    def __init__(self, services: CognitoServices) -> None:
        self._services = services
        self._workers = CapacityLimiter(WORKERS)

    async def call(self, request: Request) -> Response:
        """Answer one operation; nothing that a caller can cause raises."""
        try:
            body = await _body(request)
            if self._workers.statistics().tasks_waiting >= WAITING_MAX:
                raise CognitoRefused("TooManyRequestsException", "Too many requests")
            answer = await anyio.to_thread.run_sync(self._answer, request, body, limiter=self._workers)
        except CognitoRefused as refused:
            return _refusal(refused.error_type, refused.message)
        except Exception:  # noqa: BLE001  # logged; clients cannot parse anything but JSON
            _log.exception("a call of %s failed", request.headers.get("x-amz-target"))
            return _refusal("InternalErrorException", "Something failed here; see the log.", status=500)
        return _json(answer)

    async def keys(self, _request: Request) -> Response:
        headers = {"Cache-Control": "public, max-age=3600"}
        return JSONResponse(self._services.signing_key.jwks(), headers=headers)

    async def configuration(self, _request: Request) -> Response:
        issuer = self._services.issuer
        return JSONResponse(
            {
                "issuer": issuer,
                "jwks_uri": f"{issuer}/.well-known/jwks.json",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "token"],
                "scopes_supported": ["openid", "email"],
                "subject_types_supported": ["public"],
            }
        )

    def _answer(self, request: Request, body: bytes) -> Answer:
        service, _, name = request.headers.get("x-amz-target", "").partition(".")
        if service == IDENTITY_POOL_SERVICE and name in IDENTITY_POOL_OPERATIONS:
            return IDENTITY_POOL_OPERATIONS[name](self._services.identity_pool, _fields(body))
        if service == USER_POOL_SERVICE and name in OPEN_OPERATIONS:
            return OPEN_OPERATIONS[name](self._services.user_pool, _fields(body))
        if service == USER_POOL_SERVICE and name in OPERATOR_OPERATIONS:
            self._check_operator(request, body, name)
            return OPERATOR_OPERATIONS[name](self._services.user_pool, _fields(body))
        raise CognitoRefused("UnknownOperationException", "")

    def _check_operator(self, request: Request, body: bytes, operation: str) -> None:
        operator_key = self._services.operator_key

        def find(access_key_id: str, session_token: str | None) -> SigningCredentials | None:
            if access_key_id == operator_key.access_key_id:
                return operator_key
            return self._services.identity_pool.find_credentials(access_key_id, session_token)

        try:
            credentials = sigv4.verify(
                method=request.method,
                path=request.scope["raw_path"].decode("latin-1"),
                query=request.scope["query_string"].decode("latin-1"),
                headers=request.headers.items(),
                body=body,
                find_credentials=find,
                service="cognito-idp",
                region=self._services.names.region,
                now_s=self._services.user_pool.now_s(),
            )
        except SignatureRefused as refused:
            raise CognitoRefused(refused.error_type, refused.message) from None
        if credentials.access_key_id != operator_key.access_key_id:
            raise CognitoRefused(
                "AccessDeniedException",
                f"User is not authorized to perform: cognito-idp:{operation} because no identity-based "
                f"policy allows the cognito-idp:{operation} action",
            )


async def _body(request: Request) -> bytes:
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > BODY_BYTES_MAX:
            raise CognitoRefused("SerializationException", "The request is too long")
        chunks.append(chunk)
    return b"".join(chunks)


def _fields(body: bytes) -> Fields:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise CognitoRefused("SerializationException", "The request is no JSON object")
    return Fields(values)


def _refusal(error_type: str, message: str, *, status: int = 400) -> Response:
    content = {"__type": error_type, **({"message": message} if message else {})}
    return _json(content, status, {"x-amzn-ErrorType": error_type})


def _json(
    content: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    common = {"x-amzn-RequestId": str(uuid.uuid4()), "Cache-Control": "no-store"}
    return Response(json.dumps(content), status, headers={**common, **(headers or {})}, media_type=MEDIA_TYPE)
