"""What is recorded of each change: all that was and all that is, and nothing where nothing changed."""

from collections.abc import Mapping

import pytest

from deploy.local.backend.appsync.rules.exams import change_exam, publish_exam, unpublish_exam
from deploy.local.backend.appsync.rules.history import change_object
from deploy.local.backend.appsync.rules.results import (
    change_result,
    remove_result,
    remove_results,
    retract_result,
)
from deploy.local.backend.appsync.validation import stored_time
from deploy.local.backend.storage.changes import Change
from tests.builders import at_version
from tests.deploy.local.backend.appsync.rules.school import ADA, NOW_S, Row, School

EXAM_VALUES = {
    "subject": "Mathematics",
    "date": "2026-06-15",
    "teacher": "A. Lovelace",
    "scale": "OUT_OF_20",
    "audience": "NAMES",
    "listed": True,
    "status": "DRAFT",
}
RESULT_VALUES = {"student": "Ada", "grade": "14", "name": "Ada King", "number": "7", "comment": "Well done"}


def the_change(school: School, exam_id: str) -> Change:
    """The newest one."""
    return school.changes(exam_id)[0]


def assert_recorded(
    school: School,
    exam: Row,
    kind: str,
    result_id: str | None,
    before: Mapping[str, object],
    after: Mapping[str, object] | None,
) -> None:
    change = the_change(school, exam["id"])
    assert (change.kind, change.result_id) == (kind, result_id)
    assert (change.before, change.after) == (before, after)
    assert (change.exam_id, change.made_at) == (exam["id"], school.now)
    assert (change.made_by, change.made_by_name) == (ADA, "ada")


def test_the_life_of_an_exam_is_recorded(school: School) -> None:
    exam = school.new_exam()
    assert school.changes(exam["id"]) == []
    hour = stored_time(NOW_S + 3600)

    school.now_s += 1
    exam = school.do(change_exam, {**at_version(exam), "subject": "Optics"})
    optics = {**EXAM_VALUES, "subject": "Optics"}
    assert_recorded(school, exam, "EXAM_UPDATED", None, EXAM_VALUES, optics)

    school.now_s += 1
    exam = school.do(publish_exam, at_version(exam), release_at=hour)
    announced = {**optics, "status": "PUBLISHED", "releaseAt": hour}
    assert_recorded(school, exam, "PUBLISHED", None, optics, announced)

    school.now_s += 1
    exam = school.do(unpublish_exam, at_version(exam))
    assert_recorded(school, exam, "WITHDRAWN", None, announced, optics)


def test_the_life_of_a_result_is_recorded(school: School) -> None:
    exam = school.new_exam()
    result = school.new_result(exam, **RESULT_VALUES)
    assert school.changes(exam["id"]) == []

    school.now_s += 1
    result = school.do(change_result, {**at_version(result), "grade": "15", "comment": None})
    changed = {name: value for name, value in RESULT_VALUES.items() if name != "comment"} | {"grade": "15"}
    assert_recorded(school, exam, "UPDATED", result["id"], RESULT_VALUES, changed)

    school.now_s += 1
    result = school.do(retract_result, at_version(result))
    awaited = {**changed, "grade": "AWAITED"}
    assert_recorded(school, exam, "RETRACTED", result["id"], changed, awaited)

    school.now_s += 1
    school.do(remove_result, at_version(result))
    assert_recorded(school, exam, "DELETED", result["id"], awaited, None)


def test_a_change_that_changes_nothing_is_not_recorded(school: School) -> None:
    exam = school.new_exam(is_published=True)
    result = school.new_result(exam, **RESULT_VALUES)
    recorded = school.changes(exam["id"])
    school.now_s += 1
    exam = school.do(change_exam, {**at_version(exam), "subject": exam["subject"]})
    school.do(publish_exam, at_version(exam))
    school.do(change_result, {**at_version(result), "grade": "14"})
    assert school.changes(exam["id"]) == recorded


def test_of_a_deleted_batch_the_first_id_is_listed_first(school: School) -> None:
    exam = school.new_exam()
    rows = [at_version(school.new_result(exam, student=f"Student {number}")) for number in range(5)]
    school.do(remove_results, {"examId": exam["id"], "rows": rows})
    deleted = [change.result_id for change in school.changes(exam["id"])]
    assert deleted == sorted(row["id"] for row in rows)


@pytest.mark.parametrize("after", [None, {"grade": "15"}])
def test_a_record_is_answered_with_all_its_fields(after: dict[str, str] | None) -> None:
    change = Change("exam", "then", "sub", "ada", "UPDATED", "result", {"grade": "14"}, after, number=7)
    assert change_object(change) == {
        "id": "7",
        "examId": "exam",
        "at": "then",
        "by": "sub",
        "byName": "ada",
        "kind": "UPDATED",
        "resultId": "result",
        "before": {"grade": "14"},
        "after": after,
    }
