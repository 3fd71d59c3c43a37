"""Hosting: the templates' own promises, and the commands with a recorded engine on the emulator."""

import datetime as dt
import itertools
import json
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest
from cfnlint.decode import decode

from deploy.aws import __main__ as command_line
from deploy.aws import hosting, image_engine
from deploy.aws.errors import EngineFailed, InputWrong
from deploy.aws.image_engine import ImageEngine, find_engine
from deploy.aws.template import HOSTING_TEMPLATE, IMAGES_TEMPLATE
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator
from tests.deploy.aws.test_template import cfn_lint
from tests.deploy.aws.tools import ROOT

_names = (f"hosted-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    template, problems = decode(str(HOSTING_TEMPLATE))
    assert not problems
    return dict(template["Resources"])


def of_type(resources: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: item["Properties"] for name, item in resources.items() if item["Type"] == kind}


# What the template promises.


@pytest.mark.parametrize("template", [HOSTING_TEMPLATE, IMAGES_TEMPLATE], ids=lambda path: path.stem)
def test_cfn_lint_finds_nothing(template: Path) -> None:
    found = cfn_lint(template)
    assert found.stdout == ""
    assert found.returncode == 0


def test_the_containers_have_no_rights_and_their_fetching_role_only_images_and_logs(
    resources: dict[str, Any],
) -> None:
    tasks = of_type(resources, "AWS::ECS::TaskDefinition")
    assert set(tasks) == {"TeacherTask", "StudentTask"}
    assert all("TaskRoleArn" not in task for task in tasks.values())
    (role,) = of_type(resources, "AWS::IAM::Role").values()
    (policy,) = role["Policies"]
    actions = {
        action
        for statement in policy["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert actions == {
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:BatchGetImage",
        "ecr:GetDownloadUrlForLayer",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    }


def test_containers_run_without_capabilities_and_show_their_health(resources: dict[str, Any]) -> None:
    for task in of_type(resources, "AWS::ECS::TaskDefinition").values():
        for container in task["ContainerDefinitions"]:
            assert container["LinuxParameters"]["Capabilities"] == {"Drop": ["ALL"]}
        assert any("HealthCheck" in container for container in task["ContainerDefinitions"])


def test_only_cloudfront_reaches_the_load_balancer_and_only_with_its_key(resources: dict[str, Any]) -> None:
    door = resources["LoadBalancerDoor"]["Properties"]["SecurityGroupIngress"]
    assert [rule.get("SourcePrefixListId") for rule in door] == [{"Ref": "CloudFrontPrefixList"}]
    (listener,) = of_type(resources, "AWS::ElasticLoadBalancingV2::Listener").values()
    (otherwise,) = listener["DefaultActions"]
    assert otherwise["FixedResponseConfig"]["StatusCode"] == "403"
    rules = of_type(resources, "AWS::ElasticLoadBalancingV2::ListenerRule")
    forwarding = [rule for rule in rules.values() if rule["Actions"][0]["Type"] == "forward"]
    assert len(forwarding) == 2
    for rule in forwarding:
        headers = [condition.get("HttpHeaderConfig", {}) for condition in rule["Conditions"]]
        assert {"HttpHeaderName": "X-Origin-Key", "Values": [{"Ref": "OriginKey"}]} in headers


def test_inner_paths_are_not_published(resources: dict[str, Any]) -> None:
    rule = resources["InsidesRule"]["Properties"]
    assert rule["Priority"] == min(
        other["Priority"]
        for other in of_type(resources, "AWS::ElasticLoadBalancingV2::ListenerRule").values()
    )
    (condition,) = rule["Conditions"]
    assert {"/metrics*", "/_stcore/metrics*"} <= set(condition["PathPatternConfig"]["Values"])
    assert rule["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"


def test_sessions_stay_with_their_container_and_quiet_connections_stay_open(
    resources: dict[str, Any],
) -> None:
    for group in of_type(resources, "AWS::ElasticLoadBalancingV2::TargetGroup").values():
        assert {"Key": "stickiness.enabled", "Value": "true"} in group["TargetGroupAttributes"]
    balancer = resources["LoadBalancer"]["Properties"]["LoadBalancerAttributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "4000"} in balancer


def test_a_bad_version_is_taken_back_and_alarms_watch_over_it(resources: dict[str, Any]) -> None:
    alarms = set(of_type(resources, "AWS::CloudWatch::Alarm"))
    services = of_type(resources, "AWS::ECS::Service")
    assert set(services) == {"TeacherService", "StudentService"}
    for service in services.values():
        rollout = service["DeploymentConfiguration"]
        assert rollout["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}
        assert rollout["MinimumHealthyPercent"] == 100
        assert {name["Ref"] for name in rollout["Alarms"]["AlarmNames"]} <= alarms


def test_a_new_version_takes_no_containers_from_a_service_that_has_grown(resources: dict[str, Any]) -> None:
    assert "DesiredCount" not in resources["StudentService"]["Properties"]


def test_containers_start_when_there_is_a_way_out_to_fetch_them(resources: dict[str, Any]) -> None:
    ways_out = {"RouteOut", "RoutesOfFirstSubnet", "RoutesOfSecondSubnet"}
    for name in ("TeacherService", "StudentService"):
        assert ways_out < set(resources[name]["DependsOn"])


def test_the_student_service_grows_with_its_viewers(resources: dict[str, Any]) -> None:
    (policy,) = of_type(resources, "AWS::ApplicationAutoScaling::ScalingPolicy").values()
    tracked = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
    (metric,) = of_type(resources, "AWS::Logs::MetricFilter").values()
    (made,) = metric["MetricTransformations"]
    assert (tracked["Namespace"], tracked["MetricName"]) == (made["MetricNamespace"], made["MetricName"])
    assert made["MetricValue"] == "$.viewers"


# The engines.


class RecordedEngine:
    """Takes the place of the program: remembers what it was told, fails where it shall."""

    def __init__(self, fails_at: str = "") -> None:
        self.told: list[list[str]] = []
        self.typed: list[str | None] = []
        self._fails_at = fails_at

    def __call__(self, words: Sequence[str], typed: str | None) -> int:
        self.told.append(list(words))
        self.typed.append(typed)
        return 7 if self._fails_at and self._fails_at in words else 0


def test_the_password_is_typed_and_stands_in_no_command_line() -> None:
    run = RecordedEngine()
    ImageEngine("docker", run).sign_in("registry.example", "AWS", "secret-word")
    assert run.told == [["docker", "login", "--username", "AWS", "--password-stdin", "registry.example"]]
    assert run.typed == ["secret-word"]


@pytest.mark.parametrize(
    ("name", "architecture", "platform"),
    [("docker", "ARM64", "linux/arm64"), ("buildah", "X86_64", "linux/amd64")],
)
def test_a_target_is_built_for_the_wanted_machine(name: str, architecture: str, platform: str) -> None:
    run = RecordedEngine()
    ImageEngine(name, run).build("student", "here:1", architecture, "1")
    (words,) = run.told
    assert words[:2] == [name, "build"]
    assert words[words.index("--platform") + 1] == platform
    assert words[words.index("--target") + 1] == "student"
    assert words[words.index("--file") + 1] == "deploy/containers/Dockerfile"
    assert ("--format" in words) == (name == "buildah"), "the other format has no healthchecks"
    assert words[-1] == "."


def test_an_engine_that_fails_is_told() -> None:
    with pytest.raises(EngineFailed, match="docker could not push") as failure:
        ImageEngine("docker", RecordedEngine(fails_at="push")).push("here:1")
    assert failure.value.status == 7


def test_the_first_installed_engine_is_used_and_none_is_told(tmp_path: Path) -> None:
    assert find_engine(lambda name: "/bin/it" if name == "podman" else None, tmp_path).name == "podman"
    with pytest.raises(InputWrong, match="docker, podman, buildah"):
        find_engine(lambda _name: None, tmp_path)


def test_the_engine_runs_in_the_checkout(tmp_path: Path) -> None:
    engine = find_engine(lambda name: shutil.which("cat") if name == "docker" else None, tmp_path)
    assert engine.run(["pwd"], None) == 0
    assert engine.run(["test", "-d", str(tmp_path)], "typed") == 0
    assert engine.run(["false"], None) == 1


# The commands, on the emulator.


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> RecordedEngine:
    run = RecordedEngine()
    monkeypatch.setattr(command_line, "find_engine", lambda _which, _folder: ImageEngine("docker", run))
    return run


def push_for(operator: Operator, recorded: RecordedEngine) -> None:
    """What the registry has after a push: the emulator is told of the images that were to be pushed."""
    with account_of_emulator():
        ecr = boto3.client("ecr", endpoint_url=operator.endpoint_url, region_name=REGION)
    try:
        for words in recorded.told:
            if words[1] == "push":
                repository, _, tag = words[2].rpartition("/")[2].rpartition(":")
                manifest = json.dumps({"schemaVersion": 2, "name": repository, "tag": tag})
                ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)
    finally:
        ecr.close()


def test_images_are_published_under_a_tag_of_the_moment(operator: Operator, recorded: RecordedEngine) -> None:
    name = next(_names)
    assert operator.run("publish-images", "--stack-name", name, "--architecture", "X86_64") == 0, (
        operator.text
    )
    steps = [words[1] for words in recorded.told]
    assert steps == ["login", "build", "push", "build", "push"]
    pushed = [words[2] for words in recorded.told if words[1] == "push"]
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
    """A program `docker` that writes down how it was called; gives its notes."""
    notes = tmp_path / "notes"
    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\necho "$PWD: $*" >> {notes}\n[ "$1" = login ] && {{ cat; echo; }} >> {notes}\nexit 0\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return notes


def test_the_installed_engine_is_told_in_the_checkout_to_sign_in_build_and_push(
    operator: Operator, docker_on_path: Path
) -> None:
    name = next(_names)
    assert operator.run("publish-images", "--stack-name", name) == 0, operator.text
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


def test_every_platform_of_the_command_line_is_one_of_the_template() -> None:
    template, _ = decode(str(HOSTING_TEMPLATE))
    assert set(image_engine.PLATFORMS) == set(template["Parameters"]["CpuArchitecture"]["AllowedValues"])


def as_the_emulator_knows_it(template: str) -> str:
    """The template without scaling: the emulator's CloudFormation refuses a template that names it."""
    for name in ("StudentScaling", "ViewersPolicy"):
        template, cuts = re.subn(rf"\n  {name}:\n(?:    .*\n|\n)+?(?=\n  [A-Z#])", "\n", template)
        assert cuts == 1
    return template


def test_host_makes_everything_that_the_emulator_knows_and_again_changes_nothing(
    operator: Operator, recorded: RecordedEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And then, with the backend, takes it away."""
    known = tmp_path / "hosting.yaml"
    known.write_text(as_the_emulator_knows_it(HOSTING_TEMPLATE.read_text("utf-8")), encoding="utf-8")
    monkeypatch.setattr(hosting, "HOSTING_TEMPLATE", known)
    name = next(_names)
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    assert operator.run("publish-images", "--stack-name", name) == 0, operator.text
    push_for(operator, recorded)
    assert operator.run("host", "--stack-name", name) == 0, operator.text
    addresses = [line for line in operator.said if line.startswith(("teachers ", "students "))]
    assert len(addresses) == 2
    assert all("https://" in line for line in addresses)
    assert operator.run("host", "--stack-name", name) == 0, operator.text
    assert f"Nothing to change in {name}-hosting." in operator.said
    assert operator.run("outputs", "--stack-name", name) == 0
    assert {line.split("=")[0] for line in operator.said} >= {"ApiUrl", "StudentUrl", "TeacherUrl"}
    assert operator.run("status", "--stack-name", name) == 0
    assert f"{name}-images: CREATE_COMPLETE" in operator.said
    assert operator.run("down", "--stack-name", name, "--delete-data") == 0, operator.text
    assert f"Deleted {name}-hosting." in operator.said
    assert f"Deleted {name}-images." in operator.said
