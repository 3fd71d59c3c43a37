"""Exams: life cycle, listing, versions, ownership."""

import pytest

from tests.builders import at_version, exam_input, new_id
from tests.contract.calls import EXAM, Api


def test_a_new_exam_is_a_draft_at_version_one_owned_by_its_creator(api: Api) -> None:
    """With what was given, trimmed, and what the API adds."""
    given = exam_input()
    exam = api.teacher.mutate("createExam", EXAM, {**given, "subject": "  Physics "}).only()
    created_at = exam.pop("createdAt")
    assert created_at == exam.pop("updatedAt")
    assert created_at.endswith("Z")
    assert exam == {
        **given,
        "subject": "Physics",
        "status": "DRAFT",
        "listed": True,
        "published": False,
        "version": 1,
        "owner": api.target.teacher.sub,
    }


def test_repeating_a_create_returns_the_same_answer(api: Api) -> None:
    """A client that lost the answer may repeat it; surrounding blanks make no difference."""
    given = exam_input()
    first = api.teacher.mutate("createExam", EXAM, given).only()
    assert (
        api.teacher.mutate("createExam", EXAM, {**given, "teacher": f" {given['teacher']}"}).only() == first
    )


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "Physics"),
        ("date", "2026-06-16"),
        ("teacher", "B"),
        ("scale", "PERCENT"),
        ("scale", "FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS"),
        ("scale", "OUT_OF_100;KEY=A:90,B:80|F:0"),
        ("audience", "CODES"),
    ],
)
def test_a_second_create_with_other_content_is_a_conflict(api: Api, field: str, value: str) -> None:
    """Its error carries the stored row."""
    exam = api.teacher.new_exam()
    given = {name: exam[name] for name in exam_input()}
    error = api.teacher.mutate("createExam", EXAM, {**given, field: value}).refusal("ConflictException")
    assert (error["data"]["id"], error["data"]["version"]) == (exam["id"], 1)
    assert api.teacher.exam(exam["id"]) == exam


def test_repeating_a_create_after_a_change_is_a_conflict(api: Api) -> None:
    """The row has changed: the old answer would be wrong."""
    exam = api.teacher.new_exam(is_published=True)
    given = {name: exam[name] for name in exam_input()}
    error = api.teacher.mutate("createExam", EXAM, given).refusal("ConflictException")
    assert error["data"]["version"] == 2


def test_another_teachers_id_is_a_conflict_that_shows_nothing_of_the_draft(api: Api) -> None:
    """Even with the same content."""
    exam = api.teacher.new_exam()
    given = {name: exam[name] for name in exam_input()}
    error = api.other_teacher.mutate("createExam", EXAM, given).refusal("ConflictException")
    assert not error["data"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "not-a-uuid"),
        ("id", "6F1C1F5E-7C35-4C3A-9F0A-0B9A3A1F2C4D"),
        ("subject", ""),
        ("subject", "   "),
        ("subject", "x" * 121),
        ("subject", "a\u0007b"),
        ("teacher", ""),
        ("teacher", "x" * 121),
        ("teacher", "a\nb"),
        ("scale", "OUT_OF_0"),
        ("scale", "OUT_OF_1001"),
        ("scale", "STARS"),
        ("scale", "PERCENT;OVER;STEP=1"),
        ("scale", "LEVELS=A|B|C"),
        ("date", "2026-06-15Z"),
    ],
)
def test_content_out_of_bounds_is_refused_with_its_field(api: Api, field: str, value: str) -> None:
    """And nothing is stored."""
    given = {**exam_input(), field: value}
    error = api.teacher.mutate("createExam", EXAM, given).refusal("BadRequest")
    assert error["errorInfo"] == {"field": field}
    assert api.teacher.exam(given["id"]) is None


@pytest.mark.parametrize("date", ["2026-02-30", "15.06.2026", ""])
def test_an_invalid_date_is_refused(api: Api, date: str) -> None:
    """By the scalar, before anything else is checked."""
    given = {**exam_input(), "date": date}
    answer = api.teacher.mutate("createExam", EXAM, given)
    assert answer.errors
    assert api.teacher.exam(given["id"]) is None


def test_an_update_changes_only_the_given_fields(api: Api) -> None:
    """One version on."""
    exam = api.teacher.new_exam()
    changed = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": " Chemistry "}).only()
    assert changed["updatedAt"] >= exam["updatedAt"]
    assert {**changed, "updatedAt": None} == {
        **exam,
        "subject": "Chemistry",
        "version": 2,
        "updatedAt": None,
    }
    assert api.teacher.exam(exam["id"]) == changed


