"""A school moves from the embedded backend to a stack and home again, and nothing is lost on the way."""

import itertools
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from deploy.local.backend.storage.changes import Change
from deploy.local.backend.storage.class_lists import ClassList, ClassStudent
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import Result
from deploy.local.maintenance.backup_format import BackupRefused
from deploy.local.maintenance.school import MovedTeacher, School, read_school, write_school
from shared.api.calls import GuestApi
from shared.identity.guest import GuestCredentials
from shared.settings import load_teacher_settings
from tests.deploy.aws.stack_operator import REGION, Operator, account_of_emulator

_names = (f"moving-{number}" for number in itertools.count())
TIMES = {"created_at": "2026-06-01T10:00:00.000Z", "updated_at": "2026-06-02T10:00:00.123Z"}


def exam(subject: str, owner: str, **changes: object) -> Exam:
    made = Exam(
        id=str(uuid.uuid4()),
        subject=subject,
        date="2026-06-18",
        teacher="A. Berg",
        scale="OUT_OF_20",
        audience="NAMES",
        is_published=True,
        release_at=None,
        version=3,
        owner=owner,
        **TIMES,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def result(of: Exam, student: str, name: str | None = None) -> Result:
    """With a number and a comment if it has a name."""
    more = {"number": name and "17", "comment": name and "Well\ndone."}
    return Result(
        exam_id=of.id,
        id=str(uuid.uuid4()),
        student=student,
        grade="14.5",
        name=name,
        version=2,
        **TIMES,
        **more,
    )


@pytest.fixture
def school() -> School:
    published = exam("Optics", "sub of anna", public_since="2026-06-20T10:00:00.000Z")
    coded = exam("Ethics", "sub of ben", audience="OWN", is_published=False)
    orphan = exam("Latin", "sub of somebody who left", release_at="2027-06-20T12:00:00.000Z", is_listed=False)
    rows = [result(published, f"Zoë {number}") for number in range(120)]
    rows[0] = replace(rows[0], regraded_at="2026-06-21T10:00:00.000Z")
    rows.append(result(coded, "7KQ2MX9ABC", "Ada Lovelace"))
    return School(
        teachers=(
            MovedTeacher("sub of anna", "Anna.Berg", "anna@school.example", "Anna Berg", is_enabled=True),
            MovedTeacher("sub of ben", "ben", None, None, is_enabled=False),
        ),
        exams=(published, coded, orphan),
        results=tuple(rows),
        class_lists=(
            ClassList(
                owner="sub of anna",
                id=str(uuid.uuid4()),
                title="7a",
                students=(ClassStudent("Zoë", "17", "7KQ2MX"), ClassStudent("Ada", None, None)),
                version=2,
                gradebook="3f2a90c1b7de~2",
                **TIMES,
            ),
        ),
        changes=(
            *(
                Change(
                    exam_id=one.exam_id,
                    made_at=f"2026-06-19T10:00:0{number % 2}.000Z",  # several at once
                    made_by="sub of anna" if number else "sub of somebody who left",
                    made_by_name="Anna.Berg",
                    kind=kind,
                    result_id=one.id,
                    before={"student": one.student, "grade": "13"},
                    after=after,
                    number=number,
                )
                for number, (one, kind, after) in enumerate(
                    [
                        (rows[0], "UPDATED", {"student": "Zoë 0", "grade": "14.5"}),
                        (rows[1], "DELETED", None),
                        (rows[-1], "RETRACTED", {"student": "7KQ2MX9ABC", "grade": "AWAITED"}),
                    ]
                )
            ),
            Change(
                exam_id=published.id,
                made_at="2026-06-20T10:00:00.000Z",
                made_by="sub of ben",
                made_by_name="ben",
                kind="PUBLISHED",
                result_id=None,
                before={"status": "DRAFT", "listed": True},
                after={"status": "PUBLISHED", "listed": True, "releaseAt": "2026-06-20T12:00:00.000Z"},
            ),
        ),
    )


@pytest.fixture
def backup(school: School, tmp_path: Path) -> Path:
    passwords = {teacher.username: "Temporary-9-Password" for teacher in school.teachers}
    write_school(school, passwords, tmp_path / "home.tar", time.time)
    return tmp_path / "home.tar"


def test_an_account_that_cannot_be_made_at_home_is_named(school: School, tmp_path: Path) -> None:
    """AWS takes addresses that name no top-level domain, for one."""
    (anna, *others) = school.teachers
    unusable = replace(school, teachers=(replace(anna, email="anna@intranet"), *others))
    passwords = {teacher.username: "Temporary-9-Password" for teacher in school.teachers}
    with pytest.raises(BackupRefused, match=r"Anna\.Berg cannot have an account in the embedded backend: "):
        write_school(unusable, passwords, tmp_path / "home.tar", time.time)
    assert list(tmp_path.iterdir()) == []


def comparable(school: School) -> tuple[object, ...]:
    """What must be equal at both places: everything but the accounts' subs."""
    names = {teacher.sub: teacher.username for teacher in school.teachers}
    exams = sorted((replace(one, owner=names.get(one.owner, one.owner)) for one in school.exams), key=str)
    return (
        sorted((replace(teacher, sub="") for teacher in school.teachers), key=str),
        exams,
        sorted(school.results, key=str),
        [replace(one, owner=names.get(one.owner, one.owner)) for one in school.class_lists],
        sorted(
            (replace(one, number=0, made_by=names.get(one.made_by, one.made_by)) for one in school.changes),
            key=str,
        ),
    )


def read(path: Path) -> School:
    with path.open("rb") as file:
        return read_school(file)


def test_a_backup_carries_the_school_with_new_accounts(school: School, backup: Path) -> None:
    again = read(backup)
    assert comparable(again) == comparable(school)
    assert {teacher.sub for teacher in again.teachers}.isdisjoint(teacher.sub for teacher in school.teachers)


@pytest.fixture
def stack_name(operator: Operator) -> Iterator[str]:
    name = next(_names)
    assert operator.run("up", "--stack-name", name) == 0, operator.text
    yield name
    operator.run("down", "--delete-data", "--stack-name", name)


def test_a_school_moves_to_a_stack_and_home_again_equal_row_by_row(
    operator: Operator, stack_name: str, school: School, backup: Path, tmp_path: Path
) -> None:
    assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0, operator.text
    assert operator.said[0].startswith("Anna.Berg: temporary password ")
    assert operator.said[-4:] == [
        "121 results put on the stack.",
        "3 exams put on the stack.",
        "1 class lists put on the stack.",
        "4 changes of the history put on the stack.",
    ]

    assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0
    assert operator.said == [
        "Anna.Berg has an account already.",
        "ben has an account already.",
        "0 results put on the stack; 121 were there already.",
        "0 exams put on the stack; 3 were there already.",
        "0 class lists put on the stack; 1 were there already.",
        "0 changes of the history put on the stack; 4 were there already.",
    ]

    home = tmp_path / "back.tar"
    assert operator.run("export-backup", str(home), "--stack-name", stack_name) == 0, operator.text
    assert operator.said[-1] == f"Restore it with: python -m deploy.local restore {home}"
    assert comparable(read(home)) == comparable(school)
    assert operator.run("export-backup", str(home), "--stack-name", stack_name) == 1
    assert "already exists" in operator.text


def test_students_read_the_moved_exams_under_the_same_ids(
    operator: Operator, stack_name: str, school: School, backup: Path, tmp_path: Path
) -> None:
    assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0, operator.text
    env_file = tmp_path / "stack.env"
    assert operator.run("env", "--write", str(env_file), "--stack-name", stack_name) == 0
    settings = load_teacher_settings({}, env_file).backend
    guest = GuestCredentials(settings, time.time)
    api = GuestApi(settings, guest)
    try:
        public = {one.id for one in school.exams if one.is_published}
        by_link = {one.id for one in school.exams if not one.is_listed}
        assert {one.id for one in api.list_exams()} == public - by_link
        assert {one for one in public if api.get_exam(one)} == public
        assert len(list(api.list_results(school.exams[0].id))) == 120
        assert list(api.list_results(school.exams[1].id)) == []
    finally:
        api.close()
        guest.close()


def test_what_was_changed_on_the_stack_since_is_not_undone_by_repeating_the_import(
    operator: Operator, stack_name: str, school: School, backup: Path
) -> None:
    assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0
    assert operator.run("outputs", "--stack-name", stack_name) == 0
    outputs = dict(line.split("=", 1) for line in operator.said)
    with account_of_emulator():
        dynamodb = boto3.client("dynamodb", endpoint_url=operator.endpoint_url, region_name=REGION)
    try:
        key = {"id": {"S": school.exams[0].id}}
        dynamodb.update_item(
            TableName=outputs["ExamsTableName"],
            Key=key,
            UpdateExpression="SET subject = :subject, version = :version",
            ExpressionAttributeValues={":subject": {"S": "Waves"}, ":version": {"N": "4"}},
        )
        assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0
        stored = dynamodb.get_item(TableName=outputs["ExamsTableName"], Key=key)["Item"]
    finally:
        dynamodb.close()
    assert stored["subject"] == {"S": "Waves"}


def test_what_is_left_of_deleted_rows_does_not_move_and_makes_place_for_an_import(
    operator: Operator, stack_name: str, school: School, backup: Path, tmp_path: Path
) -> None:
    assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0
    assert operator.run("outputs", "--stack-name", stack_name) == 0
    outputs = dict(line.split("=", 1) for line in operator.said)
    row, exam_gone, class_list = school.results[0], school.exams[2], school.class_lists[0]
    with account_of_emulator():
        dynamodb = boto3.client("dynamodb", endpoint_url=operator.endpoint_url, region_name=REGION)
        cognito = boto3.client("cognito-idp", endpoint_url=operator.endpoint_url, region_name=REGION)
    try:
        anna = cognito.admin_get_user(UserPoolId=outputs["UserPoolId"], Username="Anna.Berg")
        (sub,) = (one["Value"] for one in anna["UserAttributes"] if one["Name"] == "sub")
        for table, key in (
            ("ExamsTableName", {"id": exam_gone.id}),
            ("ResultsTableName", {"examId": row.exam_id, "id": row.id}),
            ("ResultsTableName", {"examId": f"class-lists/{sub}", "id": class_list.id}),
        ):
            item = {name: {"S": value} for name, value in key.items()}
            dynamodb.put_item(TableName=outputs[table], Item={**item, "expiresAt": {"N": "4102444800"}})
    finally:
        dynamodb.close()
        cognito.close()

    home = tmp_path / "back.tar"
    assert operator.run("export-backup", str(home), "--stack-name", stack_name) == 0, operator.text
    left = replace(school, exams=school.exams[:2], results=school.results[1:], class_lists=())
    assert comparable(read(home)) == comparable(left)

    assert operator.run("import-backup", str(backup), "--stack-name", stack_name) == 0, operator.text
    assert operator.said[-4:] == [
        "1 results put on the stack; 120 were there already.",
        "1 exams put on the stack; 2 were there already.",
        "1 class lists put on the stack.",
        "0 changes of the history put on the stack; 4 were there already.",
    ]


@pytest.mark.parametrize("content", [None, b"", b"no backup"])
def test_a_file_that_is_no_backup_is_refused_with_one_line(
    operator: Operator, stack_name: str, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "wrong.tar"
    if content is not None:
        file.write_bytes(content)
    assert operator.run("import-backup", str(file), "--stack-name", stack_name) == 1
    (line,) = operator.said
    assert line.startswith(f"{file}: ")
