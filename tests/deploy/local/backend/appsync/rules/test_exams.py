"""What a teacher may do to an exam, rule by rule: whose it is, at which version, in which state."""

from typing import Any

import pytest

from deploy.local.backend.appsync.rules.exams import (
    change_exam,
    create_exam,
    publish_exam,
    remove_exam,
    unpublish_exam,
)
from deploy.local.backend.appsync.rules.results import remove_result
from deploy.local.backend.appsync.validation import stored_time
from tests.builders import at_version, exam_input, new_id
from tests.deploy.local.backend.appsync.rules.school import ADA, BOB, NOW_S, Row, Rule, School

OF_A_STORED_EXAM = pytest.mark.parametrize("rule", [change_exam, publish_exam, unpublish_exam, remove_exam])


def test_a_new_exam_is_a_draft_of_whoever_creates_it(school: School) -> None:
    given = exam_input()
    assert school.do(create_exam, given) == {
        **given,
        "status": "DRAFT",
        "listed": True,
        "published": False,
        "releaseAt": None,
        "secondsToRelease": 0.0,
        "version": 1,
        "createdAt": school.now,
        "updatedAt": school.now,
        "owner": ADA,
        "resultsCount": None,
    }
    stored = school.exam(given["id"])
    assert stored is not None
    assert (stored.owner, stored.is_published, stored.version) == (ADA, False, 1)
    assert (stored.release_at, stored.public_since) == (None, None)


@pytest.mark.parametrize("field", ["subject", "date", "teacher", "scale", "audience", "listed"])
def test_no_field_of_an_exam_is_null(school: School, field: str) -> None:
    exam = school.new_exam()
    for rule, given in ((create_exam, exam_input()), (change_exam, at_version(exam))):
        refusal = school.refusal(rule, {**given, field: None})
        assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": field})


def test_the_refusal_of_a_null_says_what_is_wrong(school: School) -> None:
    assert school.refusal(create_exam, exam_input() | {"listed": None}).message == "listed must not be null"


def test_texts_are_stored_trimmed(school: School) -> None:
    exam = school.new_exam(subject=" Optics ", teacher=" A. Lovelace ")
    assert (exam["subject"], exam["teacher"]) == ("Optics", "A. Lovelace")


def test_the_same_creation_again_later_is_answered_with_what_is_stored(school: School) -> None:
    given = exam_input()
    first = school.do(create_exam, given)
    school.now_s += 5
    assert school.do(create_exam, given) == first


@pytest.mark.parametrize("is_published", [False, True])
@pytest.mark.parametrize("owner", [ADA, BOB])
def test_another_exam_with_the_same_id_is_shown_only_to_those_who_may_see_it(
    school: School, owner: str, is_published: bool
) -> None:
    exam = school.new_exam(is_published=is_published)
    refusal = school.refusal(
        create_exam, {**exam_input(), "id": exam["id"], "subject": "Optics"}, owner=owner
    )
    assert refusal.error_type == "ConflictException"
    assert refusal.message == "An exam with this id exists and is different"
    assert refusal.data == (exam if owner == ADA or is_published else None)
    assert school.exam(exam["id"]) is not None


def test_the_same_exam_of_somebody_else_is_another_one(school: School) -> None:
    given = exam_input()
    school.do(create_exam, given)
    assert school.refusal(create_exam, given, owner=BOB).error_type == "ConflictException"


def test_a_deleted_exam_is_not_created_again(school: School) -> None:
    given = exam_input()
    school.do(remove_exam, at_version(school.do(create_exam, given)))
    refusal = school.refusal(create_exam, given)
    assert (refusal.error_type, refusal.data) == ("ConflictException", None)
    assert refusal.message == "The exam with this id was deleted"
    assert school.exam(given["id"]) is None
    other = exam_input()
    assert school.do(create_exam, other)["id"] == other["id"]


@OF_A_STORED_EXAM
def test_an_exam_that_does_not_exist_is_not_found(school: School, rule: Rule) -> None:
    refusal = school.refusal(rule, {"id": new_id(), "expectedVersion": 1})
    assert (refusal.error_type, refusal.message) == ("NotFound", "The exam does not exist")


@OF_A_STORED_EXAM
@pytest.mark.parametrize("version", [1, 2])
def test_only_its_owner_changes_an_exam_and_nobody_else_learns_its_version(
    school: School, rule: Rule, version: int
) -> None:
    exam = school.new_exam()
    refusal = school.refusal(rule, {"id": exam["id"], "expectedVersion": version}, owner=BOB)
    assert (refusal.error_type, refusal.data) == ("Unauthorized", None)
    assert "someMutation" in refusal.message
    assert "Mutation" in refusal.message.split()


