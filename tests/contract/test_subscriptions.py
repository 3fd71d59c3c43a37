"""Who receives what in real time. Silence is proved by a later event of the subscription, not by waiting."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.builders import at_version, new_id, result_input
from tests.contract.calls import Api, Caller
from tests.contract.target import Capability
from tests.realtime_client import RealtimeClient

pytestmark = pytest.mark.needs(Capability.SUBSCRIPTIONS)

# What mutations select here, as real clients do: the filtered fields are always in it.
EXAM = "id subject date teacher scale status audience listed published version createdAt updatedAt owner"
RESULT = "id examId student grade readable published version createdAt updatedAt owner"
BATCH = f"examId readable published owner items {{{RESULT}}}"

EXAM_FIELDS = ["onUpdateExam", "onPublishExam", "onUnpublishExam", "onDeleteExam"]
RESULT_FIELDS = ["onCreateResults", "onUpdateResults", "onDeleteResults"]
BATCH_FIELDS = ["onCreateResultsBatch", "onDeleteResultsBatch"]

SELECTIONS = {
    **dict.fromkeys(["onCreateExam", *EXAM_FIELDS], "id published version"),
    **dict.fromkeys(RESULT_FIELDS, "id examId published version"),
    **dict.fromkeys(BATCH_FIELDS, "examId published items {id version}"),
}


def subscribed(caller: Caller, *fields: str) -> RealtimeClient:
    """A connection that listens to these fields; each subscription's id is its field's name."""
    client = caller.listening()
    for field in fields:
        client.subscribe(field, f"subscription {{{field} {{{SELECTIONS[field]}}}}}")
    return client


def events(client: RealtimeClient, field: str) -> list[Any]:
    """The events of this field that have been read so far."""
    return [
        message["payload"]["data"][field]
        for message in client.messages
        if message["type"] == "data" and message["id"] == field
    ]


@pytest.fixture
def guest(api: Api) -> Iterator[RealtimeClient]:
    with subscribed(api.guest, *EXAM_FIELDS, *RESULT_FIELDS, *BATCH_FIELDS) as client:
        yield client


def about(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def event_for(client: RealtimeClient, field: str, exam_id: str) -> Any:
    """The next event of this field about this exam: other tests make events too."""
    while True:
        event = client.event(field)
        if exam_id in (event.get("examId"), event.get("id")):
            return event


def test_a_guest_receives_every_change_of_a_published_exam(api: Api, guest: RealtimeClient) -> None:
    """From its publication to its end, each with the version that the answer had."""
    exam = api.teacher.new_exam()
    exam = api.teacher.mutate("publishExam", EXAM, at_version(exam)).only()
    assert event_for(guest, "onPublishExam", exam["id"]) == about(exam, "id", "published", "version")
    exam = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Art"}).only()
    assert event_for(guest, "onUpdateExam", exam["id"]) == about(exam, "id", "published", "version")
    result = api.teacher.mutate("createResults", RESULT, result_input(exam["id"])).only()
    assert event_for(guest, "onCreateResults", exam["id"])["id"] == result["id"]
    result = api.teacher.mutate("updateResults", RESULT, {**at_version(result), "grade": "7"}).only()
    assert event_for(guest, "onUpdateResults", exam["id"])["version"] == 2
    api.teacher.mutate("deleteResults", RESULT, at_version(result)).only()
    assert event_for(guest, "onDeleteResults", exam["id"])["version"] == 3
    row = {"id": new_id(), "student": "S", "grade": "1"}
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": [row]}).only()
    received = event_for(guest, "onCreateResultsBatch", exam["id"])
    assert received == {"examId": exam["id"], "published": True, "items": [{"id": row["id"], "version": 1}]}
    gone = {"examId": exam["id"], "rows": [{"id": row["id"], "expectedVersion": 1}]}
    api.teacher.mutate("deleteResultsBatch", BATCH, gone).only()
    assert event_for(guest, "onDeleteResultsBatch", exam["id"])["items"] == [{"id": row["id"], "version": 2}]
    exam = api.teacher.mutate("unpublishExam", EXAM, at_version(exam)).only()
    received = event_for(guest, "onUnpublishExam", exam["id"])
    assert received == {"id": exam["id"], "published": False, "version": exam["version"]}


def test_a_guest_receives_the_deletion_of_a_published_exam(api: Api, guest: RealtimeClient) -> None:
    """`published` says how it was."""
    exam = api.teacher.new_exam(is_published=True)
    api.teacher.mutate("deleteExam", EXAM, at_version(exam)).only()
    assert event_for(guest, "onDeleteExam", exam["id"]) == {"id": exam["id"], "published": True, "version": 3}


def change_everything(api: Api, exam: Mapping[str, Any]) -> None:
    """One event of every kind that a draft can have, except its publication; the draft is gone at the end."""
    exam = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Art"}).only()
    result = api.teacher.mutate("createResults", RESULT, result_input(exam["id"])).only()
    result = api.teacher.mutate("updateResults", RESULT, {**at_version(result), "grade": "7"}).only()
    api.teacher.mutate("deleteResults", RESULT, at_version(result)).only()
    row = {"id": new_id(), "student": "S", "grade": "1"}
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": [row]}).only()
    gone = {"examId": exam["id"], "rows": [{"id": row["id"], "expectedVersion": 1}]}
    api.teacher.mutate("deleteResultsBatch", BATCH, gone).only()
    api.teacher.mutate("deleteExam", EXAM, at_version(exam)).only()


def ids_received(client: RealtimeClient) -> set[str]:
    """Exam ids in all events read so far."""
    payloads = [message["payload"]["data"] for message in client.messages if message["type"] == "data"]
    rows = [row for payload in payloads for row in payload.values()]
    return {row.get("examId") or row["id"] for row in rows}


LISTENED = [*EXAM_FIELDS, *RESULT_FIELDS, *BATCH_FIELDS]


def test_draft_events_reach_only_their_owner(api: Api) -> None:
    """Every kind of event; a published exam's event afterwards shows that the others were listening."""
    with (
        subscribed(api.guest, *LISTENED) as guest,
        subscribed(api.other_teacher, "onCreateExam", *LISTENED) as other,
        subscribed(api.teacher, "onCreateExam", *LISTENED) as owner,
    ):
        draft = api.teacher.mutate("createExam", EXAM, {**exam_content(), "id": new_id()}).only()
        change_everything(api, draft)
        published = api.teacher.mutate("createExam", EXAM, {**exam_content(), "id": new_id()}).only()
        published = api.teacher.mutate("publishExam", EXAM, at_version(published)).only()
        api.teacher.mutate("deleteExam", EXAM, at_version(published)).only()
        for client in (guest, other, owner):
            event_for(client, "onDeleteExam", published["id"])
        assert draft["id"] not in ids_received(guest)
        assert draft["id"] not in ids_received(other)
        for field in ("onCreateExam", "onUpdateExam", *RESULT_FIELDS, *BATCH_FIELDS, "onDeleteExam"):
            assert any(
                draft["id"] in (event.get("examId"), event.get("id")) for event in events(owner, field)
            ), field


