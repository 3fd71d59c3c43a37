"""checkov and parliament find nothing in the templates but what is explained, and would find a fault."""

import copy
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


def test_checkov_finds_what_is_planted_and_else_only_what_is_explained(tmp_path: Path) -> None:
    """In the templates as they are deployed; in one run, because starting takes longer than checking."""
    require_checkers()
    for path in (BACKEND_TEMPLATE, HOSTING_TEMPLATE, IMAGES_TEMPLATE):
        (tmp_path / path.name).write_text(read_template(path), encoding="utf-8")
    right, wrong = (f"PointInTimeRecoveryEnabled: {is_enabled}" for is_enabled in ("true", "false"))
    text = read_template(BACKEND_TEMPLATE)
    assert right in text
    (tmp_path / "planted.yaml").write_text(text.replace(right, wrong), encoding="utf-8")
    python = str(CHECKERS_ENVIRONMENT / "bin" / "python")
    command = [python, "-m", "checkov.main", "--directory", str(tmp_path), "--output", "json"]
    command += ["--config-file", str(CHECKERS / "checkov.yaml")]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(found.stdout)
    failed = {(check["file_path"], check["check_id"]) for check in report["results"]["failed_checks"]}
    assert failed == {("/planted.yaml", "CKV_AWS_28")}


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
    """And those that are planted beside them are found."""
    given = policies()
    assert len(given) == 5
    plantings = {
        "UNKNOWN_ACTION": {"Action": "dynamodb:GetItems"},
        "RESOURCE_MISMATCH": {"Resource": "arn:aws:s3:::bucket"},
    }
    for issue, change in plantings.items():
        given[issue] = copy.deepcopy(given["ExamsRole exams"])
        given[issue]["Statement"][0] |= change
    lines = parliament(given)
    assert [line.split(": ")[:2] for line in lines] == [[issue, issue] for issue in plantings]
