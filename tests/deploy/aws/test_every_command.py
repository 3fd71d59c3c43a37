"""Every command in every state of the stack that an emulator can have: done, or refused with what to do."""

import itertools
from pathlib import Path

import pytest

from deploy.aws import __main__ as command_line
from deploy.aws import commands
from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, read_template
from deploy.aws.image_engine import ImageEngine
from tests.deploy.aws.recorded_engine import RecordedEngine
from tests.deploy.aws.stack_operator import Operator

pytestmark = pytest.mark.timeout(180)
_names = (f"state-{number}" for number in itertools.count())
NEEDS_A_STACK = (
    ("status",),
    ("outputs",),
    ("env",),
    ("smoke",),
    ("list-teachers",),
    ("add-teacher", "ada", "--show"),
    ("reset-password", "ada", "--show"),
    ("disable-teacher", "ada"),
    ("enable-teacher", "ada"),
    ("sign-out-teacher", "ada"),
    ("export-backup", "new.tar"),
    ("host",),
)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    run = ImageEngine("docker", RecordedEngine(fails_at="build"))
    monkeypatch.setattr(command_line, "find_engine", lambda _which, _folder: run)


@pytest.fixture
def name() -> str:
    return next(_names)


def refused(operator: Operator, name: str, *words: str) -> str:
    """The one line with which the command is refused: a traceback would come through."""
    assert operator.run(*words, "--stack-name", name) == 1, operator.text
    return operator.said[-1]


def test_without_a_stack_every_command_that_needs_one_says_how_to_make_it(
    operator: Operator, name: str
) -> None:
    for words in (*NEEDS_A_STACK, ("down",), ("down", "--delete-data")):
        assert "python -m deploy.aws up" in refused(operator, name, *words), words
    assert "nothing to adopt" in refused(operator, name, "adopt")
    assert operator.run("delete-kept", "--stack-name", name) == 0
    assert operator.said == [f"Nothing was kept of {name}."]


def test_after_a_failed_creation_every_command_says_how_to_go_on_and_up_and_down_work(
    operator: Operator, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.yaml"
    text = read_template(BACKEND_TEMPLATE)
    assert "!GetAtt ResultsRole.Arn" in text
    broken.write_text(text.replace("!GetAtt ResultsRole.Arn", "!GetAtt ResultsRole.NoSuch"), encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(commands, "BACKEND_TEMPLATE", broken)
        assert "ROLLBACK_COMPLETE" in refused(operator, name, "up")
    assert operator.run("status", "--stack-name", name) == 0
    assert operator.said[0].endswith(": ROLLBACK_COMPLETE")
    for words in NEEDS_A_STACK[2:]:
        assert "python -m deploy.aws up" in refused(operator, name, *words), words
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    assert operator.run("down", "--delete-data", "--stack-name", name) == 0, operator.text


def test_after_down_the_kept_data_wait_and_every_other_command_says_so(operator: Operator, name: str) -> None:
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    assert operator.run("down", "--stack-name", name) == 0, operator.text
    for words in NEEDS_A_STACK:
        assert "python -m deploy.aws up" in refused(operator, name, *words), words
    assert "adopt" in refused(operator, name, "up")
    assert operator.run("adopt", "--stack-name", name) == 0, operator.text
    assert operator.run("down", "--delete-data", "--stack-name", name) == 0, operator.text
    assert operator.run("delete-kept", "--stack-name", name) == 0
    assert operator.said == [f"Nothing was kept of {name}."]
