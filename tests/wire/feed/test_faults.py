"""The feed during failures: it reports them in time, and afterwards equals the backend's state."""

import asyncio
import contextlib
import datetime as dt
import gc
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import psutil
import pytest
from botocore.credentials import Credentials

from shared.api.calls import TeacherApi
from shared.identity.guest import GuestCredentials
from shared.live.appsync_client import RealtimeConnection
from shared.live.status import ExamLoad, FeedState
from shared.live.timings import FeedTimings
from shared.model.errors import BackendUnreachable
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from shared.settings import BackendSettings
from tests.backend_process import BackendProcess, RunningBackend, running_backend
from tests.wire.clients import (
    LiveFeed,
    backend_settings,
    cached_state,
    live_feed,
    port_of,
    published_state,
    through,
)
from tests.wire.scripted_realtime import ScriptedRealtime
from tests.wire.tcp_proxy import TcpProxy

IMPATIENT = FeedTimings(first_pause_s=0.02, longest_pause_s=0.2, poll_offline_s=60.0)


@pytest.fixture
def exam(api: TeacherApi) -> Exam:
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    api.create_results(exam.id, [NewResult(f"Student {number}", "10") for number in range(5)])
    return api.publish_exam(exam.id, exam.version)


@pytest.fixture
def proxy(backend: RunningBackend) -> Iterator[TcpProxy]:
    with TcpProxy(port_of(backend)) as proxy:
        yield proxy


def watch_until_loaded(live: LiveFeed, exam: Exam) -> None:
    live.watch(exam.id)
    live.until_loaded(exam.id)
    live.until_state(FeedState.LIVE)


def test_a_stalled_socket_is_reported_and_recovered(
    settings: BackendSettings, api: TeacherApi, proxy: TcpProxy, exam: Exam
) -> None:
    with live_feed(through(settings, proxy)) as live:
        watch_until_loaded(live, exam)
        stalled_s = time.time()
        proxy.stall()
        row = api.create_result(exam.id, NewResult("Unheard", "14"))
        live.until_state(FeedState.OFFLINE)
        status = live.feed.status
        assert status.as_of_s is not None
        assert status.as_of_s < stalled_s + 1  # it does not claim to be up to date after that
        assert status.reason is not None
        assert row.id not in live.rows(exam.id)
        proxy.resume()
        live.until(lambda: row.id in live.rows(exam.id), 30)
        live.until_state(FeedState.LIVE, 30)
        assert live.feed.counters.losses == 1


def test_changes_missed_during_a_cut_are_recovered(
    settings: BackendSettings, api: TeacherApi, proxy: TcpProxy, exam: Exam
) -> None:
    with live_feed(through(settings, proxy), timings=IMPATIENT) as live:
        watch_until_loaded(live, exam)
        rows = list(api.list_results(exam.id))
        proxy.refuse(True)
        proxy.cut()
        live.until_state(FeedState.OFFLINE, 5)
        api.delete_result(exam.id, rows[0].id, rows[0].version)
        api.update_result(exam.id, rows[1].id, rows[1].version, grade="20")
        api.create_result(exam.id, NewResult("New", "1"))
        api.update_exam(exam.id, exam.version, subject="Geometry")
        proxy.refuse(False)
        live.until_state(FeedState.LIVE)
        found, results = published_state(api, exam.id)
        assert cached_state(live.cache, exam.id) == results
        cached = live.cache.exam(exam.id)
        assert cached is not None
        assert found is not None
        assert cached.subject == found.subject == "Geometry"


def test_exams_unpublished_or_deleted_while_the_feed_was_disconnected_are_removed(
    settings: BackendSettings, api: TeacherApi, proxy: TcpProxy, exam: Exam
) -> None:
    with live_feed(through(settings, proxy), timings=IMPATIENT) as live:
        watch_until_loaded(live, exam)
        proxy.refuse(True)
        proxy.cut()
        live.until_state(FeedState.OFFLINE, 5)
        api.unpublish_exam(exam.id, exam.version)
        proxy.refuse(False)
        live.until_state(FeedState.LIVE)
        assert live.cache.exam(exam.id) is None
        assert live.cache.results(exam.id) is None
        assert live.load_of(exam.id) is ExamLoad.ABSENT


