"""Each result resolver: its DynamoDB operation, and how it handles the outcome."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.deploy.aws.evaluator import NOW, Evaluator
from tests.deploy.aws.resolvers.test_exams import (
    BUSY,
    EXAM_ID,
    GUEST,
    STRANGER,
    TEACHER,
    exam,
    info,
)

ROW_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
SOME_ID = "11111111-2222-4333-8444-555555555555"  # what the evaluator takes for a random one
OTHER_ID = "bbbbbbbb-bbbb-4ccc-8ddd-eeeeeeeeeeee"
TABLE = {"RESULTS_TABLE": "results-table", "EXAMS_TABLE": "exams-table"}
PASSED = {"item": None, "type": "None", "message": None}
CANCELLED = {"message": "Transaction cancelled", "type": "DynamoDB:TransactionCanceledException"}


DELETED = {"examId": EXAM_ID, "id": ROW_ID, "expiresAt": 1780394400}  # a day after NOW
PRIVATE = {"name": "Ada Byron", "number": "17", "comment": "Well\ndone."}
NOTHING = dict.fromkeys(PRIVATE)


def private_of(seen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: seen[name] for name in PRIVATE}


def sent(**changes: Any) -> dict[str, Any]:
    return {"id": ROW_ID, "student": "Ada", "grade": "17.5", "name": None, **changes}


def row(**changes: Any) -> dict[str, Any]:
    stored = {
        "examId": EXAM_ID,
        "id": ROW_ID,
        "student": "Ada",
        "grade": "17.5",
        "version": 1,
        "createdAt": NOW,
        "updatedAt": NOW,
        "owner": "teacher-a",
    }
    return {**stored, **changes}


def stash(**more: Any) -> dict[str, Any]:
    return {"access": "CHANGE", "examId": EXAM_ID, "exam": exam(), "areResultsPublic": False, **more}


def typed(value: Any) -> dict[str, Any]:
    """As DynamoDB has it: a text, or a mapping of such."""
    return (
        {"S": value} if isinstance(value, str) else {"M": {name: typed(one) for name, one in value.items()}}
    )


def recorded(kind: str, rows: Mapping[str, Any]) -> dict[str, Any]:
    """What a transaction puts into the history."""
    key = {"examId": f"history/{EXAM_ID}", "id": f"{NOW}#{SOME_ID}"}
    values = {"at": NOW, "by": "teacher-a", "byName": "ada", "kind": kind, "rows": rows}
    return {
        "table": "results-table",
        "operation": "PutItem",
        "key": {name: typed(value) for name, value in key.items()},
        "attributeValues": {name: typed(value) for name, value in values.items()},
    }


def because(stored: Any) -> dict[str, Any]:
    """Why a transaction was cancelled: its first item was stored otherwise."""
    reason = {"item": stored, "type": "ConditionalCheckFailed", "message": "no"}
    return {"keys": None, "cancellationReasons": [reason, PASSED]}


def listing() -> dict[str, Any]:
    """What listing the exam's results puts into the stash."""
    key = {"key": "examId", "value": EXAM_ID, "sortKey": "id", "isDescending": False}
    return {"access": "READ_RESULTS", "listing": {"name": f"results/{EXAM_ID}/", **key}}


def refusal(outcome: Any) -> tuple[str, Any]:
    """The error's type and data; fails if nothing was refused."""
    assert outcome.error is not None
    return outcome.error["type"], outcome.error["data"]


@pytest.mark.parametrize(
    ("field", "bad"),
    [
        ("id", "not-a-uuid"),
        ("student", ""),
        ("student", None),
        ("student", "x" * 121),
        ("student", "a\tb"),
        ("grade", " "),
        ("grade", "1" * 17),
        ("grade", None),
        ("name", "x" * 121),
        ("name", "  "),
        ("name", "a\u0000"),
        ("number", "x" * 121),
        ("number", " "),
        ("number", "a\nb"),
        ("comment", "x" * 1001),
        ("comment", "a\tb"),
        ("comment", "a\rb"),
    ],
)
def test_an_invalid_row_is_refused_with_its_field(evaluator: Evaluator, field: str, bad: Any) -> None:
    refused = evaluator.request("checkRows", stash=stash(rows=[sent(**{field: bad})]))
    assert refusal(refused)[0] == "BadRequest"
    assert refused.error is not None
    assert refused.error["info"] == {"field": field}


