"""`POST /graphql`, from the request's bytes to the answer's, without a web framework."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio.to_thread
import orjson
from graphql import OperationType

from deploy.local.backend.appsync.authentication import ApiAuthenticator, AuthenticationRefused
from deploy.local.backend.appsync.execution import DocumentRefused, GraphqlExecutor, Operation
from deploy.local.backend.appsync.json_text import parsed_json

__all__ = [
    "REQUEST_BYTES_MAX",
    "GraphqlOverHttp",
    "HttpAnswer",
    "parsed_request",
    "too_large",
]

REQUEST_BYTES_MAX = 1024 * 1024  # AppSync's limit; a longer request is answered with 413


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """`body` is JSON in UTF-8."""

    status: int
    body: bytes
    error_type: str | None = None  # repeated in a header, as AWS does


@dataclass(frozen=True, slots=True)
class GraphqlRequest:
    """A GraphQL request as clients send it, not yet parsed or validated."""

    query: str
    variables: Mapping[str, Any]
    operation_name: str | None


class GraphqlOverHttp:
    """Answers requests on the event loop.

    Mutations wait there for the disk: each hand-over to another thread and back would cost more than the
    rest of a write. Queries and documents not seen before take longer, so they have a worker thread.
    """

    def __init__(self, authenticator: ApiAuthenticator, executor: GraphqlExecutor) -> None:
        self._authenticator, self._executor = authenticator, executor

    async def answer(
        self, *, path: str, query: str, headers: Iterable[tuple[str, str]], body: bytes, address: str = ""
    ) -> HttpAnswer:
        """`path` and `query` as received, still percent-encoded; `address` is the client's."""
        try:
            caller = self._authenticator.caller(
                path=path, query=query, headers=headers, body=body, address=address
            )
        except AuthenticationRefused as refusal:
            return _refused(refusal.http_status, refusal.error_type, refusal.message)
        request = parsed_request(body)
        if request is None:
            return _refused(400, "MalformedHttpRequestException", "Request body is not a GraphQL request.")
        try:
            operation = await self._operation(request)
        except DocumentRefused as refused:
            if refused.is_malformed:
                return _answer(400, {"errors": refused.errors})
            return _answer(200, {"data": None, "errors": refused.errors})
        if operation.kind is OperationType.SUBSCRIPTION:
            return _refused(
                400, "UnsupportedOperation", "subscription not supported through the graphql channel"
            )
        if operation.kind is OperationType.MUTATION:
            answer = await self._executor.execute_mutation(operation, request.variables, caller)
        else:
            answer = await anyio.to_thread.run_sync(
                self._executor.execute, operation, request.variables, caller
            )
        return _answer(200, answer)

    async def _operation(self, request: GraphqlRequest) -> Operation:
        find = partial(self._executor.operation, request.query, request.operation_name, request.variables)
        return find() if self._executor.knows(request.query) else await anyio.to_thread.run_sync(find)


def parsed_request(body: bytes | str) -> GraphqlRequest | None:
    """The request in a JSON text; None when it is not one, or contains lone surrogates (invalid Unicode)."""
    document = parsed_json(body)
    if not isinstance(document, dict):
        return None
    query, variables = document.get("query"), document.get("variables")
    operation_name = document.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None):
        return None
    if not isinstance(operation_name, str | None):
        return None
    return GraphqlRequest(query, variables or {}, operation_name or None)


def too_large() -> HttpAnswer:
    """The answer to a request of more than REQUEST_BYTES_MAX."""
    limit = f"A request may have {REQUEST_BYTES_MAX // 1024} KB."
    return _refused(413, "RequestEntityTooLargeException", limit)


def _refused(status: int, error_type: str, message: str) -> HttpAnswer:
    document = {"errors": [{"errorType": error_type, "message": message}]}
    return HttpAnswer(status, orjson.dumps(document), error_type)


def _answer(status: int, document: Mapping[str, Any]) -> HttpAnswer:
    return HttpAnswer(status, orjson.dumps(document))
