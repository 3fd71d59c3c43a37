"""Each exam resolver: its DynamoDB operation, and how it handles the outcome."""

from typing import Any

import pytest

from shared.model.scale_presets import PRESETS
from tests.deploy.aws.evaluator import NOW, Evaluator

EXAM_ID = "11111111-2222-4333-8444-555555555555"
TEACHER = {"sub": "teacher-a", "username": "ada"}
STRANGER = {"sub": "teacher-b"}
GUEST = {"cognitoIdentityId": "eu-west-1:guest", "cognitoIdentityAuthType": "unauthenticated"}
CONDITION_FAILED = {
    "message": "The conditional request failed",
    "type": "DynamoDB:ConditionalCheckFailedException",
}
CANCELLED = {"message": "Transaction cancelled", "type": "DynamoDB:TransactionCanceledException"}
TABLES = {"RESULTS_TABLE": "results-table", "EXAMS_TABLE": "exams-table"}
BUSY = {"message": "Too much", "type": "DynamoDB:ProvisionedThroughputExceededException"}
FIELDS = {
    "subject": "Maths",
    "date": "2026-06-01",
    "teacher": "A. Berg",
    "scale": "OUT_OF_20",
    "audience": "NAMES",
}


def exam(**changes: Any) -> dict[str, Any]:
    stored = {
        "id": EXAM_ID,
        **FIELDS,
        "status": "DRAFT",
        "published": False,
        "version": 1,
        "createdAt": NOW,
        "updatedAt": NOW,
        "owner": "teacher-a",
        "dateId": f"2026-06-01#{EXAM_ID}",
        "listed": True,
    }
    return {**stored, **changes}


def published_exam(**changes: Any) -> dict[str, Any]:
    return exam(status="PUBLISHED", published=True, **changes)


def change(**more: Any) -> dict[str, Any]:
    return {"access": "CHANGE", "examId": EXAM_ID, "field": "updateExam", **more}


DELETED = {"id": EXAM_ID, "expiresAt": 1780394400}  # a day after NOW


def because(stored: Any) -> dict[str, Any]:
    """Why a transaction was cancelled: its first item was stored otherwise."""
    reason = {"item": stored, "type": "ConditionalCheckFailed", "message": "no"}
    return {"keys": None, "cancellationReasons": [reason]}