def test_texts_of_rows_are_trimmed(evaluator: Evaluator) -> None:
    given = sent(student=" Ada ", grade=" 17.5 ", name=" Ada Byron ", number=" 17 ", comment="\nWell\ndone. ")
    checked = evaluator.request("checkRows", stash=stash(rows=[given]))
    assert checked.stash["rows"] == [sent(**PRIVATE)]
    for longest in ("x" * 1000, "\U0001f680" * 1000):
        checked = evaluator.request("checkRows", stash=stash(rows=[sent(comment=longest)]))
        assert checked.stash["rows"] == [sent(comment=longest)]
    checked = evaluator.request("checkRows", stash=stash(rows=[sent(comment=" \n")]))
    assert checked.stash["rows"] == [sent(comment=None)]


@pytest.mark.parametrize(
    ("student", "is_code"), [("7KQ2MX", True), ("Ada", False), ("7KQ2M", False), ("7KQ2MO", False)]
)
def test_with_audience_codes_a_student_is_a_code(evaluator: Evaluator, student: str, is_code: bool) -> None:
    with_codes = stash(exam=exam(audience="CODES"), rows=[sent(student=student)])
    checked = evaluator.request("checkRows", stash=with_codes)
    assert (checked.error is None) is is_code


def test_a_batch_has_1_to_99_distinct_rows(evaluator: Evaluator) -> None:
    rows = [sent(id=f"{number:08d}-bbbb-4ccc-8ddd-eeeeeeeeeeee") for number in range(100)]
    assert evaluator.request("checkRows", stash=stash(rows=rows[:99])).error is None
    for wrong in ([], rows, [rows[0], rows[0]]):
        refused = evaluator.request("checkRows", stash=stash(rows=wrong))
        assert refusal(refused)[0] == "BadRequest"
        assert refused.error is not None
        assert refused.error["info"] == {"field": "rows"}


def test_rows_are_read_by_key_in_one_request(evaluator: Evaluator) -> None:
    asked = evaluator.request("readRows", env=TABLE, stash=stash(rows=[{"id": ROW_ID}, {"id": OTHER_ID}]))
    keys = [{"examId": {"S": EXAM_ID}, "id": {"S": row_id}} for row_id in (ROW_ID, OTHER_ID)]
    assert asked.value == {
        "operation": "BatchGetItem",
        "tables": {"results-table": {"keys": keys, "consistentRead": True}},
    }


def test_nothing_is_read_from_an_invisible_exam(evaluator: Evaluator) -> None:
    hidden = {"access": "READ_RESULTS", "examId": EXAM_ID, "exam": None, "rows": [{"id": ROW_ID}]}
    assert evaluator.request("readRows", env=TABLE, stash=hidden).is_early
    listed = evaluator.request("queryPage", stash={**hidden, **listing()})
    assert listed.is_early
    assert listed.stash["page"] == {"items": [], "nextToken": None}


def test_rows_that_must_exist_are_required(evaluator: Evaluator) -> None:
    wanted = stash(mustExist=True, rows=[{"id": ROW_ID, "expectedVersion": 1}])
    missing = evaluator.response("readRows", env=TABLE, stash={**wanted, "stored": {}}, result=found(None))
    assert refusal(missing)[0] == "NotFound"
    garbled = stash(mustExist=True, rows=[{"id": "", "expectedVersion": 1}])
    assert refusal(evaluator.request("readRows", env=TABLE, stash=garbled))[0] == "NotFound"


