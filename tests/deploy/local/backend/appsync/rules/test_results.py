"""What a teacher may do to results, rule by rule: one by one, in batches, and taken back."""

from collections.abc import Callable

import pytest

from deploy.local.backend.appsync.rules.exams import publish_exam
from deploy.local.backend.appsync.rules.results import (
    change_result,
    create_result,
    create_results,
    erase_changes,
    remove_result,
    remove_results,
    retract_result,
)
from deploy.local.backend.appsync.validation import BATCH_ROWS_MAX, DELETED_CHARACTERS_MAX, stored_time
from deploy.local.backend.storage.results import Result
from tests.builders import at_version, new_id, result_input
from tests.deploy.local.backend.appsync.rules.school import BOB, NOW_S, Row, Rule, School

FULL = {"student": "ABCDEF", "grade": "14", "name": "Grace Hopper", "number": "7", "comment": "Well done"}
OPTIONAL = ["name", "number", "comment"]
OF_A_STORED_RESULT = pytest.mark.parametrize("rule", [change_result, remove_result, retract_result])


def rows_of(exam: Row, *rows: Row) -> Row:
    return {"examId": exam["id"], "rows": list(rows)}


def a_row(**changes: object) -> Row:
    return {"id": new_id(), "student": "Ada", "grade": "14", **changes}


def stored(school: School, row: Row) -> Result:
    result = school.result(row)
    assert result is not None
    return result


@pytest.fixture
def exam(school: School) -> Row:
    return school.new_exam(audience="CODES", is_published=True)


def test_a_new_result_is_stored_with_what_is_its_owners_alone(school: School, exam: Row) -> None:
    given = {**result_input(exam["id"]), **FULL}
    answered = school.do(create_result, given)
    assert answered == {
        **given,
        "name": None,  # subscribers receive the answer
        "number": None,
        "comment": None,
        "readable": True,
        "published": True,
        "version": 1,
        "createdAt": school.now,
        "updatedAt": school.now,
        "owner": exam["owner"],
        "corrected": False,
    }
    result = stored(school, given)
    assert {name: getattr(result, name) for name in FULL} == FULL
    assert (result.version, result.created_at, result.updated_at) == (1, school.now, school.now)
    assert result.regraded_at is None


def test_what_a_result_may_lack_is_nothing(school: School, exam: Row) -> None:
    for given in ({}, dict.fromkeys(OPTIONAL)):
        result = stored(school, school.new_result(exam, student="ABCDEF", **given))
        assert (result.name, result.number, result.comment) == (None, None, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "1"}, "id"),
        ({"student": "Ada"}, "student"),
        ({"student": None}, "student"),
        ({"grade": None}, "grade"),
        ({"grade": "1" * 17}, "grade"),
        ({"name": " "}, "name"),
        ({"number": " "}, "number"),
        ({"comment": "\x00"}, "comment"),
    ],
)
def test_a_result_that_is_not_valid_is_refused_by_the_name_of_its_field(
    school: School, exam: Row, change: Row, field: str
) -> None:
    valid = {**result_input(exam["id"]), **FULL}
    assert school.refusal(create_result, {**valid, **change}).error_info == {"field": field}
    if field == "id":
        return
    result = school.do(create_result, valid)
    refusal = school.refusal(change_result, {**at_version(result), **change})
    assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": field})


def test_the_same_creation_again_later_is_answered_with_what_is_stored(school: School, exam: Row) -> None:
    given = {**result_input(exam["id"]), **FULL}
    first = school.do(create_result, given)
    school.now_s += 5
    assert school.do(create_result, given) == first
    assert school.do(create_results, rows_of(exam, given))["items"] == [first]


@pytest.mark.parametrize("field", list(FULL))
def test_another_result_with_the_same_id_is_refused_with_the_stored_one(
    school: School, exam: Row, field: str
) -> None:
    given = {**result_input(exam["id"]), **FULL}
    first = school.do(create_result, given)
    refusal = school.refusal(create_result, {**given, field: "GHJKMN"})
    assert (refusal.error_type, refusal.data) == ("ConflictException", first)
    assert refusal.message == "A result with this id exists and is different"


