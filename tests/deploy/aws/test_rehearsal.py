"""`rehearse` does everything once, as far as an emulator can, and leaves nothing, however it ends."""

import itertools
from pathlib import Path

import boto3
import pytest

from deploy.aws import __main__ as command_line
from deploy.aws import hosting
from deploy.aws.image_engine import ImageEngine
from tests.deploy.aws.hosting_on_emulator import hosting_template_for_emulator, register_image
from tests.deploy.aws.recorded_engine import RecordedEngine
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator

_names = (f"school-{number}" for number in itertools.count())


@pytest.fixture
def name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    monkeypatch.setattr(hosting, "HOSTING_TEMPLATE", hosting_template_for_emulator(tmp_path))
    return next(_names)


def use_engine(monkeypatch: pytest.MonkeyPatch, run: object) -> None:
    engine = ImageEngine("docker", run)  # type: ignore[arg-type]
    monkeypatch.setattr(command_line, "find_engine", lambda _which, _folder: engine)


def left_of(operator: Operator, name: str) -> list[str]:
    """Stacks, tables, user pools and repositories of this name."""
    with account_of_emulator():
        services = {
            service: boto3.client(service, endpoint_url=operator.endpoint_url, region_name=REGION)
            for service in ("cloudformation", "dynamodb", "cognito-idp", "ecr")
        }
    try:
        stacks = services["cloudformation"].list_stacks()["StackSummaries"]
        found = [one["StackName"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"]
        found += services["dynamodb"].list_tables()["TableNames"]
        found += [
            pool["Name"] for pool in services["cognito-idp"].list_user_pools(MaxResults=60)["UserPools"]
        ]
        found += [one["repositoryName"] for one in services["ecr"].describe_repositories()["repositories"]]
    finally:
        for service in services.values():
            service.close()
    return [one for one in found if one.startswith(f"{name}-")]


def test_it_says_its_cost_beforehand_and_makes_nothing_without_a_yes(operator: Operator, name: str) -> None:
    assert operator.run("rehearse", "--stack-name", name, answers=("n",)) == 1
    assert operator.said[0].startswith(
        f"A rehearsal on stacks of its own, {name}-rehearsal: about 1.9 hours and $0."
    )
    assert operator.asked == ["Begin? [y/N] "]
    assert left_of(operator, name) == []


def test_on_an_emulator_exactly_what_it_cannot_show_fails_or_is_left_out_and_nothing_is_left(
    operator: Operator, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_engine(monkeypatch, RecordedEngine(on_push=lambda image: register_image(operator, image)))
    assert operator.run("rehearse", "--stack-name", name) == 1
    told = operator.said[operator.said.index(f"Removing {name}-rehearsal.") :]
    outcomes = {
        line[:20].strip(): line[21:].partition(" in ")[0].partition(":")[0]
        for line in told
        if line[21:].startswith(("done", "FAILED", "left out"))
    }
    assert outcomes == {
        "up": "done",
        "smoke": "FAILED",
        "host": "done",
        "smoke of the pages": "left out",
        "100 viewers": "left out",
        "key change": "done",
        "bad image": "left out",
        "down and adopt": "done",
        "down --delete-data": "done",
    }
    assert operator.said[-1] == "1 of the steps failed: smoke."
    assert left_of(operator, name) == []


def test_it_removes_what_a_killed_rehearsal_left_and_all_that_it_made_before_a_failure(
    operator: Operator, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = f"{name}-rehearsal"
    assert operator.run("up", "--stack-name", rest) == 0
    assert operator.run("down", "--stack-name", rest) == 0
    assert operator.run("up", "--empty", "--stack-name", rest) == 0
    use_engine(monkeypatch, RecordedEngine(fails_at="build"))
    assert operator.run("rehearse", "--stack-name", name) == 1
    assert "key change           left out: it needs host" in operator.said
    for step in ("up", "down and adopt"):
        assert any(line.startswith(f"{step:<20} done in") for line in operator.said)
    assert operator.said[-1] == "2 of the steps failed: smoke, host."
    assert left_of(operator, name) == []


def test_an_interrupted_rehearsal_removes_what_it_made(
    operator: Operator, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_words: list[str], _typed: str | None) -> int:
        assert left_of(operator, name) != []
        raise KeyboardInterrupt

    use_engine(monkeypatch, interrupt)
    assert operator.run("rehearse", "--stack-name", name) == 130
    assert left_of(operator, name) == []