def written(evaluator: Evaluator, resolver: str, stash: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of the transaction; the first is the exam's."""
    ready = {"exam": exam(), "areResultsPublic": False, "history": {"items": [], "hasMore": False}, **stash}
    asked = evaluator.request(resolver, env=TABLES, identity=TEACHER, stash=ready).value
    assert asked["operation"] == "TransactWriteItems"
    items: list[dict[str, Any]] = asked["transactItems"]
    return items


def info(field: str) -> dict[str, str]:
    return {"fieldName": field}


def test_an_exam_is_read_by_key_and_consistently(evaluator: Evaluator) -> None:
    asked = evaluator.request("readExam", stash=change())
    assert asked.value == {"operation": "GetItem", "key": {"id": {"S": EXAM_ID}}, "consistentRead": True}


@pytest.mark.parametrize(
    "bad_id",
    [
        "",
        "x",
        EXAM_ID.upper().replace("1", "A"),
        EXAM_ID + "\n",
        f" {EXAM_ID}",
        EXAM_ID + "0",
        EXAM_ID[:-1] + "G",
    ],
)
def test_invalid_uuids_never_reach_the_database(evaluator: Evaluator, bad_id: str) -> None:
    change_asked = evaluator.request("readExam", stash=change(examId=bad_id))
    assert change_asked.error is not None
    assert change_asked.error["type"] == "NotFound"

    read_asked = evaluator.request("readExam", stash={"access": "READ", "examId": bad_id})
    assert read_asked.is_early
    assert read_asked.stash["exam"] is None

    create_asked = evaluator.request("readExam", stash={"access": "CREATE", "examId": bad_id})
    assert create_asked.error is not None
    assert create_asked.error["type"] == "BadRequest"
    assert create_asked.error["info"] == {"field": "id"}


def test_only_the_owner_may_change_an_exam(evaluator: Evaluator) -> None:
    refused = evaluator.response("readExam", stash=change(), identity=STRANGER, result=published_exam())
    assert refused.error == {
        "message": "Not Authorized to access updateExam on type Mutation",
        "type": "Unauthorized",
        "data": None,
        "info": None,
    }
    assert (
        evaluator.response("readExam", stash=change(), identity=GUEST, result=published_exam()).error
        is not None
    )
    allowed = evaluator.response("readExam", stash=change(), identity=TEACHER, result=exam())
    assert allowed.error is None
    assert allowed.stash["exam"]["id"] == EXAM_ID


def test_a_missing_exam_cannot_be_changed(evaluator: Evaluator) -> None:
    refused = evaluator.response("readExam", stash=change(), identity=TEACHER, result=None)
    assert refused.error is not None
    assert refused.error["type"] == "NotFound"


def test_a_stale_version_is_a_conflict_with_the_current_exam(evaluator: Evaluator) -> None:
    stale = change(expectedVersion=1)
    refused = evaluator.response("readExam", stash=stale, identity=TEACHER, result=exam(version=3))
    assert refused.error is not None
    assert refused.error["type"] == "ConflictException"
    assert refused.error["data"]["version"] == 3


def test_ownership_is_checked_before_the_version(evaluator: Evaluator) -> None:
    stale = change(expectedVersion=1)
    refused = evaluator.response("readExam", stash=stale, identity=STRANGER, result=exam(version=3))
    assert refused.error is not None
    assert refused.error["type"] == "Unauthorized"
    assert refused.error["data"] is None


@pytest.mark.parametrize(
    ("caller", "stored", "is_seen"),
    [
        (GUEST, exam(), False),
        (GUEST, published_exam(), True),
        (STRANGER, exam(), False),
        (STRANGER, published_exam(), True),
        (TEACHER, exam(), True),
        (None, exam(), False),
        # A row without an owner belongs to nobody, not to callers without a sub.
        (GUEST, exam(owner=None), False),
    ],
)
def test_a_draft_is_visible_only_to_its_owner(
    evaluator: Evaluator, caller: Any, stored: Any, is_seen: bool
) -> None:
    read = evaluator.response(
        "readExam", stash={"access": "READ", "examId": EXAM_ID}, identity=caller, result=stored
    )
    assert (read.stash["exam"] is not None) is is_seen
    got = evaluator.response("Query.exams", info=info("getExam"), identity=caller, stash=read.stash)
    assert (got.value is not None) is is_seen


def test_guests_do_not_see_the_owner(evaluator: Evaluator) -> None:
    stash = {"exam": published_exam(), "page": {"items": [published_exam()], "nextToken": None}}
    for caller, owner in ((GUEST, None), (STRANGER, "teacher-a")):
        got = evaluator.response("Query.exams", info=info("getExam"), identity=caller, stash=stash)
        assert got.value["owner"] == owner
        listed = evaluator.response("Query.exams", info=info("listExams"), identity=caller, stash=stash)
        assert listed.value["items"][0]["owner"] == owner


@pytest.mark.parametrize(
    ("field", "caller", "index", "name", "value", "listing"),
    [
        ("listExams", GUEST, "byStatus", "status", "PUBLISHED", "exams/"),
        ("listMyExams", TEACHER, "byOwner", "owner", "teacher-a", "mine/teacher-a/"),
    ],
)
def test_exams_are_listed_through_an_index_newest_first(
    evaluator: Evaluator, field: str, caller: Any, index: str, name: str, value: str, listing: str
) -> None:
    stash = evaluator.request("Query.exams", info=info(field), identity=caller).stash
    first = evaluator.request("queryPage", identity=caller, stash=stash)
    assert first.value == {
        "operation": "Query",
        "index": index,
        "query": {
            "expression": "#key = :value",
            "expressionNames": {"#key": name},
            "expressionValues": {":value": {"S": value}},
        },
        "scanIndexForward": False,
        "limit": 101,
    }
    position = f"2026-06-01#{EXAM_ID}"
    token = f"{listing}{position}"
    args = {"limit": 10, "nextToken": token}
    following = evaluator.request("queryPage", identity=caller, stash=stash, args=args)
    assert following.value["limit"] == 11
    assert following.value["query"] == {
        "expression": "#key = :value AND #sortKey < :after",
        "expressionNames": {"#key": name, "#sortKey": "dateId"},
        "expressionValues": {":value": {"S": value}, ":after": {"S": position}},
    }

    two = {"items": [exam(), exam()], "nextToken": None}
    page = evaluator.response("queryPage", identity=caller, stash=stash, args={"limit": 1}, result=two)
    assert len(page.stash["page"]["items"]) == 1
    assert page.stash["page"]["nextToken"] == token
    last = evaluator.response("queryPage", identity=caller, stash=stash, args={"limit": 2}, result=two)
    assert last.stash["page"]["nextToken"] is None
    shown = evaluator.response("Query.exams", info=info(field), identity=caller, stash=last.stash)
    assert [row["id"] for row in shown.value["items"]] == [EXAM_ID, EXAM_ID]
    assert shown.value["nextToken"] is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "exams/",
        f"mine/teacher-a/2026-06-01#{EXAM_ID}",
        f"results/{EXAM_ID}/{EXAM_ID}",
        f"exams/2026-06-01#{EXAM_ID}x",
        f"exams/2026-06-01#{EXAM_ID}\n",
    ],
)
def test_a_token_from_another_listing_is_refused(evaluator: Evaluator, token: str) -> None:
    args = {"nextToken": token}
    stash = evaluator.request("Query.exams", info=info("listExams"), identity=GUEST).stash
    refused = evaluator.request("queryPage", identity=GUEST, stash=stash, args=args)
    assert refused.error is not None
    assert refused.error["type"] == "BadRequest"
    assert refused.error["info"] == {"field": "nextToken"}
    for caller in (TEACHER, STRANGER):
        stash = evaluator.request("Query.exams", info=info("listMyExams"), identity=caller).stash
        is_own = token.startswith(f"mine/{caller['sub']}/")
        answered = evaluator.request("queryPage", identity=caller, stash=stash, args=args)
        assert (answered.error is None) is is_own


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_1_to_1000_rows(evaluator: Evaluator, limit: int) -> None:
    stash = evaluator.request("Query.exams", info=info("listExams"), identity=TEACHER).stash
    refused = evaluator.request("queryPage", identity=TEACHER, stash=stash, args={"limit": limit})
    assert refused.error is not None
    assert refused.error["info"] == {"field": "limit"}


