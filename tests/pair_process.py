"""The one command as a real process on free ports: backend and both dashboards, started by the supervisor."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tests.ports import free_ports
from tests.server_process import ServerProcess

__all__ = ["READY", "PairProcess"]

READY = "Ctrl-C ends everything"


class PairProcess(ServerProcess):
    """`python -m deploy.local` over `data_dir`; the constructor returns once it has said `until`."""

    def __init__(
        self,
        data_dir: Path,
        *arguments: str,
        ports: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
        until: str = READY,
    ) -> None:
        self.data_dir = data_dir
        self.ports = tuple(ports or free_ports(3))
        options = ("--teacher-port", "--student-port", "--backend-port")
        command = [
            *(sys.executable, "-m", "deploy.local", "--data-dir", str(data_dir)),
            *(text for pair in zip(options, map(str, self.ports), strict=True) for text in pair),
            *arguments,
        ]
        super().__init__(command, re.escape(until), environment=environment)

    @property
    def teacher_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @property
    def student_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def backend_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[2]}"

    def password_of(self, username: str) -> str:
        """The temporary password that the command printed for this account."""
        found = re.search(rf"name +{re.escape(username)}\n +password +(\S+)", self.output)
        assert found, f"no password of {username} was printed:\n{self.output}"
        return found[1]

    def children(self) -> list[psutil.Process]:
        """Every process below the command's own."""
        return psutil.Process(self.process.pid).children(recursive=True)