def test_after_100_random_cuts_during_changes_the_cache_equals_the_backend(
    settings: BackendSettings, api: TeacherApi, proxy: TcpProxy, exam: Exam, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(20260618)
    with live_feed(through(settings, proxy), timings=IMPATIENT) as live:
        watch_until_loaded(live, exam)
        rows = {row.id: row for row in api.list_results(exam.id)}
        is_over = threading.Event()

        def keep_changing() -> None:
            own = random.Random(1)
            while not is_over.is_set():
                known = list(rows.values())
                act = own.random()
                if act < 0.5 or len(known) < 3:
                    made = api.create_result(exam.id, NewResult("S", "10"))
                    rows[made.id] = made
                elif act < 0.8:
                    row = own.choice(known)
                    rows[row.id] = api.update_result(
                        exam.id, row.id, row.version, grade=str(own.randint(0, 20))
                    )
                else:
                    row = own.choice(known)
                    api.delete_result(exam.id, row.id, row.version)
                    del rows[row.id]

        writer = threading.Thread(target=keep_changing)
        writer.start()
        try:
            for _ in range(100):
                with contextlib.suppress(AssertionError):  # cut at any moment, even before that state
                    live.until_state(
                        chance.choice([FeedState.LIVE, FeedState.CATCHING_UP]), chance.uniform(0, 0.2)
                    )
                proxy.cut()
        finally:
            is_over.set()
            writer.join(10)
        assert not writer.is_alive()
        live.until_state(FeedState.LIVE)
        live.until(lambda: cached_state(live.cache, exam.id) == published_state(api, exam.id)[1])
        assert set(rows) == set(live.rows(exam.id))
        counters = live.feed.counters
        assert counters.losses + counters.failures > 10  # the cuts did take effect, while live or connecting
        assert counters.gaps == 0
    gc.collect()
    assert "never retrieved" not in caplog.text


def test_the_feed_reconnects_to_a_backend_that_was_killed_and_restarted(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(BackendProcess(tmp_path))
        first.create_teacher("ada")
        token = first.sign_in("ada").access_token
        settings = backend_settings(first)
        api = stack.enter_context(contextlib.closing(TeacherApi(settings, lambda: token)))
        exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
        exam = api.publish_exam(exam.id, exam.version)
        live = stack.enter_context(live_feed(settings, timings=IMPATIENT))
        watch_until_loaded(live, exam)
        first.kill()
        live.until_state(FeedState.OFFLINE, 10)
        assert live.cache.exam(exam.id) is not None  # the last known state is shown, as of that time
        stack.enter_context(BackendProcess(tmp_path, port=port_of(first)))
        row = api.create_result(exam.id, NewResult("Bob", "14"))
        live.until_state(FeedState.LIVE)
        live.until(lambda: row.id in live.rows(exam.id))


BACKENDS_THREAD = "AnyIO worker thread"  # of the embedded backend, which runs in this process and keeps it


class _LostAsItIsClosed(RealtimeConnection):
    async def lost(self) -> NoReturn:
        try:
            await super().lost()
        except asyncio.CancelledError:
            raise BackendUnreachable("ws://here", "lost at this very moment") from None


class _DeafToTheFirstCancellation(RealtimeConnection):
    async def lost(self) -> NoReturn:
        with contextlib.suppress(asyncio.CancelledError):
            await super().lost()
        await super().lost()


@pytest.mark.parametrize("connection", [_LostAsItIsClosed, _DeafToTheFirstCancellation])
def test_the_feed_ends_however_its_connection_handles_cancellation(
    settings: BackendSettings, monkeypatch: pytest.MonkeyPatch, connection: type[RealtimeConnection]
) -> None:
    monkeypatch.setattr("shared.live.connection.RealtimeConnection", connection)
    with live_feed(settings, timings=replace(IMPATIENT, cancel_again_s=0.1)) as live:
        live.until_state(FeedState.LIVE)
    assert live.state is FeedState.OFFLINE


class _OldCredentials(GuestCredentials):
    """Hands out credentials that the API no longer accepts, until asked to renew them."""

    def __init__(self, settings: BackendSettings, now_s: Callable[[], float]) -> None:
        super().__init__(settings, now_s)
        self.renewed: set[str] = set()  # access keys; requests that run side by side are refused together

    def current(self) -> Credentials:
        if self.renewed:
            return super().current()
        return Credentials("ASIAOLDOLDOLDOLDOLDO", "secret", "token")

    def renew(self, refused: Credentials) -> Credentials:
        renewed = super().renew(refused)
        self.renewed.add(renewed.access_key)
        return renewed


def test_refused_credentials_are_renewed_once_and_the_feed_goes_live(
    settings: BackendSettings, exam: Exam
) -> None:
    guest = _OldCredentials(settings, time.time)
    with live_feed(settings, timings=IMPATIENT, guest=guest) as live:
        watch_until_loaded(live, exam)
        assert len(guest.renewed) == 1
        assert live.feed.counters.failures == 1


def test_a_refusal_is_reported_and_not_retried_rapidly(tmp_path: Path) -> None:
    with running_backend(tmp_path, are_guests_allowed=False) as backend:
        settings = backend_settings(backend)
        with (
            TcpProxy(port_of(backend)) as proxy,
            live_feed(
                through(settings, proxy, is_cognito_too=True),
                timings=FeedTimings(first_pause_s=0.02, poll_offline_s=0.1),
            ) as live,
        ):
            live.until(lambda: live.feed.status.is_refused)
            assert live.state is FeedState.OFFLINE
            assert live.feed.status.reason
            failures = live.feed.counters.failures
            assert failures == 2  # the first, and one after renewing the credentials
            asked = proxy.accepted
            with pytest.raises(AssertionError, match="not within"):
                live.until(lambda: live.feed.counters.failures > failures, 1.5)
            assert proxy.accepted == asked


def test_while_the_socket_is_down_the_listings_are_polled(
    settings: BackendSettings, api: TeacherApi, proxy: TcpProxy, exam: Exam
) -> None:
    only_http = replace(settings, realtime_url=through(settings, proxy).realtime_url)
    proxy.refuse(True)
    timings = FeedTimings(first_pause_s=0.2, longest_pause_s=0.2, poll_offline_s=0.1)
    with live_feed(only_http, timings=timings) as live:
        live.watch(exam.id)
        live.until_loaded(exam.id)
        row = api.create_result(exam.id, NewResult("Polled", "14"))
        live.until(lambda: row.id in live.rows(exam.id))
        assert live.state is FeedState.OFFLINE
        as_of_s = live.feed.status.as_of_s
        assert as_of_s is not None
        live.until(lambda: (live.feed.status.as_of_s or 0) > as_of_s)


def test_while_live_the_backstop_finds_changes_without_events(
    settings: BackendSettings, api: TeacherApi, exam: Exam
) -> None:
    timings = FeedTimings(poll_live_s=0.2, poll_offline_s=0.1)
    with (
        ScriptedRealtime() as mute,  # acknowledges everything and sends no events
        live_feed(replace(settings, realtime_url=mute.url), timings=timings) as live,
    ):
        watch_until_loaded(live, exam)
        row = api.create_result(exam.id, NewResult("Untold", "14"))
        live.until(lambda: row.id in live.rows(exam.id))
        api.delete_result(exam.id, row.id, row.version)
        live.until(lambda: row.id not in live.rows(exam.id))
        assert live.state is FeedState.LIVE
        assert live.feed.counters.events == 0


@pytest.mark.parametrize("state", ["at once", "live", "stalled", "unreachable"])
def test_close_ends_threads_and_sockets_in_every_state(
    settings: BackendSettings, proxy: TcpProxy, exam: Exam, state: str
) -> None:
    before = set(threading.enumerate())
    if state == "unreachable":
        proxy.refuse(True)
    with live_feed(through(settings, proxy), timings=IMPATIENT) as live:
        live.watch(exam.id)
        if state in {"live", "stalled"}:
            live.until_state(FeedState.LIVE)
        if state == "stalled":
            proxy.stall()
    left = set(threading.enumerate()) - before
    assert [thread for thread in left if thread.name != BACKENDS_THREAD] == []
    assert [
        one for one in psutil.Process().net_connections() if one.raddr and one.raddr.port == proxy.port
    ] == []
    assert live.state is FeedState.OFFLINE


def test_50_rounds_of_open_and_close_leak_no_thread_and_no_socket(
    settings: BackendSettings, exam: Exam
) -> None:
    def one_round() -> None:
        with live_feed(settings, timings=IMPATIENT) as live:
            watch_until_loaded(live, exam)

    one_round()
    process = psutil.Process()
    before = (threading.active_count(), process.num_fds())
    for _ in range(50):
        one_round()
    after = (threading.active_count(), process.num_fds())
    assert after[0] <= before[0] + 2  # the backend of this process may keep an idle worker or two
    assert after[1] <= before[1] + 4


def test_the_feed_survives_a_failing_listener(
    settings: BackendSettings, exam: Exam, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_status: object) -> None:
        raise ValueError("a fault of the page")

    with live_feed(settings) as live:
        end: Callable[[], None] = live.portal.call(live.feed.add_listener, fail)
        watch_until_loaded(live, exam)
        live.portal.call(end)
    assert "listener of the feed failed" in caplog.text