def found(*rows: Any) -> dict[str, Any]:
    return {"data": {"results-table": list(rows)}, "unprocessedKeys": {"results-table": []}}


def test_a_stale_row_is_a_conflict_with_the_current_row_without_its_name(evaluator: Evaluator) -> None:
    wanted = stash(mustExist=True, stored={}, rows=[{"id": ROW_ID, "expectedVersion": 1}])
    stale = evaluator.response("readRows", env=TABLE, stash=wanted, result=found(row(version=2, **PRIVATE)))
    kind, current = refusal(stale)
    assert kind == "ConflictException"
    assert current["version"] == 2
    assert private_of(current) == NOTHING
    assert current["published"] is False


def test_unprocessed_keys_are_not_missing_rows(evaluator: Evaluator) -> None:
    left_out = {"data": {"results-table": []}, "unprocessedKeys": {"results-table": [{"id": {"S": ROW_ID}}]}}
    wanted = stash(mustExist=True, stored={}, rows=[{"id": ROW_ID, "expectedVersion": 1}])
    refused = evaluator.response("readRows", env=TABLE, stash=wanted, result=left_out)
    assert refusal(refused)[0] == "DynamoDB:ProvisionedThroughputExceededException"


def test_new_rows_are_one_transaction_of_conditional_puts_counted_in_the_exam(evaluator: Evaluator) -> None:
    asked = evaluator.request("putRows", env=TABLE, stash=stash(stored={}, rows=[sent(**PRIVATE)]))
    assert asked.value == {
        "operation": "TransactWriteItems",
        "transactItems": [
            {
                "table": "exams-table",
                "operation": "UpdateItem",
                "key": {"id": {"S": EXAM_ID}},
                "update": {
                    "expression": "ADD #additions :one",
                    "expressionNames": {"#additions": "additions"},
                    "expressionValues": {":one": {"N": 1}},
                },
                "condition": {
                    "expression": "#audience = :audience",
                    "expressionNames": {"#audience": "audience"},
                    "expressionValues": {":audience": {"S": "NAMES"}},
                    "returnValuesOnConditionCheckFailure": True,
                },
            },
            {
                "table": "results-table",
                "operation": "PutItem",
                "key": {"examId": {"S": EXAM_ID}, "id": {"S": ROW_ID}},
                "attributeValues": {
                    "student": {"S": "Ada"},
                    "grade": {"S": "17.5"},
                    "version": {"N": 1},
                    "createdAt": {"S": NOW},
                    "updatedAt": {"S": NOW},
                    "owner": {"S": "teacher-a"},
                    **{name: {"S": text} for name, text in PRIVATE.items()},
                },
                "condition": {
                    "expression": "attribute_not_exists(#id)",
                    "expressionNames": {"#id": "id"},
                    "returnValuesOnConditionCheckFailure": True,
                },
            },
        ],
    }


def test_the_longest_batch_fits_into_one_transaction(evaluator: Evaluator) -> None:
    rows = [sent(id=f"{number:08d}-bbbb-4ccc-8ddd-eeeeeeeeeeee") for number in range(99)]
    asked = evaluator.request("putRows", env=TABLE, stash=stash(stored={}, rows=rows))
    assert len(asked.value["transactItems"]) == 100


def test_a_row_of_an_exam_deleted_in_the_meantime_is_not_stored(evaluator: Evaluator) -> None:
    reasons = [{"item": None, "type": "ConditionalCheckFailed", "message": "no"}, PASSED]
    context = {
        "stash": stash(missing=[sent()], items=[]),
        "error": CANCELLED,
        "result": {"keys": None, "cancellationReasons": reasons},
    }
    assert refusal(evaluator.response("putRows", **context))[0] == "NotFound"


def test_a_row_validated_for_another_audience_is_not_stored_and_may_be_retried(evaluator: Evaluator) -> None:
    """The retry is then refused for its field, if the student is no code."""
    reasons = [{"item": exam(audience="CODES"), "type": "ConditionalCheckFailed", "message": "no"}, PASSED]
    context = {
        "stash": stash(missing=[sent()], items=[]),
        "error": CANCELLED,
        "result": {"keys": None, "cancellationReasons": reasons},
    }
    assert refusal(evaluator.response("putRows", **context))[0] == CANCELLED["type"]