def test_a_new_exam_is_checked_and_then_written_only_if_none_exists(evaluator: Evaluator) -> None:
    given = {"id": EXAM_ID, **FIELDS}
    begun = evaluator.request("Mutation.exams", args={"input": given}, info=info("createExam"))
    assert begun.stash == {
        "field": "createExam",
        "access": "CREATE",
        "examId": EXAM_ID,
        "expectedVersion": None,
        "fields": FIELDS,
    }

    written = evaluator.request("putExam", identity=TEACHER, stash={**begun.stash, "exam": None})
    assert written.value == {
        "operation": "PutItem",
        "key": {"id": {"S": EXAM_ID}},
        "attributeValues": {
            **{name: {"S": text} for name, text in FIELDS.items()},
            "status": {"S": "DRAFT"},
            "published": {"BOOL": False},
            "version": {"N": 1},
            "createdAt": {"S": NOW},
            "updatedAt": {"S": NOW},
            "owner": {"S": "teacher-a"},
            "dateId": {"S": f"2026-06-01#{EXAM_ID}"},
            "listed": {"BOOL": True},
        },
        "condition": {"expression": "attribute_not_exists(#id)", "expressionNames": {"#id": "id"}},
    }


def test_what_is_left_of_a_deleted_exam_is_no_exam(evaluator: Evaluator) -> None:
    """To whoever reads it, changes it, or finds it in the place of what was read before."""
    for access in ("READ", "READ_RESULTS", "CREATE"):
        read = evaluator.response("readExam", stash=change(access=access), identity=TEACHER, result=DELETED)
        assert (read.error, read.stash["exam"]) == (None, None)
    gone = evaluator.response("readExam", stash=change(), identity=TEACHER, result=DELETED)
    confirmed = evaluator.response("confirmExam", stash=change(items=[]), result=DELETED)
    for refused in (gone, confirmed):
        assert refused.error is not None
        assert refused.error["type"] == "NotFound"
    for resolver in ("updateExam", "deleteExam"):
        begun = change(expectedVersion=1)
        late = evaluator.response(resolver, stash=begun, error=CANCELLED, result=because(DELETED))
        assert late.error is not None
        assert (late.error["type"], late.error["data"]) == ("ConflictException", None)


def test_repeating_a_create_returns_the_stored_exam_and_writes_nothing(evaluator: Evaluator) -> None:
    stash = {"access": "CREATE", "examId": EXAM_ID, "fields": FIELDS, "exam": exam(createdAt="earlier")}
    again = evaluator.request("putExam", identity=TEACHER, stash=stash)
    assert again.is_early
    assert again.stash["answer"]["createdAt"] == "earlier"


@pytest.mark.parametrize(
    "stored", [exam(subject="Physics"), exam(version=2), exam(scale="PERCENT"), exam(audience="CODES")]
)
def test_another_create_with_the_same_id_is_a_conflict(evaluator: Evaluator, stored: Any) -> None:
    stash = {"examId": EXAM_ID, "fields": FIELDS, "exam": stored}
    refused = evaluator.request("putExam", identity=TEACHER, stash=stash)
    assert refused.error is not None
    assert refused.error["type"] == "ConflictException"
    assert refused.error["data"]["id"] == EXAM_ID


def test_a_conflict_does_not_show_a_strangers_draft(evaluator: Evaluator) -> None:
    stash = {"examId": EXAM_ID, "fields": FIELDS, "exam": exam()}
    refused = evaluator.request("putExam", identity=STRANGER, stash=stash)
    assert refused.error is not None
    assert refused.error["type"] == "ConflictException"
    assert refused.error["data"] is None


