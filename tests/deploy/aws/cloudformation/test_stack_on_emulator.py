"""The operator's commands against CloudFormation: create, repeat, change, fail, remove."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from deploy.aws import commands
from deploy.aws.__main__ import main
from deploy.aws.cloudformation.template import BACKEND_TEMPLATE
from deploy.console import Console
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator

_names = (f"stack-{number}" for number in itertools.count())


@pytest.fixture
def stack_name() -> str:
    return next(_names)


@pytest.fixture
def changed_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Returns a function that replaces a text in the template for the next `up`."""

    def change(old: str, new: str) -> None:
        text = BACKEND_TEMPLATE.read_text(encoding="utf-8")
        assert old in text
        place = tmp_path / "deploy" / "aws" / "templates" / "backend.yaml"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text.replace(old, new), encoding="utf-8")
        for link in (tmp_path / "deploy" / "aws" / "resolvers", tmp_path / "shared"):
            if not link.exists():
                link.symlink_to(BACKEND_TEMPLATE.parents[3] / link.relative_to(tmp_path))
        monkeypatch.setattr(commands, "BACKEND_TEMPLATE", place)

    return change


def client(operator: Operator, service: str):
    with account_of_emulator():
        return boto3.client(service, endpoint_url=operator.endpoint_url, region_name=REGION)


def tables_of(operator: Operator, stack_name: str) -> list[str]:
    dynamodb = client(operator, "dynamodb")
    try:
        return [name for name in dynamodb.list_tables()["TableNames"] if name.startswith(f"{stack_name}-")]
    finally:
        dynamodb.close()


def aws(operator: Operator, *words: str) -> None:
    """Runs AWS's own command line."""
    command = [Path(sys.executable).parent / "aws", "cloudformation", *words, "--region", REGION]
    with account_of_emulator():
        environment = {**os.environ, "AWS_ENDPOINT_URL": operator.endpoint_url}
        subprocess.run(command, check=True, timeout=120, env=environment)


def user_pools_of(operator: Operator, stack_name: str) -> list[str]:
    cognito = client(operator, "cognito-idp")
    try:
        pools = cognito.list_user_pools(MaxResults=60)["UserPools"]
        return [pool["Id"] for pool in pools if pool["Name"] == f"{stack_name}-teachers"]
    finally:
        cognito.close()


def test_up_creates_everything_and_protects_it(operator: Operator, stack_name: str) -> None:
    assert operator.run("up", "--stack-name", stack_name) == 0

    assert f"Changes of {stack_name} in {REGION}:" in operator.said
    assert "  + 2 x AWS::DynamoDB::Table" in operator.said
    assert any("CREATE_COMPLETE" in line and line.endswith(stack_name) for line in operator.said)
    assert any(line.startswith("ApiUrl=https://") for line in operator.said)

    assert operator.run("status", "--stack-name", stack_name) == 0
    assert "  protected against deletion: yes" in operator.said


def test_up_again_changes_nothing(operator: Operator, stack_name: str) -> None:
    operator.run("up", "--stack-name", stack_name)
    first = operator.text.splitlines()[-8:]

    assert operator.run("up", "--stack-name", stack_name) == 0

    assert operator.said[0] == f"Nothing to change in {stack_name}."
    assert operator.said[1:] == first, "the outputs are the same"


def test_a_changed_template_is_shown_before_it_is_applied(
    operator: Operator, stack_name: str, changed_template
) -> None:
    operator.run("up", "--stack-name", stack_name)
    changed_template("QueryDepthLimit: 5", "QueryDepthLimit: 6")

    assert operator.run("up", "--stack-name", stack_name, answers=("y",)) == 0

    line = "  ~ Api (AWS::AppSync::GraphQLApi): QueryDepthLimit"
    shown = next(number for number, said in enumerate(operator.said) if said.startswith(line))
    applied = next(number for number, line in enumerate(operator.said) if "UPDATE_COMPLETE" in line)
    assert shown < applied
    assert operator.asked == ["Make these changes? [y/N] "]


