"""ministack as a process of the tests: started on a free loopback port, ended with a deadline."""

import socket
import subprocess
import threading
from pathlib import Path
from types import TracebackType

from tests.deploy.aws.tools import EMULATOR_ENVIRONMENT, node_environment

__all__ = ["Emulator"]

READY_WITHIN_S = 60.0
END_WITHIN_S = 10.0
_READY_WORDS = "Running on http"
_SERVE = Path(__file__).parent / "emulator" / "serve.py"


class Emulator:
    """`with Emulator(folder) as emulator:` runs one; `emulator.url` has no slash at its end."""

    def __init__(self, folder: Path) -> None:
        self._port = _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        self.log: list[str] = []
        self._is_ready = threading.Event()
        environment = {
            **node_environment(),
            "GATEWAY_PORT": str(self._port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(folder),
            "S3_DATA_DIR": str(folder / "s3"),
        }
        for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
            environment.pop(name, None)
        self._process = subprocess.Popen(
            [str(EMULATOR_ENVIRONMENT / "bin" / "python"), str(_SERVE)],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log, name="emulator-log", daemon=True)
        self._reader.start()

    def __enter__(self) -> "Emulator":
        is_ready = self._is_ready.wait(READY_WITHIN_S)
        if not is_ready or self._process.poll() is not None:
            self.close()
            raise RuntimeError("the emulator did not start:\n" + "\n".join(self.log[-30:]))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the process, asking first; then the thread that reads its log."""
        self._process.terminate()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(END_WITHIN_S)
        self._reader.join(END_WITHIN_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.log.append(line.rstrip("\n"))
            if _READY_WORDS in line:
                self._is_ready.set()
        self._is_ready.set()  # it has ended: nobody need wait longer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
