"""The history: what was, what is, when, by whom, for the owner alone; and the mark of corrected grades."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from tests.builders import at_version, new_id
from tests.contract.calls import CHANGE, RESULT, Api, Caller
from tests.contract.target import Capability
from tests.contract.test_announced import announced, in_s
from tests.waiting import wait_until

LIST = f"query($e: ID!, $id: ID) {{listChanges(examId: $e, id: $id) {{items {{{CHANGE}}} nextToken}}}}"
CORRECTED = "id grade corrected"


@pytest.fixture
def exam(api: Api) -> dict[str, Any]:
    """A draft with names."""
    return api.teacher.new_exam()


def values(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Without those that are null."""
    return None if given is None else {name: value for name, value in given.items() if value is not None}


def told(change: Mapping[str, Any]) -> tuple[str, str | None, Any, Any]:
    """What kind of change, of which result, what was and what is."""
    return change["kind"], change["resultId"], values(change["before"]), values(change["after"])


def changed(caller: Caller, row: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = caller.mutate("updateResults", RESULT, {**at_version(row), **changes}).only()
    return answer


def corrected(caller: Caller, exam_id: str) -> dict[str, bool]:
    """By the result's id."""
    return {row["id"]: row["corrected"] for row in caller.results(exam_id, CORRECTED)}


def test_a_creation_leaves_no_record(api: Api, exam: dict[str, Any]) -> None:
    """Of an exam, of a result, of a batch."""
    api.teacher.new_result(exam["id"])
    batch = {"examId": exam["id"], "rows": [{"id": new_id(), "student": "Grace", "grade": "12"}]}
    api.teacher.mutate("createResultsBatch", "examId", batch).only()
    assert api.teacher.changes(exam["id"]) == []


def test_a_change_says_what_was_what_is_when_and_by_whom(api: Api, exam: dict[str, Any]) -> None:
    """The newest first; every text of a result."""
    row = api.teacher.new_result(exam["id"], student="Ada", grade="14", name="Ada L.", number="7")
    second = changed(api.teacher, row, grade="16")
    third = changed(api.teacher, second, student="Ada B.", name=None, comment="Well\ndone.")
    newest, oldest = api.teacher.changes(exam["id"])
    first = {"student": "Ada", "grade": "14", "name": "Ada L.", "number": "7"}
    assert told(oldest) == ("UPDATED", row["id"], first, {**first, "grade": "16"})
    after = {"student": "Ada B.", "grade": "16", "number": "7", "comment": "Well\ndone."}
    assert told(newest) == ("UPDATED", row["id"], {**first, "grade": "16"}, after)
    assert (oldest["at"], newest["at"]) == (second["updatedAt"], third["updatedAt"])
    for change in (newest, oldest):
        assert (change["examId"], change["by"]) == (exam["id"], api.target.teacher.sub)
        assert "teacher" in change["byName"].casefold()
    assert newest["id"] != oldest["id"]


def test_what_changes_nothing_leaves_no_record(api: Api, exam: dict[str, Any]) -> None:
    """A result, an exam, an exam that is published again."""
    row = api.teacher.new_result(exam["id"])
    changed(api.teacher, row, grade=row["grade"])
    same = {**at_version(exam), "subject": exam["subject"]}
    exam = api.teacher.mutate("updateExam", "id version", same).only()
    assert api.teacher.changes(exam["id"]) == []
    api.teacher.published(api.teacher.published(exam))
    assert len(api.teacher.changes(exam["id"])) == 1


def test_refused_and_repeated_changes_leave_no_record(api: Api, exam: dict[str, Any]) -> None:
    """A stale version, content out of bounds, another teacher, the same request a second time."""
    row = api.teacher.new_result(exam["id"], grade="14")
    second = {**at_version(row), "grade": "16"}
    api.teacher.mutate("updateResults", "id", second).only()
    api.teacher.mutate("updateResults", "id", second).refusal("ConflictException")
    api.teacher.mutate("deleteResults", "id", at_version(row)).refusal("ConflictException")
    api.teacher.mutate("retractResults", "id", at_version(row)).refusal("ConflictException")
    stale = {"examId": exam["id"], "rows": [{"id": row["id"], "expectedVersion": 1}]}
    api.teacher.mutate("deleteResultsBatch", "examId", stale).refusal("ConflictException")
    current = {**at_version(row), "expectedVersion": 2}
    api.teacher.mutate("updateResults", "id", {**current, "grade": ""}).refusal("BadRequest")
    api.other_teacher.mutate("updateResults", "id", {**current, "grade": "1"}).refusal("Unauthorized")
    assert len(api.teacher.changes(exam["id"])) == 1
    api.teacher.mutate("deleteResults", "id", current).only()
    api.teacher.mutate("deleteResults", "id", current).refusal("NotFound")
    assert len(api.teacher.changes(exam["id"])) == 2


def test_a_deletion_keeps_what_was(api: Api, exam: dict[str, Any]) -> None:
    """Of one result, and of each in a batch, in the order of their ids."""
    alone = api.teacher.new_result(exam["id"], student="Ada", grade="14", name="Ada L.")
    api.teacher.mutate("deleteResults", "id", at_version(alone)).only()
    rows = [api.teacher.new_result(exam["id"], student=f"S{number}") for number in range(99)]
    versioned = [{"id": row["id"], "expectedVersion": 1} for row in rows]
    api.teacher.mutate("deleteResultsBatch", "examId", {"examId": exam["id"], "rows": versioned}).only()
    *batch, first = api.teacher.changes(exam["id"], limit=30)
    assert told(first) == (
        "DELETED",
        alone["id"],
        {"student": "Ada", "grade": "14", "name": "Ada L."},
        None,
    )
    by_id = sorted(rows, key=lambda row: str(row["id"]))
    assert [told(change) for change in batch] == [
        ("DELETED", row["id"], {"student": row["student"], "grade": row["grade"]}, None) for row in by_id
    ]
    assert len({change["at"] for change in batch}) == 1
    assert len({change["id"] for change in batch}) == 99


def test_a_grade_that_is_taken_back_is_kept(api: Api, exam: dict[str, Any]) -> None:
    row = api.teacher.new_result(exam["id"], student="Ada", grade="14")
    api.teacher.mutate("retractResults", "id", at_version(row)).only()
    (change,) = api.teacher.changes(exam["id"])
    was = {"student": "Ada", "grade": "14"}
    assert told(change) == ("RETRACTED", row["id"], was, {**was, "grade": "AWAITED"})


def test_publishing_a_moved_hour_and_a_withdrawal_are_kept(api: Api, exam: dict[str, Any]) -> None:
    """With the hour."""
    hour, later = in_s(3600), in_s(7200)
    first = announced(api, exam, hour)
    second = announced(api, first, later)
    third = announced(api, second, None)
    api.teacher.mutate("unpublishExam", "id listed", at_version(third)).only()
    changes = api.teacher.changes(exam["id"])
    assert [change["kind"] for change in changes] == ["WITHDRAWN", "PUBLISHED", "PUBLISHED", "PUBLISHED"]
    states = [
        tuple(
            (change[side]["status"], change[side]["releaseAt"], change[side]["subject"])
            for side in ("before", "after")
        )
        for change in reversed(changes)
    ]
    subject = exam["subject"]
    draft, public = ("DRAFT", None, subject), ("PUBLISHED", None, subject)
    at_hour, at_later = ("PUBLISHED", hour, subject), ("PUBLISHED", later, subject)
    assert states == [(draft, at_hour), (at_hour, at_later), (at_later, public), (public, draft)]
    assert {change["resultId"] for change in changes} == {None}


def test_a_change_of_the_exam_is_kept(api: Api, exam: dict[str, Any]) -> None:
    """Another scale gives every grade another meaning."""
    given = {**at_version(exam), "scale": "PERCENT", "listed": False}
    api.teacher.mutate("updateExam", "id", given).only()
    (change,) = api.teacher.changes(exam["id"])
    fields = ("subject", "date", "teacher", "scale", "audience", "status")
    was = {name: exam[name] for name in fields} | {"listed": True}
    assert told(change) == ("EXAM_UPDATED", None, was, {**was, "scale": "PERCENT", "listed": False})


def test_nobody_but_the_owner_reads_the_history(api: Api, exam: dict[str, Any]) -> None:
    """Another teacher finds it empty, of a draft and of a published exam; guests are turned away."""
    row = api.teacher.new_result(exam["id"])
    changed(api.teacher, row, grade="3")
    for _ in range(2):
        for result_id in (None, row["id"]):
            page = api.other_teacher.ask(LIST, e=exam["id"], id=result_id).only()
            assert page == {"items": [], "nextToken": None}
            api.guest.ask(LIST, e=exam["id"], id=result_id).turned_away("listChanges", "Query")
        exam = api.teacher.published(exam)
    assert api.teacher.ask(LIST, e=new_id()).only() == {"items": [], "nextToken": None}
    assert api.teacher.ask(LIST, e="no-uuid").only() == {"items": [], "nextToken": None}


def test_guests_and_other_teachers_erase_nothing(api: Api, exam: dict[str, Any]) -> None:
    row = api.teacher.new_result(exam["id"])
    changed(api.teacher, row, grade="3")
    given = {"examId": exam["id"], "id": row["id"]}
    api.other_teacher.mutate("eraseChanges", "examId", given).refusal("Unauthorized")
    api.guest.mutate("eraseChanges", "examId", given).turned_away("eraseChanges", "Mutation")
    api.teacher.mutate("eraseChanges", "examId", {**given, "examId": new_id()}).refusal("NotFound")
    assert len(api.teacher.changes(exam["id"])) == 1


def test_the_history_of_one_result_has_nothing_of_the_others(api: Api, exam: dict[str, Any]) -> None:
    """In pages as well, and out of a batch."""
    rows = [api.teacher.new_result(exam["id"], student=f"S{number}", grade="1") for number in range(3)]
    for grade in ("2", "3"):
        rows = [changed(api.teacher, row, grade=grade) for row in rows]
    exam = api.teacher.published(exam)
    versioned = [{"id": row["id"], "expectedVersion": row["version"]} for row in rows]
    api.teacher.mutate("deleteResultsBatch", "examId", {"examId": exam["id"], "rows": versioned}).only()
    for limit in (1, 2, 100):
        for row in rows:
            found = api.teacher.changes(exam["id"], result_id=row["id"], limit=limit)
            assert [change["kind"] for change in found] == ["DELETED", "UPDATED", "UPDATED"]
            assert {change["resultId"] for change in found} == {row["id"]}
    assert api.teacher.changes(exam["id"], result_id=new_id()) == []


def test_the_history_is_listed_in_pages_without_gap_or_repeat(api: Api, exam: dict[str, Any]) -> None:
    """Also where a page ends within a batch; a token of another listing is refused."""
    rows = [api.teacher.new_result(exam["id"], grade="1") for _ in range(7)]
    rows = [changed(api.teacher, row, grade="2") for row in rows]
    versioned = [{"id": row["id"], "expectedVersion": 2} for row in rows]
    api.teacher.mutate("deleteResultsBatch", "examId", {"examId": exam["id"], "rows": versioned}).only()
    whole = api.teacher.changes(exam["id"])
    assert len(whole) == 14
    for limit in (1, 3, 5, 14):
        assert api.teacher.changes(exam["id"], limit=limit) == whole
    document = (
        "query($e: ID!, $id: ID, $token: String) "
        "{listChanges(examId: $e, id: $id, limit: 2, nextToken: $token) {nextToken}}"
    )
    token = api.teacher.ask(document, e=exam["id"]).only()["nextToken"]
    other = api.teacher.new_exam()
    for wrong in ({"e": other["id"], "token": token}, {"e": exam["id"], "token": "x"}):
        refused = api.teacher.ask(document, **wrong)
        assert refused.refusal("BadRequest")["errorInfo"] == {"field": "nextToken"}
    for limit in (0, 1001):
        refused = api.teacher.ask(
            "query($e: ID!, $n: Int) {listChanges(examId: $e, limit: $n) {nextToken}}", e=exam["id"], n=limit
        )
        assert refused.refusal("BadRequest")["errorInfo"] == {"field": "limit"}


def test_erasing_a_result_leaves_nothing_of_it_and_everything_of_the_others(
    api: Api, exam: dict[str, Any]
) -> None:
    """Also out of the record of a batch, and also when it is done again."""
    gone, kept = (api.teacher.new_result(exam["id"], student=name, grade="1") for name in ("Ada", "Grace"))
    rows = [changed(api.teacher, row, grade="2") for row in (gone, kept)]
    versioned = [{"id": row["id"], "expectedVersion": 2} for row in rows]
    api.teacher.mutate("deleteResultsBatch", "examId", {"examId": exam["id"], "rows": versioned}).only()
    for _ in range(2):
        erase(api.teacher, exam["id"], gone["id"])
        left = api.teacher.changes(exam["id"])
        assert [change["resultId"] for change in left] == [kept["id"], kept["id"]]
        assert "Ada" not in str(left)


def erase(caller: Caller, exam_id: str, result_id: str) -> int:
    """How many requests it took."""
    requests, token = 0, None
    while requests == 0 or token is not None:
        given = {"examId": exam_id, "id": result_id, "nextToken": token}
        token = caller.mutate("eraseChanges", "examId nextToken", given).only()["nextToken"]
        requests += 1
    return requests


def test_a_long_history_is_erased_with_its_exam(api: Api) -> None:
    """In three steps: the deletion goes on where it stopped, and nothing is left for an exam that is made
    again with the same id."""
    given = api.teacher.new_exam()
    row = api.teacher.new_result(given["id"], grade="0")
    for number in range(1, 251):  # AWS erases a hundred at once
        row = changed(api.teacher, row, grade=str(number % 20))
    assert len(api.teacher.changes(given["id"], limit=100)) == 250
    api.teacher.mutate("deleteResults", "id", at_version(row)).only()
    left = len(api.teacher.changes(given["id"], limit=100))
    while True:
        answer = api.teacher.mutate("deleteExam", "id", at_version(given))
        if not answer.errors:
            break
        answer.refusal("HistoryRemains")
        remaining = len(api.teacher.changes(given["id"], limit=100))
        assert remaining < left
        left = remaining
    fields = ("id", "subject", "date", "teacher", "scale", "audience")
    again = api.teacher.mutate("createExam", "id", {name: given[name] for name in fields})
    assert again.error_types in ([], ["ConflictException"])  # where the ids of what is deleted are remembered
    assert api.teacher.changes(given["id"]) == []


def test_a_grade_that_guests_could_read_is_marked_when_it_changes(api: Api) -> None:
    """For guests and teachers alike, in queries and in the answer, which is the event; other changes and
    other rows are not marked."""
    exam = api.teacher.new_exam()
    row = changed(api.teacher, api.teacher.new_result(exam["id"], grade="13"), grade="14")
    other = api.teacher.new_result(exam["id"])
    exam = api.teacher.published(exam)
    assert corrected(api.guest, exam["id"]) == {row["id"]: False, other["id"]: False}
    same = {**at_version(row), "student": "Ada B."}
    answer = api.teacher.mutate("updateResults", CORRECTED + " version examId", same).only()
    assert answer["corrected"] is False
    answer = api.teacher.mutate(
        "updateResults", CORRECTED + " version examId", {**at_version(answer), "grade": "16"}
    ).only()
    assert (answer["grade"], answer["corrected"]) == ("16", True)
    for caller in (api.guest, api.other_teacher, api.teacher):
        assert corrected(caller, exam["id"]) == {row["id"]: True, other["id"]: False}
        one = caller.ask(
            "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {corrected}}",
            e=exam["id"],
            id=row["id"],
        ).only()
        assert one == {"corrected": True}
    changed(api.teacher, answer, grade="14")
    assert corrected(api.guest, exam["id"])[row["id"]] is True


def test_a_grade_that_was_taken_back_in_public_is_marked_when_it_comes_again(api: Api) -> None:
    """A first grade is not."""
    exam = api.teacher.new_exam(is_published=True)
    first = api.teacher.new_result(exam["id"], grade="AWAITED")
    again = api.teacher.new_result(exam["id"], grade="14")
    again = api.teacher.mutate("retractResults", RESULT, at_version(again)).only()
    changed(api.teacher, first, grade="12")
    changed(api.teacher, again, grade="15")
    assert corrected(api.guest, exam["id"]) == {first["id"]: False, again["id"]: True}


def test_the_mark_ends_when_the_exam_is_withdrawn_and_published_anew(api: Api) -> None:
    """Publishing without withdrawing keeps it; a draft has none."""
    exam = api.teacher.new_exam(is_published=True)
    row = changed(api.teacher, api.teacher.new_result(exam["id"], grade="14"), grade="16")
    exam = api.teacher.published(exam)
    assert corrected(api.guest, exam["id"]) == {row["id"]: True}
    exam = api.teacher.mutate("unpublishExam", "id version listed", at_version(exam)).only()
    assert corrected(api.teacher, exam["id"]) == {row["id"]: False}
    row = changed(api.teacher, row, grade="17")
    exam = api.teacher.published(exam)
    assert corrected(api.guest, exam["id"]) == {row["id"]: False}
    changed(api.teacher, row, grade="18")
    assert corrected(api.guest, exam["id"]) == {row["id"]: True}


def test_what_changes_before_the_hour_is_not_marked_and_what_changes_after_it_is(api: Api) -> None:
    """By the API's clock: nothing is sent at the hour."""
    exam = api.teacher.new_exam()
    row = api.teacher.new_result(exam["id"], grade="14")
    exam = announced(api, exam, in_s(1.5))
    early = changed(api.teacher, row, grade="15")
    assert corrected(api.teacher, exam["id"]) == {row["id"]: False}
    wait_until(lambda: corrected(api.guest, exam["id"]) == {row["id"]: False})
    changed(api.teacher, early, grade="16")
    assert corrected(api.guest, exam["id"]) == {row["id"]: True}


def test_the_own_result_is_marked_too(api: Api) -> None:
    """Where each student sees no other."""
    exam = api.teacher.new_exam(audience="OWN", is_published=True)
    row = api.teacher.new_result(exam["id"], student="ABCDEFGH23", grade="14")
    changed(api.teacher, row, grade="16")
    found = api.guest.ask(
        'query($e: ID!) {findResult(examId: $e, code: "ABCDEFGH23") {student grade corrected}}', e=exam["id"]
    ).only()
    assert found == {"student": "", "grade": "16", "corrected": True}


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_an_event_says_that_a_grade_was_corrected_and_nothing_of_what_was(api: Api) -> None:
    exam = api.teacher.new_exam(is_published=True)
    row = api.teacher.new_result(exam["id"], grade="14")
    selection = "id examId grade corrected readable published version"
    with api.guest.listening() as guest:
        guest.subscribe(
            "changes", f'subscription {{onUpdateResults(examId: "{exam["id"]}") {{{selection}}}}}'
        )
        given = {**at_version(row), "grade": "16"}
        api.teacher.mutate("updateResults", selection + " owner", given).only()
        event = guest.event("changes")
    assert event == {
        "id": row["id"],
        "examId": exam["id"],
        "grade": "16",
        "corrected": True,
        "readable": True,
        "published": True,
        "version": 2,
    }


def test_results_whose_texts_no_record_takes_are_not_deleted_together(api: Api, exam: dict[str, Any]) -> None:
    """A record takes 125,000 characters: 90 results with the longest texts fit."""
    texts = dict.fromkeys(("student", "name", "number"), "学" * 120)
    longest = {**texts, "grade": "学" * 16, "comment": "学" * 1000}
    rows = [{"id": new_id(), **longest} for _ in range(99)]
    api.teacher.mutate("createResultsBatch", "examId", {"examId": exam["id"], "rows": rows}).only()
    versioned = [{"id": row["id"], "expectedVersion": 1} for row in rows]
    batch = {"examId": exam["id"], "rows": versioned}
    error = api.teacher.mutate("deleteResultsBatch", "examId", batch).refusal("BadRequest")
    assert error["errorInfo"] == {"field": "rows"}
    assert api.teacher.changes(exam["id"]) == []
    fewer = {"examId": exam["id"], "rows": versioned[:90]}
    api.teacher.mutate("deleteResultsBatch", "examId", fewer).only()
    changes = api.teacher.changes(exam["id"])
    assert [values(change["before"]) for change in changes] == [longest] * 90


def test_the_hour_of_a_change_is_the_apis(api: Api, exam: dict[str, Any]) -> None:
    """In UTC, with milliseconds."""
    changed(api.teacher, api.teacher.new_result(exam["id"]), grade="3")
    (change,) = api.teacher.changes(exam["id"])
    assert change["at"].endswith("Z")
    assert abs(dt.datetime.now(dt.UTC).timestamp() - dt.datetime.fromisoformat(change["at"]).timestamp()) < 60
