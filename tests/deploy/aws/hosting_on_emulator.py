"""What hosting needs on an emulator that runs no containers: pushed images, and a template that it knows."""

import json
import re
from pathlib import Path

import boto3

from deploy.aws.cloudformation.template import HOSTING_TEMPLATE
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator

__all__ = ["hosting_template_for_emulator", "register_image"]


def register_image(operator: Operator, image: str) -> None:
    """Registers an image with the emulator, as a push to its registry would."""
    repository, _, tag = image.rpartition("/")[2].rpartition(":")
    manifest = json.dumps({"schemaVersion": 2, "name": repository, "tag": tag})
    with account_of_emulator():
        ecr = boto3.client("ecr", endpoint_url=operator.endpoint_url, region_name=REGION)
    try:
        ecr.put_image(repositoryName=repository, imageManifest=manifest, imageTag=tag)
    finally:
        ecr.close()


def hosting_template_for_emulator(folder: Path) -> Path:
    """A copy of the template without scaling, which the emulator's CloudFormation refuses."""
    template = HOSTING_TEMPLATE.read_text(encoding="utf-8")
    for name in ("StudentScaling", "ViewersPolicy"):
        template, cuts = re.subn(rf"\n  {name}:\n(?:    .*\n|\n)+?(?=\n  [A-Z#])", "\n", template)
        assert cuts == 1
    copy = folder / "hosting.yaml"
    copy.write_text(template, encoding="utf-8")
    return copy
