"""What operators mistype, and places that cannot be written: one clear line, and nothing is lost."""

from pathlib import Path

import pytest

from tests.deploy.aws.stack_operator import Operator

NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    """Without an emulator: what is refused here never gets to AWS."""
    monkeypatch.chdir(tmp_path)
    return Operator(NOWHERE)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("up", "--stack-name", "My School"), "small letters, digits and single hyphens"),
        (("up", "--stack-name", "School"), "small letters, digits and single hyphens"),
        (("up", "--stack-name", "1a"), "small letters, digits and single hyphens"),
        (("up", "--stack-name", "a--b"), "small letters, digits and single hyphens"),
        (("up", "--stack-name", "a" * 81), "at most 80 characters"),
        (
            ("host", "--viewers", "9", "--results-day", "2126-06-18"),
            "write day and time as in 2026-06-18T10:00",
        ),
        (
            ("host", "--viewers", "9", "--results-day", "21260618"),
            "write day and time as in 2026-06-18T10:00",
        ),
        (("host", "--viewers", "9", "--results-day", "ten"), "write day and time as in 2026-06-18T10:00"),
    ],
)
def test_an_argument_that_aws_or_the_school_would_understand_otherwise_is_refused(
    offline: Operator, words: tuple[str, ...], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        offline.run(*words)
    assert ended.value.code == 2
    assert reason in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("template", "missing/exam.yaml"), "missing/exam.yaml.new: No such file or directory"),
        (("template", "."), ".: Is a directory"),
        (("import-backup", "missing.tar"), "missing.tar: [Errno 2] No such file or directory"),
        (("add-teacher", "--from-file", "missing.csv"), "missing.csv: No such file or directory"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(
    operator: Operator, words: tuple[str, ...], line: str, stack: str
) -> None:
    assert operator.run(*words, "--stack-name", stack) == 1
    (said,) = operator.said
    assert said.startswith(line)


@pytest.fixture(scope="module")
def stack(emulator: object, tmp_path_factory: pytest.TempPathFactory) -> str:
    operator = Operator(emulator.url)  # type: ignore[attr-defined]
    assert operator.run("up", "--stack-name", "mistakes") == 0, operator.text
    return "mistakes"


def test_settings_that_do_not_fit_on_the_disk_leave_the_old_ones(
    operator: Operator, stack: str, tmp_path: Path
) -> None:
    settings = tmp_path / "dashboards.env"
    old = "EXAM_RESULTS_REGION=caf\xe9".encode("latin-1")  # of an editor that knows no UTF-8
    settings.write_bytes(old)
    beside = settings.with_name("dashboards.env.new")
    beside.symlink_to("/dev/full")
    words = ("env", "--write", str(settings), "--stack-name", stack)
    assert operator.run(*words) == 1
    assert operator.said == [f"{settings}: No space left on device"]
    assert settings.read_bytes() == old
    assert not beside.exists()
    assert operator.run(*words) == 0
    assert b"EXAM_RESULTS_API_URL" in settings.read_bytes()