def test_its_owner_is_shown_the_code_of_the_stored_one(school: School) -> None:
    """Which the answers of an exam with own results leave out."""
    exam = school.new_exam(audience="OWN")
    first = school.new_result(exam, student="ABCDEFGHJK")
    assert first["student"] != "ABCDEFGHJK"
    again = {**result_input(exam["id"]), "id": first["id"], "student": "ABCDEFGHJK", "grade": "20"}
    assert school.refusal(create_result, again).data == {**first, "student": "ABCDEFGHJK"}


@pytest.mark.parametrize("is_hour_over", [False, True])
def test_every_answer_says_whether_the_exams_hour_has_come(school: School, is_hour_over: bool) -> None:
    hour = stored_time(NOW_S + 3600)
    exam = school.do(publish_exam, at_version(school.new_exam(audience="CODES")), release_at=hour)
    school.now_s += 7200 if is_hour_over else 0
    given = [{**result_input(exam["id"]), "student": code} for code in ("ABCDEF", "GHJKMN", "PQRSTV")]
    one, other, third = (school.do(create_result, row) for row in given)
    changed = school.do(change_result, {**at_version(one), "name": "Ada"})
    refusals = [
        school.refusal(create_result, {**given[0], "grade": "1"}),
        school.refusal(change_result, at_version(one)),
    ]
    answers = [one, other, third, changed, *(refusal.data or {} for refusal in refusals)]
    answers += [
        school.do(create_results, rows_of(exam, a_row(student="ABCDEF"))),
        school.do(remove_result, at_version(other)),
        school.do(retract_result, at_version(third)),
        school.do(remove_results, rows_of(exam, at_version(changed))),
    ]
    assert [answer["readable"] for answer in answers] == [is_hour_over] * len(answers)


def test_a_deleted_result_is_not_created_again(school: School, exam: Row) -> None:
    given = {**result_input(exam["id"]), **FULL}
    school.do(remove_result, at_version(school.do(create_result, given)))
    refusal = school.refusal(create_result, given)
    assert (refusal.error_type, refusal.data) == ("ConflictException", None)
    assert refusal.message == "The result with this id was deleted"
    assert school.result(given) is None
    other = school.new_exam()
    assert school.do(create_result, {**given, "examId": other["id"]})["id"] == given["id"]


RULES_WITH_INPUT: list[tuple[Rule, Callable[[Row], Row]]] = [
    (create_result, lambda result: {**result_input(result["examId"]), "student": "ABCDEF"}),
    (create_results, lambda result: {"examId": result["examId"], "rows": [a_row(student="ABCDEF")]}),
    (change_result, lambda result: {**at_version(result), "grade": "15"}),
    (remove_result, at_version),
    (retract_result, at_version),
    (remove_results, lambda result: {"examId": result["examId"], "rows": [at_version(result)]}),
    (erase_changes, lambda result: {"examId": result["examId"], "id": result["id"]}),
]


@pytest.mark.parametrize(("rule", "given"), RULES_WITH_INPUT)
def test_only_its_owner_changes_what_is_in_an_exam(
    school: School, exam: Row, rule: Rule, given: Callable[[Row], Row]
) -> None:
    result = school.new_result(exam, student="ABCDEF")
    before = stored(school, result)
    refusal = school.refusal(rule, given(result), owner=BOB)
    assert (refusal.error_type, refusal.data) == ("Unauthorized", None)
    assert school.refusal(rule, {**given(result), "examId": new_id()}).error_type == "NotFound"
    assert stored(school, result) == before
    school.do(rule, given(result))  # the owner may


@OF_A_STORED_RESULT
def test_a_result_that_does_not_exist_is_not_found(school: School, exam: Row, rule: Rule) -> None:
    missing = {"examId": exam["id"], "id": new_id(), "expectedVersion": 1}
    refusal = school.refusal(rule, missing)
    assert (refusal.error_type, refusal.message) == ("NotFound", "The result does not exist")


@OF_A_STORED_RESULT
@pytest.mark.parametrize("version", [0, 2])
def test_who_has_another_version_gets_the_stored_one(school: School, rule: Rule, version: int) -> None:
    result = school.new_result(school.new_exam(audience="OWN"), student="ABCDEFGHJK")
    refusal = school.refusal(rule, {**at_version(result), "expectedVersion": version})
    assert (refusal.error_type, refusal.data) == ("ConflictException", {**result, "student": "ABCDEFGHJK"})
    assert refusal.message == "The result was changed meanwhile"


