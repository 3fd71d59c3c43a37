"""The data module's clients over the embedded backend, closed at the end."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from anyio.from_thread import BlockingPortal, start_blocking_portal

from shared.api.calls import TeacherApi
from shared.identity.guest import GuestCredentials
from shared.live.cache import ExamCache
from shared.live.feed import Feed
from shared.live.status import ExamLoad, FeedState
from shared.live.timings import FeedTimings
from shared.model.exam import Exam, Result
from shared.settings import BackendSettings, load_student_settings
from tests.backend_process import BackendClient
from tests.wire.tcp_proxy import TcpProxy

__all__ = [
    "LiveFeed",
    "backend_settings",
    "cached_state",
    "live_feed",
    "port_of",
    "published_state",
    "through",
]

DEADLINE_S = 20.0


def backend_settings(backend: BackendClient) -> BackendSettings:
    """The settings that the dashboards read from the file the backend wrote."""
    file: Path = backend.data_dir / "backend.env"
    return load_student_settings({}, file).backend


def port_of(backend: BackendClient) -> int:
    port = urlsplit(backend.url).port
    assert port is not None
    return port


def through(settings: BackendSettings, proxy: TcpProxy, *, is_cognito_too: bool = False) -> BackendSettings:
    """The same backend, through the proxy. Teachers' tokens name the issuer, so for them connect to Cognito
    directly."""
    host = f"127.0.0.1:{proxy.port}"
    return replace(
        settings,
        api_url=f"http://{host}/graphql",
        realtime_url=f"ws://{host}/graphql/realtime",
        cognito_endpoint_url=f"http://{host}" if is_cognito_too else settings.cognito_endpoint_url,
    )


def published_state(api: TeacherApi, exam_id: str) -> tuple[Exam | None, dict[str, tuple[str, str, int]]]:
    """What the backend stores now: the exam, and each result's student, grade and version by id."""
    exam = api.get_exam(exam_id)
    return exam, {row.id: (row.student, row.grade, row.version) for row in api.list_results(exam_id)}


def cached_state(cache: ExamCache, exam_id: str) -> dict[str, tuple[str, str, int]] | None:
    snapshot = cache.results(exam_id)
    if snapshot is None:
        return None
    return {row.id: (row.student, row.grade, row.version) for row in snapshot.rows}


@dataclass(frozen=True, slots=True)
class LiveFeed:
    """A running feed, used from a test's thread, and the cache it fills."""

    feed: Feed
    cache: ExamCache
    changed: threading.Condition  # notified when the cache or the feed's state changes
    portal: BlockingPortal  # to the feed's event loop, which runs in its own thread

    @property
    def state(self) -> FeedState:
        return self.feed.status.state

    def watch(self, exam_id: str) -> None:
        self.portal.call(self.feed.watch, exam_id)

    def unwatch(self, exam_id: str) -> None:
        self.portal.call(self.feed.unwatch, exam_id)

    def load_of(self, exam_id: str) -> ExamLoad:
        return self.feed.load_of(exam_id)

    def until_loaded(self, exam_id: str) -> None:
        self.until(lambda: self.load_of(exam_id) is ExamLoad.LOADED)

    def until_state(self, state: FeedState, deadline_s: float = DEADLINE_S) -> None:
        self.until(lambda: self.state is state, deadline_s)

    def until(self, is_true: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
        """Waits until `is_true()`; fails after the deadline."""
        give_up_at_s = time.monotonic() + deadline_s
        with self.changed:
            while not is_true():
                left_s = give_up_at_s - time.monotonic()
                assert left_s > 0, f"not within {deadline_s} s; the feed says {self.feed.status}"
                self.changed.wait(min(left_s, 0.1))  # some conditions depend on more than cache and state

    def rows(self, exam_id: str) -> dict[str, Result]:
        """Results by id; empty until they are loaded."""
        snapshot = self.cache.results(exam_id)
        return {} if snapshot is None else {row.id: row for row in snapshot.rows}


@contextlib.contextmanager
def live_feed(
    settings: BackendSettings,
    *,
    timings: FeedTimings = FeedTimings(),  # noqa: B008  # frozen
    exams_loaded_max: int = 50,
    guest: GuestCredentials | None = None,
) -> Iterator[LiveFeed]:
    """A feed on its own event loop; it may not be live yet."""
    credentials = guest or GuestCredentials(settings, time.time)
    cache = ExamCache(time.time)
    feed = Feed(settings, credentials, cache, exams_loaded_max=exams_loaded_max, timings=timings)
    changed = threading.Condition()

    def notify(_change: object) -> None:
        with changed:
            changed.notify_all()

    cache.add_listener(notify)
    feed.add_listener(notify)
    with (
        contextlib.closing(credentials),
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(feed),
    ):
        yield LiveFeed(feed, cache, changed, portal)
