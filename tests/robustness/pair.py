"""The real pair as processes of their own, each reached through networks that can be broken.

writers, guests ── clients ──► backend ◄── feed ── student dashboard ◄── viewers ── viewers
                                  ▲──────────────── teacher dashboard
"""

import contextlib
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

from shared.settings import BackendSettings
from tests.backend_process import BackendClient
from tests.ports import quiet_ports
from tests.robustness.failpoints.plan import BACKEND, NETWORKS, PROCESSES, STUDENT, TEACHER
from tests.robustness.failpoints.stepped_clock import step_clock
from tests.server_process import DidNotStart, ServerProcess
from tests.wire.clients import backend_settings, through
from tests.wire.tcp_proxy import TcpProxy

__all__ = ["Pair", "Part", "running_pair"]

START_AGAIN_S = 0.5
DASHBOARD_READY = r"Uvicorn running on"
BACKEND_READY = r'^\{"url": '


class Part:
    """One of the processes, started again as often as is asked."""

    def __init__(
        self, command: list[str], ready: str, environment: Mapping[str, str], log_path: Path
    ) -> None:
        self._command, self._ready, self._environment = command, ready, environment
        self._log_path = log_path
        self.failed_starts = 0
        self._server: ServerProcess | None = None

    @property
    def process(self) -> psutil.Process:
        """Raises psutil.NoSuchProcess between two lives."""
        if self._server is None:
            raise psutil.NoSuchProcess(0)
        return psutil.Process(self._server.process.pid)

    def start(self, is_over: threading.Event) -> None:
        """Starts it, again and again while it cannot start, as a supervisor does."""
        while not is_over.is_set():
            try:
                self._server = ServerProcess(self._command, self._ready, environment=self._environment)
                return
            except DidNotStart as failure:
                self.failed_starts += 1
                self._log(f"did not start: {failure.output}")
                is_over.wait(START_AGAIN_S)

    def kill(self) -> None:
        """SIGKILL, also if it is stopped."""
        if self._server is not None:
            server, self._server = self._server, None
            server.process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait()
            self._log(server.output)

    def _log(self, text: str) -> None:
        with self._log_path.open("a") as log:
            log.write(text + "\n---- the end of this process\n")


class Pair(BackendClient):
    """`parts` by PROCESSES, `networks` by NETWORKS."""

    def __init__(self, folder: Path) -> None:
        self.ports = dict(zip(PROCESSES, quiet_ports(len(PROCESSES)), strict=True))
        super().__init__(f"http://127.0.0.1:{self.ports[BACKEND]}", folder / "data")
        self.folder = folder
        self.clock_path = folder / "clock"
        self.ballast_path = self.data_dir / "ballast"
        self.is_over = threading.Event()
        self.parts: dict[str, Part] = {}
        self.networks: dict[str, TcpProxy] = {}

    @property
    def client_settings(self) -> BackendSettings:
        """The backend as writers and guests reach it."""
        return through(backend_settings(self), self.networks["clients"])

    @property
    def viewers_url(self) -> str:
        return f"http://127.0.0.1:{self.networks['viewers'].port}"

    @property
    def teacher_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[TEACHER]}"

    @property
    def has_small_disk(self) -> bool:
        """Whether the data folder can be filled without harm to others."""
        return shutil.disk_usage(self.data_dir).total < 256 * 2**20

    def part(self, name: str, module: str, *arguments: str, **environment: str) -> Part:
        """A part that has been started."""
        clock_path = self.clock_path if name == BACKEND else self.folder / "still clock"
        step_clock(clock_path, 0.0)
        command = [sys.executable, "-m", "tests.robustness.failpoints.stepped_clock", str(clock_path), module]
        command += ["--port", str(self.ports[name]), *arguments]
        ready = BACKEND_READY if name == BACKEND else DASHBOARD_READY
        part = Part(command, ready, environment, self.folder / f"{name}.log")
        part.start(self.is_over)
        return part


@contextlib.contextmanager
def running_pair(folder: Path) -> Iterator[Pair]:
    """The pair over `folder`/data, which may be a file system of its own; logs are kept in `folder`."""
    pair = Pair(folder)
    pair.data_dir.mkdir(exist_ok=True)
    with contextlib.ExitStack() as stack:
        # The backend first: its settings are the dashboards'.
        pair.parts[BACKEND] = pair.part(BACKEND, "deploy.local.backend", "--data-dir", str(pair.data_dir))
        stack.callback(_kill_all, pair.parts)
        targets = zip(NETWORKS, (BACKEND, BACKEND, STUDENT), strict=True)
        for network, target in targets:
            pair.networks[network] = stack.enter_context(TcpProxy(pair.ports[target]))
        feed = f"127.0.0.1:{pair.networks['feed'].port}"
        student = {
            "EXAM_RESULTS_API_URL": f"http://{feed}/graphql",
            "EXAM_RESULTS_COGNITO_ENDPOINT_URL": f"http://{feed}",
        }
        teacher = {"EXAM_RESULTS_SESSION_KEY": "robust-" * 8}
        pair.parts[STUDENT] = pair.part(STUDENT, "student_app", **{**pair.settings, **student})
        pair.parts[TEACHER] = pair.part(TEACHER, "teacher_app", **{**pair.settings, **teacher})
        try:
            yield pair
        finally:
            pair.is_over.set()


def _kill_all(parts: Mapping[str, Part]) -> None:
    for part in parts.values():
        part.kill()
