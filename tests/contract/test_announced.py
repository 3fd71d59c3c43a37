"""Announced exams: published, with results that follow at an hour by the API's clock."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Mapping
from typing import Any

import pytest

from tests.builders import at_version, new_id, result_input
from tests.contract.calls import EXAM, RESULT, Api, Caller
from tests.contract.guest_documents import guest_subscription
from tests.contract.target import Capability
from tests.waiting import wait_until

HOUR = f"{EXAM} releaseAt secondsToRelease"
BATCH = f"examId published owner items {{{RESULT}}}"
ONE_RESULT = "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {id grade published}}"
PUBLISH = (
    "mutation($input: ExamVersionInput!, $at: AWSDateTime) "
    f"{{publishExam(input: $input, releaseAt: $at) {{{HOUR}}}}}"
)


def in_s(seconds: float) -> str:
    """An AWSDateTime so many seconds from now, as the API answers it."""
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_s(time_text: str) -> float:
    return dt.datetime.fromisoformat(time_text).timestamp()


def announced(api: Api, exam: Mapping[str, Any], at: str | None) -> dict[str, Any]:
    changed: dict[str, Any] = api.teacher.ask(PUBLISH, input=at_version(exam), at=at).only()
    return changed


def an_announced_exam(api: Api, after_s: float, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The exam and its one result, which come out that long after they are announced, not entered."""
    exam = api.teacher.new_exam(**changes)
    result = api.teacher.new_result(exam["id"])
    return announced(api, exam, in_s(after_s)), result


def assert_results_hidden(api: Api, exam_id: str, result_id: str) -> None:
    for stranger in (api.guest, api.other_teacher):
        assert stranger.results(exam_id, "id") == []
        assert stranger.ask(ONE_RESULT, e=exam_id, id=result_id).only() is None


def test_until_its_hour_everybody_sees_that_an_exam_is_announced_and_its_owner_alone_the_results(
    api: Api,
) -> None:
    exam, result = an_announced_exam(api, 3600)
    at = exam["releaseAt"]
    assert (exam["status"], exam["published"]) == ("PUBLISHED", True)
    assert 3500 < exam["secondsToRelease"] <= 3600
    for stranger in (api.guest, api.other_teacher):
        seen = stranger.exam(exam["id"], "id status published releaseAt secondsToRelease")
        assert (seen["published"], seen["releaseAt"]) == (True, at)
        assert 3500 < seen["secondsToRelease"] <= exam["secondsToRelease"]
        (listed,) = [
            row for row in stranger.listed_exams(selection="id releaseAt") if row["id"] == exam["id"]
        ]
        assert listed["releaseAt"] == at
    assert_results_hidden(api, exam["id"], result["id"])
    (mine,) = api.teacher.results(exam["id"])
    assert (mine["id"], mine["grade"], mine["published"]) == (result["id"], result["grade"], False)
    assert api.teacher.ask(ONE_RESULT, e=exam["id"], id=result["id"]).only()["published"] is False


def test_the_results_come_at_the_hour_and_no_answer_has_them_before(api: Api) -> None:
    """Nobody acts at the hour: whoever asks then gets them."""
    exam, result = an_announced_exam(api, 2.5)
    hour_s = epoch_s(exam["releaseAt"])
    answers: list[tuple[float, list[Any]]] = []

    def ask() -> bool:
        rows = api.guest.results(exam["id"], "id published")
        answers.append((time.time(), rows))
        return bool(rows)

    wait_until(ask, what="the results of the hour")
    assert len(answers) > 1
    answered_at_s, rows = answers[-1]
    assert answered_at_s >= hour_s
    assert rows == [{"id": result["id"], "published": True}]
    for caller in (api.guest, api.other_teacher, api.teacher):
        assert caller.ask(ONE_RESULT, e=exam["id"], id=result["id"]).only()["published"] is True
        assert caller.exam(exam["id"], "releaseAt secondsToRelease") == {
            "releaseAt": exam["releaseAt"],
            "secondsToRelease": 0,
        }


def test_a_change_after_the_hour_is_public(api: Api) -> None:
    exam, result = an_announced_exam(api, 1)
    wait_until(lambda: bool(api.guest.results(exam["id"], "id")))
    changed = api.teacher.mutate("updateResults", RESULT, {**at_version(result), "grade": "3"}).only()
    assert changed["published"] is True