def exam_content() -> dict[str, Any]:
    return {
        "subject": "Music",
        "date": "2026-06-15",
        "teacher": "C",
        "scale": "LETTERS",
        "audience": "NAMES",
    }


def test_an_event_that_does_not_say_whether_it_is_published_reaches_no_guest(
    api: Api, guest: RealtimeClient
) -> None:
    """Better undelivered than delivered to the wrong person."""
    exam = api.teacher.new_exam(is_published=True)
    api.teacher.mutate("createResults", "id examId version", result_input(exam["id"])).only()
    second = api.teacher.mutate("createResults", RESULT, result_input(exam["id"])).only()
    assert event_for(guest, "onCreateResults", exam["id"])["id"] == second["id"]


def test_subscribers_receive_only_what_the_mutation_selected(api: Api) -> None:
    """Other fields are null."""
    exam = api.teacher.new_exam(is_published=True)
    with api.teacher.listening() as client:
        client.subscribe("1", "subscription {onUpdateResults {id createdAt owner}}")
        result = api.teacher.new_result(exam["id"])
        given = {**at_version(result), "grade": "7"}
        api.teacher.mutate("updateResults", "id published", given).only()
        while (event := client.event("1"))["id"] != result["id"]:
            pass
        assert event == {"id": result["id"], "createdAt": None, "owner": None}