def test_rows_already_stored_are_returned_and_not_written(evaluator: Evaluator) -> None:
    stored = {ROW_ID: row(createdAt="earlier")}
    both = stash(stored=stored, rows=[sent(), sent(id=OTHER_ID)])
    asked = evaluator.request("putRows", env=TABLE, stash=both)
    assert [item["key"]["id"] for item in asked.value["transactItems"]] == [{"S": EXAM_ID}, {"S": OTHER_ID}]
    assert [item["createdAt"] for item in asked.stash["items"]] == ["earlier", NOW]

    again = evaluator.request("putRows", env=TABLE, stash=stash(stored=stored, rows=[sent()]))
    assert again.is_early
    assert again.stash["items"] == [row(createdAt="earlier")]


@pytest.mark.parametrize(
    "stored",
    [
        row(grade="3"),
        row(version=2),
        row(student="Bob"),
        *(row(**{name: text}) for name, text in PRIVATE.items()),
    ],
)
def test_a_row_with_the_same_id_and_other_content_is_a_conflict(evaluator: Evaluator, stored: Any) -> None:
    refused = evaluator.request("putRows", env=TABLE, stash=stash(stored={ROW_ID: stored}, rows=[sent()]))
    kind, current = refusal(refused)
    assert kind == "ConflictException"
    assert private_of(current) == NOTHING


def test_a_cancelled_transaction_names_the_conflicting_row(evaluator: Evaluator) -> None:
    missing = [sent(), sent(id=OTHER_ID)]
    in_the_way = {"item": row(id=OTHER_ID, grade="3"), "type": "ConditionalCheckFailed", "message": "no"}
    context = {
        "stash": stash(missing=missing, items=[]),
        "error": CANCELLED,
        "result": {"keys": None, "cancellationReasons": [PASSED, PASSED, in_the_way]},
    }
    kind, current = refusal(evaluator.response("putRows", **context))
    assert kind == "ConflictException"
    assert current["id"] == OTHER_ID


def test_the_same_batch_sent_twice_at_once_may_be_retried(evaluator: Evaluator) -> None:
    reasons = [PASSED, {"item": row(), "type": "ConditionalCheckFailed", "message": "no"}]
    context = {
        "stash": stash(missing=[sent()], items=[]),
        "error": CANCELLED,
        "result": {"keys": None, "cancellationReasons": reasons},
    }
    assert refusal(evaluator.response("putRows", **context))[0] == CANCELLED["type"]


@pytest.mark.parametrize(
    "resolver", ["readRows", "putRows", "updateRow", "deleteRows", "queryPage", "findAnyResult"]
)
def test_other_database_errors_are_passed_on(evaluator: Evaluator, resolver: str) -> None:
    context = stash(missing=[], items=[], stored={}, rows=[])
    failed = evaluator.response(resolver, env=TABLE, stash=context, error=BUSY, result=None)
    assert refusal(failed)[0] == BUSY["type"]


