"""Delivers events to subscribers in order, executing their documents on one thread beside the event loop.

So neither a write's answer nor other connections wait while an event is executed.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

from deploy.local.backend.appsync.commit_events import MutationEvent
from deploy.local.backend.appsync.subscriptions import DELIVERY_VALUES_MAX, EventDelivery, SubscriptionHub

__all__ = ["publishing_to"]

WAITING_EVENTS_MAX = 256  # of the events beyond it, subscribers are only told to load the data again


@contextlib.contextmanager
def publishing_to(hub: SubscriptionHub) -> Iterator[Callable[[MutationEvent], None]]:
    """A function that publishes events on the running loop; those still waiting at the end are dropped."""
    loop = asyncio.get_running_loop()
    waiting: set[EventDelivery] = set()

    def publish(event: MutationEvent) -> None:
        delivery = hub.delivery(event)
        if delivery is None:
            return
        values_max = DELIVERY_VALUES_MAX if len(waiting) < WAITING_EVENTS_MAX else 0
        waiting.add(delivery)
        execution = loop.run_in_executor(executing, delivery.execute, values_max)
        execution.add_done_callback(lambda executed: deliver(delivery, executed))

    def deliver(delivery: EventDelivery, executed: asyncio.Future[None]) -> None:
        waiting.remove(delivery)
        if not executed.cancelled():
            executed.result()
            delivery.deliver()

    with ThreadPoolExecutor(1, "events") as executing:
        try:
            yield publish
        finally:
            executing.shutdown(cancel_futures=True)
