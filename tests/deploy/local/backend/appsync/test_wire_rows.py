"""What everybody gets of what is stored, and what its owner alone."""

import dataclasses

import pytest

from deploy.local.backend.appsync.validation import stored_time
from deploy.local.backend.appsync.wire_rows import (
    are_results_public,
    batch_object,
    class_list_object,
    exam_object,
    result_object,
)
from deploy.local.backend.storage.class_lists import ClassList, ClassStudent
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import AWAITED, Result

THEN, LATER = "2026-06-15T10:00:00.000Z", "2026-06-16T10:00:00.000Z"
EXAM = Exam(
    id="exam",
    subject="Optics",
    date="2026-06-15",
    teacher="A. Lovelace",
    scale="OUT_OF_20",
    audience="NAMES",
    is_published=True,
    release_at=None,
    version=2,
    created_at=THEN,
    updated_at=THEN,
    owner="sub",
)
ROW = Result("exam", "id", "Ada", "14", None, 2, THEN, THEN)


@pytest.mark.parametrize(
    ("regraded_at", "public_since", "is_published", "is_corrected"),
    [
        (None, None, True, False),
        (LATER, None, True, True),  # published by a version that did not store since when
        (LATER, THEN, True, True),
        (THEN, LATER, True, False),
        (THEN, THEN, True, False),
        (LATER, THEN, False, False),
    ],
)
def test_a_grade_is_corrected_if_it_was_changed_since_it_is_public(
    regraded_at: str | None, public_since: str | None, is_published: bool, is_corrected: bool
) -> None:
    exam = dataclasses.replace(EXAM, public_since=public_since, is_published=is_published)
    row = dataclasses.replace(ROW, regraded_at=regraded_at)
    assert result_object(row, exam, 0.0)["corrected"] is is_corrected


def test_an_awaited_result_is_not_corrected() -> None:
    row = dataclasses.replace(ROW, grade=AWAITED, regraded_at=LATER)
    assert result_object(row, EXAM, 0.0)["corrected"] is False


NOW_S = 1_800_000_000.0
PERSONAL = dataclasses.replace(ROW, student="ABCDEF", name="Ada", number="7", comment="Well done")


@pytest.mark.parametrize(
    ("is_published", "release_at_s", "seconds_left", "is_public"),
    [
        (True, None, 0.0, True),
        (False, None, 0.0, False),
        (True, NOW_S, 0.0, True),
        (True, NOW_S - 3600, 0.0, True),
        (True, NOW_S + 0.001, 0.001, False),
        (True, NOW_S + 3600, 3600.0, False),
        (False, NOW_S - 3600, 0.0, False),
    ],
)
@pytest.mark.parametrize("is_listed", [True, False])
def test_results_are_public_from_the_hour_of_a_published_exam(
    is_published: bool, release_at_s: float | None, seconds_left: float, is_public: bool, is_listed: bool
) -> None:
    release_at = None if release_at_s is None else stored_time(release_at_s)
    exam = dataclasses.replace(EXAM, is_published=is_published, release_at=release_at, is_listed=is_listed)
    assert are_results_public(exam, NOW_S) is is_public
    shown = exam_object(exam, NOW_S)
    assert (shown["releaseAt"], shown["secondsToRelease"]) == (release_at, seconds_left)
    assert shown["status"] == ("PUBLISHED" if is_published else "DRAFT")
    assert (shown["listed"], shown["published"]) == (is_listed, is_published and is_listed)
    row = result_object(ROW, exam, NOW_S)
    assert (row["readable"], row["published"]) == (is_public, is_public and is_listed)
    batch = batch_object([ROW], exam, NOW_S)
    assert (batch["readable"], batch["published"]) == (is_public, is_public and is_listed)


def test_the_time_to_the_hour_is_rounded_up_so_that_0_is_never_too_early() -> None:
    exam = dataclasses.replace(EXAM, release_at=stored_time(NOW_S + 1))
    assert exam_object(exam, NOW_S + 0.99951)["secondsToRelease"] == 0.001
    assert not are_results_public(exam, NOW_S + 0.99951)


