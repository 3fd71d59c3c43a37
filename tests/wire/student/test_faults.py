"""A real student dashboard during failures: its streams report them within 10 s, and afterwards every screen
equals the backend's state, without a reload."""

import contextlib
import datetime as dt
import random
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deploy.local.maintenance.key_rotation import rotate_keys
from shared.api.calls import TeacherApi
from shared.model.exam import Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.backend_process import BackendClient, BackendProcess, RunningBackend, running_backend
from tests.dashboard_process import StudentDashboard
from tests.wire.clients import backend_settings, port_of
from tests.wire.student_streams import Watcher
from tests.wire.tcp_proxy import TcpProxy

RECOVERED_WITHIN_S = 40.0  # the feed waits at most 15 s between two attempts


@pytest.fixture(scope="module")
def own_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBackend]:
    """Not the backend that other tests share, because connections to it are cut here."""
    with running_backend(tmp_path_factory.mktemp("backend")) as running:
        yield running


@pytest.fixture(scope="module")
def between(own_backend: RunningBackend) -> Iterator[TcpProxy]:
    """The proxy between the dashboard and the backend."""
    with TcpProxy(port_of(own_backend)) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def dashboard(own_backend: RunningBackend, between: TcpProxy) -> Iterator[StudentDashboard]:
    direct, by_proxy = f":{port_of(own_backend)}", f":{between.port}"
    settings = {name: text.replace(direct, by_proxy) for name, text in own_backend.settings.items()}
    with StudentDashboard(settings) as running:
        yield running


@pytest.fixture(scope="module")
def api(own_backend: RunningBackend) -> Iterator[TeacherApi]:
    with contextlib.closing(teacher_of(own_backend)) as api:
        yield api


def teacher_of(backend: BackendClient) -> TeacherApi:
    backend.create_teacher("ada")
    return api_of(backend)


def api_of(backend: BackendClient) -> TeacherApi:
    """Signed in again."""
    token = backend.sign_in("ada").access_token
    return TeacherApi(backend_settings(backend), lambda: token)


def published(api: TeacherApi) -> Exam:
    exam = api.create_exam(NewExam("Algebra", dt.date(2026, 6, 18), "Ms Ada", OUT_OF_20))
    api.create_results(exam.id, [NewResult(f"Student {number}", "10") for number in range(5)])
    return api.publish_exam(exam.id, exam.version)


def stored(api: TeacherApi, exam: Exam) -> Mapping[str, tuple[str, str, int]]:
    return {row.id: (row.student, row.grade, row.version) for row in api.list_results(exam.id)}


def until_right(watcher: Watcher, api: TeacherApi, exam: Exam) -> None:
    expected = stored(api, exam)
    watcher.until(lambda: watcher.feed_state == "LIVE" and watcher.rows == expected, RECOVERED_WITHIN_S)


def test_a_stalled_socket_is_reported_and_recovered(
    dashboard: StudentDashboard, between: TcpProxy, api: TeacherApi
) -> None:
    exam = published(api)
    with Watcher(dashboard.url, exam.id) as watcher:
        until_right(watcher, api, exam)
        between.stall()
        api.create_result(exam.id, NewResult("Unheard", "14"))
        watcher.until(lambda: watcher.feed_state == "OFFLINE")
        assert dashboard.ready_status() == 503
        between.resume()
        until_right(watcher, api, exam)
        assert watcher.connections == 1, "the student's own stream stood all the time"


def test_after_100_cuts_during_changes_a_screen_equals_the_backend(
    dashboard: StudentDashboard, between: TcpProxy, api: TeacherApi
) -> None:
    """Each cut hits the student's own stream; every tenth also the dashboard's connection to the backend."""
    exam = published(api)
    chance = random.Random(20260618)
    port = int(dashboard.url.rpartition(":")[2])
    with TcpProxy(port) as before, Watcher(f"http://127.0.0.1:{before.port}", exam.id) as watcher:
        until_right(watcher, api, exam)
        rows = {row.id: row for row in api.list_results(exam.id)}
        for number in range(100):
            seen = watcher.connections
            row = chance.choice(list(rows.values()))
            match chance.randrange(3):
                case 0:
                    created = api.create_result(exam.id, NewResult(f"New {number}", "12"))
                    rows[created.id] = created
                case 1 if len(rows) > 1:
                    api.delete_result(exam.id, row.id, row.version)
                    del rows[row.id]
                case _:
                    grade = str(chance.randrange(21))
                    rows[row.id] = api.update_result(exam.id, row.id, row.version, grade=grade)
            if number % 10 == 0:
                between.cut()
            before.cut()
            watcher.until(lambda seen=seen: watcher.connections > seen)  # type: ignore[misc]
        assert stored(api, exam) == {row.id: (row.student, row.grade, row.version) for row in rows.values()}
        until_right(watcher, api, exam)


@pytest.mark.parametrize("are_keys_rotated", [False, True], ids=["same keys", "rotated keys"])
def test_the_dashboard_reconnects_to_a_backend_that_was_killed_and_restarted(
    tmp_path: Path, are_keys_rotated: bool
) -> None:
    """Even if it no longer accepts the dashboard's credentials."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(BackendProcess(tmp_path))
        api = stack.enter_context(contextlib.closing(teacher_of(first)))
        exam = published(api)
        dashboard = stack.enter_context(StudentDashboard(first.settings))
        watcher = stack.enter_context(Watcher(dashboard.url, exam.id))
        until_right(watcher, api, exam)
        known = dict(watcher.rows or {})
        first.kill()
        watcher.until(lambda: watcher.feed_state == "OFFLINE")
        assert watcher.rows == known, "what is known stays on the screen"
        if are_keys_rotated:
            rotate_keys(tmp_path, secrets.token_bytes)
        second = stack.enter_context(BackendProcess(tmp_path, port=port_of(first)))
        again = stack.enter_context(contextlib.closing(api_of(second)))
        again.create_result(exam.id, NewResult("Afterwards", "14"))
        until_right(watcher, again, exam)
