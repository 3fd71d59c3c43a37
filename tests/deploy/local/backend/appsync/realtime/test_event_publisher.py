"""Events are executed beside the event loop, in order, and never without a bound."""

import asyncio
import threading
from collections.abc import Callable

from deploy.local.backend.appsync.realtime.event_publisher import WAITING_EVENTS_MAX, EventPublisher
from deploy.local.backend.appsync.realtime.subscriptions import MutationEvent

EVENT = MutationEvent("createResults", {})


class Delivery:
    """Records the threads on which it is executed and delivered, and its budget."""

    def __init__(
        self, wait: Callable[[], object] = lambda: None, on_delivery: Callable[[], object] = lambda: None
    ) -> None:
        self.wait, self.on_delivery = wait, on_delivery
        self.executed_on = self.delivered_on = ""
        self.values_max = -1

    def execute(self, values_max: int) -> None:
        self.wait()
        self.values_max = values_max
        self.executed_on = threading.current_thread().name

    def deliver(self) -> None:
        self.delivered_on = threading.current_thread().name
        self.on_delivery()


class Hub:
    def __init__(self, deliveries: list[Delivery | None]) -> None:
        self.deliveries = iter(deliveries)

    def delivery(self, _event: MutationEvent) -> Delivery | None:
        return next(self.deliveries)


def published(deliveries: list[Delivery | None], *, then: Callable[[], object] = lambda: None) -> None:
    async def main() -> None:
        are_delivered = asyncio.Event()
        last = deliveries[-1]
        assert last is not None
        on_last = last.on_delivery
        last.on_delivery = lambda: (on_last(), are_delivered.set())
        with EventPublisher(Hub(deliveries)) as publisher:  # type: ignore[arg-type]
            for _ in deliveries:
                publisher.publish(EVENT)
            then()
            await are_delivered.wait()

    asyncio.run(main())


def test_documents_are_executed_beside_the_loop_and_delivered_on_it() -> None:
    """An event without subscribers is not executed at all."""
    delivery = Delivery()
    published([None, delivery])
    assert delivery.executed_on != delivery.delivered_on == threading.current_thread().name


def test_the_loop_goes_on_while_an_event_is_executed() -> None:
    """Here it is the loop itself that lets the execution end."""
    goes_on = threading.Event()
    delivery = Delivery(lambda: goes_on.wait(30))
    published([delivery], then=goes_on.set)
    assert delivery.delivered_on


def test_events_are_delivered_in_their_order() -> None:
    """A slow one is not overtaken."""
    order: list[int] = []
    goes_on = threading.Event()
    deliveries: list[Delivery | None] = [
        Delivery(lambda n=number: n or goes_on.wait(30), lambda n=number: order.append(n))  # type: ignore[misc]
        for number in range(20)
    ]
    published(deliveries, then=goes_on.set)
    assert order == list(range(20))


def test_when_too_many_events_wait_further_ones_are_not_executed() -> None:
    """Their subscribers load the data again, as after any event that was missed."""
    goes_on = threading.Event()
    waiting = [Delivery(lambda: goes_on.wait(30)) for _ in range(WAITING_EVENTS_MAX)]
    further = Delivery()
    published([*waiting, further], then=goes_on.set)
    assert further.values_max == 0
    assert min(delivery.values_max for delivery in waiting) > 0