@pytest.mark.parametrize("field_name", ["updateExam", "publishExam", "unpublishExam", "deleteExam"])
def test_a_stale_version_is_a_conflict_with_the_current_row(api: Api, field_name: str) -> None:
    """No one overwrites what they have not seen."""
    exam = api.teacher.new_exam(is_published=True)
    stale = {"id": exam["id"], "expectedVersion": 1}
    error = api.teacher.mutate(field_name, EXAM, stale).refusal("ConflictException")
    assert error["data"]["version"] == 2
    assert error["data"]["published"] is True
    assert api.teacher.exam(exam["id"]) == exam


def test_a_stale_version_is_refused_before_the_content_is_validated(api: Api) -> None:
    """The version is checked before the content."""
    exam = api.teacher.new_exam()
    given = {"id": exam["id"], "expectedVersion": 7, "subject": ""}
    api.teacher.mutate("updateExam", EXAM, given).refusal("ConflictException")


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": ""},
        {"subject": None},
        {"teacher": "x" * 121},
        {"scale": "OUT_OF_0"},
        {"scale": None},
        {"date": None},
        {"audience": None},
    ],
)
def test_an_update_to_content_out_of_bounds_is_refused(api: Api, changes: dict[str, str | None]) -> None:
    """Null is out of bounds too."""
    exam = api.teacher.new_exam()
    error = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), **changes}).refusal("BadRequest")
    assert error["errorInfo"] == {"field": next(iter(changes))}
    assert api.teacher.exam(exam["id"]) == exam


@pytest.mark.parametrize("field_name", ["updateExam", "publishExam", "unpublishExam", "deleteExam"])
def test_another_teachers_change_is_refused(api: Api, field_name: str) -> None:
    """Even at the right version or of a published exam; the owner is checked before the version."""
    for exam in (api.teacher.new_exam(), api.teacher.new_exam(is_published=True)):
        for given in (at_version(exam), {"id": exam["id"], "expectedVersion": 99}):
            error = api.other_teacher.mutate(field_name, "id", given).refusal("Unauthorized")
            assert error["message"] == f"Not Authorized to access {field_name} on type Mutation"
        assert api.teacher.exam(exam["id"]) == exam


@pytest.mark.parametrize("field_name", ["updateExam", "publishExam", "unpublishExam", "deleteExam"])
def test_a_change_to_a_missing_row_is_not_found(api: Api, field_name: str) -> None:
    """An id that no exam has."""
    given = {"id": new_id(), "expectedVersion": 1}
    api.teacher.mutate(field_name, "id", given).refusal("NotFound")


def test_publishing_and_unpublishing(api: Api) -> None:
    """One version each; unpublishing a draft is refused."""
    exam = api.teacher.new_exam()
    api.teacher.mutate("unpublishExam", "id", at_version(exam)).refusal("PreconditionFailed")
    published = api.teacher.mutate("publishExam", EXAM, at_version(exam)).only()
    assert (published["status"], published["published"], published["version"]) == ("PUBLISHED", True, 2)
    draft = api.teacher.mutate("unpublishExam", EXAM, at_version(published)).only()
    assert (draft["status"], draft["published"], draft["version"]) == ("DRAFT", False, 3)
    assert api.teacher.exam(exam["id"]) == draft


def test_deleting_returns_the_exam_with_the_next_version(api: Api) -> None:
    """Newer than all its other events; then it is gone."""
    exam = api.teacher.new_exam(is_published=True)
    deleted = api.teacher.mutate("deleteExam", EXAM, at_version(exam)).only()
    assert (deleted["version"], deleted["published"]) == (3, True)
    assert api.teacher.exam(exam["id"]) is None
    assert api.guest.exam(exam["id"], "id") is None
    api.teacher.mutate("deleteExam", "id", at_version(deleted)).refusal("NotFound")


def test_an_exam_with_results_is_not_deleted(api: Api) -> None:
    """They must be deleted first."""
    exam = api.teacher.new_exam()
    result = api.teacher.new_result(exam["id"])
    error = api.teacher.mutate("deleteExam", "id", at_version(exam)).refusal("PreconditionFailed")
    assert error["message"].rstrip(".") == "The exam has results: delete them first"
    api.teacher.mutate("deleteResults", "id", at_version(result)).only()
    api.teacher.mutate("deleteExam", "id", at_version(exam)).only()