def test_an_update_of_a_row_removes_what_is_null(evaluator: Evaluator) -> None:
    given = {"id": ROW_ID, "examId": EXAM_ID, "expectedVersion": 2, "grade": "18", **NOTHING}
    begun = evaluator.request("Mutation.results", args={"input": given}, info=info("updateResults"))
    assert begun.stash["mustExist"] is True
    before = {"student": "Ada", "grade": "17.5", **PRIVATE}
    after = {"student": "Ada", "grade": "18"}
    ready = {**begun.stash, "exam": exam(), "stored": {ROW_ID: row(version=2, **PRIVATE)}}
    asked = evaluator.request("updateRow", env=TABLE, identity=TEACHER, stash=ready)
    update, record = asked.value["transactItems"]
    assert record == recorded("UPDATED", {ROW_ID: {"before": before, "after": after}})
    assert update == {
        "table": "results-table",
        "operation": "UpdateItem",
        "key": {"examId": {"S": EXAM_ID}, "id": {"S": ROW_ID}},
        "update": {
            "expression": (
                "SET #grade = :grade, #version = :version, #updatedAt = :updatedAt,"
                " #regradedAt = :regradedAt REMOVE #name, #number, #comment"
            ),
            "expressionNames": {
                "#grade": "grade",
                **{f"#{name}": name for name in PRIVATE},
                "#version": "version",
                "#updatedAt": "updatedAt",
                "#regradedAt": "regradedAt",
            },
            "expressionValues": {
                ":grade": {"S": "18"},
                ":version": {"N": 3},
                ":updatedAt": {"S": NOW},
                ":regradedAt": {"S": NOW},
            },
        },
        "condition": {
            "expression": "#version = :expectedVersion",
            "expressionNames": {"#version": "version"},
            "expressionValues": {":expectedVersion": {"N": 2}},
            "returnValuesOnConditionCheckFailure": True,
        },
    }
    same = {**ready, "rows": [{"id": ROW_ID, "expectedVersion": 2, "grade": "17.5"}]}
    (update,) = evaluator.request("updateRow", env=TABLE, identity=TEACHER, stash=same).value["transactItems"]
    assert ":regradedAt" not in update["update"]["expressionValues"]


def test_taking_a_grade_back_keeps_the_answer_as_it_was(evaluator: Evaluator) -> None:
    """The event is the row's deletion to everybody but the owner."""
    wanted = stash(rows=[{"id": ROW_ID, "expectedVersion": 2}], stored={ROW_ID: row(version=2)})
    wanted["field"] = "retractResults"
    asked = evaluator.request("updateRow", env=TABLE, identity=TEACHER, stash=wanted)
    update, record = asked.value["transactItems"]
    assert update["update"]["expressionValues"] == {
        ":grade": {"S": "AWAITED"},
        ":version": {"N": 3},
        ":updatedAt": {"S": NOW},
        ":regradedAt": {"S": NOW},
    }
    assert update["condition"]["expressionValues"] == {":expectedVersion": {"N": 2}}
    before = {"student": "Ada", "grade": "17.5"}
    after = {"student": "Ada", "grade": "AWAITED"}
    assert record == recorded("RETRACTED", {ROW_ID: {"before": before, "after": after}})
    assert asked.stash["items"] == [row(version=3, regradedAt=NOW)]
    late = evaluator.response("updateRow", stash=wanted, error=CANCELLED, result=because(row(version=3)))
    assert refusal(late)[0] == "ConflictException"


def test_a_batch_with_any_grade_shows_no_awaited_row(evaluator: Evaluator) -> None:
    """Not even the owner's answer: subscribers receive it too."""
    rows = [row(), row(id=OTHER_ID, grade="AWAITED")]
    for items, published, ids in ((rows, True, [ROW_ID]), (rows[1:], False, [OTHER_ID])):
        context = {"stash": stash(items=items), "result": exam(published=True)}
        confirmed = evaluator.response("confirmExam", **context)
        assert confirmed.stash["published"] is published
        assert [item["id"] for item in confirmed.stash["items"]] == ids


def test_a_concurrently_changed_row_is_a_conflict_without_its_name(evaluator: Evaluator) -> None:
    refused = evaluator.response(
        "updateRow", stash=stash(rows=[]), error=CANCELLED, result=because(row(version=2, **PRIVATE))
    )
    kind, current = refusal(refused)
    assert kind == "ConflictException"
    assert private_of(current) == NOTHING
    gone = evaluator.response("updateRow", stash=stash(rows=[]), error=CANCELLED, result=because(None))
    assert refusal(gone) == ("ConflictException", None)


