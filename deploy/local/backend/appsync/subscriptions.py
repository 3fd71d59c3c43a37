"""Who hears which event: registration, filters, and the payload that each subscriber gets.

The hub lives on one thread, the server's event loop. AppSync's rules:
- an argument that the subscriber gave must equal the payload's field of that name; one left out does not
  filter;
- the enhanced filter (groups of conditions, one group must hold) looks at the payload as the mutation
  selected it: a field that was not selected matches nothing;
- the payload is then executed as the root of the subscriber's own document, with the subscriber's own rights.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLSchema, OperationType

from deploy.local.backend.appsync.authorization import AuthMode, Caller, CallerHolder, ResolveInfo
from deploy.local.backend.appsync.commit_events import MutationEvent
from deploy.local.backend.appsync.execution import DocumentRefused, GraphqlExecutor, Operation
from deploy.local.backend.appsync.schema import mutations_by_subscription

__all__ = ["FilterGroup", "Subscription", "SubscriptionHub", "enhanced_filter", "subscription_resolvers"]

# One of the groups must hold; a group holds when all its fields equal its values.
FilterGroup = tuple[Mapping[str, object], ...]


_PUBLISHED: Mapping[str, object] = {"published": True}


def enhanced_filter(subscription_field: str, caller: Caller) -> FilterGroup | None:
    """What this caller may hear: published exams and what belongs to them; a teacher their own drafts too.

    None: everything. An exam's withdrawal must reach everybody who has seen it, though it says published =
    false.
    """
    if subscription_field == "onUnpublishExam":
        return None
    if caller.mode is AuthMode.USER_POOL:
        return (_PUBLISHED, {"owner": caller.sub})
    return (_PUBLISHED,)


@dataclass(frozen=True, slots=True, eq=False)
class Subscription:
    """One registered subscription.

    `deliver` gets the JSON text of the payload {"data": ..., "errors": ...}.
    """

    field_name: str
    arguments: Mapping[str, object]
    filter_groups: FilterGroup | None
    operation: Operation
    variables: Mapping[str, Any]
    caller: Caller
    deliver: Callable[[str], None]

    def wants(self, payload: Mapping[str, object]) -> bool:
        if any(name not in payload or payload[name] != value for name, value in self.arguments.items()):
            return False
        return self.filter_groups is None or any(
            all(name in payload and payload[name] == value for name, value in group.items())
            for group in self.filter_groups
        )

    def sharing_key(self) -> tuple[object, ...]:
        """Subscribers with the same key receive the same text, made once."""
        variables = json.dumps(self.variables, sort_keys=True)
        return (self.operation.document, self.operation.name, variables, self.caller.mode, self.caller.groups)


@dataclass(slots=True)
class _Registration:
    """The root value while a subscription is being made: its resolver writes down what was asked for."""

    asked: dict[str, Mapping[str, object]] = field(default_factory=dict)


def subscription_resolvers(schema: GraphQLSchema) -> dict[tuple[str, str], Callable[..., Any]]:
    """Resolvers of every subscription field: they register first, and later unwrap the event."""

    def resolve(source: object, info: ResolveInfo, **arguments: object) -> object:
        if isinstance(source, _Registration):
            source.asked[info.field_name] = arguments
            return None
        return source.get(info.field_name) if isinstance(source, Mapping) else None

    return {("Subscription", name): resolve for name in mutations_by_subscription(schema)}


class SubscriptionHub:
    """All subscriptions of this server, by the mutation they hear."""

    def __init__(self, executor: GraphqlExecutor, schema: GraphQLSchema) -> None:
        self._executor = executor
        self._heard = mutations_by_subscription(schema)
        mutations = frozenset().union(*self._heard.values())
        # Dictionaries as ordered sets: events reach subscribers in the order of their coming.
        self._listeners: dict[str, dict[Subscription, None]] = {name: {} for name in mutations}

    def prepared(
        self,
        query: str,
        variables: Mapping[str, Any],
        operation_name: str | None,
        caller: Caller,
        deliver: Callable[[str], None],
    ) -> Subscription:
        """A subscription that hears nothing yet; may be called from any thread.

        Raises DocumentRefused when the document is no subscription, or not one for this caller.
        """
        operation = self._executor.operation(query, operation_name)
        if operation.kind is not OperationType.SUBSCRIPTION:
            message = f"{operation.kind.value} not supported through the realtime channel"
            raise DocumentRefused([{"errorType": "UnsupportedOperation", "message": message}])
        registration = _Registration()
        answer = self._executor.execute(operation, variables, CallerHolder(caller), registration)
        if "errors" in answer:
            raise DocumentRefused(answer["errors"])
        if not registration.asked:
            raise DocumentRefused([{"errorType": "ValidationError", "message": "Nothing is subscribed to"}])
        ((field_name, arguments),) = registration.asked.items()
        return Subscription(
            field_name=field_name,
            arguments=arguments,
            filter_groups=enhanced_filter(field_name, caller),
            operation=operation,
            variables=variables,
            caller=caller,
            deliver=deliver,
        )

    def add(self, subscription: Subscription) -> None:
        """From now on it hears events."""
        for mutation in self._heard[subscription.field_name]:
            self._listeners[mutation][subscription] = None

    def remove(self, subscription: Subscription) -> None:
        """A second call does nothing."""
        for mutation in self._heard[subscription.field_name]:
            self._listeners[mutation].pop(subscription, None)

    @property
    def subscription_count(self) -> int:
        return len({subscription for listeners in self._listeners.values() for subscription in listeners})

    def publish(self, event: MutationEvent) -> None:
        """Give the event to every subscriber that wants it and may have it."""
        texts: dict[tuple[object, ...], str] = {}
        for subscription in list(self._listeners[event.mutation]):
            if not subscription.wants(event.payload):
                continue
            key = (subscription.field_name, *subscription.sharing_key())
            if key not in texts:
                texts[key] = self._payload_text(subscription, event)
            subscription.deliver(texts[key])

    def _payload_text(self, subscription: Subscription, event: MutationEvent) -> str:
        answer = self._executor.execute(
            subscription.operation,
            subscription.variables,
            CallerHolder(subscription.caller),
            {subscription.field_name: event.payload},
        )
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
