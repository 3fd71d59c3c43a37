"""What a connection makes good beyond its first listing. The connection itself is one that always stands."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import cast
from unittest import mock

import pytest

from shared.identity.guest import GuestCredentials
from shared.live import by_link as by_link_module
from shared.live import connection as connection_module
from shared.live.by_link import ByLinkConnections
from shared.live.cache import ExamCache
from shared.live.connection import FeedConnection
from shared.live.loader import Loader
from shared.live.poller import Poller
from shared.live.status import FeedMonitor
from shared.live.timings import FeedTimings
from shared.live.workers import Workers
from shared.model.exam import Exam, exam_to_wire, result_to_wire
from shared.settings import BackendSettings
from tests.builders import a_published_exam, a_result
from tests.shared.live.changing_api import ChangingApi, a_loader, run_virtually
from tests.simulation.network import Guest

SETTINGS = BackendSettings("local-1", "http://simulated/graphql", "ws://simulated", "p", "c", "i")
TIMINGS = FeedTimings()
SOON_S = 1.0  # after it, what was begun is done


class StandingConnection:
    """In the place of RealtimeConnection: open at once, never lost."""

    def __init__(self, *_arguments: object) -> None:
        self.heard_at = 0.0

    async def open(self, _subscriptions: object) -> None: ...

    async def lost(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None: ...


@pytest.fixture(autouse=True)
def standing_connections() -> Iterator[None]:
    with (
        mock.patch.object(connection_module, "RealtimeConnection", StandingConnection),
        mock.patch.object(by_link_module, "RealtimeConnection", StandingConnection),
    ):
        yield


@contextlib.asynccontextmanager
async def a_connection(cache: ExamCache, loader: Loader) -> AsyncIterator[FeedConnection]:
    """The feed's connection, and those by link, once all is listed."""
    workers, monitor, guest = Workers(), FeedMonitor(time.time), cast("GuestCredentials", Guest())
    poller = Poller(loader, monitor, TIMINGS)
    connection = FeedConnection(SETTINGS, guest, cache, loader, poller, workers, monitor, TIMINGS)
    by_link = ByLinkConnections(SETTINGS, guest, loader, workers, TIMINGS, connection.on_event)
    duties = [asyncio.create_task(connection.run()), asyncio.create_task(by_link.run())]
    try:
        await asyncio.sleep(SOON_S)
        yield connection
    finally:
        for duty in duties:
            duty.cancel()
        await asyncio.gather(*duties, return_exceptions=True)
        await workers.close()


def students(cache: ExamCache, exam: Exam) -> list[str]:
    held = cache.results(exam.id)
    assert held is not None
    return [row.student for row in held.rows]


@pytest.mark.parametrize("is_listed", [True, False], ids=["listed", "by link"])
def test_a_row_that_a_late_event_brought_back_is_gone_after_one_more_listing(*, is_listed: bool) -> None:
    """Found by simulation: a row was changed and deleted while the feed connected. The event of the change
    came late, that of the deletion was not subscribed to yet, and the row stayed for as long as a poll takes.
    """

    async def work() -> None:
        exam = a_published_exam(is_listed=is_listed)
        api, cache = ChangingApi(exam), ExamCache(time.time)
        async with a_loader(api, cache) as loader:
            loader.watch(exam.id)
            await loader.look_at(exam.id)
            async with a_connection(cache, loader) as connection:
                assert students(cache, exam) == []
                late = a_result("Ada", "17", exam, version=2)
                connection.on_event("onUpdateResults", result_to_wire(late))
                await asyncio.sleep(SOON_S)
                assert students(cache, exam) == ["Ada"]  # nothing tells it from a new row
                await asyncio.sleep(TIMINGS.late_events_s)
                assert students(cache, exam) == []

    run_virtually(work)


def test_after_a_version_of_an_exam_that_was_not_heard_its_results_are_listed_again() -> None:
    """Found by simulation: they had come out with that version."""

    async def work() -> None:
        exam = a_published_exam()
        api, cache = ChangingApi(exam), ExamCache(time.time)
        async with a_loader(api, cache) as loader:
            loader.watch(exam.id)
            async with a_connection(cache, loader) as connection:
                api.results = [a_result("Ada", "17", exam)]
                connection.on_event("onUpdateExam", exam_to_wire(replace(exam, version=exam.version + 1)))
                await asyncio.sleep(SOON_S)
                assert students(cache, exam) == []
                connection.on_event("onUpdateExam", exam_to_wire(replace(exam, version=exam.version + 3)))
                await asyncio.sleep(SOON_S)
                assert students(cache, exam) == ["Ada"]

    run_virtually(work)
