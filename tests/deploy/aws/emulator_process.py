"""ministack as a test process: started on a free loopback port, stopped with a deadline."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deploy.aws.tools import EMULATOR_ENVIRONMENT, node_environment
from tests.ports import free_port
from tests.server_process import ServerProcess

__all__ = ["Emulator"]

_SERVE = Path(__file__).parent / "emulator" / "serve.py"


class Emulator(ServerProcess):
    """`with Emulator(folder) as emulator:` runs one; `emulator.url` has no slash at its end."""

    def __init__(self, folder: Path) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._index_lags = folder / "index-lags"
        environment = {
            "INDEX_LAGS_WHILE": str(self._index_lags),
            "PATH": node_environment()["PATH"],
            "GATEWAY_PORT": str(port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(folder),
            "S3_DATA_DIR": str(folder / "s3"),
        }
        command = [str(EMULATOR_ENVIRONMENT / "bin" / "python"), str(_SERVE)]
        super().__init__(command, "Running on http", environment=environment, folder=folder)

    @contextmanager
    def lagging_indexes(self) -> Iterator[None]:
        """DynamoDB's global secondary indexes do not follow their tables within the block."""
        self._index_lags.touch()
        try:
            yield
        finally:
            self._index_lags.unlink()
