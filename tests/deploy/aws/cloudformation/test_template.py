"""The backend template: exactly which permissions it grants, and the files inserted into it."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import decode
from graphql import GraphQLObjectType, build_schema

from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, read_template, with_files
from deploy.local.backend.appsync.limits import DEPTH_MAX, RESOLVERS_MAX
from tests.deploy.aws.tools import RESOLVERS, ROOT

SCHEMA = ROOT / "shared" / "api" / "schema.graphql"
APPSYNC_PRELUDE = """
scalar AWSDate
scalar AWSDateTime
directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION
directive @aws_cognito_user_pools on FIELD_DEFINITION | OBJECT
directive @aws_iam on FIELD_DEFINITION | OBJECT
"""
TEMPLATE_BYTES_MAX = 1_000_000  # CloudFormation's limit for a template in a bucket
RESOLVER_BYTES_MAX = 32_768  # AppSync's limit for one resolver's code


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("rendered") / "backend.yaml"
    place.write_text(read_template(BACKEND_TEMPLATE), encoding="utf-8")
    return place


@pytest.fixture(scope="module")
def resources(rendered: Path) -> dict[str, Any]:
    template, problems = decode(str(rendered))
    assert not problems
    return dict(template["Resources"])


def test_the_schema_is_the_shared_one_unchanged(resources: dict[str, Any]) -> None:
    assert resources["Schema"]["Properties"]["Definition"] == SCHEMA.read_text(encoding="utf-8")


def test_every_resolver_file_is_used_and_arrives_unchanged(resources: dict[str, Any]) -> None:
    codes = {item["Properties"]["Code"] for item in resources.values() if "Code" in item["Properties"]}
    files = {path.read_text(encoding="utf-8") for path in RESOLVERS.glob("*.js")}
    assert codes == files
    assert max(len(code.encode()) for code in codes) < RESOLVER_BYTES_MAX


def test_every_field_that_needs_a_resolver_has_one(resources: dict[str, Any]) -> None:
    schema = build_schema(APPSYNC_PRELUDE + SCHEMA.read_text(encoding="utf-8"))
    wanted = {"Exam.resultsCount"}
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        assert isinstance(root, GraphQLObjectType)
        wanted |= {f"{root.name}.{field}" for field in root.fields}
    made = {
        f"{item['Properties']['TypeName']}.{item['Properties']['FieldName']}"
        for item in resources.values()
        if item["Type"] == "AWS::AppSync::Resolver"
    }
    assert made == wanted


def test_a_resolvers_comment_lists_its_functions_in_the_template(
    resources: dict[str, Any],
) -> None:
    pipelines = 0
    for item in resources.values():
        properties = item["Properties"]
        if properties.get("Kind") != "PIPELINE":
            continue
        pipelines += 1
        names = [reference["Fn::GetAtt"][0] for reference in properties["PipelineConfig"]["Functions"]]
        functions = [resources[name]["Properties"]["Name"] for name in names]
        assert f"\n// {properties['FieldName']}: {', '.join(functions)}.\n" in properties["Code"]
    assert pipelines == 20


def test_a_functions_comment_names_its_data_source(resources: dict[str, Any]) -> None:
    sources = {"ExamsSource": "exams", "ResultsSource": "results", "NoSource": "none"}
    for item in resources.values():
        reference = item["Properties"].get("DataSourceName")
        if reference is not None:
            source = sources[reference["Fn::GetAtt"][0]]
            named = rf"Data source:\s(//\s)?(\w+ or )?{source}( or \w+)?\."
            assert re.search(named, item["Properties"]["Code"]), item["Properties"]


def test_the_rendered_template_is_within_the_limits(rendered: Path) -> None:
    assert rendered.stat().st_size < TEMPLATE_BYTES_MAX


# ---------------------------------------------------------------- permissions


def statements(resources: dict[str, Any], role: str) -> list[tuple[list[str], list[str]]]:
    """(actions, resources) of each statement of the role's policies, Fn::Sub and Fn::GetAtt written out."""
    found = []
    for policy in resources[role]["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            assert "Condition" not in statement
            found.append((listed(statement["Action"]), listed(statement["Resource"])))
    return found


def listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [written(item) for item in values]


def written(value: Any) -> str:
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    return f"${{{'.'.join(argument)}}}" if function == "Fn::GetAtt" else str(argument)


def test_the_guest_role_may_query_only_the_public_fields(resources: dict[str, Any]) -> None:
    ((actions, allowed),) = statements(resources, "GuestRole")
    assert actions == ["appsync:GraphQL"]
    assert allowed == [
        "${Api.Arn}/types/Query/fields/listExams",
        "${Api.Arn}/types/Query/fields/getExam",
        "${Api.Arn}/types/Query/fields/listResults",
        "${Api.Arn}/types/Query/fields/getResults",
        "${Api.Arn}/types/Query/fields/findResult",
        "${Api.Arn}/types/Subscription/fields/onUpdateExam",
        "${Api.Arn}/types/Subscription/fields/onPublishExam",
        "${Api.Arn}/types/Subscription/fields/onUnpublishExam",
        "${Api.Arn}/types/Subscription/fields/onDeleteExam",
        "${Api.Arn}/types/Subscription/fields/onCreateResults",
        "${Api.Arn}/types/Subscription/fields/onUpdateResults",
        "${Api.Arn}/types/Subscription/fields/onDeleteResults",
        "${Api.Arn}/types/Subscription/fields/onCreateResultsBatch",
        "${Api.Arn}/types/Subscription/fields/onDeleteResultsBatch",
    ]


def test_the_guest_role_matches_the_schemas_directives(resources: dict[str, Any]) -> None:
    ((_actions, allowed),) = statements(resources, "GuestRole")
    schema = build_schema(APPSYNC_PRELUDE + SCHEMA.read_text(encoding="utf-8"))
    open_to_guests = {
        f"${{Api.Arn}}/types/{root.name}/fields/{name}"
        for root in (schema.query_type, schema.mutation_type, schema.subscription_type)
        if root is not None
        for name, field in root.fields.items()
        if field.ast_node is not None
        and any(directive.name.value == "aws_iam" for directive in field.ast_node.directives or ())
    }
    assert set(allowed) == open_to_guests


def test_only_guests_of_this_identity_pool_can_assume_the_guest_role(resources: dict[str, Any]) -> None:
    (statement,) = resources["GuestRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": "cognito-identity.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"cognito-identity.amazonaws.com:aud": {"Ref": "IdentityPool"}},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "unauthenticated"},
    }
    pool = resources["IdentityPool"]["Properties"]
    assert pool["AllowClassicFlow"] is False
    assert resources["IdentityPoolRoles"]["Properties"]["Roles"] == {
        "unauthenticated": {"Fn::GetAtt": ["GuestRole", "Arn"]}
    }


def test_each_data_sources_role_reaches_its_own_table_and_what_its_transactions_write_in_the_other(
    resources: dict[str, Any],
) -> None:
    assert statements(resources, "ExamsRole") == [
        (
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            ["${ExamsTable.Arn}"],
        ),
        (["dynamodb:Query"], ["${ExamsTable.Arn}/index/byStatus", "${ExamsTable.Arn}/index/byOwner"]),
        (["dynamodb:PutItem", "dynamodb:DeleteItem"], ["${ResultsTable.Arn}"]),
    ]
    assert statements(resources, "ResultsRole") == [
        (
            [
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                "dynamodb:DeleteItem",
            ],
            ["${ResultsTable.Arn}"],
        ),
        (["dynamodb:Query"], ["${ResultsTable.Arn}/index/byCode"]),
        (["dynamodb:UpdateItem"], ["${ExamsTable.Arn}"]),
    ]
    assert statements(resources, "ApiLogRole") == [
        (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            ["arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/appsync/apis/*"],
        )
    ]


def test_there_are_no_other_roles_and_scans_are_impossible(resources: dict[str, Any]) -> None:
    roles = {name for name, item in resources.items() if item["Type"] == "AWS::IAM::Role"}
    assert roles == {"GuestRole", "ExamsRole", "ResultsRole", "ApiLogRole"}
    for role in roles - {"GuestRole"}:
        (statement,) = resources[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": "appsync.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    for role in roles:
        assert not any(
            "Scan" in action or "*" in action
            for actions, _ in statements(resources, role)
            for action in actions
        )
    for path in RESOLVERS.glob("*.js"):
        assert "'Scan'" not in path.read_text(encoding="utf-8")


# ---------------------------------------------------------------- guarantees of the template


def test_only_the_operator_creates_accounts_and_their_existence_is_hidden(
    resources: dict[str, Any],
) -> None:
    pool = resources["UserPool"]["Properties"]
    client = resources["UserPoolClient"]["Properties"]
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    assert pool["EnabledMfas"] == ["SOFTWARE_TOKEN_MFA"]
    assert client["GenerateSecret"] is False
    assert client["ExplicitAuthFlows"] == ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["PreventUserExistenceErrors"] == "ENABLED"
    assert client["EnableTokenRevocation"] is True


def test_resources_with_data_are_kept_when_the_stack_is_deleted(resources: dict[str, Any]) -> None:
    for name in ("UserPool", "ExamsTable", "ResultsTable"):
        assert resources[name]["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resources[name]["UpdateReplacePolicy"] == "Retain"
    for name in ("ExamsTable", "ResultsTable"):
        table = resources[name]["Properties"]
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["SSESpecification"] == {"SSEEnabled": True}


def test_the_api_is_closed_except_where_needed(resources: dict[str, Any]) -> None:
    api = resources["Api"]["Properties"]
    assert api["AuthenticationType"] == "AMAZON_COGNITO_USER_POOLS"
    assert [mode["AuthenticationType"] for mode in api["AdditionalAuthenticationProviders"]] == ["AWS_IAM"]
    assert api["IntrospectionConfig"] == "DISABLED"
    assert api["QueryDepthLimit"] == DEPTH_MAX
    assert api["ResolverCountLimit"] == RESOLVERS_MAX
    assert api["LogConfig"]["ExcludeVerboseContent"] is True
    assert api["LogConfig"]["FieldLogLevel"] == "ERROR"


def test_the_firewall_is_optional_and_counts_teachers_by_their_token_since_they_share_an_address(
    resources: dict[str, Any],
) -> None:
    assert resources["Firewall"]["Condition"] == resources["FirewallOfApi"]["Condition"] == "HasFirewall"
    rules = resources["Firewall"]["Properties"]["Rules"]
    assert [rule["Action"] for rule in rules] == [{"Block": {}}] * 2
    by_token, by_address = (rule["Statement"]["RateBasedStatement"] for rule in rules)
    for limit in (by_token, by_address):
        assert (limit["Limit"], limit["EvaluationWindowSec"]) == ({"Ref": "RequestsMax"}, 300)
    (key,) = by_token["CustomKeys"]
    assert key["Header"]["Name"] == "authorization"
    is_token = by_token["ScopeDownStatement"]
    header = base64.urlsafe_b64encode(b'{"kid":"1","alg":"RS256"}').decode()  # a token begins so (RFC 7515)
    assert header.startswith(is_token["ByteMatchStatement"]["SearchString"])
    assert by_address["AggregateKeyType"] == "IP"
    # Each request is counted once: with a token, or by its address.
    assert by_address["ScopeDownStatement"] == {"NotStatement": {"Statement": is_token}}
    assert resources["FirewallOfApi"]["Properties"]["ResourceArn"] == {"Fn::GetAtt": ["Api", "Arn"]}


# ---------------------------------------------------------------- inserting files into a template


def test_a_file_is_inserted_as_a_block_with_the_same_text() -> None:
    template = "A:\n  Code: ../x.js\nB:\n    Definition: ../y\n"
    files = {"../x.js": "one\n\n  two\n", "../y": "three\n"}
    assert with_files(template, files.__getitem__) == (
        "A:\n  Code: |\n    one\n\n      two\nB:\n    Definition: |\n      three\n"
    )


@pytest.mark.parametrize("text", [" indented\n", "no newline", "two newlines\n\n"])
def test_a_text_that_yaml_would_change_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\.\./x\.js must start"):
        with_files("  Code: ../x.js\n", lambda _name: text)
