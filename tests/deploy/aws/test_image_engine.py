"""Building and pushing images: the engine's arguments, and how its failures are reported."""

import shutil
from pathlib import Path

import pytest

from deploy.aws.errors import EngineFailed, InputWrong
from deploy.aws.image_engine import ImageEngine, architecture_of, find_engine
from tests.deploy.aws.recorded_engine import RecordedEngine


def test_the_password_is_passed_on_standard_input_and_not_on_the_command_line() -> None:
    run = RecordedEngine()
    ImageEngine("docker", run).sign_in("registry.example", "AWS", "secret-word")
    assert run.calls == [["docker", "login", "--username", "AWS", "--password-stdin", "registry.example"]]
    assert run.typed == ["secret-word"]


@pytest.mark.parametrize(
    ("name", "architecture", "platform"),
    [("docker", "ARM64", "linux/arm64"), ("buildah", "X86_64", "linux/amd64")],
)
def test_a_target_is_built_for_the_requested_architecture(
    name: str, architecture: str, platform: str
) -> None:
    run = RecordedEngine()
    ImageEngine(name, run).build("student", "here:1", architecture, "1")
    (words,) = run.calls
    assert words[:2] == [name, "build"]
    assert words[words.index("--platform") + 1] == platform
    assert words[words.index("--target") + 1] == "student"
    assert words[words.index("--file") + 1] == "deploy/containers/Dockerfile"
    assert ("--format" in words) == (name == "buildah"), "the other format has no healthchecks"
    assert words[-1] == "."


@pytest.mark.parametrize(
    ("machine", "architecture"),
    [("x86_64", "X86_64"), ("AMD64", "X86_64"), ("aarch64", "ARM64"), ("arm64", "ARM64")],
)
def test_images_are_built_for_this_machines_architecture_by_default(machine: str, architecture: str) -> None:
    assert architecture_of(machine) == architecture


def test_an_engines_failure_is_reported() -> None:
    with pytest.raises(EngineFailed, match="docker could not push") as failure:
        ImageEngine("docker", RecordedEngine(fails_at="push")).push("here:1")
    assert failure.value.status == 7


def test_the_first_installed_engine_is_used_and_a_missing_one_is_reported(tmp_path: Path) -> None:
    assert find_engine(lambda name: "/bin/it" if name == "podman" else None, tmp_path).name == "podman"
    with pytest.raises(InputWrong, match="docker, podman, buildah"):
        find_engine(lambda _name: None, tmp_path)


def test_the_engine_runs_in_the_checkout(tmp_path: Path) -> None:
    engine = find_engine(lambda name: shutil.which("cat") if name == "docker" else None, tmp_path)
    assert engine.run(["pwd"], None) == 0
    assert engine.run(["test", "-d", str(tmp_path)], "typed") == 0
    assert engine.run(["false"], None) == 1
