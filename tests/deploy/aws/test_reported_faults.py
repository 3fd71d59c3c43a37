"""Faults of AWS that others have reported publicly, as cases for what we send it."""

import re
import subprocess

import pytest
from cfnlint.decode import decode
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
    print_ast,
)

from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, HOSTING_TEMPLATE
from shared.api import operations
from tests.deploy.aws.evaluator import Evaluator
from tests.deploy.aws.tools import LINT_FOLDER, RESOLVERS, ROOT, missing, node_tool

MUTATIONS = sorted(
    text for name, text in vars(operations).items() if isinstance(text, str) and "mutation" in text[:9]
)
# Nobody subscribes to what its owner alone ever sees.
OWNERS_ALONE = {"createClassList", "updateClassList", "deleteClassList", "eraseChanges"}


def sources() -> dict[str, str]:
    found = {path.name: path.read_text(encoding="utf-8") for path in sorted(RESOLVERS.glob("*.js"))}
    assert found
    return found


def test_nothing_is_called_on_the_right_of_a_nullish_operator() -> None:
    """It is evaluated even if the left is not null (aws-amplify/amplify-category-api#3170)."""
    for name, text in sources().items():
        assert not re.findall(r"\?\?\s*[\w.]+\(", text), name


def test_no_arguments_are_spread_into_a_call() -> None:
    """Refused with TS2556 when the code is stored (aws/aws-appsync-community#323)."""
    for name, text in sources().items():
        assert not re.findall(r"\w\(\.\.\.", text), name


def test_no_early_return_is_of_null() -> None:
    """It ends in a "Runtime Error" (aws/aws-appsync-community#280)."""
    for name, text in sources().items():
        assert not re.findall(r"earlyReturn\((null|undefined)?\)", text), name


def test_the_types_are_such_as_appsync_accepts() -> None:
    """Code is type-checked when it is stored: a variable that takes a value of another shape, for example, is
    refused (aws/aws-appsync-community#279)."""
    compiler = LINT_FOLDER / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.is_file():
        missing("the resolvers' type checker")
    words = [*node_tool("node"), str(compiler), "--project", str(LINT_FOLDER / "tsconfig.check.json")]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    assert found.stdout == ""
    assert found.returncode == 0


def selected(document: str) -> tuple[str, set[str]]:
    """A mutation's field, and the fields of its answer, those of fragments included."""
    definitions = parse(document).definitions
    fragments = {
        one.name.value: one.selection_set for one in definitions if isinstance(one, FragmentDefinitionNode)
    }
    (operation,) = (one for one in definitions if isinstance(one, OperationDefinitionNode))
    (field,) = operation.selection_set.selections
    assert isinstance(field, FieldNode)

    def names(selections: SelectionSetNode | None) -> set[str]:
        found: set[str] = set()
        for one in selections.selections if selections else ():
            name = getattr(one, "name", None)
            if isinstance(one, FieldNode):
                found.add(one.name.value)
            elif name is not None:
                found |= names(fragments[name.value])
        return found

    return field.name.value, names(field.selection_set)


def subscriptions_to(mutation: str) -> list[str]:
    schema = parse((ROOT / "shared" / "api" / "schema.graphql").read_text(encoding="utf-8"))
    (fields,) = (
        one.fields
        for one in schema.definitions
        if isinstance(one, ObjectTypeDefinitionNode) and one.name.value == "Subscription"
    )
    return [
        field.name.value
        for field in fields
        for directive in field.directives
        if directive.name.value == "aws_subscribe" and f'"{mutation}"' in print_ast(directive)
    ]


def filtered_fields(evaluator: Evaluator, subscription: str) -> set[str]:
    resolver = "Subscription.exams" if subscription.endswith("Exam") else "Subscription.results"
    outcome = evaluator.response(
        resolver, args={}, identity={"sub": "ada"}, info={"fieldName": subscription}, result=None
    )
    assert outcome.filter is not None
    return {one["fieldName"] for group in outcome.filter["filterGroup"] for one in group["filters"]}


@pytest.mark.parametrize("document", MUTATIONS, ids=lambda text: selected(text)[0])
def test_every_mutation_selects_the_fields_by_which_its_events_are_filtered(
    evaluator: Evaluator, document: str
) -> None:
    """A filter sees only what was selected, at the answer's top level, never inside a list
    (aws/aws-appsync-community#186)."""
    mutation, fields = selected(document)
    subscriptions = subscriptions_to(mutation)
    for subscription in subscriptions:
        assert filtered_fields(evaluator, subscription) <= fields, subscription
    assert subscriptions or mutation in OWNERS_ALONE


def test_everything_that_appsync_checks_against_the_schema_waits_for_it() -> None:
    """Functions, too: "Schema is currently being altered" (hashicorp/terraform-provider-aws#16211); the CDK
    has each depend on the schema."""
    template, _ = decode(str(BACKEND_TEMPLATE))
    waiting = {
        name: resource.get("DependsOn")
        for name, resource in template["Resources"].items()
        if resource["Type"] in ("AWS::AppSync::FunctionConfiguration", "AWS::AppSync::Resolver")
    }
    assert waiting == dict.fromkeys(waiting, "Schema")


def test_descriptions_of_firewall_rules_have_only_the_characters_that_ec2_accepts() -> None:
    """No apostrophe, for one: "Invalid rule description", which cfn-lint does not find
    (aws-cloudformation/cfn-lint#1471)."""
    template, _ = decode(str(HOSTING_TEMPLATE))
    described = 0
    for resource in template["Resources"].values():
        if resource["Type"] != "AWS::EC2::SecurityGroup":
            continue
        group = resource["Properties"]
        rules = [*group["SecurityGroupIngress"], *group["SecurityGroupEgress"]]
        for text in (group["GroupDescription"], *(rule["Description"] for rule in rules)):
            assert re.fullmatch(r"[a-zA-Z0-9. _:/()#,@\[\]+=&;{}!$*-]{1,255}", text), text
            described += 1
    assert described == 6
