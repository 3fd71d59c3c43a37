"""GraphQL documents: parsed, measured and validated once, then executed for a caller.

Answers have AppSync's shape. Their errors are bounded in number and in length.
"""

import contextlib
import logging
from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from types import CoroutineType
from typing import Any, TypeGuard

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    execute,
    execute_sync,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)

from deploy.local.backend.appsync.authorization import Caller, ResolveInfo
from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.limits import DEPTH_MAX, TOKENS_MAX, check_limits, operation_cost
from deploy.local.backend.appsync.plan import Plan, plan_of
from deploy.local.backend.storage.database import CommitFailed

__all__ = ["DocumentRefused", "GraphqlExecutor", "Operation"]

DOCUMENTS_KEPT_MAX = 256  # clients send the same few documents; others are parsed again. Operations likewise
# A longer one (rows written out as literals) hardly recurs, and would be kept at 600 bytes a token.
DOCUMENT_KEPT_LENGTH_MAX = 4_000
ERRORS_SHOWN_MAX = 20
LOCATIONS_SHOWN_MAX = 5  # of one error
MESSAGE_LENGTH_MAX = 500  # the library quotes the document in its messages

_RULES = [*specified_rules, NoSchemaIntrospectionCustomRule]

_log = logging.getLogger(__name__)

JsonObject = dict[str, Any]


class DocumentRefused(Exception):
    """The document is not executed at all.

    `errors` are ready for the answer; `is_malformed` means HTTP 400.
    """

    def __init__(self, errors: list[JsonObject], *, is_malformed: bool = False) -> None:
        super().__init__(str(errors[0].get("message")))
        self.errors = errors
        self.is_malformed = is_malformed


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One operation of a valid document, ready to be executed many times.

    `values` is how many values its answer can have; of a subscription, each event. Without a plan, the
    library executes it.
    """

    document: DocumentNode
    definition: OperationDefinitionNode
    values: int
    plan: Plan | None

    @property
    def kind(self) -> OperationType:
        return self.definition.operation

    @property
    def name(self) -> str | None:
        return self.definition.name.value if self.definition.name else None


class GraphqlExecutor:
    """Executes against one schema with guarded fields. Thread-safe."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents: LRUCache[str, DocumentNode] = LRUCache(DOCUMENTS_KEPT_MAX)
        self._operations: LRUCache[Hashable, Operation] = LRUCache(DOCUMENTS_KEPT_MAX)
        self._kept_lock = Lock()  # guards both

    def knows(self, query: str) -> bool:
        """Whether this document has been validated, so that operation() is quick."""
        with self._kept_lock:
            return query in self._documents

    def operation(self, query: str, operation_name: str | None, variables: Mapping[str, Any]) -> Operation:
        """The operation to execute with these variables. Raises DocumentRefused."""
        # Its cost depends on the numbers among the variables, or on their absence.
        numbers = frozenset(item for item in variables.items() if isinstance(item[1], int | None))
        key = (query, operation_name, numbers)
        with self._kept_lock:
            kept = self._operations.get(key)
        if kept is not None:
            return kept
        document = self._document(query)
        definition = get_operation_ast(document, operation_name)
        if definition is None:
            raise DocumentRefused([_plain_error("ValidationError", "There is no such operation to execute")])
        try:
            values = operation_cost(self._schema, document, definition, variables)
        except ApiError as error:
            raise DocumentRefused([_plain_error(error.error_type, error.message)]) from error
        operation = Operation(document, definition, values, plan_of(self._schema, document, definition))
        if len(query) <= DOCUMENT_KEPT_LENGTH_MAX:
            with self._kept_lock:
                self._operations[key] = operation
        return operation

    def execute(
        self, operation: Operation, variables: Mapping[str, Any], caller: Caller, root: Any = None
    ) -> JsonObject:
        """The answer of a query or an event: `data`, and `errors` if there are any. Blocks on storage."""
        plan = operation.plan
        call = None if plan is None else plan.call(variables, caller, root)
        if plan is None or call is None:
            return self._executed(operation, variables, caller, root)
        try:
            outcome = call()
        except Exception as error:  # noqa: BLE001  # told by the library
            outcome = error
        return self._planned_answer(plan, operation, variables, caller, outcome)

    async def execute_mutation(
        self, operation: Operation, variables: Mapping[str, Any], caller: Caller
    ) -> JsonObject:
        """Like `execute`, but waits for the disk without blocking a thread."""
        plan = operation.plan
        call = None if plan is None else plan.call(variables, caller, None)
        if plan is None or call is None:
            result = execute(
                self._schema,
                operation.document,
                context_value=caller,
                variable_values=dict(variables),
                operation_name=operation.name,
                is_awaitable=_is_coroutine,
                hide_suggestions=True,
            )
            return _answer(await result if isinstance(result, Awaitable) else result)
        try:
            outcome = await call()
        except Exception as error:  # noqa: BLE001  # told by the library
            outcome = error
        return self._planned_answer(plan, operation, variables, caller, outcome)

    def _planned_answer(
        self, plan: Plan, operation: Operation, variables: Mapping[str, Any], caller: Caller, outcome: object
    ) -> JsonObject:
        """From the value or the exception that the root field's resolver gave."""
        if not isinstance(outcome, Exception):
            with contextlib.suppress(Exception):  # the value is not right: the library tells what
                return {"data": {plan.key: plan.complete(outcome)}}

        def resolved(resolve: Callable[..., Any], source: Any, info: ResolveInfo, **arguments: Any) -> Any:
            if info.path.prev is not None:
                return resolve(source, info, **arguments)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        return self._executed(operation, variables, caller, None, middleware=[resolved])

    def _executed(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        caller: Caller,
        root: Any,
        middleware: list[Callable[..., Any]] | None = None,
    ) -> JsonObject:
        """By the library."""
        result = execute_sync(
            self._schema,
            operation.document,
            root_value=root,
            context_value=caller,
            variable_values=dict(variables),
            operation_name=operation.name,
            middleware=middleware,
            hide_suggestions=True,
        )
        return _answer(result)

    def _document(self, query: str) -> DocumentNode:
        with self._kept_lock:
            document = self._documents.get(query)
        if document is not None:
            return document
        document = self._valid_document(query)
        if len(query) <= DOCUMENT_KEPT_LENGTH_MAX:
            with self._kept_lock:
                self._documents[query] = document
        return document

    def _valid_document(self, query: str) -> DocumentNode:
        try:
            document = parse(query, max_tokens=TOKENS_MAX)
            check_limits(document)
            errors = validate(
                self._schema, document, _RULES, max_errors=ERRORS_SHOWN_MAX, hide_suggestions=True
            )
        except GraphQLError as error:
            refusal = _plain_error("MalformedHttpRequestException", "Unable to parse GraphQL query.")
            raise DocumentRefused([refusal], is_malformed=True) from error
        except ApiError as error:
            raise DocumentRefused([_plain_error(error.error_type, error.message)]) from error
        except RecursionError:
            # Thousands of nested braces, lists or fragments cannot even be parsed or measured.
            message = f"The operation is nested deeper than {DEPTH_MAX} levels"
            raise DocumentRefused([_plain_error("QueryDepthLimitReached", message)]) from None
        if errors:
            raise DocumentRefused([_error_object(error) for error in errors])
        return document