def test_rows_are_deleted_in_one_transaction_at_the_expected_versions(evaluator: Evaluator) -> None:
    wanted = stash(rows=[{"id": ROW_ID, "expectedVersion": 4}], stored={ROW_ID: row(version=4)})
    asked = evaluator.request("deleteRows", env=TABLE, identity=TEACHER, stash=wanted)
    before = {"student": "Ada", "grade": "17.5"}
    assert asked.value == {
        "operation": "TransactWriteItems",
        "transactItems": [
            {
                "table": "results-table",
                "operation": "PutItem",
                "key": {"examId": {"S": EXAM_ID}, "id": {"S": ROW_ID}},
                "attributeValues": {"expiresAt": {"N": DELETED["expiresAt"]}},
                "condition": {
                    "expression": "#version = :expectedVersion",
                    "expressionNames": {"#version": "version"},
                    "expressionValues": {":expectedVersion": {"N": 4}},
                    "returnValuesOnConditionCheckFailure": True,
                },
            },
            recorded("DELETED", {ROW_ID: {"before": before}}),
        ],
    }
    assert asked.stash["items"] == [row(version=5)]
    reasons = [{"item": row(version=5, **PRIVATE), "type": "ConditionalCheckFailed", "message": "no"}]
    refused = evaluator.response(
        "deleteRows",
        stash=asked.stash,
        error=CANCELLED,
        result={"keys": None, "cancellationReasons": reasons},
    )
    kind, current = refusal(refused)
    assert kind == "ConflictException"
    assert current["version"] == 5
    assert private_of(current) == NOTHING


def test_the_longest_batch_is_deleted_in_one_transaction(evaluator: Evaluator) -> None:
    ids = [f"{number:08d}-bbbb-4ccc-8ddd-eeeeeeeeeeee" for number in range(99)]
    wanted = stash(
        rows=[{"id": one, "expectedVersion": 1} for one in ids], stored={one: row(id=one) for one in ids}
    )
    asked = evaluator.request("deleteRows", env=TABLE, identity=TEACHER, stash=wanted)
    assert len(asked.value["transactItems"]) == 100


def test_what_is_left_of_a_deleted_row_is_no_row(evaluator: Evaluator) -> None:
    """To whoever reads it, changes it, or finds it in the place of what was read before."""
    wanted = stash(mustExist=True, stored={}, rows=[{"id": ROW_ID, "expectedVersion": 1}])
    read = evaluator.response("readRows", env=TABLE, stash=wanted, result=found(DELETED))
    assert refusal(read)[0] == "NotFound"
    sought = stash(stored={}, rows=[{"id": ROW_ID}])
    assert (
        evaluator.response("readRows", env=TABLE, stash=sought, result=found(DELETED)).stash["stored"] == {}
    )
    for resolver in ("updateRow", "deleteRows"):
        late = evaluator.response(resolver, stash=stash(rows=[]), error=CANCELLED, result=because(DELETED))
        assert refusal(late) == ("ConflictException", None)
    for caller in (TEACHER, STRANGER, GUEST):
        page = {"items": [DELETED, row(id=OTHER_ID)], "nextToken": "more"}
        public = stash(exam=exam(published=True, listed=True), areResultsPublic=True, page=page)
        listed = evaluator.response(
            "Query.results", info=info("listResults"), identity=caller, args={"examId": EXAM_ID}, stash=public
        ).value
        assert ([one["id"] for one in listed["items"]], listed["nextToken"]) == ([OTHER_ID], "more")


def test_a_row_deleted_between_the_read_and_the_write_is_not_created_again(evaluator: Evaluator) -> None:
    """The try read before the row was created by another one; meanwhile that was answered, and deleted."""
    missing = [sent(id=OTHER_ID), sent()]
    left = {"item": DELETED, "type": "ConditionalCheckFailed", "message": "no"}
    late = evaluator.response(
        "putRows",
        stash=stash(missing=missing, items=[]),
        error=CANCELLED,
        result={"keys": None, "cancellationReasons": [PASSED, PASSED, left]},
    )
    assert refusal(late) == ("ConflictException", None)
    exam_left = {"item": {"id": EXAM_ID, "expiresAt": 1}, "type": "ConditionalCheckFailed", "message": "no"}
    gone = evaluator.response(
        "putRows",
        stash=stash(missing=missing, items=[]),
        error=CANCELLED,
        result={"keys": None, "cancellationReasons": [exam_left, PASSED, PASSED]},
    )
    assert refusal(gone)[0] == "NotFound"


