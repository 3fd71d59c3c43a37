"""checkov and parliament find nothing in the templates but what is explained, and would find a fault."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode

from deploy.aws.cloudformation.template import (
    BACKEND_TEMPLATE,
    HOSTING_TEMPLATE,
    IMAGES_TEMPLATE,
    read_template,
)
from tests.deploy.aws.tools import CHECKERS_ENVIRONMENT, require_checkers

pytestmark = pytest.mark.timeout(120)
CHECKERS = Path(__file__).parents[1] / "checkers"
ACCOUNT = "eu-west-1:123456789012"
ARNS = {
    "Api": f"arn:aws:appsync:{ACCOUNT}:apis/api",
    "ExamsTable": f"arn:aws:dynamodb:{ACCOUNT}:table/exams",
    "ResultsTable": f"arn:aws:dynamodb:{ACCOUNT}:table/results",
    "SessionKey": f"arn:aws:secretsmanager:{ACCOUNT}:secret:session",
    "TeacherLogs": f"arn:aws:logs:{ACCOUNT}:log-group:teacher:*",
    "StudentLogs": f"arn:aws:logs:{ACCOUNT}:log-group:student:*",
}
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "123456789012"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the templates as they are deployed."""
    require_checkers()
    for path in (BACKEND_TEMPLATE, HOSTING_TEMPLATE, IMAGES_TEMPLATE):
        (tmp_path / path.name).write_text(read_template(path), encoding="utf-8")
    return tmp_path


def checkov(folder: Path) -> subprocess.CompletedProcess[str]:
    python = str(CHECKERS_ENVIRONMENT / "bin" / "python")
    words = [
        "-m",
        "checkov.main",
        "--directory",
        str(folder),
        "--config-file",
        str(CHECKERS / "checkov.yaml"),
    ]
    return subprocess.run([python, *words], capture_output=True, text=True, check=False)


def test_checkov_finds_only_what_is_explained(folder: Path) -> None:
    found = checkov(folder)
    assert found.returncode == 0, found.stdout
    assert "Failed checks: 0" in found.stdout


def test_checkov_would_find_a_fault(folder: Path) -> None:
    template = folder / BACKEND_TEMPLATE.name
    text = template.read_text(encoding="utf-8")
    template.write_text(text.replace("PointInTimeRecoveryEnabled: true", "PointInTimeRecoveryEnabled: false"))
    found = checkov(folder)
    assert found.returncode == 1
    assert "CKV_AWS_28" in found.stdout


def written_out(part: Any) -> Any:
    """A part of a template as IAM receives it, with an account and a region of the tests."""
    if isinstance(part, dict):
        if "Ref" in part:
            return ARNS[part["Ref"]]
        if "Fn::GetAtt" in part:
            return ARNS[part["Fn::GetAtt"][0]]
        if "Fn::Sub" in part:
            text = part["Fn::Sub"] if isinstance(part["Fn::Sub"], str) else part["Fn::Sub"][0]
            names = {**PSEUDO, **{f"{name}.Arn": arn for name, arn in ARNS.items()}, "Repository": "images"}
            return re.sub(r"\$\{([\w:.]+)\}", lambda match: names[match[1]], text)
        return {name: written_out(value) for name, value in part.items()}
    if isinstance(part, list):
        return [written_out(value) for value in part]
    return str(part)  # a policy's version reads like a date


def policies() -> dict[str, Any]:
    found = {}
    for path in (BACKEND_TEMPLATE, HOSTING_TEMPLATE):
        template, _ = decode(str(path))
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Role":
                for policy in resource["Properties"]["Policies"]:
                    found[f"{name} {policy['PolicyName']}"] = written_out(policy["PolicyDocument"])
    return found


def parliament(given: dict[str, Any]) -> list[str]:
    require_checkers()
    command = [
        str(CHECKERS_ENVIRONMENT / "bin" / "python"),
        "-W",
        "ignore",
        str(CHECKERS / "check_policies.py"),
    ]
    found = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


def test_every_policy_names_actions_that_exist_on_resources_that_they_have() -> None:
    given = policies()
    assert len(given) == 5
    assert parliament(given) == []


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"Action": "dynamodb:GetItems"}, "UNKNOWN_ACTION"),
        ({"Resource": "arn:aws:s3:::bucket"}, "RESOURCE_MISMATCH"),
    ],
)
def test_a_wrong_action_or_resource_would_be_found(change: dict[str, str], issue: str) -> None:
    given = policies()
    given["ExamsRole exams"]["Statement"][0] |= change
    (line,) = parliament(given)
    assert line.startswith(f"ExamsRole exams: {issue}: ")
