"""A try whose answer was lost may arrive last, when what its repetition created is deleted already."""

from __future__ import annotations

import pytest

from tests.builders import at_version, exam_input, new_id
from tests.contract.calls import Api
from tests.contract.target import Capability

pytestmark = pytest.mark.needs(Capability.DELETED_IDS)


def test_a_late_try_brings_no_deleted_result_back(api: Api) -> None:
    """Of one, and of a batch of which one is deleted: then the others are not touched either."""
    exam_id = api.teacher.new_exam()["id"]
    rows = [{"id": new_id(), "student": f"S{number}", "grade": "12"} for number in range(3)]
    batch = {"examId": exam_id, "rows": rows}
    made = api.teacher.mutate("createResultsBatch", "examId items {id version examId}", batch).only()
    deleted = made["items"][1]
    api.teacher.mutate("deleteResults", "id", at_version(deleted)).only()
    refusal = api.teacher.mutate("createResultsBatch", "examId", batch).refusal("ConflictException")
    assert refusal["data"] is None
    (late,) = [row for row in rows if row["id"] == deleted["id"]]
    api.teacher.mutate("createResults", "id", {**late, "examId": exam_id}).refusal("ConflictException")
    left = {row["id"] for row in rows} - {deleted["id"]}
    assert {row["id"] for row in api.teacher.results(exam_id)} == left


def test_a_late_try_is_refused_after_the_result_is_erased_from_the_history_too(api: Api) -> None:
    exam_id = api.teacher.new_exam()["id"]
    row = api.teacher.new_result(exam_id)
    api.teacher.mutate("deleteResults", "id", at_version(row)).only()
    api.teacher.mutate("eraseChanges", "nextToken", {"examId": exam_id, "id": row["id"]}).only()
    again = {"id": row["id"], "examId": exam_id, "student": row["student"], "grade": row["grade"]}
    api.teacher.mutate("createResults", "id", again).refusal("ConflictException")


def test_an_id_that_was_deleted_in_one_exam_is_free_in_another(api: Api) -> None:
    exam_id, other_id = api.teacher.new_exam()["id"], api.teacher.new_exam()["id"]
    row = api.teacher.new_result(exam_id)
    api.teacher.mutate("deleteResults", "id", at_version(row)).only()
    again = {"id": row["id"], "examId": other_id, "student": "Ada", "grade": "12"}
    api.teacher.mutate("createResults", "id", again).only()


def test_a_late_try_brings_no_deleted_exam_back(api: Api) -> None:
    """Nor one of its results."""
    given = exam_input()
    exam = api.teacher.mutate("createExam", "id version", given).only()
    row = api.teacher.new_result(exam["id"])
    api.teacher.mutate("deleteResults", "id", at_version(row)).only()
    api.teacher.mutate("deleteExam", "id", at_version(exam)).only()
    assert api.teacher.mutate("createExam", "id", given).refusal("ConflictException")["data"] is None
    again = {"id": row["id"], "examId": exam["id"], "student": row["student"], "grade": row["grade"]}
    api.teacher.mutate("createResults", "id", again).refusal("NotFound")


def test_a_late_try_brings_no_deleted_class_list_back(api: Api) -> None:
    given = {"id": new_id(), "title": "7b", "students": [{"name": "Ada"}]}
    made = api.teacher.mutate("createClassList", "id version", given).only()
    api.teacher.mutate("deleteClassList", "id", {"id": made["id"], "expectedVersion": made["version"]}).only()
    assert api.teacher.mutate("createClassList", "id", given).refusal("ConflictException")["data"] is None
