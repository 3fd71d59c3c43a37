"""A try whose answer was lost may arrive last, when what its repetition created is deleted already."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.builders import at_version, exam_input, new_id, result_input
from tests.contract.calls import Answer, Api, Caller

SENT_TWICE = "DynamoDB:TransactionCanceledException"  # of two tries at once, one may have to be sent again


def class_list_input() -> dict[str, Any]:
    return {"id": new_id(), "title": "7b", "students": [{"name": "Ada"}]}


def batch_of(exam_id: str, count: int) -> dict[str, Any]:
    rows = [{"id": new_id(), "student": f"S{number}", "grade": "12"} for number in range(count)]
    return {"examId": exam_id, "rows": rows}


def created(teacher: Caller, batch: Mapping[str, Any]) -> list[dict[str, Any]]:
    made = teacher.mutate("createResultsBatch", "examId items {id version examId}", batch).only()
    items: list[dict[str, Any]] = made["items"]
    return items


def delete_all(teacher: Caller, exam_id: str, rows: list[dict[str, Any]]) -> None:
    versions = [{"id": row["id"], "expectedVersion": row["version"]} for row in rows]
    teacher.mutate("deleteResultsBatch", "examId", {"examId": exam_id, "rows": versions}).only()


def test_a_late_try_brings_no_deleted_result_back(api: Api) -> None:
    """Of one, and of a batch of which one is deleted: then the others are not touched either."""
    exam_id = api.teacher.new_exam()["id"]
    batch = batch_of(exam_id, 3)
    deleted = created(api.teacher, batch)[1]
    api.teacher.mutate("deleteResults", "id", at_version(deleted)).only()
    refusal = api.teacher.mutate("createResultsBatch", "examId", batch).refusal("ConflictException")
    assert refusal["data"] is None
    (late,) = [row for row in batch["rows"] if row["id"] == deleted["id"]]
    api.teacher.mutate("createResults", "id", {**late, "examId": exam_id}).refusal("ConflictException")
    left = {row["id"] for row in batch["rows"]} - {deleted["id"]}
    assert {row["id"] for row in api.teacher.results(exam_id)} == left


def test_a_late_try_of_the_longest_batch_brings_nothing_back(api: Api) -> None:
    exam_id = api.teacher.new_exam()["id"]
    batch = batch_of(exam_id, 99)
    delete_all(api.teacher, exam_id, created(api.teacher, batch))
    assert (
        api.teacher.mutate("createResultsBatch", "examId", batch).refusal("ConflictException")["data"] is None
    )
    assert api.teacher.results(exam_id) == []


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
    assert api.other_teacher.mutate("createExam", "id", given).refusal("ConflictException")["data"] is None
    again = {"id": row["id"], "examId": exam["id"], "student": row["student"], "grade": row["grade"]}
    api.teacher.mutate("createResults", "id", again).refusal("NotFound")


def test_a_late_try_brings_no_deleted_class_list_back(api: Api) -> None:
    given = class_list_input()
    made = api.teacher.mutate("createClassList", "id version", given).only()
    api.teacher.mutate("deleteClassList", "id", at_version(made)).only()
    assert api.teacher.mutate("createClassList", "id", given).refusal("ConflictException")["data"] is None


def test_nobody_sees_anything_of_deleted_results(api: Api) -> None:
    """More of them than a page has, before and after the two that are left."""
    exam = api.teacher.new_exam(is_published=True)
    rows = [row for _ in range(3) for row in created(api.teacher, batch_of(exam["id"], 99))]
    rows.sort(key=lambda row: str(row["id"]))
    left = [rows.pop(150)["id"], rows.pop(150)["id"]]
    for start in range(0, len(rows), 99):
        delete_all(api.teacher, exam["id"], rows[start : start + 99])
    for caller in (api.teacher, api.other_teacher, api.guest):
        assert [row["id"] for row in caller.results(exam["id"], "id student version")] == left
        gone = caller.ask(
            "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {id}}", e=exam["id"], id=rows[0]["id"]
        )
        assert gone.only() is None
    assert api.teacher.exam(exam["id"], "resultsCount") == {"resultsCount": 2}
    for field, change in (("updateResults", {"grade": "13"}), ("deleteResults", {}), ("retractResults", {})):
        for version in (1, 2):
            given = {**at_version({**rows[0], "version": version}), **change}
            api.teacher.mutate(field, "id", given).refusal("NotFound")


def test_an_exam_whose_results_are_all_deleted_has_none(api: Api) -> None:
    """Its audience changes to codes, and it can be deleted; then nobody sees it."""
    exam = api.teacher.new_exam()
    delete_all(api.teacher, exam["id"], created(api.teacher, batch_of(exam["id"], 99)))
    assert api.teacher.exam(exam["id"], "resultsCount") == {"resultsCount": 0}
    exam = api.teacher.mutate("updateExam", "id version", {**at_version(exam), "audience": "CODES"}).only()
    api.teacher.mutate("deleteExam", "id", at_version(exam)).only()
    for caller in (api.teacher, api.guest):
        assert caller.exam(exam["id"], "id") is None
        assert caller.results(exam["id"]) == []
    assert exam["id"] not in {one["id"] for one in api.teacher.listed_exams("listMyExams")}
    for field in ("updateExam", "publishExam", "deleteExam"):
        api.teacher.mutate(field, "id", at_version(exam)).refusal("NotFound")


def test_a_code_of_a_deleted_result_finds_nothing_until_it_is_another_results(api: Api) -> None:
    exam = api.teacher.new_exam(audience="OWN", is_published=True)
    row = api.teacher.new_result(exam["id"], student="7KQ2MX9ABC")
    api.teacher.mutate("deleteResults", "id", at_version(row)).only()

    def found() -> Any:
        document = 'query($e: ID!) {findResult(examId: $e, code: "7KQ2MX9ABC") {id}}'
        return api.guest.ask(document, e=exam["id"]).only()

    assert found() is None
    again = api.teacher.new_result(exam["id"], student="7KQ2MX9ABC")
    assert found() == {"id": again["id"]}


def test_nobody_sees_anything_of_a_deleted_class_list(api: Api) -> None:
    made = [
        api.teacher.mutate("createClassList", "id version title", class_list_input()).only() for _ in range(3)
    ]
    made.sort(key=lambda one: str(one["id"]))
    for one in made[:2]:
        answer = api.teacher.mutate("deleteClassList", "id version title students {name}", at_version(one))
        assert answer.only() == {**one, "students": [{"name": "Ada"}]}
    listed: list[str] = []
    token = None
    while True:
        document = (
            "query($token: String) {listMyClassLists(limit: 1, nextToken: $token) {items {id} nextToken}}"
        )
        page = api.teacher.ask(document, token=token).only()
        listed += [one["id"] for one in page["items"]]
        token = page["nextToken"]
        if token is None:
            break
    assert set(listed) & {one["id"] for one in made} == {made[2]["id"]}
    document = "query($id: ID!) {getClassList(id: $id) {id}}"
    assert api.teacher.ask(document, id=made[0]["id"]).only() is None
    for version in (1, 2):
        change = {"id": made[0]["id"], "expectedVersion": version}
        api.teacher.mutate("updateClassList", "id", {**change, "title": "X"}).refusal("NotFound")
        api.teacher.mutate("deleteClassList", "id", change).refusal("NotFound")


@pytest.mark.parametrize("kind", ["result", "batch", "exam", "class list"])
def test_a_try_that_is_late_by_however_little_brings_nothing_back(api: Api, kind: str) -> None:
    """It runs beside the repeated try and the deletion, and may come before them, between them or after."""
    exam_id = api.teacher.new_exam()["id"]
    together = Barrier(2, timeout=20)

    def create(given: Mapping[str, Any]) -> Answer:
        match kind:
            case "result":
                return api.teacher.mutate("createResults", "id version examId", given)
            case "batch":
                return api.teacher.mutate("createResultsBatch", "examId items {id version examId}", given)
            case "exam":
                return api.teacher.mutate("createExam", "id version", given)
            case _:
                return api.teacher.mutate("createClassList", "id version", given)

    def late(given: Mapping[str, Any]) -> list[str]:
        together.wait()
        return create(given).error_types

    def repeated(given: Mapping[str, Any]) -> Any:
        together.wait()
        answer = create(given)
        while answer.error_types == [SENT_TWICE]:
            answer = create(given)
        return answer.only()

    with ThreadPoolExecutor(1) as other:
        for _ in range(10):
            given = {
                "result": result_input(exam_id),
                "batch": batch_of(exam_id, 3),
                "exam": exam_input(),
                "class list": class_list_input(),
            }[kind]
            arriving = other.submit(late, given)
            made = repeated(given)
            match kind:
                case "result":
                    api.teacher.mutate("deleteResults", "id", at_version(made)).only()
                case "batch":
                    delete_all(api.teacher, exam_id, made["items"])
                case "exam":
                    api.teacher.mutate("deleteExam", "id", at_version(made)).only()
                case _:
                    api.teacher.mutate("deleteClassList", "id", at_version(made)).only()
            assert arriving.result() in ([], ["ConflictException"], [SENT_TWICE])
            create(given).refusal("ConflictException")
    assert api.teacher.results(exam_id) == []
