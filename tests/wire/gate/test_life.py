"""A dashboard process stops in time with pages open, and keeps nothing of people who have left."""

import signal
import socket
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.backend_process import PASSWORD, BackendProcess, RunningBackend
from tests.dashboard_process import TEACHER_APP, TeacherDashboard
from tests.server_process import DidNotStart
from tests.waiting import wait_until
from tests.wire.gate_dashboard import COOKIE, StreamlitPage, handshake_status, new_name, wire_browser

DEADLINE_S = 10.0
ROUNDS_MAX = 3  # a pool may gain a thread in one of them; a leak grows in all
STREAMLIT_KEEPS = 128  # its MemorySessionStorage


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGINT, 0)],  # uvicorn exits by the signal it received
)
def test_a_signal_stops_it_within_seconds_with_pages_open(
    backend: RunningBackend, number: signal.Signals, status: int
) -> None:
    """Its sockets close with "going away", its port is free, none of its processes is left."""
    name = new_name()
    backend.create_teacher(name)
    with TeacherDashboard(backend.settings) as dashboard, ExitStack() as stack:
        browser = stack.enter_context(wire_browser(dashboard.url))
        browser.sign_in(name, PASSWORD)
        cookie = browser.cookies[COOKIE]
        pages = [stack.enter_context(StreamlitPage(dashboard, cookie)) for _ in range(3)]
        pages[0].rerun()
        where = urlsplit(dashboard.url)
        stack.enter_context(socket.create_connection((where.hostname, where.port)))  # a silent one
        process = psutil.Process(dashboard.process.pid)
        family = [process, *process.children(recursive=True)]
        dashboard.process.send_signal(number)
        assert [page.wait_closed() for page in pages] == [1012, 1012, 1012]
        assert dashboard.process.wait(DEADLINE_S) == status
        assert psutil.wait_procs(family, timeout=DEADLINE_S)[1] == []
        stack.close()
        with socket.create_server((where.hostname, where.port)):
            pass
    assert "Traceback" not in dashboard.output


@pytest.mark.timeout(300)  # ten seconds on an idle machine
def test_fifty_pages_that_come_and_go_leave_nothing(backend: RunningBackend) -> None:
    """Ten people sign in and out: no more threads, files or sockets than before.

    Streamlit keeps the sessions of the last 128 pages for reconnections, so that many are opened first.
    """
    name = new_name()
    backend.create_teacher(name)
    with TeacherDashboard(backend.settings) as dashboard:
        process = psutil.Process(dashboard.process.pid)

        def one_visit() -> None:
            with wire_browser(dashboard.url) as browser:
                browser.sign_in(name, PASSWORD)
                for _ in range(5):
                    with StreamlitPage(dashboard, browser.cookies[COOKIE]) as page:
                        page.rerun()
                browser.open("/sign-out")
                assert browser.send().notice == "You are signed out."

        def in_use() -> tuple[int, int, int]:
            return process.num_threads(), process.num_fds(), len(process.net_connections())

        with wire_browser(dashboard.url) as browser:
            browser.sign_in(name, PASSWORD)
            for _ in range(STREAMLIT_KEEPS + 10):
                assert handshake_status(dashboard, browser.cookies[COOKIE]) == 101
        for _ in range(3):  # loads whatever is loaded only once and fills every thread pool
            one_visit()
        measured = [stable(in_use)]
        for _ in range(ROUNDS_MAX):
            for _ in range(10):
                one_visit()
            measured.append(stable(in_use))
            if all(now <= then for then, now in zip(*measured[-2:], strict=True)):
                return
        pytest.fail(f"threads, files and connections grow with every ten visits: {measured}")


def test_a_backend_restart_ends_no_session(tmp_path: Path) -> None:
    """Killed and restarted on its port: pages report it meanwhile, then work again without a sign-in."""
    name = new_name()
    with BackendProcess(tmp_path / "data") as backend:
        backend.create_teacher(name)
        port = urlsplit(backend.url).port
        assert port is not None
        with TeacherDashboard(backend.settings) as dashboard, wire_browser(dashboard.url) as browser:
            browser.sign_in(name, PASSWORD)
            backend.kill()
            assert httpx.get(f"{dashboard.url}/readyz", trust_env=False).status_code == 503
            assert httpx.get(f"{dashboard.url}/healthz", trust_env=False).status_code == 200
            assert browser.open("/account").alert.startswith(
                "The sign-in service cannot be reached just now."
            )
            with (
                BackendProcess(tmp_path / "data", port=port),
                StreamlitPage(dashboard, browser.cookies[COOKIE]) as page,
            ):
                assert f"{name} has 0 exams and typed “”." in page.rerun()
                assert browser.open("/account").alert == ""


def test_the_log_has_no_errors_and_no_requested_addresses(backend: RunningBackend) -> None:
    with TeacherDashboard(backend.settings, TEACHER_APP) as dashboard:
        assert httpx.get(f"{dashboard.url}/readyz", trust_env=False).text == "ready\n"
        assert httpx.get(f"{dashboard.url}/sign-in?resume=opens-a-page", trust_env=False).status_code == 200
    log = dashboard.output.replace("uvicorn.error", "uvicorn's logger")
    assert "Application startup complete" in log
    for word in ("Warning", "Error", "Traceback", "opens-a-page"):
        assert word.lower() not in log.lower()


def test_wrong_settings_are_one_clear_line(backend: RunningBackend) -> None:
    settings = {**backend.settings, "EXAM_RESULTS_SESION_IDLE_MINUTES": "5"}
    with pytest.raises(DidNotStart) as refused:
        TeacherDashboard(settings, TEACHER_APP)
    (line,) = [text for text in str(refused.value).splitlines() if "EXAM_RESULTS" in text]
    assert line == (
        "teacher dashboard: EXAM_RESULTS_SESION_IDLE_MINUTES: there is no such setting; "
        "did you mean EXAM_RESULTS_SESSION_IDLE_MINUTES?"
    )
    assert "Traceback" not in str(refused.value)


def stable(measure: Callable[[], tuple[int, int, int]]) -> tuple[int, int, int]:
    """The measurement once it has not changed for a while."""
    seen = [measure()]

    def is_stable() -> bool:
        seen.append(measure())
        return len(seen) > 40 and len(set(seen[-40:])) == 1

    wait_until(is_stable, deadline_s=30.0, what="numbers that stay the same")
    return seen[-1]