def _is_coroutine(value: object) -> TypeGuard[Awaitable[Any]]:
    """Resolvers return no other awaitables; the library's own check takes eight times as long."""
    return isinstance(value, CoroutineType)


def _error_object(error: GraphQLError) -> JsonObject:
    """One entry of `errors` in AppSync's shape. An unexpected exception is logged, and its text not shown."""
    original = error.original_error
    error_type, message, data, info = "ValidationError", error.message, None, None
    if isinstance(original, ApiError):
        error_type, message = original.error_type, original.message
        data, info = original.data, original.error_info
    elif original is not None and not isinstance(original, GraphQLError):
        _log.error("a resolver failed at %s", error.path, exc_info=original)
        error_type, message = "InternalFailure", "An internal failure occurred; the request may be repeated"
        if isinstance(original, CommitFailed) and original.is_disk_full:
            error_type, message = "InsufficientStorage", "The server's disk is full: nothing was saved"
    return {
        "path": error.path,
        "data": data,
        "errorType": error_type,
        "errorInfo": info,
        "locations": [
            {"line": location.line, "column": location.column, "sourceName": None}
            for location in (error.locations or [])[:LOCATIONS_SHOWN_MAX]
        ],
        "message": message if len(message) <= MESSAGE_LENGTH_MAX else f"{message[:MESSAGE_LENGTH_MAX]}…",
    }


def _plain_error(error_type: str, message: str) -> JsonObject:
    return {"path": None, "errorType": error_type, "locations": None, "message": message}


def _answer(result: ExecutionResult) -> JsonObject:
    answer: JsonObject = {"data": result.data}
    if result.errors:
        answer["errors"] = [_error_object(error) for error in result.errors[:ERRORS_SHOWN_MAX]]
        hidden_count = len(result.errors) - ERRORS_SHOWN_MAX
        if hidden_count > 0:
            message = f"{hidden_count} more errors are not shown"
            answer["errors"].append(_plain_error("TooManyErrors", message))
    return answer