def test_a_create_that_lost_a_race_is_compared_with_the_stored_exam(evaluator: Evaluator) -> None:
    stash = {"examId": EXAM_ID, "fields": FIELDS, "exam": None}
    same = evaluator.response("putExam", identity=TEACHER, stash=stash, error=CONDITION_FAILED, result=exam())
    assert same.error is None
    assert same.stash["answer"]["id"] == EXAM_ID
    for winner in (exam(subject="Physics"), DELETED, None):
        lost = evaluator.response(
            "putExam", identity=TEACHER, stash=stash, error=CONDITION_FAILED, result=winner
        )
        assert lost.error is not None
        assert lost.error["type"] == "ConflictException"


@pytest.mark.parametrize(
    "resolver", ["putExam", "updateExam", "deleteExam", "readExam", "queryPage", "confirmExam"]
)
def test_other_database_errors_are_passed_on(evaluator: Evaluator, resolver: str) -> None:
    failed = evaluator.response(
        resolver, identity=TEACHER, stash=change(fields=FIELDS), error=BUSY, result=None
    )
    assert failed.error is not None
    assert failed.error["type"] == "DynamoDB:ProvisionedThroughputExceededException"


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("subject", ""),
        ("subject", "   "),
        ("subject", "x" * 121),
        ("subject", "a\nb"),
        ("subject", "a\x85"),
        ("teacher", "a\x00b"),
        ("teacher", None),
        ("scale", "OUT_OF_0"),
        ("scale", "OUT_OF_1001"),
        ("scale", "out_of_20"),
        ("scale", "PERCENT\n"),
        ("scale", "PERCENT;OVER;STEP=1"),
        ("scale", "OUT_OF_20;PASS=9.0"),
        ("scale", "LEVELS=A|B|C"),
        ("scale", f"LEVELS={'A,' * 256}A"),
        ("date", "2026-06-01Z"),
        ("date", "01.06.2026"),
        ("date", "2026-02-29"),
        ("date", "1900-02-29"),
        ("date", "2026-13-01"),
        ("date", "2026-00-10"),
        ("date", "2026-01-00"),
        ("date", "0000-01-01"),
        ("audience", None),
    ],
)
def test_an_invalid_field_is_refused_by_name(evaluator: Evaluator, field: str, bad: Any) -> None:
    refused = evaluator.request("checkExam", stash={"fields": {**FIELDS, field: bad}})
    assert refused.error is not None
    assert refused.error["type"] == "BadRequest"
    assert refused.error["info"] == {"field": field}


def test_texts_are_trimmed_and_lengths_count_code_points(evaluator: Evaluator) -> None:
    checked = evaluator.request("checkExam", stash={"fields": {**FIELDS, "subject": "  Maths \n"}})
    assert checked.stash["fields"]["subject"] == "Maths"
    assert (
        evaluator.request("checkExam", stash={"fields": {**FIELDS, "subject": "\U0001f600" * 120}}).error
        is None
    )
    assert evaluator.request("checkExam", stash={"fields": {**FIELDS, "subject": "\U0001f600" * 121}}).error


@pytest.mark.parametrize("date", ["2028-02-29", "2000-02-29", "2026-12-31", "0001-01-01"])
def test_every_day_of_the_calendar_is_accepted(evaluator: Evaluator, date: str) -> None:
    assert evaluator.request("checkExam", stash={"fields": {**FIELDS, "date": date}}).error is None


@pytest.mark.parametrize("scale", ["OUT_OF_1", "OUT_OF_1000", *(preset.scale.text for preset in PRESETS)])
def test_every_scale_is_accepted(evaluator: Evaluator, scale: str) -> None:
    assert evaluator.request("checkExam", stash={"fields": {**FIELDS, "scale": scale}}).error is None


def test_the_audience_cannot_change_while_the_exam_is_published(evaluator: Evaluator) -> None:
    stash = {"fields": {"audience": "CODES"}, "exam": published_exam()}
    refused = evaluator.request("checkExam", stash=stash)
    assert refused.error is not None
    assert refused.error["type"] == "PreconditionFailed"
    assert evaluator.request("checkExam", stash={**stash, "fields": {"audience": "NAMES"}}).error is None


