"""Who receives which event: registration, filters, and each subscriber's payload.

The hub belongs to one thread, the server's event loop; only `EventDelivery.execute` runs on another.

AppSync's rules:
- an argument given by the subscriber must equal the payload's field of that name; one left out does not
  filter;
- the enhanced filter (groups of conditions, one of which must hold) is applied to the fields that the
  mutation selected: a field that was not selected equals nothing;
- the payload is then executed as the root of the subscriber's own document, with the subscriber's own rights.

An event is executed once for each distinct document, variables and kind of caller, away from the event loop.

https://docs.aws.amazon.com/appsync/latest/devguide/aws-appsync-real-time-enhanced-filtering.html
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from graphql import GraphQLSchema, OperationType

from deploy.local.backend.appsync.authorization import AuthMode, Caller, ResolveInfo
from deploy.local.backend.appsync.execution import DocumentRefused, GraphqlExecutor, Operation
from deploy.local.backend.appsync.schema import mutations_by_subscription

__all__ = [
    "DELIVERY_VALUES_MAX",
    "EventDelivery",
    "MutationEvent",
    "Subscription",
    "SubscriptionHub",
    "subscription_resolvers",
]

# Executed for one event, over all distinct documents: a tenth of a second of processor.
DELIVERY_VALUES_MAX: Final = 20_000
# Instead of an event that is not executed: an event with errors tells a subscriber to load the data again.
_NOT_EXECUTED: Final = orjson.dumps(
    {
        "data": None,
        "errors": [
            {
                "errorType": "EventNotExecuted",
                "message": "The server had too many different subscriptions to serve; load the data again",
            }
        ],
    }
).decode()


@dataclass(frozen=True, slots=True)
class MutationEvent:
    """A stored change: the mutation's field, and its answer with the fields that its caller selected."""

    mutation: str
    payload: Mapping[str, object]


