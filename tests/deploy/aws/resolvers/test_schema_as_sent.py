"""The schema that CloudFormation sends is one that AppSync's own, older parser accepts."""

import re
import subprocess
from pathlib import Path

import pytest
from cfnlint.decode import decode

from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, read_template
from tests.deploy.aws.tools import LINT_FOLDER, missing, node_tool

SCRIPT = Path(__file__).with_name("parse_schema.mjs")


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The schema's text in the uploaded template."""
    place = tmp_path_factory.mktemp("sent") / "backend.yaml"
    place.write_text(read_template(BACKEND_TEMPLATE), encoding="utf-8")
    template, _ = decode(str(place))
    return str(template["Resources"]["Schema"]["Properties"]["Definition"])


def parse(schema: str) -> subprocess.CompletedProcess[str]:
    if not (LINT_FOLDER / "node_modules" / "graphql").is_dir():
        missing("the older GraphQL parser")
    words = [*node_tool("node"), str(SCRIPT)]
    return subprocess.run(words, input=schema, capture_output=True, text=True, check=False)


def test_an_older_parser_accepts_the_schema_as_it_is_sent(sent: str) -> None:
    parsed = parse(sent)
    assert parsed.returncode == 0, parsed.stderr


def test_the_schema_has_no_description_and_no_comment_before_a_value_of_an_enum(sent: str) -> None:
    assert not re.search(r'^\s*"', sent, re.MULTILINE)
    for body in re.findall(r"^enum \w+ \{(.*?)^\}", sent, re.MULTILINE | re.DOTALL):
        assert "#" not in body


@pytest.mark.parametrize("description", ['"One line."', '"""Three\nlines\n"""'])
def test_the_older_parser_refuses_descriptions(sent: str, description: str) -> None:
    described = parse(sent.replace("type Exam ", f"{description}\ntype Exam ", 1))
    assert described.returncode == 1
    assert "Syntax Error" in described.stderr
