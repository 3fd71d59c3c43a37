"""The supervisor with small stand-in children: it starts, reports, and leaves no process behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.local.launcher.pair import PairOptions, PortInUse, check_ports
from deploy.local.launcher.signals import EndRequested, interruptible
from deploy.local.launcher.supervisor import FORGOTTEN_AFTER_S, ChildDied, ChildSpec, NotReady, Supervisor
from tests.ports import free_port
from tests.waiting import wait_until

DEADLINE_S = 20.0
SERVE = "import http.server, sys; http.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), type('H', \
(http.server.SimpleHTTPRequestHandler,), {'log_message': lambda *a: None})).serve_forever()"
STUBBORN = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); \
time.sleep(600)"
)


@pytest.fixture
def handlers_put_back() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def child(
    folder: Path, name: str, code: str, *arguments: str, port: int = 1, stop_deadline_s: float = DEADLINE_S
) -> ChildSpec:
    return ChildSpec(
        name=name,
        command=[sys.executable, "-c", code, *arguments],
        ready_url=f"http://127.0.0.1:{port}/",
        log_path=folder / f"{name}.log",
        environment=dict(os.environ),
        stop_deadline_s=stop_deadline_s,
    )


def is_answering(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_log_can_be_read_by_its_owner_only_wherever_it_was_before(tmp_path: Path) -> None:
    """The backend logs codes for a new password."""
    log = child(tmp_path / "logs", "a", "print('up')").log_path
    log.parent.mkdir(mode=0o755)
    log.write_text("of an earlier program")
    log.chmod(0o644)
    with Supervisor() as supervisor:
        supervisor.start(child(tmp_path / "logs", "a", STUBBORN, stop_deadline_s=0.0))
        assert log.stat().st_mode & 0o077 == 0


def test_responding_children_are_ready_and_stop_with_the_supervisor(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    ready: list[str] = []
    with Supervisor() as supervisor:
        for port in ports:
            supervisor.start(child(tmp_path, f"child-{port}", SERVE, str(port), port=port))
        supervisor.wait_ready(DEADLINE_S, lambda spec: ready.append(spec.name))
        supervisor.check()
        ours = [psutil.Process(number) for number in supervisor.process_ids]
    assert sorted(ready) == sorted(f"child-{port}" for port in ports)
    assert len(ours) == 2
    assert not any(process.is_running() for process in ours)
    for port in ports:
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind(("127.0.0.1", port))


def test_a_child_that_dies_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    code = "print('first line'); print('the reason'); raise SystemExit(3)"
    with Supervisor() as supervisor:
        supervisor.start(child(tmp_path, "weakling", code))
        with pytest.raises(ChildDied) as death:
            supervisor.wait_ready(DEADLINE_S, lambda _spec: None)
    assert (death.value.name, death.value.status) == ("weakling", 3)
    assert "the reason" in str(death.value)


def test_a_child_that_is_killed_is_started_again_and_the_others_stay(tmp_path: Path) -> None:
    ports = [free_port(), free_port()]
    deaths: list[str] = []

    def check_end() -> None:
        if deaths and supervisor.process_ids[0] != first.pid and is_answering(ports[0]):
            raise EndRequested

    with Supervisor(restart_pauses_s=[0.0]) as supervisor:
        for port in ports:
            supervisor.start(child(tmp_path, f"child-{port}", SERVE, str(port), port=port))
        supervisor.wait_ready(DEADLINE_S, lambda _spec: None)
        first, second = map(psutil.Process, supervisor.process_ids)
        first.kill()
        with pytest.raises(EndRequested):
            supervisor.watch(check_end, lambda death, _pause_s: deaths.append(str(death)))
        assert supervisor.process_ids[1] == second.pid
        assert second.is_running()
    assert len(deaths) == 1
    assert "was ended by signal 9" in deaths[0]


def test_a_child_that_keeps_dying_stops_the_others_after_growing_pauses(tmp_path: Path) -> None:
    port = free_port()
    pauses_s: list[float] = []
    with Supervisor(restart_pauses_s=[0.0, 0.01, 0.02]) as supervisor:
        supervisor.start(child(tmp_path, "strong", SERVE, str(port), port=port))
        supervisor.wait_ready(DEADLINE_S, lambda _spec: None)
        (strong,) = map(psutil.Process, supervisor.process_ids)
        supervisor.start(child(tmp_path, "weakling", "print('up'); raise SystemExit(1)"))
        with pytest.raises(ChildDied, match="weakling"):
            supervisor.watch(lambda: None, lambda _death, pause_s: pauses_s.append(pause_s))
    assert not strong.is_running()
    assert pauses_s == [0.0, 0.01, 0.02]
    assert (tmp_path / "weakling.log").read_text() == "up\n" * 4


def test_deaths_are_forgotten_once_a_child_has_run_for_long(tmp_path: Path) -> None:
    deaths: list[ChildDied] = []
    now_s = [0.0]

    def check_end() -> None:
        now_s[0] += FORGOTTEN_AFTER_S
        if len(deaths) == 4:
            raise EndRequested

    with Supervisor(clock_s=lambda: now_s[0], restart_pauses_s=[0.0]) as supervisor:
        supervisor.start(child(tmp_path, "sometimes", "raise SystemExit(1)"))
        with pytest.raises(EndRequested):
            supervisor.watch(check_end, lambda death, _pause_s: deaths.append(death))


def test_a_child_that_ignores_the_request_to_stop_is_killed_at_the_deadline(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        supervisor.start(child(tmp_path, "stubborn", STUBBORN, stop_deadline_s=0.3))
        wait_until(lambda: "up" in (tmp_path / "stubborn.log").read_text())
        (stubborn,) = map(psutil.Process, supervisor.process_ids)
    assert not stubborn.is_running()


def test_each_child_has_its_own_time_to_stop(tmp_path: Path) -> None:
    """A slow child ends by itself, although it was started before one that has to be killed."""
    closing = (
        "import os, pathlib, signal, sys, threading\n"
        "ending = threading.Event()\n"
        "signal.signal(signal.SIGTERM, lambda *_: ending.set())\n"
        "print('up', flush=True)\n"
        "ending.wait()\n"
        "other = int(pathlib.Path(sys.argv[1]).read_text())\n"
        "try:\n"
        "    while True: os.kill(other, 0)\n"
        "except ProcessLookupError:\n"
        "    print('closed', flush=True)\n"
    )
    with Supervisor() as supervisor:
        supervisor.start(child(tmp_path, "slow", closing, str(tmp_path / "pid")))
        supervisor.start(child(tmp_path, "stubborn", STUBBORN, stop_deadline_s=0.3))
        (tmp_path / "pid").write_text(str(supervisor.process_ids[1]))
        wait_until(
            lambda: all("up" in (tmp_path / f"{name}.log").read_text() for name in ("slow", "stubborn"))
        )
    assert (tmp_path / "slow.log").read_text() == "up\nclosed\n"


def test_a_signal_while_a_child_is_being_started_leaves_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handlers_put_back: None
) -> None:
    class InterruptedPopen(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            started.append(psutil.Process(self.pid))
            signal.raise_signal(signal.SIGTERM)

    started: list[psutil.Process] = []
    monkeypatch.setattr(subprocess, "Popen", InterruptedPopen)
    with Supervisor() as supervisor, pytest.raises(EndRequested), interruptible():
        supervisor.start(child(tmp_path, "interrupted", "import time; time.sleep(600)"))
    assert [process.is_running() for process in started] == [False]


def test_a_signal_while_polling_a_child_waits_for_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handlers_put_back: None
) -> None:
    class InterruptedPopen(subprocess.Popen[bytes]):
        def poll(self) -> int | None:
            signal.raise_signal(signal.SIGTERM)
            answers.append(super().poll())
            return answers[-1]

    answers: list[int | None] = []
    with Supervisor() as supervisor, interruptible():
        with monkeypatch.context() as patched:
            patched.setattr(subprocess, "Popen", InterruptedPopen)
            supervisor.start(child(tmp_path, "asked", "import time; time.sleep(600)"))
        with pytest.raises(EndRequested):
            supervisor.check()
        assert answers == [None]


def test_a_signal_whose_exception_a_finalizer_swallowed_still_ends_the_watch(
    monkeypatch: pytest.MonkeyPatch, handlers_put_back: None
) -> None:
    class Finalized:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGTERM)

    swallowed: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda fault: swallowed.append(fault.exc_type))
    with Supervisor() as supervisor, interruptible() as check_end:
        Finalized()
        assert swallowed == [EndRequested]
        with pytest.raises(EndRequested):
            supervisor.watch(check_end, lambda _death, _pause_s: None)


def test_an_unresponsive_child_is_named(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        supervisor.start(child(tmp_path, "silent", "import time; time.sleep(600)", port=free_port()))
        with pytest.raises(NotReady, match="the silent does not answer"):
            supervisor.wait_ready(0.2, lambda _spec: None)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_of_a_killed_supervisor_end_too(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from deploy.local.launcher.supervisor import ChildSpec, Supervisor\n"
        "supervisor = Supervisor()\n"
        "log = pathlib.Path(sys.argv[1])\n"
        "command = [sys.executable, '-c', 'import os, time; print(os.getpid(), flush=1); time.sleep(600)']\n"
        "supervisor.start(ChildSpec('orphan', command, 'http://127.0.0.1:1/', log, {}, 1.0))\n"
        "time.sleep(600)\n"
    )
    log = tmp_path / "orphan.log"
    with subprocess.Popen([sys.executable, "-c", code, str(log)]) as parent:
        wait_until(lambda: log.exists() and log.read_text().endswith("\n"))
        orphan = psutil.Process(int(log.read_text()))
        parent.send_signal(signal.SIGKILL)
        parent.wait(DEADLINE_S)
    wait_until(lambda: not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE)


def test_a_port_in_use_gives_one_line_that_names_the_option(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        options = PairOptions(tmp_path, teacher_port=port, student_port=free_port(), backend_port=free_port())
        with pytest.raises(PortInUse) as refusal:
            check_ports(options)
    assert "--teacher-port" in str(refusal.value)
    assert "\n" not in str(refusal.value)
