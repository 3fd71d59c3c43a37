"""A stack's accounts, exams and results, read and written past its API: a school that moves in or out.

What the API deletes leaves its key in the table for a day (resolvers/deleteRows.js): an item without a
version, which is no exam, no result and no class list.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from deploy.aws.connection import Connection, aws_errors
from deploy.aws.data.history import HISTORY, changes_of, record_of
from deploy.local.backend.storage.changes import Change
from deploy.local.backend.storage.class_lists import ClassList, ClassStudent
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import Result
from deploy.local.maintenance.school import MovedTeacher, School
from deploy.teacher_holdings import Holdings

__all__ = ["StackData", "Written"]

WRITERS: Final = 8
GUESSES: Final = "guesses/"  # before what they are counted by, in the place of an exam's id
CLASS_LISTS: Final = "class-lists/"  # before the owner's sub, in the place of an exam's id
_TIMES: Final = {"created_at": "createdAt", "updated_at": "updatedAt"}
_EXAM_NAMES: Final = {**_TIMES, "release_at": "releaseAt", "public_since": "publicSince"}
_RESULT_NAMES: Final = {**_TIMES, "exam_id": "examId", "regraded_at": "regradedAt"}


@dataclass(frozen=True, slots=True)
class Written:
    """How many items were written, and how many were there already in this or a newer version."""

    new: int
    present: int


class StackData:
    """The tables and the user pool of one stack, by its outputs."""

    def __init__(self, connection: Connection, outputs: Mapping[str, str]) -> None:
        self._dynamodb = connection.client("dynamodb")
        self._cognito = connection.client("cognito-idp")
        self._user_pool_id = outputs["UserPoolId"]
        self._exams_table = outputs["ExamsTableName"]
        self._results_table = outputs["ResultsTableName"]

    def teachers(self) -> tuple[MovedTeacher, ...]:
        """Every account, by username."""
        with aws_errors():
            pages = self._cognito.get_paginator("list_users").paginate(UserPoolId=self._user_pool_id)
            found = [_teacher(user) for page in pages for user in page["Users"]]
        return tuple(sorted(found, key=lambda teacher: teacher.username))

    def school(self) -> School:
        """Everything of the stack."""
        exams = tuple(_exam(item) for item in self._items(self._exams_table) if _is_there(item))
        items = list(self._items(self._results_table))
        there = [item for item in items if _is_there(item) and not _is_in(item, GUESSES, HISTORY)]
        results = tuple(_result(item) for item in there if not _is_in(item, CLASS_LISTS))
        lists = tuple(_class_list(item) for item in there if _is_in(item, CLASS_LISTS))
        changes = tuple(changes_of(item for item in items if _is_in(item, HISTORY)))
        return School(self.teachers(), exams, results, lists, changes)

    def put_results(self, results: Iterable[Result], exams: Mapping[str, Exam]) -> Written:
        """Stores results; `exams` are theirs, by id."""
        items = (_result_item(result, exams[result.exam_id]) for result in results)
        return self._put_all(self._results_table, items)

    def put_class_lists(self, class_lists: Iterable[ClassList]) -> Written:
        """Stores class lists, beside the results."""
        return self._put_all(self._results_table, map(_class_list_item, class_lists))

    def put_changes(self, changes: Iterable[Change]) -> Written:
        """Stores histories, beside the results; `changes` are by exam."""
        new = present = 0
        for exam_id, of_exam in itertools.groupby(changes, lambda change: change.exam_id):
            stored = {_identity(change) for change in changes_of(self._plain_partition(HISTORY + exam_id))}
            missing = [change for change in of_exam if _identity(change) not in stored]
            with ThreadPoolExecutor(WRITERS) as pool:
                list(pool.map(self._put_record, missing))
            new, present = new + len(missing), present + len(stored)
        return Written(new, present)

    def put_exams(self, exams: Iterable[Exam]) -> Written:
        """Stores exams."""
        return self._put_all(self._exams_table, map(_exam_item, exams))

    def count(self, sub: str) -> Holdings:
        """What an account owns."""
        exam_ids = self._exam_ids(sub)
        results = sum(len(self._there(exam_id)) for exam_id in exam_ids)
        return Holdings(len(exam_ids), results, len(self._there(CLASS_LISTS + sub)))

    def hand_over(self, sub: str, new_sub: str) -> None:
        """Makes everything that an account owns another's; repeat it after an interruption."""
        for exam_id in self._exam_ids(sub):
            # The exam follows its results, so that a repetition finds them; then those that came meanwhile.
            self._own_results(exam_id, new_sub)
            self._own(self._exams_table, {"id": {"S": exam_id}}, new_sub)
            self._own_results(exam_id, new_sub)
        for item in self._there(CLASS_LISTS + sub):
            put = {
                "TableName": self._results_table,
                "Item": {**item, "examId": {"S": CLASS_LISTS + new_sub}},
            }
            delete = {"TableName": self._results_table, "Key": _result_key(item)}
            with aws_errors():
                self._dynamodb.transact_write_items(TransactItems=[{"Put": put}, {"Delete": delete}])

    def delete(self, sub: str) -> None:
        """Deletes everything that an account owns; repeat it after an interruption."""
        for exam_id in self._exam_ids(sub):
            self._delete_partition(exam_id)
            self._delete_partition(HISTORY + exam_id)
            with aws_errors():
                self._dynamodb.delete_item(TableName=self._exams_table, Key={"id": {"S": exam_id}})
            self._delete_partition(exam_id)  # what came meanwhile
            self._delete_partition(HISTORY + exam_id)
        self._delete_partition(CLASS_LISTS + sub)

    def _exam_ids(self, sub: str) -> list[str]:
        """From the table itself, since an index may lack the newest."""
        return [item["id"] for item in self._items(self._exams_table) if item.get("owner") == sub]

    def _own_results(self, exam_id: str, sub: str) -> None:
        with ThreadPoolExecutor(WRITERS) as pool:
            keys = [_result_key(item) for item in self._there(exam_id)]
            list(pool.map(lambda key: self._own(self._results_table, key, sub), keys))

    def _own(self, table: str, key: Mapping[str, Any], sub: str) -> None:
        with aws_errors(), contextlib.suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            self._dynamodb.update_item(
                TableName=table,
                Key=key,
                UpdateExpression="SET #owner = :owner",
                ConditionExpression="attribute_exists(#version)",  # what was deleted meanwhile stays deleted
                ExpressionAttributeNames={"#owner": "owner", "#version": "version"},
                ExpressionAttributeValues={":owner": {"S": sub}},
            )

    def _delete_partition(self, exam_id: str) -> None:
        def delete(item: Mapping[str, Any]) -> None:
            with aws_errors():
                self._dynamodb.delete_item(TableName=self._results_table, Key=_result_key(item))

        with ThreadPoolExecutor(WRITERS) as pool:
            list(pool.map(delete, self._partition(exam_id)))

    def _partition(self, exam_id: str) -> list[dict[str, Any]]:
        """The items of one exam, or of one teacher's class lists, and what is left of deleted ones, with
        DynamoDB's types."""
        with aws_errors():
            pages = self._dynamodb.get_paginator("query").paginate(
                TableName=self._results_table,
                KeyConditionExpression="examId = :exam",
                ExpressionAttributeValues={":exam": {"S": exam_id}},
                ConsistentRead=True,
            )
            return [item for page in pages for item in page["Items"]]

    def _there(self, exam_id: str) -> list[dict[str, Any]]:
        """As `_partition`, without what was deleted."""
        return [item for item in self._partition(exam_id) if _is_there(item)]

    def _plain_partition(self, exam_id: str) -> list[dict[str, Any]]:
        """As `_partition`, with Python's types."""
        return [_plain_item(item) for item in self._partition(exam_id)]

    def _put_record(self, change: Change) -> None:
        with aws_errors():
            self._dynamodb.put_item(TableName=self._results_table, Item=_typed_item(record_of(change)))

    def _put_all(self, table: str, items: Iterable[Mapping[str, Any]]) -> Written:
        with ThreadPoolExecutor(WRITERS) as pool:
            stored = list(pool.map(lambda item: self._put(table, item), items))
        return Written(stored.count(True), stored.count(False))

    def _put(self, table: str, item: Mapping[str, Any]) -> bool:
        """Stores an item that is new, deleted, or newer than the stored one; whether it was."""
        with aws_errors():
            try:
                self._dynamodb.put_item(
                    TableName=table,
                    Item=_typed_item(item),
                    ConditionExpression="attribute_not_exists(#version) OR #version < :version",
                    ExpressionAttributeNames={"#version": "version"},
                    ExpressionAttributeValues={":version": {"N": str(item["version"])}},
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _items(self, table: str) -> Iterator[dict[str, Any]]:
        with aws_errors():
            for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
                for item in page["Items"]:
                    yield _plain_item(item)


def _result_key(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("examId", "id")}


def _identity(change: Change) -> tuple[str, str, str | None]:
    """The same wherever a change is stored; its number is not."""
    return change.made_at, change.kind, change.result_id


def _typed_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: TypeSerializer().serialize(value) for name, value in item.items()}