def test_publishing_without_an_hour_shows_the_results_at_once(api: Api) -> None:
    """Of a draft as ever, and of an announced exam: its hour is gone."""
    draft = api.teacher.new_exam(is_published=True)
    assert api.teacher.exam(draft["id"], "releaseAt secondsToRelease") == {
        "releaseAt": None,
        "secondsToRelease": 0,
    }
    exam, result = an_announced_exam(api, 3600)
    out = announced(api, exam, None)
    assert (out["published"], out["releaseAt"], out["secondsToRelease"]) == (True, None, 0)
    assert [row["id"] for row in api.guest.results(exam["id"], "id")] == [result["id"]]


def test_the_hour_moves_also_when_the_results_are_out(api: Api) -> None:
    exam, result = an_announced_exam(api, 3600)
    later = announced(api, exam, in_s(7200))
    assert later["secondsToRelease"] > 7000
    out = announced(api, later, None)
    assert len(api.guest.results(exam["id"], "id")) == 1
    hidden = announced(api, out, in_s(3600))
    assert (hidden["version"], hidden["published"]) == (exam["version"] + 3, True)
    assert_results_hidden(api, exam["id"], result["id"])


def test_withdrawing_an_announced_exam_leaves_a_draft_without_an_hour(api: Api) -> None:
    exam, _ = an_announced_exam(api, 3600)
    draft = api.teacher.mutate("unpublishExam", HOUR, at_version(exam)).only()
    assert (draft["status"], draft["releaseAt"], draft["secondsToRelease"]) == ("DRAFT", None, 0)
    assert api.guest.exam(exam["id"], "id") is None


@pytest.mark.parametrize(
    "at",
    ["2020-01-01T00:00:00.000Z", in_s(-1), in_s(367 * 86_400), "2062-11-30T14:00:00+01:00"],
    ids=["long ago", "a moment ago", "in more than a year", "a year mistyped"],
)
def test_an_hour_that_has_passed_or_is_far_off_is_refused(api: Api, at: str) -> None:
    """A mistyped year would publish at once, or never."""
    exam = api.teacher.new_exam()
    error = api.teacher.ask(PUBLISH, input=at_version(exam), at=at).refusal("BadRequest")
    assert error["errorInfo"] == {"field": "releaseAt"}
    assert api.teacher.exam(exam["id"]) == exam


def test_an_hour_without_an_offset_is_refused(api: Api) -> None:
    """Whose clock would it be?"""
    exam = api.teacher.new_exam()
    answer = api.teacher.ask(PUBLISH, input=at_version(exam), at="20 o'clock")
    assert answer.errors
    assert api.teacher.exam(exam["id"]) == exam


def test_the_version_is_checked_before_the_hour(api: Api) -> None:
    exam = api.teacher.new_exam()
    stale = {**at_version(exam), "expectedVersion": 7}
    api.teacher.ask(PUBLISH, input=stale, at="2020-01-01T00:00:00Z").refusal("ConflictException")
    api.other_teacher.ask(PUBLISH, input=at_version(exam), at=in_s(60)).refusal("Unauthorized")


def test_an_hour_is_kept_in_utc(api: Api) -> None:
    """Whatever the offset of the teacher's zone, summer or winter."""
    moment = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=3)
    for hours in (-9.5, 2, 5.75):
        exam = api.teacher.new_exam()
        sent = moment.astimezone(dt.timezone(dt.timedelta(hours=hours)))
        kept = announced(api, exam, sent.isoformat())["releaseAt"]
        assert kept.endswith("Z")
        assert dt.datetime.fromisoformat(kept) == moment


def test_other_changes_of_an_announced_exam_keep_its_hour(api: Api) -> None:
    """Its audience stays as it is: it is published."""
    exam, _ = an_announced_exam(api, 3600)
    changed = api.teacher.mutate("updateExam", HOUR, {**at_version(exam), "subject": "Art"}).only()
    assert (changed["subject"], changed["releaseAt"]) == ("Art", exam["releaseAt"])
    api.teacher.mutate("updateExam", "id", {**at_version(changed), "audience": "CODES"}).refusal(
        "PreconditionFailed"
    )
    copy = {name: exam[name] for name in ("id", "subject", "date", "teacher", "scale", "audience")}
    conflict = api.teacher.mutate("createExam", HOUR, copy).refusal("ConflictException")
    assert conflict["data"]["releaseAt"] == exam["releaseAt"]