def test_an_argument_filters(api: Api) -> None:
    """The results of one exam, of all, or of none (null matches null)."""
    this, that = api.teacher.new_exam(is_published=True), api.teacher.new_exam(is_published=True)
    document = "subscription($examId: ID) {onCreateResults(examId: $examId) {id examId}}"
    with api.guest.listening() as client:
        client.subscribe("this", document, examId=this["id"])
        client.subscribe("null", document, examId=None)
        client.subscribe("all", document)
        first = api.teacher.mutate("createResults", RESULT, result_input(that["id"])).only()
        second = api.teacher.mutate("createResults", RESULT, result_input(this["id"])).only()
        assert client.event("this") == {"id": second["id"], "examId": this["id"]}
        while client.event("all")["id"] != second["id"]:
            pass
        received = [message for message in client.messages if message["type"] == "data"]
        assert [message["id"] for message in received].count("null") == 0
        all_received = [m["payload"]["data"]["onCreateResults"]["id"] for m in received if m["id"] == "all"]
        assert first["id"] in all_received


def test_events_of_one_exam_come_in_the_order_of_their_versions(api: Api) -> None:
    """Also when they follow one another at once."""
    exam = api.teacher.new_exam(is_published=True)
    with api.guest.listening() as client:
        client.subscribe("1", "subscription {onUpdateExam {id version}}")
        for _ in range(20):
            exam = api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Art"}).only()
        versions: list[int] = []
        while len(versions) < 20:
            event = client.event("1")
            if event["id"] == exam["id"]:
                versions.append(event["version"])
        assert versions == list(range(3, 23))


def test_a_refused_mutation_causes_no_event(api: Api, guest: RealtimeClient) -> None:
    """Only what was stored."""
    exam = api.teacher.new_exam(is_published=True)
    stale = {"id": exam["id"], "expectedVersion": 1, "subject": "Stale"}
    api.teacher.mutate("updateExam", EXAM, stale).refusal("ConflictException")
    api.other_teacher.mutate("updateExam", EXAM, at_version(exam)).refusal("Unauthorized")
    api.teacher.mutate("updateExam", EXAM, {**at_version(exam), "subject": "Art"}).only()
    assert event_for(guest, "onUpdateExam", exam["id"])["version"] == 3


def test_the_name_is_in_no_event_whoever_listens(api: Api) -> None:
    """Not even for the owner, though the mutation selected it."""
    exam = api.teacher.new_exam(is_published=True)
    with api.teacher.listening() as client:
        for field in RESULT_FIELDS:
            client.subscribe(field, f"subscription {{{field} {{id examId name}}}}")
        batch_selection = "examId items {id name}"
        for field in BATCH_FIELDS:
            client.subscribe(field, f"subscription {{{field} {{{batch_selection}}}}}")
        selected = f"{RESULT} name"
        given = {**result_input(exam["id"]), "name": "Ada L."}
        result = api.teacher.mutate("createResults", selected, given).only()
        result = api.teacher.mutate(
            "updateResults", selected, {**at_version(result), "name": "Ada M."}
        ).only()
        api.teacher.mutate("deleteResults", selected, at_version(result)).only()
        row = {"id": new_id(), "student": "S", "grade": "1", "name": "Grace H."}
        batch = f"examId published owner items {{{selected}}}"
        api.teacher.mutate("createResultsBatch", batch, {"examId": exam["id"], "rows": [row]}).only()
        gone = {"examId": exam["id"], "rows": [{"id": row["id"], "expectedVersion": 1}]}
        api.teacher.mutate("deleteResultsBatch", batch, gone).only()
        for field in RESULT_FIELDS:
            assert event_for(client, field, exam["id"])["name"] is None
        for field in BATCH_FIELDS:
            assert event_for(client, field, exam["id"])["items"][0]["name"] is None