def _plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(attribute) for name, attribute in item.items()}


def _plain(attribute: Any) -> Any:
    value = TypeDeserializer().deserialize(attribute)
    return int(value) if isinstance(value, Decimal) else value


def _teacher(user: Mapping[str, Any]) -> MovedTeacher:
    attributes = {attribute["Name"]: attribute["Value"] for attribute in user.get("Attributes", [])}
    email = attributes.get("email") if attributes.get("email_verified") == "true" else None
    return MovedTeacher(attributes["sub"], user["Username"], email, attributes.get("name"), user["Enabled"])


def _item(row: Exam | Result, names: Mapping[str, str]) -> dict[str, Any]:
    """The item that the resolvers store; what is missing is left out."""
    return {names.get(name, name): value for name, value in asdict(row).items() if value is not None}


def _result_item(result: Result, exam: Exam) -> dict[str, Any]:
    code = {"code": result.student} if exam.is_own_result_only else {}
    return {**_item(result, _RESULT_NAMES), **code, "owner": exam.owner}


def _exam_item(exam: Exam) -> dict[str, Any]:
    item = _item(exam, _EXAM_NAMES)
    del item["is_published"], item["is_listed"]
    status = ("PUBLISHED" if exam.is_listed else "BY_LINK") if exam.is_published else "DRAFT"
    state = {"listed": exam.is_listed, "published": exam.is_published, "status": status}
    return {**item, **state, "dateId": f"{exam.date}#{exam.id}"}


