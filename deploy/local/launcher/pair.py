"""Runs the embedded backend, the teacher dashboard and the student dashboard together."""

import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.local.backend import stop_times as backend_stop_times
from deploy.local.data_folder import paths
from deploy.local.data_folder.lock import FolderLock, locked_folder
from deploy.local.data_folder.private_file import load_or_create_private_file
from deploy.local.launcher.open_files import allow_open_files
from deploy.local.launcher.signals import EndRequested, interruptible
from deploy.local.launcher.supervisor import ChildSpec, Supervisor
from deploy.local.maintenance.operator_access import read_settings, teacher_accounts
from deploy.teacher_accounts import new_password
from shared.web import stop_times as dashboard_stop_times

__all__ = ["ROOT", "PairOptions", "PortInUse", "check_ports", "run_pair"]

READY_DEADLINE_S = 60.0  # usually a few seconds; a cold disk may take long
ROOT = Path(__file__).parents[3]  # the dashboards are packages of the checkout
LOOPBACK = "127.0.0.1"  # only the dashboards reach the backend
FIRST_TEACHER = "teacher"
_WILDCARDS = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104  # to reach a server that listens on all addresses


class PortInUse(Exception):
    """A port that is needed is in use."""

    def __init__(self, role: str, host: str, port: int, option: str, reason: str) -> None:
        super().__init__(
            f"port {port} on {host} cannot be used for the {role} ({reason}): "
            f"stop what runs there, or choose another with {option}"
        )
        self.port = port


@dataclass(frozen=True, slots=True)
class PairOptions:
    """The addresses and the data; `host` is the dashboards'."""

    data_dir: Path
    host: str = LOOPBACK
    teacher_port: int = 8501
    student_port: int = 8502
    backend_port: int = 8500
    is_demo: bool = False

    @property
    def teacher_url(self) -> str:
        """The address for browsers."""
        return _url(_browser_host(self.host), self.teacher_port)

    @property
    def student_url(self) -> str:
        """The address for browsers."""
        return _url(_browser_host(self.host), self.student_port)


def run_pair(options: PairOptions, say: Callable[[str], None]) -> None:
    """Run everything until SIGINT or SIGTERM. `say` is called with each line of progress.

    Raises FolderInUse, PortInUse, ChildDied, NotReady or OperatorRefused; no child is left running.
    """
    with locked_folder(options.data_dir, FolderLock.PAIR):
        check_ports(options)
        allow_open_files()
        with Supervisor() as supervisor, interruptible() as check_end:
            try:
                _bring_up(supervisor, options, say)
                supervisor.watch(
                    check_end, lambda death, pause_s: say(f"{death}\nstarting it again in {pause_s:g} s")
                )
            except EndRequested:
                say("ending ...")


def _bring_up(supervisor: Supervisor, options: PairOptions, say: Callable[[str], None]) -> None:
    begun_s = time.monotonic()

    def on_ready(spec: ChildSpec) -> None:
        say(f"  {spec.name} ready after {time.monotonic() - begun_s:.1f} s")

    say(f"starting on the data in {options.data_dir}")
    supervisor.start(_backend(options))
    supervisor.wait_ready(READY_DEADLINE_S, on_ready)
    for spec in _dashboards(options):  # at the same time: importing their libraries takes a second or two
        supervisor.start(spec)
    notes = _create_accounts(options, say)
    supervisor.wait_ready(READY_DEADLINE_S, on_ready)
    say("")
    say(f"  teachers   {options.teacher_url}")
    say(f"  students   {options.student_url}")
    for note in notes:
        say(note)
    say("")
    if options.host not in {LOOPBACK, "localhost", "::1"}:
        say("Other machines reach the dashboards without encryption: passwords too. See deploy/containers.")
    say("Ctrl-C ends everything; the data stays.")


def check_ports(options: PairOptions) -> None:
    """Raises PortInUse for the first port that is not available."""
    for role, host, port, option in (
        ("backend", LOOPBACK, options.backend_port, "--backend-port"),
        ("teacher dashboard", options.host, options.teacher_port, "--teacher-port"),
        ("student dashboard", options.host, options.student_port, "--student-port"),
    ):
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            raise PortInUse(role, host, port, option, error.strerror or str(error)) from error


def _create_accounts(options: PairOptions, say: Callable[[str], None]) -> list[str]:
    """Create the first teacher, and the demo's; returns lines that tell the operator how to sign in."""
    notes = []
    with teacher_accounts(options.data_dir) as accounts:
        if not accounts.all():
            password = new_password(secrets.choice)
            accounts.add(FIRST_TEACHER, password)
            notes += ["", "The first teacher signs in once with this temporary password:"]
            notes += [f"  name       {FIRST_TEACHER}", f"  password   {password}"]
        if options.is_demo:
            # Only here: it signs in and writes as a teacher's dashboard does, with the same libraries.
            from deploy.local.launcher.demo import load_demo

            demo = load_demo(options.data_dir, accounts, say)
            if demo is not None:
                notes += ["", "The example exams belong to an account of their own:"]
                notes += [f"  name       {demo.username}", f"  password   {demo.password}"]
    return notes


def _backend(options: PairOptions) -> ChildSpec:
    return ChildSpec(
        name="backend",
        command=[
            *(sys.executable, "-m", "deploy.local.backend"),
            *("--host", LOOPBACK, "--port", str(options.backend_port)),
            *("--data-dir", str(options.data_dir)),
        ],
        ready_url=_url(LOOPBACK, options.backend_port) + "/healthz",
        log_path=options.data_dir / paths.LOGS / "backend.log",
        environment=os.environ,
        stop_deadline_s=backend_stop_times.STOP_DEADLINE_S,
        folder=ROOT,
    )


def _dashboards(options: PairOptions) -> list[ChildSpec]:
    environment = _dashboard_environment(os.environ, options)
    key_path = options.data_dir / paths.SESSION_KEY
    key = load_or_create_private_file(key_path, lambda: secrets.token_urlsafe(32).encode())
    keys = {"EXAM_RESULTS_SESSION_KEY": key.decode()}
    reached = _WILDCARDS.get(options.host, options.host)
    return [
        ChildSpec(
            name=f"{role} dashboard",
            command=[
                *(sys.executable, "-m", f"{role}_app"),
                *("--host", options.host, "--port", str(port)),
            ],
            ready_url=_url(reached, port) + "/healthz",
            log_path=options.data_dir / paths.LOGS / f"{role}.log",
            environment=environment | (keys if role == "teacher" else {}),
            stop_deadline_s=dashboard_stop_times.STOP_DEADLINE_S,
            folder=ROOT,
        )
        for role, port in (("teacher", options.teacher_port), ("student", options.student_port))
    ]


def _dashboard_environment(environ: Mapping[str, str], options: PairOptions) -> dict[str, str]:
    """The environment, in which this backend's settings replace those of any other."""
    ours = read_settings(options.data_dir)
    kept = {name: text for name, text in environ.items() if name not in ours}
    kept["EXAM_RESULTS_ENV_FILE"] = str(options.data_dir / paths.SETTINGS)
    kept.setdefault("EXAM_RESULTS_STUDENT_URL", options.student_url)
    return kept


def _browser_host(host: str) -> str:
    """Browsers cannot open a wildcard address."""
    return socket.gethostname() if host in _WILDCARDS else host


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