def test_everybody_gets_every_field_of_an_exam_but_the_number_of_its_results() -> None:
    assert exam_object(EXAM, NOW_S) == {
        "id": "exam",
        "subject": "Optics",
        "date": "2026-06-15",
        "teacher": "A. Lovelace",
        "scale": "OUT_OF_20",
        "status": "PUBLISHED",
        "audience": "NAMES",
        "listed": True,
        "published": True,
        "releaseAt": None,
        "secondsToRelease": 0.0,
        "version": 2,
        "createdAt": THEN,
        "updatedAt": THEN,
        "owner": "sub",
        "resultsCount": None,
    }


def test_everybody_gets_the_public_fields_of_a_result() -> None:
    assert result_object(PERSONAL, EXAM, NOW_S) == {
        "id": "id",
        "examId": "exam",
        "student": "ABCDEF",
        "grade": "14",
        "readable": True,
        "published": True,
        "version": 2,
        "createdAt": THEN,
        "updatedAt": THEN,
        "owner": "sub",
        "name": None,
        "number": None,
        "comment": None,
        "corrected": False,
    }


@pytest.mark.parametrize(
    ("audience", "options", "student", "name", "number", "comment"),
    [
        ("NAMES", {}, "ABCDEF", None, None, None),
        ("CODES", {}, "ABCDEF", None, None, None),
        ("OWN", {}, "", None, None, None),
        ("OWN", {"with_student": True}, "ABCDEF", None, None, None),
        ("OWN", {"with_comment": True}, "", None, None, "Well done"),
        ("CODES", {"with_comment": True}, "ABCDEF", None, None, "Well done"),
        ("OWN", {"for_owner": True}, "ABCDEF", "Ada", "7", "Well done"),
        ("CODES", {"for_owner": True}, "ABCDEF", "Ada", "7", "Well done"),
    ],
)
def test_whom_a_result_is_about_is_told_as_far_as_the_exam_allows(
    audience: str,
    options: dict[str, bool],
    student: str,
    name: str | None,
    number: str | None,
    comment: str | None,
) -> None:
    exam = dataclasses.replace(EXAM, audience=audience)
    shown = result_object(PERSONAL, exam, NOW_S, **options)
    assert shown["student"] == student
    assert (shown["name"], shown["number"], shown["comment"]) == (name, number, comment)


def test_an_awaited_result_is_not_readable() -> None:
    shown = result_object(dataclasses.replace(ROW, grade=AWAITED), EXAM, NOW_S)
    assert (shown["readable"], shown["published"]) == (False, False)


def test_a_batch_is_in_the_order_of_its_ids_and_without_what_is_awaited() -> None:
    rows = [dataclasses.replace(PERSONAL, id=name) for name in ("b", "c", "a")]
    awaited = [dataclasses.replace(row, grade=AWAITED) for row in rows]
    shown = batch_object([rows[0], awaited[1], rows[2]], EXAM, NOW_S)
    assert shown == {
        "examId": "exam",
        "readable": True,
        "published": True,
        "items": [result_object(row, EXAM, NOW_S) for row in (rows[2], rows[0])],
        "owner": "sub",
    }
    only_awaited = batch_object(awaited, EXAM, NOW_S)
    assert (only_awaited["readable"], only_awaited["published"]) == (False, False)
    assert only_awaited["items"] == [
        result_object(row, EXAM, NOW_S) for row in (awaited[2], awaited[0], awaited[1])
    ]


def test_a_class_list_is_answered_with_its_students_only_where_they_are_asked_for() -> None:
    students = (ClassStudent(name="Ada", number="7", code="ABCDEF"), ClassStudent("Bob", None, None))
    stored = ClassList("sub", "id", "7 b", students, 2, THEN, LATER, gradebook="kept")
    shown = class_list_object(stored)
    assert shown == {
        "id": "id",
        "title": "7 b",
        "studentCount": 2,
        "students": [
            {"name": "Ada", "number": "7", "code": "ABCDEF"},
            {"name": "Bob", "number": None, "code": None},
        ],
        "gradebook": "kept",
        "version": 2,
        "createdAt": THEN,
        "updatedAt": LATER,
    }
    assert class_list_object(stored, with_students=False) == {**shown, "students": None}