def _exam(item: Mapping[str, Any]) -> Exam:
    return Exam(
        id=item["id"],
        subject=item["subject"],
        date=item["date"],
        teacher=item["teacher"],
        scale=item["scale"],
        audience=item["audience"],
        is_published=item["published"],
        release_at=item.get("releaseAt"),
        version=item["version"],
        created_at=item["createdAt"],
        updated_at=item["updatedAt"],
        owner=item["owner"],
        is_listed=item.get("listed", True),
        public_since=item.get("publicSince"),
    )


def _result(item: Mapping[str, Any]) -> Result:
    return Result(
        exam_id=item["examId"],
        id=item["id"],
        student=item["student"],
        grade=item["grade"],
        name=item.get("name"),
        version=item["version"],
        created_at=item["createdAt"],
        updated_at=item["updatedAt"],
        number=item.get("number"),
        comment=item.get("comment"),
        regraded_at=item.get("regradedAt"),
    )


def _is_there(item: Mapping[str, Any]) -> bool:
    return "version" in item


def _is_in(item: Mapping[str, Any], *partitions: str) -> bool:
    return str(item["examId"]).startswith(partitions)


def _class_list_item(stored: ClassList) -> dict[str, Any]:
    students = [
        {name: value for name, value in asdict(student).items() if value is not None}
        for student in stored.students
    ]
    return {
        "examId": CLASS_LISTS + stored.owner,
        "id": stored.id,
        "title": stored.title,
        "students": students,
        "studentCount": len(students),
        "version": stored.version,
        "createdAt": stored.created_at,
        "updatedAt": stored.updated_at,
        **({} if stored.gradebook is None else {"gradebook": stored.gradebook}),
    }


def _class_list(item: Mapping[str, Any]) -> ClassList:
    students = (ClassStudent(one["name"], one.get("number"), one.get("code")) for one in item["students"])
    return ClassList(
        owner=item["examId"].removeprefix(CLASS_LISTS),
        id=item["id"],
        title=item["title"],
        students=tuple(students),
        version=item["version"],
        created_at=item["createdAt"],
        updated_at=item["updatedAt"],
        gradebook=item.get("gradebook"),
    )