@OF_A_STORED_EXAM
@pytest.mark.parametrize("version", [1, 3])
def test_who_has_another_version_gets_the_stored_one(school: School, rule: Rule, version: int) -> None:
    exam = school.new_exam(is_published=True)
    refusal = school.refusal(rule, {"id": exam["id"], "expectedVersion": version})
    assert (refusal.error_type, refusal.data) == ("ConflictException", exam)
    assert refusal.message == "The exam was changed meanwhile"


def test_what_is_shown_of_an_announced_exam_says_how_long_it_takes_to_its_hour(school: School) -> None:
    """Whoever has another version of it, or creates another with its id, or deletes it."""
    announced = school.do(publish_exam, at_version(school.new_exam()), release_at=stored_time(NOW_S + 3600))
    stale = {"id": announced["id"], "expectedVersion": 1}
    other = {**exam_input(), "id": announced["id"], "subject": "Optics"}
    for refusal in (school.refusal(publish_exam, stale), school.refusal(create_exam, other)):
        assert refusal.data == announced
        assert announced["secondsToRelease"] == 3600.0
    assert school.do(remove_exam, at_version(announced)) == {**announced, "version": 3}


def test_fields_left_out_of_a_change_stay(school: School) -> None:
    exam = school.new_exam()
    school.now_s += 5
    changed = school.do(change_exam, {**at_version(exam), "subject": "Optics"})
    assert changed == {**exam, "subject": "Optics", "version": 2, "updatedAt": school.now}
    stored = school.exam(exam["id"])
    assert stored is not None
    assert (stored.subject, stored.version, stored.updated_at) == ("Optics", 2, school.now)


@pytest.mark.parametrize(
    "change",
    [
        {"date": "2026-06-16"},
        {"teacher": "M. Curie"},
        {"scale": "PERCENT"},
        {"audience": "OWN"},
        {"listed": False},
    ],
)
def test_each_field_of_a_draft_can_change(school: School, change: Row) -> None:
    exam = school.new_exam()
    assert school.do(change_exam, {**at_version(exam), **change}) == {**exam, **change, "version": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"audience": "CODES"}, "The audience cannot change while the exam is published"),
        ({"listed": False}, "Whether the exam is listed cannot change while it is published"),
    ],
)
def test_who_sees_an_exam_does_not_change_while_it_is_published(
    school: School, change: Row, message: str
) -> None:
    exam = school.new_exam(is_published=True)
    refusal = school.refusal(change_exam, {**at_version(exam), **change})
    assert (refusal.error_type, refusal.message) == ("PreconditionFailed", message)


def test_a_published_exam_changes_otherwise_and_what_it_had_may_be_sent_again(school: School) -> None:
    exam = school.new_exam(is_published=True)
    given = {**at_version(exam), "audience": "NAMES", "listed": True, "subject": "Optics"}
    assert school.do(change_exam, given)["subject"] == "Optics"


CODE = {"CODES": "ABCDEF", "OWN": "ABCDEFGHJK"}


@pytest.mark.parametrize(
    ("before", "after", "is_allowed"),
    [
        ("NAMES", "CODES", False),
        ("NAMES", "OWN", False),
        ("CODES", "NAMES", True),
        ("CODES", "OWN", False),
        ("OWN", "NAMES", False),
        ("OWN", "CODES", False),
    ],
)
def test_with_results_the_audience_changes_only_from_codes_to_names(
    school: School, before: str, after: str, is_allowed: bool
) -> None:
    exam = school.new_exam(audience=before)
    result = school.new_result(exam, student=CODE.get(before, "Ada"))
    change = {**at_version(exam), "audience": after}
    if is_allowed:
        assert school.do(change_exam, change)["audience"] == after
        return
    refusal = school.refusal(change_exam, change)
    assert refusal.error_type == "PreconditionFailed"
    assert f"from {before} to {after}" in refusal.message
    school.do(remove_result, at_version(result))
    assert school.do(change_exam, change)["audience"] == after


def test_an_exam_is_published_at_once(school: School) -> None:
    exam = school.new_exam()
    school.now_s += 5
    published = school.do(publish_exam, at_version(exam))
    assert published == {
        **exam,
        "status": "PUBLISHED",
        "published": True,
        "version": 2,
        "updatedAt": school.now,
    }
    stored = school.exam(exam["id"])
    assert stored is not None
    assert stored.is_published
    assert stored.public_since == school.now


