"""cfn-lint finds nothing in any template, and finds what is planted."""

import subprocess
import sys
from pathlib import Path

import pytest

from deploy.aws.cloudformation.template import (
    BACKEND_TEMPLATE,
    HOSTING_TEMPLATE,
    IMAGES_TEMPLATE,
    read_template,
)

pytestmark = pytest.mark.timeout(300)  # it reads the specifications of three regions
REGIONS = ("eu-west-1", "eu-central-1", "us-east-1")


PLANTINGS = {
    BACKEND_TEMPLATE: ("BillingMode: PAY_PER_REQUEST", "BillingMode: PAY_LATER"),
    HOSTING_TEMPLATE: ("NetworkMode: awsvpc", "NetworkMode: carrier-pigeon"),
}


def cfn_lint(*paths: Path) -> list[str]:
    """Lines of path:line:column:line:column:rule:message."""
    command = str(Path(sys.executable).with_name("cfn-lint"))
    words = [command, "--format", "parseable", "--include-checks", "I", "-r", *REGIONS]
    found = subprocess.run([*words, "--", *map(str, paths)], capture_output=True, text=True, check=False)
    assert found.stderr == ""
    return found.stdout.splitlines()


def test_cfn_lint_finds_what_is_planted_and_nothing_as_written_nor_in_what_is_deployed(
    tmp_path: Path,
) -> None:
    """All templates in one run, because starting the tool takes longer than checking."""
    deployed = tmp_path / "deployed.yaml"
    deployed.write_text(read_template(BACKEND_TEMPLATE), encoding="utf-8")
    written = sorted(BACKEND_TEMPLATE.parent.glob("*.yaml"))
    assert written == sorted((BACKEND_TEMPLATE, HOSTING_TEMPLATE, IMAGES_TEMPLATE))
    planted = []
    for template, (right, wrong) in PLANTINGS.items():
        text = template.read_text(encoding="utf-8")
        assert right in text
        planted.append(tmp_path / f"planted-{template.name}")
        planted[-1].write_text(text.replace(right, wrong), encoding="utf-8")

    found = cfn_lint(*written, deployed, *planted)

    in_planted = [line for line in found if line.startswith(tuple(f"{path}:" for path in planted))]
    assert [line for line in found if line not in in_planted] == []
    for path, (_, wrong) in zip(planted, PLANTINGS.values(), strict=True):
        what = wrong.rpartition(" ")[2]
        assert any(line.startswith(f"{path}:") and what in line for line in in_planted), found