def test_names_can_become_codes_only_in_an_exam_without_results(evaluator: Evaluator) -> None:
    to_codes = evaluator.request("checkExam", stash={"fields": {"audience": "CODES"}, "exam": exam()})
    asked = evaluator.request("findAnyResult", stash={"examId": EXAM_ID, **to_codes.stash})
    assert asked.value == {
        "operation": "Query",
        "query": {
            "expression": "#examId = :examId",
            "expressionNames": {"#examId": "examId"},
            "expressionValues": {":examId": {"S": EXAM_ID}},
        },
        "filter": {"expression": "attribute_exists(#version)", "expressionNames": {"#version": "version"}},
        "projection": {"expression": "#id", "expressionNames": {"#id": "id"}},
        "limit": 12000,
        "consistentRead": True,
    }
    found = {"items": [{"id": "r"}], "nextToken": None}
    refused = evaluator.response("findAnyResult", stash=to_codes.stash, result=found)
    assert refused.error is not None
    assert refused.error["type"] == "PreconditionFailed"
    assert evaluator.response("findAnyResult", stash=to_codes.stash, result={"items": []}).error is None
    unknown = evaluator.response(
        "findAnyResult",
        stash=to_codes.stash,
        result={"items": [], "nextToken": "after a megabyte of deleted ones"},
    )
    assert unknown.error is not None
    assert unknown.error["type"] == "PreconditionFailed"

    to_names = evaluator.request(
        "checkExam", stash={"fields": {"audience": "NAMES"}, "exam": exam(audience="CODES")}
    )
    assert evaluator.request("findAnyResult", stash=to_names.stash).is_early


def test_an_update_writes_the_sent_fields_at_the_expected_version(evaluator: Evaluator) -> None:
    given = {"id": EXAM_ID, "expectedVersion": 4, "date": "2026-07-01"}
    begun = evaluator.request("Mutation.exams", args={"input": given}, info=info("updateExam"))
    assert begun.stash == change(expectedVersion=4, fields={"date": "2026-07-01"})

    update, record = written(evaluator, "updateExam", begun.stash)
    before = {name: {"S": text} for name, text in FIELDS.items()}
    before |= {"status": {"S": "DRAFT"}, "listed": {"BOOL": True}}
    assert (record["table"], record["operation"]) == ("results-table", "PutItem")
    assert record["key"]["examId"] == {"S": f"history/{EXAM_ID}"}
    assert record["attributeValues"] == {
        "at": {"S": NOW},
        "by": {"S": "teacher-a"},
        "byName": {"S": "ada"},
        "kind": {"S": "EXAM_UPDATED"},
        "before": {"M": before},
        "after": {"M": {**before, "date": {"S": "2026-07-01"}}},
    }
    assert update == {
        "table": "exams-table",
        "operation": "UpdateItem",
        "key": {"id": {"S": EXAM_ID}},
        "update": {
            "expression": (
                "SET #date = :date, #version = :version, #updatedAt = :updatedAt, #dateId = :dateId"
            ),
            "expressionNames": {
                "#date": "date",
                "#version": "version",
                "#updatedAt": "updatedAt",
                "#dateId": "dateId",
            },
            "expressionValues": {
                ":date": {"S": "2026-07-01"},
                ":version": {"N": 5},
                ":updatedAt": {"S": NOW},
                ":dateId": {"S": f"2026-07-01#{EXAM_ID}"},
            },
        },
        "condition": {
            "expression": "#version = :expectedVersion",
            "expressionNames": {"#version": "version"},
            "expressionValues": {":expectedVersion": {"N": 4}},
            "returnValuesOnConditionCheckFailure": True,
        },
    }


@pytest.mark.parametrize("resolver", ["updateExam", "deleteExam"])
def test_a_concurrent_change_is_a_conflict_with_the_current_exam(evaluator: Evaluator, resolver: str) -> None:
    stash = change(expectedVersion=1, exam=exam())
    refused = evaluator.response(resolver, stash=stash, error=CANCELLED, result=because(exam(version=2)))
    assert refused.error is not None
    assert refused.error["type"] == "ConflictException"
    assert refused.error["data"]["version"] == 2


@pytest.mark.parametrize(
    ("field", "status", "is_published"),
    [("publishExam", "PUBLISHED", True), ("unpublishExam", "DRAFT", False)],
)
def test_publishing_writes_status_and_published_together(
    evaluator: Evaluator, field: str, status: str, is_published: bool
) -> None:
    given = {"id": EXAM_ID, "expectedVersion": 1}
    begun = evaluator.request("Mutation.exams", args={"input": given}, info=info(field))
    fields = {"status": status, "published": is_published, "releaseAt": None}
    assert begun.stash["fields"] == fields
    stored = exam() if is_published else published_exam(releaseAt=NOW, publicSince=NOW)
    update, record = written(evaluator, "updateExam", {**begun.stash, "exam": stored})
    values = update["update"]["expressionValues"]
    assert (values[":published"], values[":status"]) == ({"BOOL": is_published}, {"S": status})
    removed = " REMOVE #releaseAt" if is_published else " REMOVE #releaseAt, #publicSince"
    assert update["update"]["expression"].endswith(removed)
    assert record["attributeValues"]["after"]["M"]["status"] == {"S": status}


