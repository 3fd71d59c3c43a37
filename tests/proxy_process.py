"""The containers' proxy as a real process on free ports: Caddy with the shipped Caddyfile and certificates of
its own making, in front of whatever listens at the two upstreams.

A context manager that leaves nothing behind.
"""

import importlib.util
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import requests

from tests.ports import quiet_ports
from tests.server_process import ROOT
from tests.waiting import wait_until

__all__ = ["ProxyProcess", "streamlit_static_folder"]

CADDYFILE = ROOT / "deploy" / "containers" / "Caddyfile"
START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0


def streamlit_static_folder() -> Path:
    """Streamlit's own files, as the image's build finds them."""
    spec = importlib.util.find_spec("streamlit")  # without importing it, which takes a second
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "static"


class ProxyProcess:
    """`folder` keeps certificates; `static_root` is served under /static/ without asking the dashboards."""

    def __init__(
        self,
        folder: Path,
        *,
        student_port: int,
        teacher_port: int,
        static_root: Path,
        ports: tuple[int, int] | None = None,
    ) -> None:
        student, teacher = ports or quiet_ports(2)
        self.student_port = student
        self.student_url = f"https://localhost:{student}"
        self.teacher_url = f"https://localhost:{teacher}"
        self.http_port = quiet_ports(1)[0]
        self.certificate = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        self.log_path = folder / "proxy.log"
        caddy = Path(sys.executable).with_name("caddy")
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [str(caddy), "run", "--config", str(CADDYFILE), "--adapter", "caddyfile"],
                env={
                    **os.environ,
                    "XDG_DATA_HOME": str(folder),
                    "XDG_CONFIG_HOME": str(folder),
                    "HTTP_PORT": str(self.http_port),
                    "HTTPS_PORT": str(student),
                    "STUDENT_SITE": self.student_url,
                    "TEACHER_SITE": self.teacher_url,
                    "STUDENT_UPSTREAM": f"127.0.0.1:{student_port}",
                    "TEACHER_UPSTREAM": f"127.0.0.1:{teacher_port}",
                    "STATIC_ROOT": str(static_root),
                },
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        try:
            wait_until(self._answers, deadline_s=START_DEADLINE_S, what="the proxy")
        except BaseException:
            self.stop(signal.SIGKILL)
            print(self.log_path.read_text())
            raise

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log_path.read_text()
        if not self.certificate.is_file():
            return False
        threading.Event().wait(0.1)
        try:
            for url in (self.student_url, self.teacher_url):
                requests.get(f"{url}/metrics", verify=str(self.certificate), timeout=2)
        except requests.RequestException:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(STOP_DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
