"""cfn-lint finds nothing in any template, and would find a fault."""

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


def cfn_lint(*paths: Path) -> subprocess.CompletedProcess[str]:
    command = str(Path(sys.executable).with_name("cfn-lint"))
    words = [command, "--non-zero-exit-code", "informational", "--include-checks", "I", "-r", *REGIONS]
    found = subprocess.run([*words, "--", *map(str, paths)], capture_output=True, text=True, check=False)
    assert found.stderr == ""
    return found


def test_cfn_lint_finds_nothing_as_written_nor_in_what_is_deployed(tmp_path: Path) -> None:
    """All templates in one run, because starting the tool takes longer than checking."""
    deployed = tmp_path / "deployed.yaml"
    deployed.write_text(read_template(BACKEND_TEMPLATE), encoding="utf-8")
    written = sorted(BACKEND_TEMPLATE.parent.glob("*.yaml"))
    assert written == sorted((BACKEND_TEMPLATE, HOSTING_TEMPLATE, IMAGES_TEMPLATE))

    found = cfn_lint(*written, deployed)

    assert found.stdout == ""
    assert found.returncode == 0


def test_cfn_lint_would_find_a_fault(tmp_path: Path) -> None:
    plantings = {
        BACKEND_TEMPLATE: ("BillingMode: PAY_PER_REQUEST", "BillingMode: PAY_LATER"),
        HOSTING_TEMPLATE: ("NetworkMode: awsvpc", "NetworkMode: carrier-pigeon"),
    }
    for template, (right, wrong) in plantings.items():
        text = template.read_text(encoding="utf-8")
        assert right in text
        (tmp_path / template.name).write_text(text.replace(right, wrong), encoding="utf-8")

    found = cfn_lint(*sorted(tmp_path.iterdir()))

    assert found.returncode != 0
    assert "PAY_LATER" in found.stdout
    assert "carrier-pigeon" in found.stdout