@pytest.mark.parametrize(
    "change", [{"student": "GHJKMN"}, {"name": "Ada"}, {"number": "8"}, {"comment": "Good"}]
)
def test_what_is_left_out_of_a_change_stays_and_leaves_the_grade_uncorrected(
    school: School, exam: Row, change: Row
) -> None:
    first = school.new_result(exam, **FULL)
    school.now_s += 5
    answered = school.do(change_result, {**at_version(first), **change})
    assert (answered["version"], answered["updatedAt"]) == (2, school.now)
    result = stored(school, first)
    assert {name: getattr(result, name) for name in FULL} == {**FULL, **change}
    assert (result.version, result.updated_at, result.created_at) == (2, school.now, stored_time(NOW_S))
    assert result.regraded_at is None


@pytest.mark.parametrize("field", OPTIONAL)
def test_what_a_result_may_lack_is_removed_by_null(school: School, exam: Row, field: str) -> None:
    first = school.new_result(exam, **FULL)
    school.do(change_result, {**at_version(first), field: None})
    result = stored(school, first)
    assert {name: getattr(result, name) for name in FULL} == {**FULL, field: None}


def test_another_grade_is_a_correction_from_now_on(school: School, exam: Row) -> None:
    first = school.new_result(exam, **FULL)
    school.now_s += 5
    changed = school.do(change_result, {**at_version(first), "grade": "15"})
    assert (changed["grade"], changed["corrected"]) == ("15", True)
    assert stored(school, first).regraded_at == school.now
    corrected_at = school.now
    school.now_s += 5
    school.do(change_result, {**at_version(changed), "grade": "15"})
    assert stored(school, first).regraded_at == corrected_at


def test_the_first_grade_of_an_awaited_result_is_no_correction(school: School, exam: Row) -> None:
    awaited = school.new_result(exam, student="ABCDEF", grade="AWAITED")
    assert awaited["readable"] is False
    school.now_s += 5
    graded = school.do(change_result, {**at_version(awaited), "grade": "15"})
    assert (graded["readable"], graded["corrected"]) == (True, False)
    assert stored(school, awaited).regraded_at is None


def test_a_grade_is_not_taken_back_by_a_change(school: School, exam: Row) -> None:
    result = school.new_result(exam, **FULL)
    refusal = school.refusal(change_result, {**at_version(result), "grade": "AWAITED"})
    assert refusal.error_type == "PreconditionFailed"
    assert refusal.message == "A grade is taken back with retractResults"
    awaited = school.new_result(exam, student="ABCDEF", grade="AWAITED")
    assert school.do(change_result, {**at_version(awaited), "grade": "AWAITED"})["version"] == 2


def test_a_grade_that_is_taken_back_is_answered_as_it_was(school: School, exam: Row) -> None:
    result = school.new_result(exam, **FULL)
    school.now_s += 5
    answered = school.do(retract_result, at_version(result))
    assert answered == {**result, "version": 2, "updatedAt": school.now, "corrected": True}
    awaited = stored(school, result)
    assert (awaited.grade, awaited.version, awaited.regraded_at) == ("AWAITED", 2, school.now)
    assert awaited.updated_at == school.now
    refusal = school.refusal(retract_result, at_version(answered))
    assert (refusal.error_type, refusal.message) == ("PreconditionFailed", "The result has no grade")


def test_a_deleted_result_is_answered_as_it_was_one_version_on(school: School, exam: Row) -> None:
    result = school.new_result(exam, **FULL)
    school.now_s += 5
    assert school.do(remove_result, at_version(result)) == {**result, "version": 2, "updatedAt": school.now}
    assert school.result(result) is None


def test_a_batch_is_answered_with_its_rows_by_their_ids(school: School, exam: Row) -> None:
    rows = [a_row(student="ABCDEF"), a_row(student="GHJKMN"), a_row(student="PQRSTV")]
    answered = school.do(create_results, rows_of(exam, *rows))
    assert (answered["examId"], answered["readable"]) == (exam["id"], True)
    assert [item["id"] for item in answered["items"]] == sorted(row["id"] for row in rows)
    for row in rows:
        assert stored(school, {**row, "examId": exam["id"]}).student == row["student"]