@pytest.mark.parametrize(
    ("stored", "is_public", "hour", "since"),
    [
        (exam(), False, None, NOW),
        (exam(), False, "2026-06-02T10:00:00.000Z", "2026-06-02T10:00:00.000Z"),
        (published_exam(publicSince="earlier"), True, None, "earlier"),
        (published_exam(), True, None, None),
        (published_exam(releaseAt="later", publicSince="later"), False, None, NOW),
    ],
    ids=["at once", "at an hour", "again", "since before this was stored", "sooner than announced"],
)
def test_publishing_stores_from_when_the_results_are_public(
    evaluator: Evaluator, stored: Any, is_public: bool, hour: str | None, since: str | None
) -> None:
    fields = {"status": "PUBLISHED", "published": True, "releaseAt": hour}
    stash = change(
        field="publishExam", expectedVersion=1, exam=stored, fields=fields, areResultsPublic=is_public
    )
    update, *_ = written(evaluator, "updateExam", stash)
    kept = update["update"]["expressionValues"].get(":publicSince")
    assert kept == (None if since is None else {"S": since})


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-06-01T12:00:00.001+02:00", "2026-06-01T10:00:00.001Z"),
        ("2027-06-02T10:00:00Z", "2027-06-02T10:00:00.000Z"),
        (NOW, None),
        ("2026-06-01T11:59:59+02:00", None),
        ("2027-06-02T10:00:00.001Z", None),
    ],
    ids=["the next millisecond", "366 days on", "now", "a second ago", "later than that"],
)
def test_an_hour_to_come_is_stored_in_utc_and_another_one_is_refused(
    evaluator: Evaluator, sent: str, kept: str | None
) -> None:
    given = {"input": {"id": EXAM_ID, "expectedVersion": 1}, "releaseAt": sent}
    begun = evaluator.request("Mutation.exams", args=given, info=info("publishExam"))
    checked = evaluator.request("checkExam", stash={**begun.stash, "exam": exam()})
    if kept is None:
        assert checked.error is not None
        assert (checked.error["type"], checked.error["info"]) == ("BadRequest", {"field": "releaseAt"})
    else:
        assert checked.error is None
        assert checked.stash["fields"]["releaseAt"] == kept


def test_each_answer_says_how_far_off_the_hour_is(evaluator: Evaluator) -> None:
    """Never less than nothing: 0 when it has passed, and without one."""
    for hour, seconds in (("2026-06-01T10:00:01.500Z", 1.5), ("2026-06-01T09:00:00Z", 0), (None, 0)):
        stored = published_exam(releaseAt=hour)
        got = evaluator.response("Query.exams", info=info("getExam"), identity=GUEST, stash={"exam": stored})
        changed = evaluator.response("Mutation.exams", stash={"answer": stored})
        page = {"page": {"items": [stored], "nextToken": None}}
        listed = evaluator.response("Query.exams", info=info("listExams"), identity=GUEST, stash=page)
        for seen in (got.value, changed.value, listed.value["items"][0]):
            assert seen["secondsToRelease"] == seconds


def test_an_exam_by_link_is_in_another_part_of_the_index(evaluator: Evaluator) -> None:
    """No query of the published ones reads it, and so no token betrays it; it is shown as published."""
    given = {"id": EXAM_ID, "expectedVersion": 1}
    begun = evaluator.request("Mutation.exams", args={"input": given}, info=info("publishExam"))
    ready = {**begun.stash, "exam": exam(listed=False), "areResultsPublic": False}
    asked = evaluator.request("updateExam", env=TABLES, identity=TEACHER, stash=ready)
    update, record = asked.value["transactItems"]
    assert update["update"]["expressionValues"][":status"] == {"S": "BY_LINK"}
    assert record["attributeValues"]["after"]["M"]["status"] == {"S": "PUBLISHED"}
    answer = evaluator.response("updateExam", stash=asked.stash, result={"keys": []}).value
    assert (answer["status"], answer["published"], answer["listed"]) == ("PUBLISHED", False, False)


def test_an_exam_stored_before_there_were_exams_by_link_is_listed(evaluator: Evaluator) -> None:
    stored = published_exam()
    del stored["listed"]
    read = evaluator.response("readExam", stash={"access": "READ"}, identity=GUEST, result=stored).value
    assert (read["listed"], read["published"]) == (True, True)