def test_a_batchs_event_does_not_show_the_order_in_which_its_rows_were_entered(
    api: Api, guest: RealtimeClient
) -> None:
    """Its rows are ordered by their random ids, when they are created and when they are deleted."""
    exam = api.teacher.new_exam(is_published=True, audience="CODES")
    ids = sorted((new_id() for _ in range(20)), reverse=True)
    codes = [f"ABC{number:03d}".translate(str.maketrans("01", "XY")) for number in range(20)]
    rows = [{"id": row_id, "student": code, "grade": "1"} for row_id, code in zip(ids, codes, strict=True)]
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    created = event_for(guest, "onCreateResultsBatch", exam["id"])
    assert [row["id"] for row in created["items"]] == sorted(ids)
    versioned = [{"id": row_id, "expectedVersion": 1} for row_id in ids]
    api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": versioned}).only()
    deleted = event_for(guest, "onDeleteResultsBatch", exam["id"])
    assert [row["id"] for row in deleted["items"]] == sorted(ids)


def test_the_count_of_results_is_in_no_event(api: Api) -> None:
    """It is the owner's, and an event goes to others too."""
    exam = api.teacher.new_exam(is_published=True)
    with api.other_teacher.listening() as client:
        client.subscribe("1", "subscription {onUpdateExam {id resultsCount}}")
        api.teacher.mutate("updateExam", f"{EXAM} resultsCount", at_version(exam)).only()
        assert event_for(client, "1", exam["id"])["resultsCount"] is None


def test_a_guest_may_not_listen_for_new_exams(api: Api) -> None:
    """They are drafts."""
    with api.guest.listening() as client:
        client.start("1", "subscription {onCreateExam {id}}")
        error = client.refusal()
        assert error["errorType"] == "Unauthorized"
        assert error["message"] == "Not Authorized to access onCreateExam on type Subscription"


@pytest.mark.needs(Capability.DIRECTIVES)
@pytest.mark.parametrize(
    "selection",
    [
        "id examId owner name number comment",
        "id examId ...F",
        "id examId x: owner y: name z: comment",
        "id examId comment",
    ],
    ids=["plain", "fragment", "alias", "comment alone"],
)
def test_a_guest_receives_no_private_field(api: Api, selection: str) -> None:
    """Either the subscription is refused, or the fields come as null."""
    exam = api.teacher.new_exam(is_published=True)
    fragment = "fragment F on Results {owner name number comment}" if "...F" in selection else ""
    with api.guest.listening() as client:
        client.start("1", f"subscription {{onCreateResults {{{selection}}}}} {fragment}")
        answer = client.next_of("1")
        if answer["type"] == "error":
            assert answer["payload"]["errors"][0]["errorType"] == "Unauthorized"
            return
        given = {**result_input(exam["id"]), "name": "Ada L.", "number": "17", "comment": "Well done."}
        api.teacher.mutate("createResults", RESULT, given).only()
        row: dict[str, Any] = {}
        while row.get("id") != given["id"]:
            row = client.next_of("1")["payload"]["data"]["onCreateResults"]
        assert {name: value for name, value in row.items() if value is not None} == {
            "id": given["id"],
            "examId": exam["id"],
        }