@pytest.mark.parametrize("rule", [create_results, remove_results])
@pytest.mark.parametrize("row_count", [0, BATCH_ROWS_MAX + 1])
def test_a_batch_has_a_bounded_number_of_rows(school: School, exam: Row, rule: Rule, row_count: int) -> None:
    refusal = school.refusal(rule, rows_of(exam, *(a_row(student="ABCDEF") for _ in range(row_count))))
    assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": "rows"})


def test_a_batch_names_no_row_twice(school: School, exam: Row) -> None:
    row = a_row(student="ABCDEF")
    assert school.refusal(create_results, rows_of(exam, row, row)).error_info == {"field": "rows"}


def test_a_batch_is_stored_whole_or_not_at_all(school: School, exam: Row) -> None:
    good, bad = a_row(student="ABCDEF"), a_row(student="no code")
    assert school.refusal(create_results, rows_of(exam, good, bad)).error_info == {"field": "student"}
    assert school.result({**good, "examId": exam["id"]}) is None


def test_the_rows_of_a_batch_are_all_awaited_or_none(school: School, exam: Row) -> None:
    awaited = [a_row(student="ABCDEF", grade="AWAITED"), a_row(student="GHJKMN", grade="AWAITED")]
    answered = school.do(create_results, rows_of(exam, *awaited))
    assert (len(answered["items"]), answered["readable"]) == (2, False)
    mixed = [a_row(student="ABCDEF"), a_row(student="GHJKMN", grade="AWAITED")]
    refusal = school.refusal(create_results, rows_of(exam, *mixed))
    assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": "rows"})
    assert refusal.message == "rows must all be awaited or all have a grade"


def test_a_deleted_batch_is_answered_one_version_on(school: School, exam: Row) -> None:
    results = [school.new_result(exam, **FULL), school.new_result(exam, **{**FULL, "student": "GHJKMN"})]
    school.now_s += 5
    answered = school.do(remove_results, rows_of(exam, *(at_version(result) for result in results)))
    gone = [{**result, "version": 2, "updatedAt": school.now} for result in results]
    assert answered["items"] == sorted(gone, key=lambda row: row["id"])
    for result in results:
        assert school.result(result) is None
        assert (
            school.refusal(create_result, {**FULL, "examId": exam["id"], "id": result["id"]}).error_type
            == "ConflictException"
        )


def test_the_texts_of_a_deleted_batch_fit_into_one_record(school: School) -> None:
    exam = school.new_exam()
    texts = {
        "student": "s" * 120,
        "name": "n" * 120,
        "number": "7" * 120,
        "comment": "c" * 1000,
        "grade": "14",
    }
    row_characters = sum(map(len, texts.values()))
    full_rows, rest = divmod(DELETED_CHARACTERS_MAX, row_characters)
    assert full_rows < BATCH_ROWS_MAX - 1
    results = [school.new_result(exam, **texts) for _ in range(full_rows)]
    last = school.new_result(exam, student="s" * 120, grade="14", comment="c" * (rest - 122))
    one_more = school.new_result(exam, student="s", grade="1")
    whole = [at_version(result) for result in [*results, last]]
    refusal = school.refusal(remove_results, rows_of(exam, *whole, at_version(one_more)))
    assert refusal.error_info == {"field": "rows"}
    assert school.result(last) is not None
    assert len(school.do(remove_results, rows_of(exam, *whole))["items"]) == full_rows + 1


def test_what_was_recorded_of_one_result_is_erased(school: School, exam: Row) -> None:
    one, other = school.new_result(exam, **FULL), school.new_result(exam, **{**FULL, "student": "GHJKMN"})
    for result in (one, other):
        school.do(change_result, {**at_version(result), "grade": "15"})
    recorded = len(school.changes(exam["id"]))
    assert school.do(erase_changes, {"examId": exam["id"], "id": one["id"]}) == {
        "examId": exam["id"],
        "nextToken": None,
    }
    left = school.changes(exam["id"])
    assert len(left) == recorded - 1
    assert one["id"] not in {change.result_id for change in left}