@pytest.mark.parametrize("is_published", [True, False])
def test_published_is_read_after_the_write_and_names_are_not_returned(
    evaluator: Evaluator, is_published: bool
) -> None:
    written = stash(items=[row(**PRIVATE)])
    assert evaluator.request("confirmExam", stash=written).value == {
        "operation": "GetItem",
        "key": {"id": {"S": EXAM_ID}},
        "consistentRead": True,
    }
    after = exam(published=is_published)
    confirmed = evaluator.response("confirmExam", stash=written, result=after)
    assert confirmed.stash["published"] is is_published
    seen = row(**NOTHING, readable=is_published, published=is_published, corrected=False)
    assert confirmed.stash["items"] == [seen]

    batch = evaluator.response("Mutation.results", stash=confirmed.stash, args={"input": {"rows": []}})
    assert batch.value == {
        "examId": EXAM_ID,
        "readable": is_published,
        "published": is_published,
        "items": [seen],
        "owner": "teacher-a",
    }
    single = evaluator.response("Mutation.results", stash=confirmed.stash, args={"input": {"id": ROW_ID}})
    assert single.value == seen
    by_link = evaluator.response("confirmExam", stash=written, result={**after, "listed": False}).stash
    assert (by_link["readable"], by_link["published"]) == (is_published, False)


def test_rows_are_returned_in_the_order_of_their_ids(evaluator: Evaluator) -> None:
    written = stash(items=[row(id=OTHER_ID), row(id=ROW_ID)])
    confirmed = evaluator.response("confirmExam", stash=written, result=exam())
    assert [item["id"] for item in confirmed.stash["items"]] == [ROW_ID, OTHER_ID]


def test_a_row_of_an_exam_that_was_deleted_meanwhile_is_not_found(evaluator: Evaluator) -> None:
    gone = evaluator.response("confirmExam", stash=stash(items=[row()]), result=None)
    assert refusal(gone)[0] == "NotFound"


def test_rows_are_listed_by_key_consistently(evaluator: Evaluator) -> None:
    begun = evaluator.request("Query.results", args={"examId": EXAM_ID}, info=info("listResults"))
    first = evaluator.request("queryPage", stash={**begun.stash, "exam": exam()})
    assert first.value == {
        "operation": "Query",
        "query": {
            "expression": "#key = :value",
            "expressionNames": {"#key": "examId"},
            "expressionValues": {":value": {"S": EXAM_ID}},
        },
        "scanIndexForward": True,
        "limit": 101,
        "consistentRead": True,
    }
    page = evaluator.response(
        "queryPage",
        args={"limit": 1},
        identity=TEACHER,
        stash=stash(**listing()),
        result={"items": [row(), row(id=OTHER_ID)]},
    )
    token = f"results/{EXAM_ID}/{ROW_ID}"
    assert page.stash["page"]["nextToken"] == token
    following = evaluator.request("queryPage", args={"nextToken": token}, stash=stash(**listing()))
    assert following.value["query"]["expression"] == "#key = :value AND #sortKey > :after"
    assert following.value["query"]["expressionNames"] == {"#key": "examId", "#sortKey": "id"}
    assert following.value["query"]["expressionValues"][":after"] == {"S": ROW_ID}


