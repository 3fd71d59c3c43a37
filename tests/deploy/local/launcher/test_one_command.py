"""The one command with the real backend and dashboards: start, refusals, reports, stop, and its data."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import requests

from deploy.local.launcher.demo_exams import demo_exams
from tests.pair_process import PairProcess
from tests.ports import free_ports
from tests.server_process import ROOT, DidNotStart
from tests.waiting import wait_until


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def is_ready(url: str) -> bool:
    """Whether the dashboard there and the backend behind it answer."""
    try:
        return requests.get(f"{url}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def shown_subjects(student_url: str) -> list[str]:
    """The example subjects listed on the student dashboard's page without scripts."""
    found: list[str] = []

    def look() -> bool:
        page = requests.get(f"{student_url}/board", timeout=5).text
        found[:] = [demo.exam.subject for demo in demo_exams() if demo.exam.subject in page]
        return bool(found)

    wait_until(look, what="a list of exams")
    return found


def stops_everything(pair: PairProcess, number: signal.Signals) -> None:
    """The signal ends the command and all that it started, and frees the ports."""
    children = pair.children()
    assert len(children) >= 3
    assert pair.stop(number) == 0
    assert all(map(is_gone, children))
    assert all(map(is_free, pair.ports))


def operate(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.local", *arguments, "--data-dir", str(data_dir)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_a_signal_during_startup_stops_it_too(tmp_path: Path) -> None:
    with PairProcess(tmp_path, until="starting on the data") as pair:
        wait_until(lambda: len(pair.children()) > 0, what="a first child")
        children = pair.children()
        assert pair.stop() == 0
    assert "ending" in pair.output
    assert all(map(is_gone, children))
    assert all(map(is_free, pair.ports))


def test_the_first_start_prints_the_teacher_once_and_the_next_start_finds_the_data(tmp_path: Path) -> None:
    with PairProcess(tmp_path) as first:
        answers = [
            requests.get(f"{url}/healthz", timeout=5) for url in (first.teacher_url, first.student_url)
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len(first.password_of("teacher")) >= 12
        listed = operate(tmp_path, "list-teachers")
        assert operate(tmp_path, "add-teacher", "Second.Teacher", "--email", "s@example.org").returncode == 0
        stops_everything(first, signal.SIGTERM)
    assert listed.stdout.startswith("teacher  FORCE_CHANGE_PASSWORD  ")
    assert listed.stdout.endswith("\n1 account.\n")
    with PairProcess(tmp_path) as second:
        assert "password" not in second.output
        assert "Second.Teacher" in operate(tmp_path, "list-teachers").stdout
        stops_everything(second, signal.SIGINT)


def test_a_second_start_on_the_same_data_is_refused_in_one_line(running_pair: PairProcess) -> None:
    with pytest.raises(DidNotStart) as refusal:
        PairProcess(running_pair.data_dir)
    assert refusal.value.status == 2
    assert f"in use by process {running_pair.process.pid}" in refusal.value.output
    assert refusal.value.output.count("\n") == 1


def test_a_port_in_use_is_one_line_and_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        taken_port = taken.getsockname()[1]
        with pytest.raises(DidNotStart) as refusal:
            PairProcess(tmp_path, ports=(*free_ports(1), taken_port, *free_ports(1)))
    assert refusal.value.status == 2
    assert "--student-port" in refusal.value.output
    assert refusal.value.output.count("\n") == 1
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("deploy.local.backend", "backend"),
        ("student_app", "student dashboard"),
        ("teacher_app", "teacher dashboard"),
    ],
)
def test_a_process_that_is_killed_is_reported_and_started_again(
    running_pair: PairProcess, module: str, name: str
) -> None:
    """Afterwards the pair is as it was before."""
    before = running_pair.children()
    (victim,) = [child for child in before if module in " ".join(child.cmdline())]
    victim.send_signal(signal.SIGKILL)

    def is_there_again() -> bool:
        others = [child for child in running_pair.children() if child.pid != victim.pid]
        return any(module in " ".join(child.cmdline()) for child in others)

    wait_until(is_there_again, what="a new process")
    for url in (running_pair.teacher_url, running_pair.student_url):
        wait_until(lambda url=url: is_ready(url), what=f"an answer from {url}")
    after = {child.pid for child in running_pair.children()}
    assert {child.pid for child in before} - after == {victim.pid}
    _, found, report = running_pair.output.partition(f"the {name} was ended by signal 9")
    assert found
    assert "starting it again in 0.5 s" in report


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists what a process has mapped")
def test_a_start_loads_nothing_that_only_workbooks_need(running_pair: PairProcess) -> None:
    """openpyxl brings numpy and PIL: a quarter of what a start of the teacher's dashboard would take."""
    mapped = [file.path for child in running_pair.children() for file in child.memory_maps()]
    assert any("site-packages" in path for path in mapped)
    assert [path for path in mapped if "/numpy" in path or "/PIL/" in path] == []


def test_a_dashboard_that_cannot_start_is_reported_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(DidNotStart) as death:
        PairProcess(tmp_path, environment={"EXAM_RESULTS_STREAMS_MAX": "many"})
    assert death.value.status == 1
    assert "EXAM_RESULTS_STREAMS_MAX" in death.value.output


def test_the_examples_are_loaded_once_whatever_interrupts_them(tmp_path: Path) -> None:
    """A killed command leaves no processes, and the next start on the same ports works."""
    with PairProcess(tmp_path, "--demo") as first:
        assert first.password_of("demo")
        listed = shown_subjects(first.student_url)
        children, ports = first.children(), first.ports
        # Only Linux tells a child of its parent's death.
        first.stop(signal.SIGKILL if sys.platform == "linux" else signal.SIGTERM)
        wait_until(lambda: all(map(is_gone, children)), what="the end of the children")
    (tmp_path / "demo-loaded").unlink()  # as if the loading had been interrupted at the very end
    with PairProcess(tmp_path, "--demo", ports=ports) as second:
        assert second.password_of("demo") != first.password_of("demo")
        assert shown_subjects(second.student_url) == listed
        assert requests.get(f"{second.teacher_url}/healthz", timeout=5).status_code == 200
    with PairProcess(tmp_path, "--demo") as third:
        assert "example exams" not in third.output
    assert listed == [demo.exam.subject for demo in demo_exams() if demo.is_published]


def test_operator_commands_say_when_nothing_is_running(tmp_path: Path) -> None:
    answer = operate(tmp_path, "list-teachers")
    assert answer.returncode == 2
    assert "start it once" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_new_temporary_password_can_be_requested(running_pair: PairProcess) -> None:
    answer = operate(running_pair.data_dir, "reset-password", "teacher")
    unknown = operate(running_pair.data_dir, "reset-password", "nobody")
    assert answer.returncode == 0
    assert answer.stdout.startswith("teacher is signed out everywhere. Temporary password: ")
    assert running_pair.password_of("teacher") not in answer.stdout
    assert (unknown.returncode, unknown.stderr) == (
        2,
        "deploy.local: username: there is no account nobody.\n",
    )
