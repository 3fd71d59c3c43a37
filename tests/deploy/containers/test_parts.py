"""The small programs inside the images: the healthcheck, slimming, precompressed files."""

import gzip
import http.server
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest

from deploy.containers.compress import compress_tree
from deploy.containers.healthcheck import is_healthy
from deploy.containers.slim import slim
from tests.deploy.containers.tools import ROOT
from tests.ports import free_port


class _Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        """Keeps the tests' output clean."""


@pytest.fixture
def address() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(5)


def test_an_app_that_answers_is_healthy_and_anything_else_is_reported(address: str) -> None:
    assert is_healthy(f"{address}/well") == (True, f"{address}/well: 200")
    assert is_healthy(f"{address}/ill") == (False, f"{address}/ill: 503")
    nobody = f"http://127.0.0.1:{free_port()}/well"
    answer, line = is_healthy(nobody)
    assert not answer
    assert "refused" in line


def test_the_healthcheck_ignores_proxies_in_the_environment(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("no_proxy", "")
    assert is_healthy(f"{address}/well")[0]


def test_the_healthcheck_reports_through_its_exit_status(address: str) -> None:
    command = [sys.executable, "-m", "deploy.containers.healthcheck"]
    well = subprocess.run([*command, f"{address}/well"], cwd=ROOT, capture_output=True, check=False)
    ill = subprocess.run([*command, f"{address}/ill"], cwd=ROOT, capture_output=True, check=False)
    assert (well.returncode, ill.returncode) == (0, 1)


def test_compressed_files_decompress_to_the_same_bytes_and_builds_are_reproducible(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "js").mkdir(parents=True)
    text = b"const exam = 1;\n" * 500
    (source / "js" / "a.js").write_bytes(text)
    noise = random.Random(1).randbytes(4000)  # like an image: already compressed
    (source / "font.woff2").write_bytes(noise)
    before, after = compress_tree(source, tmp_path / "one")
    compress_tree(source, tmp_path / "two")
    packed = tmp_path / "one" / "js"
    assert gzip.decompress((packed / "a.js.gz").read_bytes()) == text
    assert brotli.decompress((packed / "a.js.br").read_bytes()) == text
    assert (packed / "a.js").read_bytes() == text
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == ["font.woff2", "js"]
    assert before == len(text) + len(noise)
    assert len(noise) < after < before
    for name in ("a.js", "a.js.gz", "a.js.br"):
        assert (tmp_path / "two" / "js" / name).read_bytes() == (packed / name).read_bytes()


def test_a_slim_environment_runs_and_has_no_installer(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in (
        "pip/__init__.py",
        "pandas/tests/test_a.py",
        "pandas/__init__.py",
        "numpy/linalg/tests/b.py",
        "botocore/data/ec2/service.py",
        "botocore/data/cognito-idp/service.py",
    ):
        path = packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("kept = 1\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pip3").write_text("#!\n")
    assert slim(tmp_path) == 4 * len("kept = 1\n")
    left = sorted(str(path.relative_to(packages)) for path in packages.rglob("*.py"))
    assert left == ["botocore/data/cognito-idp/service.py", "pandas/__init__.py"]
    assert list((tmp_path / "bin").iterdir()) == []
    assert len(list((packages / "pandas" / "__pycache__").glob("*.pyc"))) == 1