@pytest.mark.parametrize(
    "token", ["", "x", f"results/{OTHER_ID}/{ROW_ID}", f"results/{EXAM_ID}/x", f"exams/2026-06-01#{EXAM_ID}"]
)
def test_a_token_from_another_exam_is_refused(evaluator: Evaluator, token: str) -> None:
    refused = evaluator.request("queryPage", args={"nextToken": token}, stash=stash(**listing()))
    assert refusal(refused)[0] == "BadRequest"
    for limit in (0, 1001):
        too_much = evaluator.request("queryPage", args={"limit": limit}, stash=stash(**listing()))
        assert refusal(too_much)[0] == "BadRequest"


@pytest.mark.parametrize(
    ("caller", "has_private", "has_times"),
    [(TEACHER, True, True), (STRANGER, False, True), (GUEST, False, False)],
)
def test_which_fields_of_a_row_each_caller_can_read(
    evaluator: Evaluator, caller: Any, has_private: bool, has_times: bool
) -> None:
    stored = row(**PRIVATE)
    public = exam(published=True, status="PUBLISHED", listed=True)
    page = {"items": [stored], "nextToken": None}
    read = stash(exam=public, areResultsPublic=True, stored={ROW_ID: stored}, page=page)
    args = {"examId": EXAM_ID, "id": ROW_ID}
    listed = evaluator.response(
        "Query.results", info=info("listResults"), identity=caller, args=args, stash=read
    )
    got = evaluator.response("Query.results", info=info("getResults"), identity=caller, args=args, stash=read)
    for seen in (listed.value["items"][0], got.value):
        assert private_of(seen) == (PRIVATE if has_private else NOTHING)
        assert (seen["createdAt"] is not None) is has_times
        assert (seen["owner"] is not None) is has_times
        assert seen["published"] is True


@pytest.mark.parametrize(
    ("hour", "is_public"),
    [(NOW, True), ("2026-06-01T09:59:59Z", True), ("2026-06-01T10:00:00.001Z", False), (None, True)],
)
def test_rows_are_public_from_the_hour_of_their_exam_on(
    evaluator: Evaluator, hour: str | None, is_public: bool
) -> None:
    """For strangers nothing is read before; what a change answers then goes to no guest."""
    stored = exam(published=True, status="PUBLISHED", releaseAt=hour)
    for caller in (TEACHER, STRANGER, GUEST):
        asked = {"access": "READ_RESULTS", "examId": EXAM_ID}
        read = evaluator.response("readExam", identity=caller, stash=asked, result=stored)
        assert read.stash["areResultsPublic"] is is_public
        assert (read.stash["exam"] is not None) is (is_public or caller is TEACHER)
    confirmed = evaluator.response("confirmExam", stash=stash(items=[row()]), result=stored)
    assert (confirmed.stash["published"], confirmed.stash["items"][0]["published"]) == (is_public, is_public)


def test_who_receives_result_events(evaluator: Evaluator) -> None:
    published = {"fieldName": "published", "operator": "eq", "value": True}
    own = {"fieldName": "owner", "operator": "eq", "value": "teacher-a"}
    of_exam = {"fieldName": "examId", "operator": "eq", "value": EXAM_ID}

    everything = evaluator.response("Subscription.results", identity=GUEST)
    assert everything.filter == {"filterGroup": [{"filters": [published]}]}
    one_exam = evaluator.response("Subscription.results", identity=GUEST, args={"examId": EXAM_ID})
    readable = {"fieldName": "readable", "operator": "eq", "value": True}
    named = [{"filters": [of_exam, published]}, {"filters": [of_exam, readable]}]
    assert one_exam.filter == {"filterGroup": named}
    teacher = evaluator.response("Subscription.results", identity=TEACHER, args={"examId": EXAM_ID})
    assert teacher.filter == {"filterGroup": [*named, {"filters": [of_exam, own]}]}


def test_a_null_argument_of_a_subscription_matches_no_event(evaluator: Evaluator) -> None:
    nothing = evaluator.response("Subscription.results", identity=GUEST, args={"examId": None})
    assert nothing.filter is not None
    assert {"fieldName": "examId", "operator": "eq", "value": ""} in nothing.filter["filterGroup"][0][
        "filters"
    ]