def test_the_audience_changes_only_while_nothing_is_published(api: Api) -> None:
    """In both directions; setting the same audience again is not a change."""
    for audience, other in (("NAMES", "CODES"), ("CODES", "NAMES")):
        exam = api.teacher.new_exam(is_published=True, audience=audience)
        given = {**at_version(exam), "audience": other}
        api.teacher.mutate("updateExam", "id", given).refusal("PreconditionFailed")
        exam = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "audience": audience}).only()
        draft = api.teacher.mutate("unpublishExam", EXAM, at_version(exam)).only()
        changed = api.teacher.mutate("updateExam", EXAM, {**at_version(draft), "audience": other}).only()
        assert changed["audience"] == other


def test_the_audience_does_not_become_codes_while_names_are_stored(api: Api) -> None:
    """They would be shown where codes are promised."""
    exam = api.teacher.new_exam()
    api.teacher.new_result(exam["id"])
    given = {**at_version(exam), "audience": "CODES"}
    api.teacher.mutate("updateExam", "id", given).refusal("PreconditionFailed")
    coded = api.teacher.new_exam(audience="CODES")
    api.teacher.new_result(coded["id"], student="ABC234")
    api.teacher.mutate("updateExam", "id", {**at_version(coded), "audience": "NAMES"}).only()


def test_a_teacher_lists_their_own_exams_drafts_too_newest_date_first(api: Api) -> None:
    """And no one else's."""
    dates = ["2031-01-01", "2031-03-01", "2031-02-01"]
    mine = [api.teacher.new_exam(date=date)["id"] for date in dates]
    theirs = api.other_teacher.new_exam(date="2031-01-15")["id"]
    listed = [row["id"] for row in api.teacher.listed_exams("listMyExams")]
    assert [row for row in listed if row in mine] == [mine[1], mine[2], mine[0]]
    assert theirs not in listed


def test_the_public_list_has_only_published_exams_newest_date_first(api: Api) -> None:
    """The same for a guest and for every teacher, without drafts."""
    dates = ["2032-01-01", "2032-03-01", "2032-02-01"]
    published = [api.teacher.new_exam(is_published=True, date=date)["id"] for date in dates]
    draft = api.teacher.new_exam(date="2032-01-15")["id"]
    for caller in (api.guest, api.teacher, api.other_teacher):
        listed = [row["id"] for row in caller.listed_exams()]
        assert [row for row in listed if row in published] == [published[1], published[2], published[0]]
        assert draft not in listed


def test_pages_add_up_to_the_whole_list_without_gaps_or_repeats(api: Api) -> None:
    """Also among exams of the same day."""
    made = {api.teacher.new_exam(date="2033-05-05")["id"] for _ in range(7)}
    pages: list[list[str]] = []
    token = None
    while True:
        page = api.teacher.ask(
            "query($token: String) {listMyExams(limit: 3, nextToken: $token) {items {id} nextToken}}",
            token=token,
        ).only()
        pages.append([row["id"] for row in page["items"]])
        token = page["nextToken"]
        if token is None:
            break
    listed = [row for page_rows in pages for row in page_rows]
    assert all(len(page_rows) <= 3 for page_rows in pages)
    assert len(listed) == len(set(listed))
    assert made <= set(listed)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_size_out_of_bounds_is_refused(api: Api, limit: int) -> None:
    """1 to 1000."""
    answer = api.teacher.ask("query($limit: Int) {listMyExams(limit: $limit) {items {id}}}", limit=limit)
    assert answer.refusal("BadRequest")["errorInfo"] == {"field": "limit"}


def test_a_token_is_valid_only_for_its_own_listing(api: Api) -> None:
    """Not for another field or another teacher, and not if it was invented."""
    for _ in range(2):
        api.teacher.new_exam(is_published=True)
    document = "query($token: String) {%s(limit: 1, nextToken: $token) {items {id} nextToken}}"
    token = api.teacher.ask(document % "listMyExams", token=None).only()["nextToken"]
    assert token is not None
    for caller, field_name, used in (
        (api.other_teacher, "listMyExams", token),
        (api.teacher, "listExams", token),
        (api.teacher, "listMyExams", "made-up"),
        (api.teacher, "listMyExams", ""),
    ):
        error = caller.ask(document % field_name, token=used).refusal("BadRequest")
        assert error["errorInfo"] == {"field": "nextToken"}


def test_only_the_owner_sees_the_number_of_results(api: Api) -> None:
    """It is null for another teacher."""
    exam = api.teacher.new_exam(is_published=True)
    for _ in range(3):
        api.teacher.new_result(exam["id"])
    assert api.teacher.exam(exam["id"], "resultsCount") == {"resultsCount": 3}
    assert api.other_teacher.exam(exam["id"], "resultsCount") == {"resultsCount": None}