def test_an_exam_is_published_for_an_hour_to_come(school: School) -> None:
    exam = school.new_exam()
    hour = stored_time(NOW_S + 3600)
    published = school.do(publish_exam, at_version(exam), release_at=hour)
    assert (published["releaseAt"], published["secondsToRelease"]) == (hour, 3600.0)
    stored = school.exam(exam["id"])
    assert stored is not None
    assert (stored.release_at, stored.public_since) == (hour, hour)


@pytest.mark.parametrize("release_at", [stored_time(NOW_S), stored_time(NOW_S - 1), "noon"])
def test_an_hour_that_is_over_is_refused(school: School, release_at: str) -> None:
    refusal = school.refusal(publish_exam, at_version(school.new_exam()), release_at=release_at)
    assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": "releaseAt"})


def test_publishing_again_leaves_since_when_the_results_are_public(school: School) -> None:
    exam = school.new_exam(is_published=True)
    school.now_s += 60
    again = school.do(publish_exam, at_version(exam))
    stored = school.exam(exam["id"])
    assert stored is not None
    assert (again["version"], stored.public_since) == (3, stored_time(NOW_S))


def test_publishing_before_the_hour_makes_the_results_public_from_now_on(school: School) -> None:
    announced = school.do(publish_exam, at_version(school.new_exam()), release_at=stored_time(NOW_S + 3600))
    school.now_s += 60
    published = school.do(publish_exam, at_version(announced))
    stored = school.exam(published["id"])
    assert stored is not None
    assert (stored.release_at, stored.public_since) == (None, school.now)


def test_a_withdrawn_exam_is_a_draft_without_an_hour(school: School) -> None:
    announced = school.do(publish_exam, at_version(school.new_exam()), release_at=stored_time(NOW_S + 3600))
    school.now_s += 5
    draft = school.do(unpublish_exam, at_version(announced))
    assert (draft["status"], draft["published"], draft["releaseAt"], draft["version"]) == (
        "DRAFT",
        False,
        None,
        3,
    )
    stored = school.exam(draft["id"])
    assert stored is not None
    assert (stored.is_published, stored.release_at, stored.public_since) == (False, None, None)


def test_a_draft_is_not_withdrawn(school: School) -> None:
    refusal = school.refusal(unpublish_exam, at_version(school.new_exam()))
    assert (refusal.error_type, refusal.message) == ("PreconditionFailed", "The exam is not published")


def test_an_exam_by_link_is_withdrawn_only_if_its_subscribers_can_be_told(school: School) -> None:
    exam = school.new_exam(listed=False, is_published=True)
    refusal = school.refusal(unpublish_exam, at_version(exam), selected=["id"])
    assert (refusal.error_type, refusal.error_info) == ("BadRequest", {"field": "listed"})
    assert refusal.message.startswith("listed must be selected of an exam by link: ")
    assert refusal.message.endswith(": subscribers are filtered on it")
    assert school.do(unpublish_exam, at_version(exam), selected=["id", "listed"])["status"] == "DRAFT"


def test_a_deleted_exam_is_answered_one_version_on_and_its_history_goes(school: School) -> None:
    exam = school.do(change_exam, {**at_version(school.new_exam()), "subject": "Optics"})
    assert len(school.changes(exam["id"])) == 1
    school.now_s += 5
    removed = school.do(remove_exam, at_version(exam))
    assert removed == {**exam, "version": 3, "updatedAt": school.now}
    assert school.exam(exam["id"]) is None
    assert school.changes(exam["id"]) == []


def test_an_exam_with_results_is_not_deleted(school: School) -> None:
    exam = school.new_exam()
    result = school.new_result(exam)
    refusal = school.refusal(remove_exam, at_version(exam))
    assert refusal.error_type == "PreconditionFailed"
    assert refusal.message == "The exam has results: delete them first"
    school.do(remove_result, at_version(result))
    school.do(remove_exam, at_version(exam))
    assert school.exam(exam["id"]) is None


def test_what_was_deleted_in_an_exam_is_forgotten_with_it(school: School) -> None:
    exam = school.new_exam()
    result = school.new_result(exam)
    school.do(remove_result, at_version(result))
    school.do(remove_exam, at_version(exam))

    def remembered(connection: Any) -> list[str]:
        return [scope for (scope,) in connection.execute("SELECT scope FROM deleted_ids")]

    assert school.database.read(remembered) == ["exams"]