def test_a_draft_cannot_be_unpublished(evaluator: Evaluator) -> None:
    given = {"id": EXAM_ID, "expectedVersion": 1}
    begun = evaluator.request("Mutation.exams", args={"input": given}, info=info("unpublishExam"))
    refused = evaluator.response("readExam", stash=begun.stash, identity=TEACHER, result=exam())
    assert refused.error is not None
    assert refused.error["type"] == "PreconditionFailed"
    for selected, stored in (
        (["id"], published_exam()),
        (["id", "listed"], exam(listed=False, status="BY_LINK", published=True)),
    ):
        read = evaluator.response(
            "readExam",
            stash=begun.stash,
            identity=TEACHER,
            result=stored,
            info={**info("unpublishExam"), "selectionSetList": selected},
        )
        assert read.error is None


def test_a_deleted_exam_is_returned_with_the_next_version(evaluator: Evaluator) -> None:
    given = {"id": EXAM_ID, "expectedVersion": 7}
    begun = evaluator.request("Mutation.exams", args={"input": given}, info=info("deleteExam"))
    assert begun.stash["mustBeEmpty"], "an exam with results is not deleted"

    (deletion,) = written(evaluator, "deleteExam", begun.stash)
    assert deletion["operation"] == "PutItem"
    assert deletion["attributeValues"] == {"expiresAt": {"N": DELETED["expiresAt"]}}
    assert deletion["condition"]["expressionValues"] == {":expectedVersion": {"N": 7}}
    stored = published_exam(version=7)
    ready = {**begun.stash, "exam": stored, "historyRemains": False}
    done = evaluator.response("deleteExam", stash=ready, result={"keys": []})
    assert done.stash["answer"] == {**stored, "version": 8, "updatedAt": NOW}


def records(count: int, *, has_more: bool = False) -> dict[str, Any]:
    return {"items": [{"id": f"record {number}"} for number in range(count)], "hasMore": has_more}


def test_an_exam_goes_with_the_history_that_one_transaction_takes(evaluator: Evaluator) -> None:
    begun = change(expectedVersion=1, history=records(99))
    deletion, *erased = written(evaluator, "deleteExam", begun)
    assert deletion["key"] == {"id": {"S": EXAM_ID}}
    assert [item["key"] for item in erased] == [
        {"examId": {"S": f"history/{EXAM_ID}"}, "id": {"S": f"record {number}"}} for number in range(99)
    ]


@pytest.mark.parametrize("history", [records(100), records(3, has_more=True)], ids=["many", "large"])
def test_an_exam_stays_while_its_history_is_longer(evaluator: Evaluator, history: dict[str, Any]) -> None:
    """A page of it is erased, and the caller is told to go on."""
    begun = change(expectedVersion=1, exam=exam(), history=history)
    asked = evaluator.request("deleteExam", env=TABLES, identity=TEACHER, stash=begun)
    erased = asked.value["transactItems"]
    assert {item["table"] for item in erased} == {"results-table"}
    assert len(erased) == len(history["items"])
    told = evaluator.response("deleteExam", stash=asked.stash, result={"keys": []})
    assert told.error is not None
    assert told.error["type"] == "HistoryRemains"


def test_nobody_but_the_owner_has_the_history_read(evaluator: Evaluator) -> None:
    page = {"limit": 3, "keysOnly": False, "from": None}
    for caller, of_exam in ((STRANGER, published_exam()), (GUEST, published_exam()), (TEACHER, None)):
        asked = evaluator.request(
            "queryHistory", identity=caller, stash={"exam": of_exam, "historyPage": page}
        )
        assert asked.is_early
        assert asked.stash["history"] == {"items": [], "hasMore": False}
    mine = evaluator.request("queryHistory", identity=TEACHER, stash={"exam": exam(), "historyPage": page})
    assert mine.value == {
        "operation": "Query",
        "query": {
            "expression": "#partition = :partition",
            "expressionNames": {"#partition": "examId"},
            "expressionValues": {":partition": {"S": f"history/{EXAM_ID}"}},
        },
        "scanIndexForward": False,
        "limit": 3,
        "consistentRead": True,
    }


def test_a_result_is_erased_from_records_of_its_own_and_of_batches(evaluator: Evaluator) -> None:
    """One that nobody is left in goes; the others stay as they are."""
    history = {
        "items": [
            {"id": "batch", "rows": {"a": {}, "b": {}}},
            {"id": "alone", "rows": {"a": {}}},
            {"id": "other", "rows": {"b": {}}},
            {"id": "exam"},
        ],
        "hasMore": False,
    }
    asked = evaluator.request(
        "eraseResult", env=TABLES, args={"input": {"id": "a"}}, stash=change(history=history)
    )
    batch, alone = asked.value["transactItems"]
    assert (batch["operation"], batch["key"]["id"]) == ("UpdateItem", {"S": "batch"})
    assert batch["update"]["expressionNames"] == {"#rows": "rows", "#id": "a"}
    assert (alone["operation"], alone["key"]["id"]) == ("DeleteItem", {"S": "alone"})
    nothing = evaluator.request(
        "eraseResult", env=TABLES, args={"input": {"id": "c"}}, stash=change(history=history)
    )
    assert nothing.is_early


