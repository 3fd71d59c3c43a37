"""A teacher's mutations by the rules alone, on a database of the test's own: no GraphQL, token or socket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

import pytest

from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.rules.exams import create_exam, publish_exam
from deploy.local.backend.appsync.rules.results import create_result
from deploy.local.backend.appsync.rules.teacher_mutation import TeacherMutation
from deploy.local.backend.appsync.validation import stored_time
from deploy.local.backend.storage.changes import Change, list_changes
from deploy.local.backend.storage.database import Database
from deploy.local.backend.storage.exams import Exam, find_exam
from deploy.local.backend.storage.results import Result, find_result
from tests.builders import at_version, exam_input, result_input

__all__ = ["ADA", "BOB", "NOW_S", "Row", "Rule", "School"]

ADA, BOB = "sub-of-ada", "sub-of-bob"
NOW_S = 1_800_000_000.0

Row = dict[str, Any]
Rule = Callable[[Connection, TeacherMutation], Row]


@dataclass
class School:
    """What Ada does at `now_s`, which a test moves; or `owner` in her place."""

    database: Database
    now_s: float = NOW_S

    @property
    def now(self) -> str:
        return stored_time(self.now_s)

    def do(self, rule: Rule, given: Mapping[str, Any], *, owner: str = ADA, **options: Any) -> Row:
        """The rule's answer to this input."""
        mutation = TeacherMutation("someMutation", given, owner, self.now_s, owner_name="ada", **options)
        return self.database.write(lambda connection: rule(connection, mutation))

    def refusal(self, rule: Rule, given: Mapping[str, Any], **options: Any) -> ApiError:
        """The rule's refusal of this input."""
        with pytest.raises(ApiError) as refused:
            self.do(rule, given, **options)
        return refused.value

    def new_exam(self, *, is_published: bool = False, **changes: Any) -> Row:
        exam = self.do(create_exam, {**exam_input(), **changes})
        return self.do(publish_exam, at_version(exam)) if is_published else exam

    def new_result(self, exam: Row, **changes: Any) -> Row:
        return self.do(create_result, {**result_input(exam["id"]), **changes})

    def exam(self, exam_id: str) -> Exam | None:
        return self.database.read(lambda connection: find_exam(connection, exam_id))

    def result(self, row: Row) -> Result | None:
        return self.database.read(lambda connection: find_result(connection, row["examId"], row["id"]))

    def changes(self, exam_id: str) -> list[Change]:
        """The exam's history, newest first."""
        return self.database.read(lambda connection: list_changes(connection, exam_id, None, 1000, None))