# One of the groups must match; a group matches if all its fields equal its values, or differ from an _Unlike.
FilterGroups = tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class _Unlike:
    """AppSync's operator `ne`: every other value, and a field that was not selected."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Subscription:
    """One subscription. `deliver` receives the JSON text of each payload {"data": ..., "errors": ...}."""

    field_name: str
    arguments: Mapping[str, object]
    filter_groups: FilterGroups | None
    operation: Operation
    variables: Mapping[str, Any]
    caller: Caller
    deliver: Callable[[str], None]

    def matches(self, payload: Mapping[str, object]) -> bool:
        """Whether the mutation's payload passes the subscriber's arguments and filter."""
        if any(name not in payload or payload[name] != value for name, value in self.arguments.items()):
            return False
        return self.filter_groups is None or any(
            all(_holds(payload, name, value) for name, value in group.items()) for group in self.filter_groups
        )

    def sharing_key(self) -> tuple[object, ...]:
        """Subscribers with the same key receive the same text. Variables that the document does not declare
        change nothing."""
        declared = {
            definition.variable.name.value
            for definition in self.operation.definition.variable_definitions or ()
        }
        given = {name: value for name, value in self.variables.items() if name in declared}
        variables = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
        return (self.operation.document, self.operation.name, variables, self.caller.mode)


@dataclass(slots=True)
class _Registration:
    """The root value while a subscription is prepared: its resolver records the field and arguments."""

    requested: dict[str, Mapping[str, object]] = field(default_factory=dict)


def subscription_resolvers(schema: GraphQLSchema) -> dict[tuple[str, str], Callable[..., Any]]:
    """Resolvers of every subscription field: they record a new subscription, and later unwrap each event."""

    def resolve(
        source: _Registration | Mapping[str, object], info: ResolveInfo, **arguments: object
    ) -> object:
        if isinstance(source, _Registration):
            source.requested[info.field_name] = arguments
            return None
        return source.get(info.field_name)

    return {("Subscription", name): resolve for name in mutations_by_subscription(schema)}


class SubscriptionHub:
    """All subscriptions of this server, by mutation."""

    def __init__(self, executor: GraphqlExecutor, schema: GraphQLSchema) -> None:
        self._executor = executor
        self._mutations = mutations_by_subscription(schema)
        mutations = frozenset().union(*self._mutations.values())
        # Dictionaries as ordered sets: subscribers receive an event in the order of their subscription.
        self._listeners: dict[str, dict[Subscription, None]] = {name: {} for name in mutations}

    def prepare(
        self,
        query: str,
        variables: Mapping[str, Any],
        operation_name: str | None,
        caller: Caller,
        deliver: Callable[[str], None],
    ) -> Subscription:
        """A subscription, not yet added. May be called from any thread.

        Raises DocumentRefused when the document is not a subscription that this caller may have.
        """
        operation = self._executor.operation(query, operation_name, variables)
        if operation.kind is not OperationType.SUBSCRIPTION:
            message = f"{operation.kind.value} not supported through the realtime channel"
            raise DocumentRefused([{"errorType": "UnsupportedOperation", "message": message}])
        registration = _Registration()
        answer = self._executor.execute(operation, variables, caller, registration)
        if "errors" in answer:
            raise DocumentRefused(answer["errors"])
        ((field_name, arguments),) = registration.requested.items()  # validation allows no other number
        return Subscription(
            field_name=field_name,
            arguments=arguments,
            filter_groups=_enhanced_filter(field_name, arguments, caller),
            operation=operation,
            variables=variables,
            caller=caller,
            deliver=deliver,
        )

    def add(self, subscription: Subscription) -> None:
        """Deliver events to it from now on."""
        for mutation in self._mutations[subscription.field_name]:
            self._listeners[mutation][subscription] = None

    def remove(self, subscription: Subscription) -> None:
        """Deliver nothing more to it. A second call does nothing."""
        for mutation in self._mutations[subscription.field_name]:
            self._listeners[mutation].pop(subscription, None)

    @property
    def subscription_count(self) -> int:
        """The number of subscriptions that receive events."""
        return len({subscription for listeners in self._listeners.values() for subscription in listeners})

    def delivery(self, event: MutationEvent) -> "EventDelivery | None":
        """The event on its way to the subscribers whose arguments and filter it passes; None without any."""
        groups: dict[tuple[object, ...], list[Subscription]] = {}
        for subscription in self._listeners.get(event.mutation, ()):  # of some mutations nobody may hear
            if subscription.matches(event.payload):
                groups.setdefault(subscription.sharing_key(), []).append(subscription)
        return EventDelivery(self._executor, event, tuple(groups.values())) if groups else None


class EventDelivery:
    """One event for its subscribers: to be executed on any thread, then delivered on the hub's."""

    def __init__(
        self, executor: GraphqlExecutor, event: MutationEvent, groups: Sequence[Sequence[Subscription]]
    ) -> None:
        self._executor, self._event, self._groups = executor, event, groups
        self._texts: list[str] = []

    def execute(self, values_max: int = DELIVERY_VALUES_MAX) -> None:
        """Once for each group of subscribers who receive the same text, the longest subscribed first.

        Groups beyond `values_max` values are told to load the data again.
        """
        values_left = values_max
        for first, *_ in self._groups:
            values_left -= first.operation.values
            self._texts.append(self._text(first) if values_left >= 0 else _NOT_EXECUTED)

    def deliver(self) -> None:
        """Give each subscriber its text."""
        for text, subscriptions in zip(self._texts, self._groups, strict=True):
            for subscription in subscriptions:
                subscription.deliver(text)

    def _text(self, subscription: Subscription) -> str:
        answer = self._executor.execute(
            subscription.operation,
            subscription.variables,
            subscription.caller,
            {subscription.field_name: self._event.payload},
        )
        return orjson.dumps(answer).decode()


def _holds(payload: Mapping[str, object], name: str, wanted: object) -> bool:
    if isinstance(wanted, _Unlike):
        return payload.get(name) != wanted.value
    return name in payload and payload[name] == wanted


def _enhanced_filter(
    subscription_field: str, arguments: Mapping[str, object], caller: Caller
) -> FilterGroups | None:
    """Events of published exams and their results, by link only where the subscriber names the exam; for a
    teacher, of their own drafts as well.

    None: all events. A withdrawal says published = false and must reach everybody who has seen the exam.
    """
    groups: tuple[Mapping[str, object], ...]
    if subscription_field == "onUnpublishExam":
        if "id" in arguments:
            return None
        groups = ({"listed": _Unlike(value=False)},)
    elif "id" in arguments:
        groups = ({"status": "PUBLISHED"},)
    elif "examId" in arguments:
        # The second is for clients who do not select the first.
        groups = ({"readable": True}, {"published": True})
    else:
        groups = ({"published": True},)
    return (*groups, {"owner": caller.sub}) if caller.mode is AuthMode.USER_POOL else groups