def test_a_record_that_everybody_was_erased_from_ends_no_listing(evaluator: Evaluator) -> None:
    """Two people, erased at once, leave an empty record."""
    empty = {"at": NOW, "by": "a", "byName": "a", "kind": "DELETED", "id": f"{NOW}#{EXAM_ID}", "rows": {}}
    page = {
        "args": {"examId": EXAM_ID, "limit": 1},
        "stash": {"history": {"items": [empty], "hasMore": True}},
    }
    answer = evaluator.response("Query.changes", **page).value
    assert answer["items"] == []
    token = answer["nextToken"]
    following = evaluator.request("Query.changes", args={"examId": EXAM_ID, "nextToken": token})
    assert following.stash["historyPage"]["from"] == empty["id"]


@pytest.mark.parametrize("resolver", ["deleteExam", "updateExam"])
@pytest.mark.parametrize(
    ("additions", "expression"),
    [
        ({}, "#version = :expectedVersion AND attribute_not_exists(#additions)"),
        ({"additions": 3}, "#version = :expectedVersion AND #additions = :additions"),
    ],
)
def test_a_result_added_since_the_exam_was_found_empty_stops_the_change(
    evaluator: Evaluator, resolver: str, additions: dict[str, int], expression: str
) -> None:
    stored = exam(version=4, **additions)
    begun = change(
        expectedVersion=4, exam=stored, fields={"audience": "CODES"}, mustBeEmpty="It has results."
    )
    found = evaluator.response("findAnyResult", stash=begun, result={"items": []})
    condition = written(evaluator, resolver, found.stash)[0]["condition"]
    assert condition["expression"] == expression
    values = {f":{name}": {"N": count} for name, count in additions.items()}
    assert condition["expressionValues"] == {":expectedVersion": {"N": 4}, **values}
    refused = evaluator.response(
        resolver, stash=found.stash, error=CANCELLED, result=because({**stored, "additions": 9})
    )
    assert refused.error is not None
    assert (refused.error["type"], refused.error["message"]) == ("PreconditionFailed", "It has results.")


def test_results_are_counted_only_for_the_owner_and_not_in_events(evaluator: Evaluator) -> None:
    def counted(caller: Any, source: dict[str, Any], count: int = 2) -> tuple[Any, Any]:
        asked = evaluator.request("Exam.resultsCount", identity=caller, source=source)
        assert asked.value["operation"] == "Query"
        assert asked.value["filter"]["expression"] == "attribute_exists(#version)"
        assert asked.value["projection"]["expression"] == "#id"
        found = {"items": [{"id": "a"}] * count}
        answer = evaluator.response("Exam.resultsCount", identity=caller, source=source, result=found)
        return asked.value["query"]["expressionValues"][":examId"], answer.value

    assert counted(TEACHER, exam()) == ({"S": exam()["id"]}, 2)
    assert counted(TEACHER, exam(), 1001)[1] == 1000
    for caller, source in (
        (STRANGER, published_exam()),
        (GUEST, published_exam()),
        (None, published_exam()),
        (TEACHER, {**exam(), "isEvent": True}),
    ):
        partition, count = counted(caller, source)
        assert count is None
        assert partition != {"S": source["id"]}


def test_who_receives_exam_events(evaluator: Evaluator) -> None:
    def condition(name: str, value: Any, operator: str = "eq") -> dict[str, Any]:
        return {"fieldName": name, "operator": operator, "value": value}

    def groups(field: str, identity: Any, **args: Any) -> list[Any]:
        answer = evaluator.response("Subscription.exams", identity=identity, info=info(field), args=args)
        assert answer.filter is not None
        return [group["filters"] for group in answer.filter["filterGroup"]]

    own, named = condition("owner", "teacher-a"), condition("id", EXAM_ID)
    for field in ("onUpdateExam", "onPublishExam", "onDeleteExam"):
        published = condition("published", True)
        assert groups(field, GUEST) == [[published]]
        assert groups(field, TEACHER) == [[published], [own]]
        assert groups(field, GUEST, id=EXAM_ID) == [[named, condition("status", "PUBLISHED")]]
        assert groups(field, GUEST, id=None) == [[condition("id", ""), condition("status", "PUBLISHED")]]
    # A withdrawal by a client that selects no `listed` is one of a listed exam: readExam refuses the other.
    assert groups("onUnpublishExam", GUEST) == [[condition("listed", False, "ne")]]
    assert groups("onUnpublishExam", GUEST, id=EXAM_ID) == [[named]]
    assert groups("onUnpublishExam", TEACHER, id=EXAM_ID) == [[named], [named, own]]
    assert evaluator.request("Subscription.exams").value == {"payload": None}