def test_an_alarm_address_is_added_and_kept(operator: Operator, stack_name: str) -> None:
    operator.run("up", "--stack-name", stack_name)

    assert operator.run("up", "--alarm-email", "it@school.example", "--stack-name", stack_name) == 0
    assert any("AlarmTopic (AWS::SNS::Topic)" in line for line in operator.said)
    assert any(line.startswith("  ~ ApiErrorsAlarm (AWS::CloudWatch::Alarm)") for line in operator.said)

    assert operator.run("up", "--stack-name", stack_name) == 0
    assert operator.said[0] == f"Nothing to change in {stack_name}."


@pytest.mark.parametrize("limit", ["99", "-1", "many"])
def test_a_firewall_that_would_lock_everybody_out_is_refused(
    operator: Operator, limit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        operator.run("up", "--requests-max", limit)
    assert ended.value.code == 2
    assert "--requests-max" in capsys.readouterr().err


def test_a_refused_change_is_not_applied(operator: Operator, stack_name: str, changed_template) -> None:
    operator.run("up", "--stack-name", stack_name)
    changed_template("QueryDepthLimit: 5", "QueryDepthLimit: 7")

    assert operator.run("up", "--stack-name", stack_name, answers=("n",)) == 1

    assert operator.said[-1] == "Nothing was changed."
    assert operator.run("up", "--stack-name", stack_name, answers=("n",)) == 1, (
        "the change is still to be made"
    )


def test_a_refused_creation_leaves_nothing(operator: Operator, stack_name: str) -> None:
    assert operator.run("up", "--stack-name", stack_name, answers=("",)) == 1
    assert operator.run("status", "--stack-name", stack_name) == 1
    assert operator.said[0].startswith(
        f"There is no stack {stack_name} in {REGION}. Make it with: python -m deploy.aws up. "
    )


def test_a_change_that_would_lose_data_must_be_confirmed_by_name(
    operator: Operator, stack_name: str, changed_template
) -> None:
    operator.run("up", "--stack-name", stack_name)
    changed_template("- {AttributeName: examId, KeyType: HASH}", "- {AttributeName: exam, KeyType: HASH}")

    assert operator.run("up", "--stack-name", stack_name, answers=("y",)) == 1

    assert any(line.endswith("HOLDS DATA") for line in operator.said)
    assert operator.asked == [f"This removes or replaces resources with data. Type {stack_name} to go on: "]


def test_a_failed_creation_is_reported_with_its_cause_and_up_then_works(
    operator: Operator, stack_name: str, changed_template, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed_template(
        "ServiceRoleArn: !GetAtt ResultsRole.Arn", "ServiceRoleArn: !GetAtt ResultsRole.NoSuchThing"
    )
    monkeypatch.setattr(commands, "BACKEND_TEMPLATE", commands.BACKEND_TEMPLATE)

    assert operator.run("up", "--stack-name", stack_name) == 1

    assert f"The stack {stack_name} failed and is now ROLLBACK_COMPLETE." in operator.said[-1]
    assert "ResultsSource (AWS::AppSync::DataSource), CREATE_FAILED: " in operator.said[-1]
    assert tables_of(operator, stack_name) == [], "the unfinished creation took its tables back"

    monkeypatch.setattr(commands, "BACKEND_TEMPLATE", BACKEND_TEMPLATE)
    assert operator.run("up", "--stack-name", stack_name) == 0
    assert operator.said[0].startswith(
        f"A first creation of {stack_name} did not succeed (ROLLBACK_COMPLETE)"
    )
    assert len(tables_of(operator, stack_name)) == 2


def test_a_failed_update_is_reported_with_its_cause_and_rolled_back(
    operator: Operator, stack_name: str, changed_template, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.run("up", "--stack-name", stack_name)
    broken = """  BrokenSource:
    Type: AWS::AppSync::DataSource
    Properties:
      ApiId: !GetAtt Api.ApiId
      Name: broken
      Type: AMAZON_DYNAMODB
      ServiceRoleArn: !GetAtt ResultsRole.NoSuchThing

  NoSource:
"""
    changed_template("  NoSource:\n", broken)

    assert operator.run("up", "--stack-name", stack_name) == 1
    assert f"The stack {stack_name} failed and is now UPDATE_ROLLBACK_COMPLETE." in operator.said[-1]
    assert "BrokenSource (AWS::AppSync::DataSource), " in operator.said[-1]

    monkeypatch.setattr(commands, "BACKEND_TEMPLATE", BACKEND_TEMPLATE)
    assert operator.run("up", "--stack-name", stack_name) == 0
    assert operator.said[0] == f"Nothing to change in {stack_name}."


def test_the_template_also_works_by_the_aws_command_line_alone(
    operator: Operator, stack_name: str, tmp_path: Path
) -> None:
    """Whose stack our commands then take over without a change but its protection."""
    s3 = client(operator, "s3")
    s3.create_bucket(Bucket=stack_name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.close()
    template = tmp_path / "exam-results.yaml"
    assert operator.run("template", str(template)) == 0
    assert operator.said == [f"Wrote {template}."]
    aws(operator, "deploy", "--template-file", str(template), "--stack-name", stack_name,
        "--s3-bucket", stack_name, "--capabilities", "CAPABILITY_IAM")  # fmt: skip
    assert operator.run("env", "--stack-name", stack_name) == 0
    assert operator.run("add-teacher", "anna", "--stack-name", stack_name) == 0
    assert operator.run("up", "--stack-name", stack_name) == 0, operator.text
    assert operator.run("status", "--stack-name", stack_name) == 0
    assert "  protected against deletion: yes" in operator.said


def test_down_keeps_exams_results_and_accounts(operator: Operator, stack_name: str) -> None:
    operator.run("up", "--stack-name", stack_name)

    assert operator.run("down", "--stack-name", stack_name, answers=("y",)) == 0

    kept = [line for line in operator.said if line.startswith("Kept ")]
    assert [line.split(":")[0] for line in kept] == ["Kept ExamsTable", "Kept ResultsTable", "Kept UserPool"]
    assert len(tables_of(operator, stack_name)) == 2
    assert operator.run("status", "--stack-name", stack_name) == 1


def put_exam(operator: Operator, table: str) -> None:
    dynamodb = client(operator, "dynamodb")
    try:
        dynamodb.put_item(TableName=table, Item={"id": {"S": "kept"}})
    finally:
        dynamodb.close()


def table_named(operator: Operator, stack_name: str, logical_id: str) -> str:
    (name,) = (name for name in tables_of(operator, stack_name) if f"-{logical_id}-" in name)
    return name


def test_what_down_kept_is_found_and_adopted_with_its_exams_and_accounts(
    operator: Operator, stack_name: str
) -> None:
    assert operator.run("up", "--stack-name", stack_name) == 0
    assert operator.run("add-teacher", "anna", "--stack-name", stack_name) == 0
    exams_table = table_named(operator, stack_name, "ExamsTable")
    put_exam(operator, exams_table)
    assert operator.run("down", "--stack-name", stack_name) == 0
    assert "`adopt` makes a stack of them again; `delete-kept` deletes them." in operator.said

    assert operator.run("up", "--stack-name", stack_name) == 1
    assert f"An earlier {stack_name} left its data:" in operator.text
    assert f"ExamsTable: {exams_table} (made " in operator.text

    assert operator.run("adopt", "--stack-name", stack_name, answers=("y", "y")) == 0, operator.text
    assert "  > ExamsTable (AWS::DynamoDB::Table)" in operator.said
    assert len(tables_of(operator, stack_name)) == 2
    assert operator.run("outputs", "--stack-name", stack_name) == 0
    assert f"ExamsTableName={exams_table}" in operator.said
    assert operator.run("list-teachers", "--stack-name", stack_name) == 0
    assert operator.said[0].startswith("anna  ")

    assert operator.run("up", "--stack-name", stack_name) == 0
    assert operator.said[0] == f"Nothing to change in {stack_name}."
    assert operator.run("adopt", "--stack-name", stack_name) == 1
    assert "It has its own data already: `up` changes it." in operator.text
    assert operator.run("down", "--delete-data", "--stack-name", stack_name) == 0
    assert tables_of(operator, stack_name) == []


def test_of_several_kept_stacks_the_operator_names_the_one_to_adopt(
    operator: Operator, stack_name: str
) -> None:
    operator.run("up", "--stack-name", stack_name)
    first = tables_of(operator, stack_name)
    operator.run("down", "--stack-name", stack_name)
    assert operator.run("up", "--empty", "--stack-name", stack_name) == 0
    operator.run("down", "--stack-name", stack_name)
    assert len(tables_of(operator, stack_name)) == 4

    assert operator.run("adopt", "--stack-name", stack_name) == 1
    assert operator.said[0].startswith("--take: there are several")
    assert operator.run("adopt", "--take", "nothing", "--stack-name", stack_name) == 1
    assert operator.said == ["--take: nothing was kept under the name nothing."]
    pools = user_pools_of(operator, stack_name)
    assert operator.run("adopt", "--take", *first, pools[0], "--stack-name", stack_name) == 0, operator.text

    assert operator.run("delete-kept", "--stack-name", stack_name, answers=("no",)) == 1
    assert operator.run("delete-kept", "--stack-name", stack_name, answers=(stack_name,)) == 0
    assert tables_of(operator, stack_name) == first
    assert user_pools_of(operator, stack_name) == pools[:1]
    assert operator.run("delete-kept", "--stack-name", stack_name) == 0
    assert operator.said == [f"Nothing was kept of {stack_name}."]


def test_a_declined_adoption_leaves_the_kept_data_and_no_stack(operator: Operator, stack_name: str) -> None:
    operator.run("up", "--stack-name", stack_name)
    kept = tables_of(operator, stack_name)
    operator.run("down", "--stack-name", stack_name)
    assert operator.run("adopt", "--stack-name", stack_name, answers=("n",)) == 1
    assert operator.said[-1] == "Nothing was changed."
    assert tables_of(operator, stack_name) == kept
    assert operator.run("status", "--stack-name", stack_name) == 1
    assert operator.run("adopt", "--stack-name", stack_name) == 0, operator.text


def test_an_adoption_that_was_killed_after_its_import_goes_on(
    operator: Operator, stack_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.run("up", "--stack-name", stack_name)
    operator.run("down", "--stack-name", stack_name)
    kept = tables_of(operator, stack_name)

    def killed(*_arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(commands.BackendCommands, "up", killed)
        assert operator.run("adopt", "--stack-name", stack_name) == 130
    assert operator.run("status", "--stack-name", stack_name) == 0
    assert operator.said[0].endswith(": IMPORT_COMPLETE")
    assert operator.run("adopt", "--stack-name", stack_name) == 0, operator.text
    assert operator.said[0] == "Its data are adopted already; now the rest."
    assert tables_of(operator, stack_name) == kept
    assert operator.run("env", "--stack-name", stack_name) == 0


def test_a_table_without_an_index_of_this_version_is_not_adopted(
    operator: Operator, stack_name: str, changed_template
) -> None:
    """CloudFormation imports it as it is, believes the template, and never adds the index."""
    operator.run("up", "--stack-name", stack_name)
    operator.run("down", "--stack-name", stack_name)
    changed_template("IndexName: byCode", "IndexName: byName")
    assert operator.run("adopt", "--stack-name", stack_name) == 1
    table = table_named(operator, stack_name, "ResultsTable")
    assert operator.said[-1].startswith(
        f"adopt: {table} lacks byName of this version. Adopt it with the checkout"
    )
    assert operator.run("status", "--stack-name", stack_name) == 1


def test_a_table_that_was_not_kept_begins_empty_after_an_adoption(
    operator: Operator, stack_name: str
) -> None:
    """As one that a later version has added."""
    operator.run("up", "--stack-name", stack_name)
    operator.run("down", "--stack-name", stack_name)
    results_table = table_named(operator, stack_name, "ResultsTable")
    dynamodb = client(operator, "dynamodb")
    dynamodb.update_table(TableName=results_table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=results_table)
    dynamodb.close()
    assert operator.run("adopt", "--stack-name", stack_name) == 0, operator.text
    assert "No ResultsTable was kept: it begins empty." in operator.said
    assert table_named(operator, stack_name, "ResultsTable") != results_table


def test_a_question_that_is_interrupted_is_answered_with_no(operator: Operator, stack_name: str) -> None:
    def interrupt(_prompt: str) -> str:
        raise KeyboardInterrupt

    said: list[str] = []
    words = ["up", "--stack-name", stack_name, "--endpoint-url", operator.endpoint_url, "--region", REGION]
    with account_of_emulator():
        assert main(words, Console(said.append, interrupt)) == 1
    assert said[-1] == "Nothing was changed."
    assert operator.run("status", "--stack-name", stack_name) == 1
    assert operator.said[0].startswith("There is no stack")


def test_there_is_nothing_to_adopt_before_the_first_stack(operator: Operator, stack_name: str) -> None:
    assert operator.run("adopt", "--stack-name", stack_name) == 1
    assert "so there is nothing to adopt" in operator.text


def test_down_with_the_data_works_on_a_creation_that_failed(
    operator: Operator, stack_name: str, changed_template
) -> None:
    changed_template("ServiceRoleArn: !GetAtt ResultsRole.Arn", "ServiceRoleArn: !GetAtt ResultsRole.NoSuch")
    assert operator.run("up", "--stack-name", stack_name) == 1
    assert operator.run("down", "--delete-data", "--stack-name", stack_name) == 0, operator.text
    assert tables_of(operator, stack_name) == []
    assert operator.run("status", "--stack-name", stack_name) == 1


def test_down_with_the_data_asks_for_the_name_and_deletes_everything(
    operator: Operator, stack_name: str
) -> None:
    operator.run("up", "--stack-name", stack_name)
    assert operator.run("down", "--delete-data", "--stack-name", stack_name, answers=("yes",)) == 1
    assert len(tables_of(operator, stack_name)) == 2

    assert operator.run("down", "--delete-data", "--stack-name", stack_name, answers=(stack_name,)) == 0

    assert tables_of(operator, stack_name) == []
    assert operator.run("status", "--stack-name", stack_name) == 1


def test_deleting_the_last_stack_deletes_the_template_bucket(operator: Operator, stack_name: str) -> None:
    operator.run("up", "--stack-name", stack_name)
    s3 = client(operator, "s3")
    buckets = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert f"exam-results-templates-000000000000-{REGION}" in buckets
    keys = s3.list_objects_v2(Bucket=f"exam-results-templates-000000000000-{REGION}")["Contents"]
    assert [item["Key"] for item in keys if item["Key"].startswith(f"{stack_name}/")]

    operator.run("down", "--stack-name", stack_name)

    left = s3.list_objects_v2(Bucket=f"exam-results-templates-000000000000-{REGION}").get("Contents", [])
    s3.close()
    assert not [item for item in left if item["Key"].startswith(f"{stack_name}/")]


def test_settings_are_written_for_the_dashboards(operator: Operator, stack_name: str, tmp_path: Path) -> None:
    operator.run("up", "--stack-name", stack_name)
    place = tmp_path / "dashboards.env"

    assert operator.run("env", "--write", str(place), "--stack-name", stack_name) == 0

    lines = place.read_text(encoding="utf-8").splitlines()
    names = [line.split("=")[0] for line in lines if not line.startswith("#")]
    assert names == [
        "EXAM_RESULTS_REGION",
        "EXAM_RESULTS_API_URL",
        "EXAM_RESULTS_USER_POOL_ID",
        "EXAM_RESULTS_USER_POOL_CLIENT_ID",
        "EXAM_RESULTS_IDENTITY_POOL_ID",
        "EXAM_RESULTS_COGNITO_ENDPOINT_URL",
    ]
    place.write_text("EXAM_RESULTS_REGION=elsewhere\n", encoding="utf-8")
    assert operator.run("env", "--write", str(place), "--stack-name", stack_name, answers=("n",)) == 1
    assert place.read_text(encoding="utf-8") == "EXAM_RESULTS_REGION=elsewhere\n"


def test_teachers_are_added_listed_and_reset(operator: Operator, stack_name: str) -> None:
    operator.run("up", "--stack-name", stack_name)
    assert operator.run("list-teachers", "--stack-name", stack_name) == 0
    assert operator.said == ["0 accounts."]

    assert operator.run("add-teacher", "anna", "--name", "Anna Berg", "--stack-name", stack_name) == 0
    assert operator.said[-1].startswith("Temporary password: ")
    assert (
        operator.run("add-teacher", "ben", "--email", "ben@school.example", "--stack-name", stack_name) == 0
    )
    assert operator.said[-1] == "The temporary password was sent to ben@school.example."

    assert operator.run("add-teacher", "anna", "--stack-name", stack_name) == 1
    assert operator.said == ["username: there is an account anna already."]

    operator.run("list-teachers", "--stack-name", stack_name)
    assert operator.said[0].startswith("anna  FORCE_CHANGE_PASSWORD  ")
    assert operator.said[0].endswith("  Anna Berg")
    assert "ben@school.example" in operator.said[1]
    assert operator.said[2] == "2 accounts."

    for command, words in (
        ("disable-teacher", "can no longer sign in"),
        ("enable-teacher", "can sign in again"),
        ("sign-out-teacher", "is signed out everywhere"),
    ):
        assert operator.run(command, "anna", "--stack-name", stack_name) == 0, operator.text
        assert words in operator.said[0]
        assert operator.run(command, "nobody", "--stack-name", stack_name) == 1
        assert operator.said == ["username: there is no account nobody."]
    assert operator.run("reset-password", "ben", "--stack-name", stack_name) == 0
    assert operator.said == ["ben has never signed in, and gets another invitation by e-mail."]
    assert operator.run("reset-password", "anna", "--stack-name", stack_name) == 1
    assert operator.said == ["username: anna has no address: have a temporary password shown here instead."]
    assert operator.run("remove-teacher", "ben", "--stack-name", stack_name, answers=("n",)) == 1
    assert operator.run("remove-teacher", "ben", "--stack-name", stack_name, answers=("y",)) == 0
    operator.run("list-teachers", "--stack-name", stack_name)
    assert operator.said[-1] == "1 account."

    assert operator.run("reset-password", "anna", "--show", "--stack-name", stack_name) == 0
    assert "Temporary password: " in operator.said[0]
    assert operator.run("reset-password", "nobody", "--show", "--stack-name", stack_name) == 1
    assert operator.said == ["username: there is no account nobody."]


def test_a_staff_list_is_added_at_once_and_again_without_harm(
    operator: Operator, stack_name: str, tmp_path: Path
) -> None:
    operator.run("up", "--stack-name", stack_name)
    staff = tmp_path / "staff.csv"
    lines = [f"teacher{number},teacher{number}@school.example,Teacher {number}" for number in range(60)]
    staff.write_text("\n".join(["username,email,name", *lines]), encoding="utf-8")
    words = ("add-teacher", "--from-file", str(staff), "--stack-name", stack_name)

    assert operator.run(*words, answers=("n",)) == 1
    assert "Cognito sends about 50 messages a day" in operator.asked[0]
    assert operator.run(*words, "--show", answers=()) == 0
    assert sum(line.startswith("Temporary password: ") for line in operator.said) == 60
    assert operator.run(*words, "--show", answers=()) == 0
    assert operator.said == [f"teacher{number} has an account already." for number in range(60)]

    sender = ("--mail-from", "exams@school.example", "--mail-identity", "school.example")
    assert operator.run("up", *sender, "--stack-name", stack_name) == 0, operator.text
    staff.write_text("username,email\nben,ben@school.example\ncleo,\n", encoding="utf-8")
    assert operator.run(*words, answers=()) == 1
    assert operator.said == ["--from-file: no email for cleo: add it, or say --show."]


def test_add_teacher_takes_a_name_or_a_list(operator: Operator) -> None:
    for words in (("add-teacher",), ("add-teacher", "anna", "--from-file", "staff.csv")):
        assert operator.run(*words) == 1
        assert operator.said == ["add-teacher: give a username, or --from-file with a list."]


def test_non_interactive_use_requires_yes(operator: Operator, stack_name: str) -> None:
    said: list[str] = []
    words = ["up", "--stack-name", stack_name, "--endpoint-url", operator.endpoint_url, "--region", REGION]

    with account_of_emulator():
        assert main(words, Console(said.append, None)) == 1
    assert said[-1] == "--yes: nobody can answer here; say --yes to go on without asking."
    assert operator.run("status", "--stack-name", stack_name) == 1
