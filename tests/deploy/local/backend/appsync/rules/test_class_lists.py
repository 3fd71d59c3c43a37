"""What a teacher may do to class lists, rule by rule: each sees the own ones only."""

from typing import Any

import pytest

from deploy.local.backend.appsync.rules.class_lists import (
    change_class_list,
    create_class_list,
    remove_class_list,
)
from deploy.local.backend.appsync.validation import CLASS_CHARACTERS_MAX, CLASS_STUDENTS_MAX
from tests.builders import at_version, new_id
from tests.deploy.local.backend.appsync.rules.school import BOB, Row, Rule, School

STUDENTS = [
    {"name": "Ada King", "number": "7", "code": "ABCDEF"},
    {"name": "Blaise Pascal", "number": None, "code": "ABCDEFGHJK"},
    {"name": "Carl Gauss", "number": None, "code": None},
]


def class_list_input(**changes: Any) -> Row:
    return {"id": new_id(), "title": "7 b", "students": STUDENTS, **changes}


def test_a_new_list_is_answered_and_stored(school: School) -> None:
    given = class_list_input(title=" 7 b ")
    created = school.do(create_class_list, given)
    assert created == {
        "id": given["id"],
        "title": "7 b",
        "studentCount": 3,
        "students": STUDENTS,
        "gradebook": None,
        "version": 1,
        "createdAt": school.now,
        "updatedAt": school.now,
    }
    school.now_s += 5
    assert school.do(create_class_list, given) == created  # the same again is no other list


def test_what_a_student_may_lack_may_be_left_out(school: School) -> None:
    created = school.do(create_class_list, class_list_input(students=[{"name": "Carl Gauss"}]))
    assert created["students"] == [STUDENTS[2]]


@pytest.mark.parametrize("change", [{"title": "7 c"}, {"students": STUDENTS[:2]}])
def test_another_list_with_the_same_id_is_refused_with_the_stored_one(school: School, change: Row) -> None:
    given = class_list_input()
    created = school.do(create_class_list, given)
    refusal = school.refusal(create_class_list, {**given, **change})
    assert (refusal.error_type, refusal.data) == ("ConflictException", created)
    assert refusal.message == "A class list with this id exists and is different"


def test_a_deleted_list_is_not_created_again(school: School) -> None:
    given = class_list_input()
    created = school.do(create_class_list, given)
    assert school.do(remove_class_list, at_version(created)) == created
    refusal = school.refusal(create_class_list, given)
    assert (refusal.error_type, refusal.data) == ("ConflictException", None)
    assert refusal.message == "The class list with this id was deleted"
    refusal = school.refusal(change_class_list, at_version(created))
    assert (refusal.error_type, refusal.message) == ("NotFound", "The class list does not exist")


@pytest.mark.parametrize("rule", [change_class_list, remove_class_list])
def test_somebody_elses_list_does_not_exist(school: School, rule: Rule) -> None:
    created = school.do(create_class_list, class_list_input())
    assert school.refusal(rule, at_version(created), owner=BOB).error_type == "NotFound"
    assert school.do(rule, at_version(created))["id"] == created["id"]


@pytest.mark.parametrize("rule", [change_class_list, remove_class_list])
def test_who_has_another_version_gets_the_stored_one(school: School, rule: Rule) -> None:
    created = school.do(create_class_list, class_list_input())
    refusal = school.refusal(rule, {"id": created["id"], "expectedVersion": 2})
    assert (refusal.error_type, refusal.data) == ("ConflictException", created)
    assert refusal.message == "The class list was changed meanwhile"


@pytest.mark.parametrize("change", [{"title": "7 c"}, {"students": STUDENTS[:1]}, {"gradebook": "kept"}])
def test_what_is_left_out_of_a_change_stays(school: School, change: Row) -> None:
    created = school.do(create_class_list, class_list_input())
    school.now_s += 5
    changed = school.do(change_class_list, {**at_version(created), **change})
    count = len(change.get("students", STUDENTS))
    assert changed == {**created, "studentCount": count, **change, "version": 2, "updatedAt": school.now}
    assert school.refusal(remove_class_list, at_version(created)).data == changed


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": "1"}, "id"),
        ({"title": None}, "title"),
        ({"students": None}, "students"),
        ({"students": [{"name": " "}]}, "name"),
        ({"students": [{"name": "Ada", "number": " "}]}, "number"),
        ({"students": [{"name": "Ada", "code": "ABC"}]}, "student"),
        ({"students": [STUDENTS[0], STUDENTS[0]]}, "students"),
        ({"students": [{"name": "Ada"}] * (CLASS_STUDENTS_MAX + 1)}, "students"),
        ({"students": [{"name": "n" * 60, "number": "7" * 61}] * (CLASS_CHARACTERS_MAX // 120)}, "students"),
    ],
)
def test_a_list_that_is_not_valid_is_refused_by_the_name_of_its_field(
    school: School, change: Row, field: str
) -> None:
    refusal = school.refusal(create_class_list, class_list_input(**change))
    assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": field})
    if field == "id":
        return
    created = school.do(create_class_list, class_list_input())
    again = school.refusal(change_class_list, {**at_version(created), **change})
    assert (again.error_info, again.message) == (refusal.error_info, refusal.message)


@pytest.mark.parametrize(
    ("students", "message"),
    [(None, "students must not be null"), ([STUDENTS[0]] * 2, "students must not have a code twice")],
)
def test_the_refusal_of_students_says_what_is_wrong(
    school: School, students: list[Row] | None, message: str
) -> None:
    assert school.refusal(create_class_list, class_list_input(students=students)).message == message


def test_a_list_may_be_as_long_as_is_allowed(school: School) -> None:
    full = [{"name": "n" * 60, "number": "7" * 60}] * (CLASS_CHARACTERS_MAX // 120)
    assert school.do(create_class_list, class_list_input(students=full))["studentCount"] == 500