def test_changes_of_results_before_the_hour_are_not_public(api: Api) -> None:
    """Alone and in batches, and in what a conflict answers."""
    exam, result = an_announced_exam(api, 3600)
    changed = api.teacher.mutate("updateResults", RESULT, {**at_version(result), "grade": "7"}).only()
    conflict = api.teacher.mutate("deleteResults", RESULT, at_version(result)).refusal("ConflictException")
    again = {**result_input(exam["id"]), "id": result["id"]}
    different = api.teacher.mutate("createResults", RESULT, again).refusal("ConflictException")
    taken_back = api.teacher.mutate("retractResults", RESULT, at_version(changed)).only()
    rows = [{"id": new_id(), "student": "Ada", "grade": "12"}]
    batch = api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    gone = [{"id": rows[0]["id"], "expectedVersion": 1}]
    deleted = api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": gone}).only()
    seen = [changed, conflict["data"], different["data"], taken_back, batch, *batch["items"], deleted]
    assert [row["published"] for row in seen] == [False] * len(seen)


def test_a_client_that_knows_no_hours_goes_on_working(api: Api) -> None:
    """Its documents are those of before: it publishes at once, changes an announced exam, withdraws it."""
    exam, result = an_announced_exam(api, 3600)
    changed = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Art"}).only()
    assert set(changed) == set(EXAM.split())
    draft = api.teacher.mutate("unpublishExam", EXAM, at_version(changed)).only()
    api.teacher.mutate("publishExam", EXAM, at_version(draft)).only()
    assert [row["id"] for row in api.guest.results(exam["id"], "id")] == [result["id"]]


def heard(client: Any, name: str, exam_id: str) -> Any:
    while True:
        event = client.event(name)
        if exam_id in (event.get("id"), event.get("examId")):
            return event


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_guests_hear_of_an_announcement_of_its_move_and_of_its_end(api: Api) -> None:
    with api.guest.listening() as guest:
        for name in ("onPublishExam", "onUnpublishExam"):
            guest.subscribe(name, f"subscription {{{name} {{id published releaseAt secondsToRelease}}}}")
        exam, _ = an_announced_exam(api, 3600)
        first = heard(guest, "onPublishExam", exam["id"])
        assert (first["published"], first["releaseAt"]) == (True, exam["releaseAt"])
        assert 3500 < first["secondsToRelease"] <= 3600
        moved = announced(api, exam, in_s(7200))
        assert heard(guest, "onPublishExam", exam["id"])["releaseAt"] == moved["releaseAt"]
        api.teacher.mutate("unpublishExam", HOUR, at_version(moved)).only()
        end = heard(guest, "onUnpublishExam", exam["id"])
        assert end == {"id": exam["id"], "published": False, "releaseAt": None, "secondsToRelease": 0}


@pytest.mark.needs(Capability.SUBSCRIPTIONS)
def test_no_subscription_that_a_stranger_can_form_hears_of_a_result_before_its_hour(api: Api) -> None:
    """Created, changed, taken back and deleted, alone and in batches; a public exam's results are heard."""
    exam, _ = an_announced_exam(api, 3600)
    public = api.teacher.new_exam(is_published=True)
    source = random.Random(13)
    single = ["onCreateResults", "onUpdateResults", "onDeleteResults"]
    names = [*single, "onCreateResultsBatch", "onDeleteResultsBatch"]
    with api.guest.listening() as guest, api.other_teacher.listening() as other:
        for client in (guest, other):
            for number in range(60):
                document = guest_subscription(source, names[number % len(names)], exam["id"])
                client.subscribe(f"s{number}", document.text)
            for name in names:
                items = "items {id}" if name.endswith("Batch") else "id"
                client.subscribe(name, f"subscription {{{name} {{examId published {items}}}}}")
        hidden = change_every_result(api.teacher, exam["id"])
        change_every_result(api.teacher, public["id"])
        for client in (guest, other):
            for name in names:  # in the order of the events
                heard(client, name, public["id"])
            texts = [str(message) for message in client.messages if message["type"] == "data"]
            assert not any(row_id in text for text in texts for row_id in hidden)


def change_every_result(teacher: Caller, exam_id: str) -> list[str]:
    """One event of each kind; returns the ids of the results."""
    row = teacher.mutate("createResults", RESULT, result_input(exam_id)).only()
    row = teacher.mutate("updateResults", RESULT, {**at_version(row), "student": "Ada"}).only()
    teacher.mutate("retractResults", RESULT, at_version(row)).only()
    rows = [{"id": new_id(), "student": "Ada", "grade": "12"}]
    teacher.mutate("createResultsBatch", BATCH, {"examId": exam_id, "rows": rows}).only()
    gone = [{"id": rows[0]["id"], "expectedVersion": 1}]
    teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam_id, "rows": gone}).only()
    return [row["id"], rows[0]["id"]]
