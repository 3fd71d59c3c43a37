"""`publish-images` and `host`: the commands with a recorded engine, as far as the emulator supports them."""

import datetime as dt
import itertools
import os
from pathlib import Path

import boto3
import pytest

from deploy.aws import __main__ as command_line
from deploy.aws import hosting
from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, read_template
from deploy.aws.image_engine import ImageEngine
from tests.deploy.aws.hosting_on_emulator import hosting_template_for_emulator, register_image
from tests.deploy.aws.recorded_engine import RecordedEngine
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator
from tests.deploy.aws.tools import ROOT

_names = (f"hosted-{number}" for number in itertools.count())


@pytest.fixture
def recorded(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> RecordedEngine:
    run = RecordedEngine(on_push=lambda image: register_image(operator, image))
    monkeypatch.setattr(command_line, "find_engine", lambda _which, _folder: ImageEngine("docker", run))
    return run


def test_images_are_published_under_a_timestamp_tag(operator: Operator, recorded: RecordedEngine) -> None:
    name = next(_names)
    assert operator.run("publish-images", "--stack-name", name, "--architecture", "X86_64") == 0, (
        operator.text
    )
    steps = [words[1] for words in recorded.calls]
    assert steps == ["login", "build", "push", "build", "push"]
    pushed = [words[2] for words in recorded.calls if words[1] == "push"]
    assert [image.rpartition("/")[2].partition(":")[0] for image in pushed] == [
        f"{name}-images-teacher",
        f"{name}-images-student",
    ]
    tags = {image.rpartition(":")[2] for image in pushed}
    assert len(tags) == 1
    made_at = dt.datetime.strptime(tags.pop(), "%Y%m%d-%H%M%S-x86_64").replace(tzinfo=dt.UTC)
    assert abs(dt.datetime.now(dt.UTC) - made_at) < dt.timedelta(hours=1)


def test_a_failing_engine_ends_the_command_with_its_step(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = RecordedEngine(fails_at="build")
    monkeypatch.setattr(command_line, "find_engine", lambda _which, _folder: ImageEngine("docker", run))
    assert operator.run("publish-images", "--stack-name", next(_names)) == 1
    assert "docker could not build teacher" in operator.text


@pytest.fixture
def docker_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installs a program `docker` that records its calls; returns the path of the record."""
    notes = tmp_path / "notes"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    script = (
        "#!/bin/sh",
        '[ "$BUILDX_NO_DEFAULT_ATTESTATIONS" ] || exit 1',
        f'echo "$PWD: $*" >> {notes}',
        f'[ "$1" = login ] && {{ cat; echo; }} >> {notes}',
        "exit 0",
    )
    program.write_text("\n".join(script), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return notes


def test_the_installed_engine_signs_in_builds_and_pushes_from_the_checkout(
    operator: Operator, docker_on_path: Path
) -> None:
    name = next(_names)
    words = ("publish-images", "--architecture", "ARM64", "--stack-name", name)
    assert operator.run(*words) == 0, operator.text
    login, password, *steps = docker_on_path.read_text(encoding="utf-8").splitlines()
    registry = login.split()[-1]
    assert login == f"{ROOT}: login --username AWS --password-stdin {registry}"
    assert password
    assert password not in " ".join((login, *steps))
    images = [line.removeprefix("Published ") for line in operator.said if line.startswith("Published ")]
    tag = images[0].rpartition(":")[2]
    wanted = []
    for target, image in zip(("teacher", "student"), images, strict=True):
        assert image == f"{registry}/{name}-images-{target}:{tag}"
        wanted += [
            f"{ROOT}: build --platform linux/arm64 --target {target} --tag {image} "
            f"--build-arg VERSION={tag} --file deploy/containers/Dockerfile .",
            f"{ROOT}: push {image}",
        ]
    assert steps == wanted


def test_hosting_without_images_says_what_to_do_first(operator: Operator) -> None:
    name = next(_names)
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    assert operator.run("host", "--stack-name", name) == 1
    assert "publish-images" in operator.text


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--results-day", "2020-06-18T10:00", "--viewers", "3000"), "2020-06-18 10:00 is over."),
        (("--results-day", "2120-06-18T10:00"), "together with --viewers"),
    ],
)
def test_a_results_day_that_is_over_or_lacks_its_viewers_is_refused(
    operator: Operator, words: tuple[str, ...], line: str
) -> None:
    assert operator.run("host", "--stack-name", "none", *words) == 1
    assert line in operator.text


def forget_ecs_role(operator: Operator) -> None:
    """As in a new account."""
    with account_of_emulator():
        iam = boto3.client("iam", endpoint_url=operator.endpoint_url, region_name=REGION)
    try:
        for role in iam.list_roles(PathPrefix=f"/aws-service-role/{hosting.ECS_SERVICE}/")["Roles"]:
            iam.delete_role(RoleName=role["RoleName"])
    finally:
        iam.close()


@pytest.mark.usefixtures("recorded")
def test_host_creates_everything_that_the_emulator_supports_and_repeating_changes_nothing(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then removes it together with the backend."""
    monkeypatch.setattr(hosting, "HOSTING_TEMPLATE", hosting_template_for_emulator(tmp_path))
    forget_ecs_role(operator)
    name = next(_names)
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    assert operator.run("publish-images", "--stack-name", name) == 0, operator.text
    assert operator.run("host", "--stack-name", name) == 0, operator.text
    addresses = [line for line in operator.said if line.startswith(("teachers ", "students "))]
    assert len(addresses) == 2
    assert "ECS needs this role once in every account." in operator.text
    assert all("https://" in line for line in addresses)
    assert operator.run("host", "--stack-name", name) == 0, operator.text
    assert f"Nothing to change in {name}-hosting." in operator.said
    assert "ECS needs this role" not in operator.text
    assert operator.run("host", "--stack-name", name, "--new-origin-key") == 0, operator.text
    changes = [line for line in operator.said if line.startswith(f"Changes of {name}-hosting")]
    assert len(changes) == 3
    tomorrow = dt.datetime.now() + dt.timedelta(days=1)  # noqa: DTZ005  # as an operator types it
    results_day = ("--results-day", f"{tomorrow:%Y-%m-%dT%H:%M}", "--viewers", "3000")
    assert operator.run("host", "--stack-name", name, *results_day) == 0, operator.text
    assert operator.said[0].startswith("Results day: 5 student containers from ")
    assert operator.run("outputs", "--stack-name", name) == 0
    assert {line.split("=")[0] for line in operator.said} >= {"ApiUrl", "StudentUrl", "TeacherUrl"}
    assert operator.run("status", "--stack-name", name) == 0
    assert f"{name}-images: CREATE_COMPLETE" in operator.said
    assert operator.run("host", "--stack-name", name, "--image-tag", "never-made") == 1
    assert operator.said[-1].startswith("--image-tag: published are 20")
    assert operator.run("host", "--stack-name", name, "--student-containers-min", "9") == 1
    assert operator.said == ["--student-containers-max: 4 is less than the 9 that always run: say both."]
    other_version = tmp_path / "backend.yaml"
    other_version.write_text("# of a later checkout\n" + read_template(BACKEND_TEMPLATE), encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(hosting, "BACKEND_TEMPLATE", other_version)
        assert operator.run("host", "--stack-name", name, answers=("n",)) == 1
    assert "is of another version than this checkout" in operator.asked[0]
    assert operator.run("down", "--stack-name", name, "--delete-data") == 0, operator.text
    assert f"Deleted {name}-hosting." in operator.said
    assert f"Deleted {name}-images." in operator.said


@pytest.mark.usefixtures("recorded")
def test_what_a_stack_left_that_was_deleted_in_the_console_is_removed_and_its_data_are_named(
    operator: Operator,
) -> None:
    name = next(_names)
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    assert operator.run("publish-images", "--stack-name", name) == 0, operator.text
    with account_of_emulator():
        cloud = boto3.client("cloudformation", endpoint_url=operator.endpoint_url, region_name=REGION)
    try:
        cloud.delete_stack(StackName=name)
        cloud.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    finally:
        cloud.close()
    assert operator.run("down", "--stack-name", name) == 0, operator.text
    assert f"Deleted {name}-images." in operator.said
    for words in ((), ("--delete-data",)):
        assert operator.run("down", "--stack-name", name, *words) == 1
        assert operator.said[-1].startswith(f"An earlier {name} left its data:")
    assert operator.run("delete-kept", "--stack-name", name) == 0, operator.text
