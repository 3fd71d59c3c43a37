"""What the AWS tests share: one emulator a test process, and a deployer on it that remembers what it said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.aws.__main__ import main
from deploy.aws.console import Console
from tests.deploy.aws.emulator_process import ACCOUNT_KEYS, Emulator
from tests.deploy.aws.evaluator import Evaluator
from tests.deploy.aws.tools import EMULATOR_ENVIRONMENT, missing, node_tool

__all__ = ["Operator"]

REGION = "eu-west-1"


class Operator:
    """Somebody at `python -m deploy.aws`: `run` gives the exit code, `said` has the last command's lines.

    `answers` are typed one after the other where the deployer asks; without any it runs with --yes.
    """

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self.said: list[str] = []
        self.asked: list[str] = []

    def run(self, *words: str, answers: tuple[str, ...] | None = None) -> int:
        self.said = []
        self.asked = []
        left = list(answers or ())

        def read(prompt: str) -> str:
            self.asked.append(prompt)
            return left.pop(0)

        console = Console(self.said.append, read if answers is not None else None, answers is None)
        return main([*words, "--endpoint-url", self.endpoint_url, "--region", REGION], console)

    @property
    def text(self) -> str:
        return "\n".join(self.said)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    if not (EMULATOR_ENVIRONMENT / "installed").is_file():
        missing("the AWS emulator")
    try:
        node_tool("node")
    except LookupError:
        missing("node")
    with Emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def operator(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Operator:
    for name, value in ACCOUNT_KEYS.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    # Nobody's own files are read.
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.chdir(tmp_path)
    return Operator(emulator.url)


@pytest.fixture(scope="session")
def evaluator() -> Iterator[Evaluator]:
    try:
        node_tool("node")
    except LookupError:
        missing("node")
    with Evaluator() as running:
        yield running
