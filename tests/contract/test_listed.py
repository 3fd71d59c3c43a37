"""Exams by link: in no list, and in no event for who does not know the exam; yet readable by their ids."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.builders import at_version, exam_input, new_id, result_input
from tests.contract.calls import EXAM, RESULT, Api, Caller
from tests.contract.target import Capability
from tests.realtime_client import RealtimeClient

EVENT_EXAM = EXAM  # what today's clients select
EVENT_ROW = "id examId student grade readable published version createdAt updatedAt owner"
EVENT_BATCH = f"examId readable published owner items {{{EVENT_ROW}}}"
EXAM_EVENTS = ["onUpdateExam", "onPublishExam", "onUnpublishExam", "onDeleteExam"]
RESULT_EVENTS = ["onCreateResults", "onUpdateResults", "onDeleteResults"]
BATCH_EVENTS = ["onCreateResultsBatch", "onDeleteResultsBatch"]
ONE_RESULT = "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {id}}"


def by_link(api: Api, *, is_published: bool = True) -> dict[str, Any]:
    return api.teacher.new_exam(is_published=is_published, listed=False)


def test_an_exam_is_listed_unless_it_says_otherwise(api: Api) -> None:
    """As clients that know nothing of it create exams."""
    assert api.teacher.new_exam()["listed"] is True
    assert by_link(api, is_published=False)["listed"] is False


def test_an_exam_by_link_is_in_no_list_but_its_owners(api: Api) -> None:
    exam, listed = by_link(api), api.teacher.new_exam(is_published=True)
    for stranger in (api.guest, api.other_teacher, api.teacher):
        ids = [row["id"] for row in stranger.listed_exams()]
        assert listed["id"] in ids
        assert exam["id"] not in ids
    mine = {row["id"]: row for row in api.teacher.listed_exams("listMyExams", EXAM)}
    assert (mine[exam["id"]]["listed"], mine[exam["id"]]["status"]) == (False, "PUBLISHED")


def test_no_page_of_the_list_betrays_an_exam_by_link(api: Api) -> None:
    """Not its rows, and not the token of the page that would have it."""
    date = "2031-05-06"
    exams = [
        api.teacher.new_exam(is_published=True, date=date, listed=number % 2 == 0) for number in range(6)
    ]
    hidden = {exam["id"] for exam in exams if not exam["listed"]}
    document = "query($token: String) {listExams(limit: 1, nextToken: $token) {items {id date} nextToken}}"
    token, seen = None, ""
    while True:
        page = api.guest.ask(document, token=token).only()
        seen += json.dumps(page)
        token = page["nextToken"]
        if token is None or page["items"][0]["date"] < date:
            break
    assert not [exam_id for exam_id in hidden if exam_id in seen]
    assert [exam["id"] for exam in exams if exam["id"] in seen] == [e["id"] for e in exams if e["listed"]]


def test_whoever_has_the_id_reads_a_published_exam_by_link(api: Api) -> None:
    """As any published exam, and not before it is published. `published` says whether guests hear of it
    unasked."""
    exam = by_link(api, is_published=False)
    row = api.teacher.new_result(exam["id"])
    assert (row["readable"], row["published"]) == (False, False)
    for stranger in (api.guest, api.other_teacher):
        assert stranger.exam(exam["id"], "id") is None
        assert stranger.results(exam["id"], "id") == []
    exam = api.teacher.published(exam)
    assert (exam["status"], exam["published"], exam["listed"]) == ("PUBLISHED", False, False)
    for stranger in (api.guest, api.other_teacher):
        assert stranger.exam(exam["id"], "id status listed published") == {
            "id": exam["id"],
            "status": "PUBLISHED",
            "listed": False,
            "published": False,
        }
        assert stranger.results(exam["id"], "id readable published") == [
            {"id": row["id"], "readable": True, "published": False}
        ]
        assert stranger.ask(ONE_RESULT, e=exam["id"], id=row["id"]).only() == {"id": row["id"]}
    api.teacher.mutate("unpublishExam", EXAM, at_version(exam)).only()
    assert api.guest.exam(exam["id"], "id") is None


def test_who_can_find_an_exam_changes_only_while_it_is_a_draft(api: Api) -> None:
    """Whoever has it in a list would otherwise never hear that it is in none any more."""
    exam = api.teacher.new_exam(is_published=True)
    api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "listed": False}).refusal(
        "PreconditionFailed"
    )
    same = api.teacher.mutate(
        "updateExam", EXAM, {**at_version(exam), "listed": True, "subject": "Art"}
    ).only()
    assert (same["subject"], same["listed"]) == ("Art", True)
    draft = api.teacher.mutate("unpublishExam", EXAM, at_version(same)).only()
    draft = api.teacher.mutate("updateExam", EXAM, {**at_version(draft), "listed": False}).only()
    assert draft["listed"] is False
    exam = api.teacher.published(draft)
    assert exam["id"] not in [row["id"] for row in api.guest.listed_exams()]
    kept = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Music"}).only()
    assert (kept["subject"], kept["listed"], kept["status"]) == ("Music", False, "PUBLISHED")
    assert exam["id"] not in [row["id"] for row in api.guest.listed_exams()]


def test_null_is_no_visibility(api: Api) -> None:
    given = {**exam_input(), "listed": None}
    error = api.teacher.mutate("createExam", EXAM, given).refusal("BadRequest")
    assert error["errorInfo"] == {"field": "listed"}


def test_the_same_create_again_compares_the_visibility(api: Api) -> None:
    given = {**exam_input(), "listed": False}
    made = api.teacher.mutate("createExam", EXAM, given).only()
    assert api.teacher.mutate("createExam", EXAM, given).only() == made
    conflict = api.teacher.mutate("createExam", EXAM, {**given, "listed": True}).refusal("ConflictException")
    assert conflict["data"]["listed"] is False


def test_a_withdrawal_by_link_must_select_what_subscribers_are_filtered_on(api: Api) -> None:
    exam = by_link(api)
    error = api.teacher.mutate("unpublishExam", "id version", at_version(exam)).refusal("BadRequest")
    assert error["errorInfo"] == {"field": "listed"}
    api.teacher.mutate("unpublishExam", "id listed", at_version(exam)).only()


def test_conflicts_say_what_guests_may_read(api: Api) -> None:
    exam = by_link(api)
    row = api.teacher.new_result(exam["id"])
    stale = {**at_version(row), "expectedVersion": 7}
    for mutation in ("updateResults", "deleteResults", "retractResults"):
        current = api.teacher.mutate(mutation, RESULT, stale).refusal("ConflictException")["data"]
        assert (current["readable"], current["published"]) == (True, False), mutation
    stale_exam = {**at_version(exam), "expectedVersion": 7}
    for mutation in ("updateExam", "publishExam", "unpublishExam", "deleteExam"):
        current = api.teacher.mutate(mutation, EXAM, stale_exam).refusal("ConflictException")["data"]
        assert (current["status"], current["published"]) == ("PUBLISHED", False), mutation


def a_life(api: Api, exam: dict[str, Any], *, by_old_client: bool = False) -> None:
    """Everything that can happen to an exam, from its publication to its deletion. `by_old_client`: the
    changes select nothing of exams by link."""
    exam_fields, row_fields, batch_fields = (
        fields.replace("listed ", "").replace("readable ", "") if by_old_client else fields
        for fields in (EVENT_EXAM, EVENT_ROW, EVENT_BATCH)
    )
    teacher = api.teacher
    exam = teacher.mutate("publishExam", exam_fields, at_version(exam)).only()
    exam = teacher.mutate("updateExam", exam_fields, {**at_version(exam), "subject": "Art"}).only()
    row = teacher.mutate("createResults", row_fields, result_input(exam["id"])).only()
    row = teacher.mutate("updateResults", row_fields, {**at_version(row), "grade": "7"}).only()
    teacher.mutate("deleteResults", row_fields, at_version(row)).only()
    rows = [{"id": new_id(), "student": "S", "grade": "1"}]
    teacher.mutate("createResultsBatch", batch_fields, {"examId": exam["id"], "rows": rows}).only()
    gone = [{"id": rows[0]["id"], "expectedVersion": 1}]
    teacher.mutate("deleteResultsBatch", batch_fields, {"examId": exam["id"], "rows": gone}).only()
    exam = teacher.mutate("unpublishExam", exam_fields, at_version(exam)).only()
    exam = teacher.mutate("publishExam", exam_fields, at_version(exam)).only()
    teacher.mutate("deleteExam", exam_fields, at_version(exam)).only()


# How often each event comes in a life.
LIFE = {**dict.fromkeys([*EXAM_EVENTS, *RESULT_EVENTS, *BATCH_EVENTS], 1), "onPublishExam": 2}


def subscribe_all(client: RealtimeClient, exam_id: str | None = None) -> None:
    for name in LIFE:
        is_exam = name in EXAM_EVENTS
        argument = "" if exam_id is None else f'({"id" if is_exam else "examId"}: "{exam_id}")'
        fields = "id version" if is_exam else "examId"
        client.subscribe(f"{name}{argument}", f"subscription {{{name}{argument} {{{fields}}}}}")


def heard_of(client: RealtimeClient, exam_id: str) -> Counter[str]:
    """How many of the events read so far are about this exam, by subscription."""
    return Counter(
        message["id"]
        for message in client.messages
        if message["type"] == "data" and exam_id in json.dumps(message["payload"])
    )


def listen_until_deleted(client: RealtimeClient, subscription: str, exam_id: str) -> None:
    while exam_id not in json.dumps(client.next_of(subscription)):
        pass


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
@pytest.mark.parametrize("stranger", ["guest", "other_teacher"])
def test_only_who_names_an_exam_by_link_hears_of_it(api: Api, stranger: str) -> None:
    """Whatever happens to it. A listed exam is heard of without its id, also when a client changes it that
    knows nothing of exams by link."""
    caller: Caller = getattr(api, stranger)
    hidden = by_link(api, is_published=False)
    listed, by_old_client = api.teacher.new_exam(), api.teacher.new_exam()
    with caller.listening() as plain, caller.listening() as named:
        subscribe_all(plain)
        for exam in (hidden, listed, by_old_client):
            subscribe_all(named, exam["id"])
        subscribe_all(named)
        a_life(api, hidden)
        a_life(api, by_old_client, by_old_client=True)
        a_life(api, listed)
        listen_until_deleted(plain, "onDeleteExam", listed["id"])
        listen_until_deleted(named, f'onDeleteExam(id: "{listed["id"]}")', listed["id"])
        assert heard_of(plain, hidden["id"]) == {}
        for exam in (listed, by_old_client):
            assert heard_of(plain, exam["id"]) == LIFE
        for exam in (hidden, listed, by_old_client):
            heard = heard_of(named, exam["id"])
            assert {name.split("(")[0]: count for name, count in heard.items() if "(" in name} == LIFE


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_nobody_hears_of_the_draft_of_an_exam_by_link(api: Api) -> None:
    """Not even who knows its id; its owner does."""
    exam, last = by_link(api, is_published=False), api.teacher.new_exam()
    with api.guest.listening() as guest, api.teacher.listening() as owner:
        for client in (guest, owner):
            subscribe_all(client, exam["id"])
            subscribe_all(client)
        row = api.teacher.mutate("createResults", EVENT_ROW, result_input(exam["id"])).only()
        api.teacher.mutate("updateExam", EVENT_EXAM, {**at_version(exam), "subject": "Art"}).only()
        api.teacher.mutate("deleteResults", EVENT_ROW, at_version(row)).only()
        a_life(api, last)
        for client in (guest, owner):
            listen_until_deleted(client, "onDeleteExam", last["id"])
        assert heard_of(guest, exam["id"]) == {}
        assert set(heard_of(owner, exam["id"])) >= {"onCreateResults", "onUpdateExam", "onDeleteResults"}
