"""Results: life cycle, versions, batches, ownership, codes; names, numbers and comments."""

from typing import Any

import pytest

from tests.builders import at_version, new_id, result_input
from tests.contract.calls import RESULT, Api

BATCH_ROWS_MAX = 99
PRIVATE = {"name": "Ada L.", "number": "S-0017", "comment": "Well done.\nSee question 3."}

BATCH = f"examId published owner items {{{RESULT}}}"


def row_input(**changes: Any) -> dict[str, Any]:
    """A row of a batch with a new id."""
    return {"id": new_id(), "student": "Grace Hopper", "grade": "12", **changes}


@pytest.fixture
def exam(api: Api) -> dict[str, Any]:
    """A draft with names."""
    return api.teacher.new_exam()


def test_a_new_result_is_at_version_one(api: Api, exam: dict[str, Any]) -> None:
    """With what was given, trimmed; its owner is the exam's; what is for queries is not in the answer."""
    given = result_input(exam["id"])
    texts = {"student": " Ada ", "grade": " 18.5 ", **{name: f" {text} " for name, text in PRIVATE.items()}}
    result = api.teacher.mutate("createResults", RESULT, {**given, **texts}).only()
    assert result.pop("createdAt") == result.pop("updatedAt")
    assert result == {
        "id": given["id"],
        "examId": exam["id"],
        "student": "Ada",
        "grade": "18.5",
        "readable": False,
        "published": False,
        "version": 1,
        "owner": api.target.teacher.sub,
        "name": None,
        "number": None,
        "comment": None,
    }
    assert api.teacher.results(exam["id"], " ".join(PRIVATE)) == [PRIVATE]


def test_a_result_says_whether_its_exam_is_published(api: Api) -> None:
    """At the time of the answer."""
    exam = api.teacher.new_exam(is_published=True)
    assert api.teacher.new_result(exam["id"])["published"] is True


def test_repeating_a_create_returns_the_same_answer(api: Api, exam: dict[str, Any]) -> None:
    """With and without what is optional; null is the same as left out, and an empty comment as none."""
    nothing = dict.fromkeys(PRIVATE)
    for given in (result_input(exam["id"]), {**result_input(exam["id"]), **PRIVATE}):
        first = api.teacher.mutate("createResults", RESULT, given).only()
        for again in (given, {**nothing, **given}, {"comment": " \n", **given}):
            assert api.teacher.mutate("createResults", RESULT, again).only() == first
    assert len(api.teacher.results(exam["id"])) == 2


@pytest.mark.parametrize(
    "changes",
    [{"student": "X"}, {"grade": "1"}, *({name: text} for name in PRIVATE for text in ("X", None))],
)
def test_a_second_create_with_other_content_is_a_conflict(
    api: Api, exam: dict[str, Any], changes: dict[str, str | None]
) -> None:
    """Its error carries the stored row, without what is for queries."""
    given = {**result_input(exam["id"]), **PRIVATE}
    api.teacher.mutate("createResults", RESULT, given).only()
    error = api.teacher.mutate("createResults", RESULT, {**given, **changes}).refusal("ConflictException")
    assert (error["data"]["id"], error["data"]["version"]) == (given["id"], 1)
    assert [error["data"].get(name) for name in PRIVATE] == [None] * 3


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "1"},
        {"student": ""},
        {"student": "x" * 121},
        {"student": "a\tb"},
        {"grade": ""},
        {"grade": "x" * 17},
        {"name": ""},
        {"name": "x" * 121},
        {"number": ""},
        {"number": "x" * 121},
        {"number": "1\n2"},
        {"comment": "x" * 1001},
        {"comment": "a\tb"},
        {"comment": "a\r\nb"},
        {"comment": "a\u0000b"},
    ],
)
def test_content_out_of_bounds_is_refused_with_its_field(
    api: Api, exam: dict[str, Any], changes: dict[str, str]
) -> None:
    """Alone and in a batch, of which then nothing is stored."""
    (field,) = changes
    given = {**result_input(exam["id"]), **changes}
    error = api.teacher.mutate("createResults", RESULT, given).refusal("BadRequest")
    assert error["errorInfo"] == {"field": field}
    batch = {"examId": exam["id"], "rows": [row_input(), row_input(**changes)]}
    api.teacher.mutate("createResultsBatch", BATCH, batch).refusal("BadRequest")
    assert api.teacher.results(exam["id"]) == []


def test_an_update_changes_only_the_given_fields(api: Api, exam: dict[str, Any]) -> None:
    """One version on; what is optional stays unless it is named, and a null removes it."""
    row = api.teacher.new_result(exam["id"], **PRIVATE)
    changed = api.teacher.mutate("updateResults", RESULT, {**at_version(row), "grade": "7"}).only()
    assert (changed["grade"], changed["student"], changed["version"]) == ("7", row["student"], 2)
    assert api.teacher.results(exam["id"]) == [{**changed, **PRIVATE}]
    left = dict(PRIVATE)
    for changes in ({"number": None}, {"comment": "Ask me."}, {"comment": "  "}, {"name": "Ada M."}):
        changed = api.teacher.mutate("updateResults", RESULT, {**at_version(changed), **changes}).only()
        left |= {name: text.strip() or None if text else None for name, text in changes.items()}
        assert api.teacher.results(exam["id"]) == [{**changed, **left}]
    whole = {**at_version(changed), **PRIVATE}
    changed = api.teacher.mutate("updateResults", RESULT, whole).only()
    assert api.teacher.results(exam["id"]) == [{**changed, **PRIVATE}]
    removal = {**at_version(changed), **dict.fromkeys(PRIVATE)}
    changed = api.teacher.mutate("updateResults", RESULT, removal).only()
    assert api.teacher.results(exam["id"]) == [{**changed, **dict.fromkeys(PRIVATE), "version": 8}]


def test_a_comment_is_kept_letter_by_letter(api: Api, exam: dict[str, Any]) -> None:
    """A thousand characters of any script, line breaks, and what would be markup elsewhere."""
    comments = [
        "x" * 1000,
        "\U0001f469\u200d\U0001f680" * 300,
        "שלום\nمرحبا\n\n\u202bend",
        "<script>alert(1)</script> &amp; 'quoted' \"twice\" \\n",
    ]
    rows = [row_input(comment=comment) for comment in comments]
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    stored = {row["id"]: row["comment"] for row in api.teacher.results(exam["id"], "id comment")}
    assert stored == {row["id"]: row["comment"] for row in rows}


def test_the_longest_batch_of_the_longest_comments_is_stored_and_listed(
    api: Api, exam: dict[str, Any]
) -> None:
    rows = [row_input(comment="é" * 1000) for _ in range(BATCH_ROWS_MAX)]
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    listed = api.teacher.results(exam["id"], "comment")
    assert [row["comment"] for row in listed] == ["é" * 1000] * BATCH_ROWS_MAX


@pytest.mark.parametrize(
    "changes",
    [{"student": ""}, {"student": None}, {"grade": None}, {"name": "x" * 121}, {"comment": "x" * 1001}],
)
def test_an_update_to_content_out_of_bounds_is_refused(
    api: Api, exam: dict[str, Any], changes: dict[str, str | None]
) -> None:
    """Null is out of bounds for what everybody reads."""
    result = api.teacher.new_result(exam["id"])
    error = api.teacher.mutate("updateResults", RESULT, {**at_version(result), **changes}).refusal(
        "BadRequest"
    )
    assert error["errorInfo"] == {"field": next(iter(changes))}
    assert api.teacher.results(exam["id"]) == [result]


@pytest.mark.parametrize("field_name", ["updateResults", "deleteResults"])
def test_a_stale_version_is_a_conflict_with_the_current_row(
    api: Api, exam: dict[str, Any], field_name: str
) -> None:
    """Without what is for queries, even for the owner."""
    result = api.teacher.new_result(exam["id"], **PRIVATE)
    changed = api.teacher.mutate("updateResults", RESULT, {**at_version(result), "grade": "7"}).only()
    error = api.teacher.mutate(field_name, RESULT, at_version(result)).refusal("ConflictException")
    assert (error["data"]["version"], error["data"]["grade"]) == (2, "7")
    assert [error["data"].get(name) for name in PRIVATE] == [None] * 3
    assert api.teacher.results(exam["id"], "id version") == [{"id": changed["id"], "version": 2}]


@pytest.mark.parametrize("field_name", ["updateResults", "deleteResults"])
def test_a_change_to_a_missing_row_is_not_found(api: Api, exam: dict[str, Any], field_name: str) -> None:
    """An id that no result has; an exam that does not exist; a result of another exam."""
    other_exam = api.teacher.new_exam()
    result = api.teacher.new_result(other_exam["id"])
    for exam_id, result_id in ((exam["id"], new_id()), (new_id(), new_id()), (exam["id"], result["id"])):
        given = {"examId": exam_id, "id": result_id, "expectedVersion": 1}
        api.teacher.mutate(field_name, "id", given).refusal("NotFound")


def test_deleting_answers_the_row_as_it_was_one_version_on(api: Api, exam: dict[str, Any]) -> None:
    """Newer than all its other events; then it is gone."""
    result = api.teacher.new_result(exam["id"])
    deleted = api.teacher.mutate("deleteResults", RESULT, at_version(result)).only()
    assert {**deleted, "updatedAt": None} == {**result, "version": 2, "updatedAt": None}
    assert api.teacher.results(exam["id"]) == []
    api.teacher.mutate("deleteResults", RESULT, at_version(deleted)).refusal("NotFound")


def test_a_result_without_an_exam_is_not_found(api: Api) -> None:
    """Alone and in a batch."""
    api.teacher.mutate("createResults", "id", result_input(new_id())).refusal("NotFound")
    batch = {"examId": new_id(), "rows": [row_input()]}
    api.teacher.mutate("createResultsBatch", "examId", batch).refusal("NotFound")


def test_another_teacher_changes_nothing(api: Api) -> None:
    """Not even in a published exam, not even with the right version."""
    exam = api.teacher.new_exam(is_published=True)
    result = api.teacher.new_result(exam["id"])
    versioned = {"id": result["id"], "expectedVersion": 1}
    for field_name, selection, given in (
        ("createResults", "id", result_input(exam["id"])),
        ("updateResults", "id", {**at_version(result), "grade": "1"}),
        ("deleteResults", "id", at_version(result)),
        ("createResultsBatch", "examId", {"examId": exam["id"], "rows": [row_input()]}),
        ("deleteResultsBatch", "examId", {"examId": exam["id"], "rows": [versioned]}),
    ):
        error = api.other_teacher.mutate(field_name, selection, given).refusal("Unauthorized")
        assert error["message"] == f"Not Authorized to access {field_name} on type Mutation"
    assert api.teacher.results(exam["id"]) == [result]


def test_with_codes_the_public_text_must_be_a_code(api: Api) -> None:
    """At creation, at a change, and in a batch."""
    exam = api.teacher.new_exam(audience="CODES")
    given = {**result_input(exam["id"]), "name": "Ada L."}
    error = api.teacher.mutate("createResults", RESULT, {**given, "student": "Ada"}).refusal("BadRequest")
    assert error["errorInfo"] == {"field": "student"}
    rows = [row_input(student="ABC234"), row_input(student="Ada")]
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).refusal(
        "BadRequest"
    )
    assert api.teacher.results(exam["id"]) == []
    result = api.teacher.mutate("createResults", RESULT, {**given, "student": "ABC234"}).only()
    changes = {**at_version(result), "student": "Ada"}
    api.teacher.mutate("updateResults", RESULT, changes).refusal("BadRequest")


def test_a_batch_is_stored_whole_in_one_answer(api: Api, exam: dict[str, Any]) -> None:
    """Every row at version one."""
    rows = [row_input(grade=str(number)) for number in range(BATCH_ROWS_MAX)]
    batch = api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    assert (batch["examId"], batch["published"], batch["owner"]) == (
        exam["id"],
        False,
        api.target.teacher.sub,
    )
    assert {row["id"]: row["grade"] for row in batch["items"]} == {row["id"]: row["grade"] for row in rows}
    assert {row["version"] for row in batch["items"]} == {1}
    assert {row["id"] for row in api.teacher.results(exam["id"])} == {row["id"] for row in rows}


def test_the_same_batch_again_gives_the_same_answer(api: Api, exam: dict[str, Any]) -> None:
    """Also when only a part of it is new."""
    rows = [row_input() for _ in range(3)]
    first = api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    again = api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()
    assert again == first
    longer = {"examId": exam["id"], "rows": [*rows, row_input()]}
    stored = {
        row["id"]: row for row in api.teacher.mutate("createResultsBatch", BATCH, longer).only()["items"]
    }
    assert [stored[row["id"]] for row in first["items"]] == first["items"]
    assert len(stored) == 4


@pytest.mark.parametrize("audience", ["NAMES", "CODES"])
def test_a_batch_does_not_show_the_order_in_which_its_rows_were_entered(api: Api, audience: str) -> None:
    """Its rows are ordered by their random ids. Subscribers receive the same, and the order of a register
    identifies the people behind codes."""
    exam = api.teacher.new_exam(audience=audience)
    rows = [row_input(student="ABC23" + letter) for letter in "EFGHJKMNPQRSTVWXYZ"]
    rows.sort(key=lambda row: row["id"], reverse=True)
    stored = api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()[
        "items"
    ]
    assert [row["id"] for row in stored] == sorted(row["id"] for row in rows)
    versioned = [{"id": row["id"], "expectedVersion": 1} for row in rows]
    deleted = api.teacher.mutate(
        "deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": versioned}
    ).only()
    assert [row["id"] for row in deleted["items"]] == sorted(row["id"] for row in rows)


def test_every_change_is_one_version_on_even_if_it_changes_nothing(api: Api, exam: dict[str, Any]) -> None:
    """Whoever saw the version before it is told, and an event of its end is newer than every other."""
    result = api.teacher.new_result(exam["id"])
    same = {**at_version(result), "grade": result["grade"]}
    changed = api.teacher.mutate("updateResults", RESULT, same).only()
    assert (changed["version"], changed["grade"]) == (2, result["grade"])
    api.teacher.mutate("updateResults", RESULT, same).refusal("ConflictException")
    versioned = [{"id": result["id"], "expectedVersion": 2}]
    deleted = api.teacher.mutate(
        "deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": versioned}
    ).only()
    assert [row["version"] for row in deleted["items"]] == [3]


def test_a_batch_with_one_conflict_stores_nothing(api: Api, exam: dict[str, Any]) -> None:
    """All or none."""
    taken = api.teacher.new_result(exam["id"])
    rows = [row_input(), row_input(id=taken["id"], grade="1"), row_input()]
    api.teacher.mutate("createResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).refusal(
        "ConflictException"
    )
    assert api.teacher.results(exam["id"]) == [taken]


@pytest.mark.parametrize("count", [0, BATCH_ROWS_MAX + 1])
def test_a_batch_has_one_to_ninety_nine_rows(api: Api, exam: dict[str, Any], count: int) -> None:
    """For both batches."""
    rows = [row_input() for _ in range(count)]
    create = {"examId": exam["id"], "rows": rows}
    delete = {"examId": exam["id"], "rows": [{"id": row["id"], "expectedVersion": 1} for row in rows]}
    for field_name, given in (("createResultsBatch", create), ("deleteResultsBatch", delete)):
        error = api.teacher.mutate(field_name, "examId", given).refusal("BadRequest")
        assert error["errorInfo"] == {"field": "rows"}
    assert api.teacher.results(exam["id"]) == []


def test_a_batch_names_each_row_once(api: Api, exam: dict[str, Any]) -> None:
    """For both batches."""
    row = row_input()
    create = {"examId": exam["id"], "rows": [row, {**row, "grade": "1"}]}
    delete = {"examId": exam["id"], "rows": [{"id": row["id"], "expectedVersion": 1}] * 2}
    for field_name, given in (("createResultsBatch", create), ("deleteResultsBatch", delete)):
        error = api.teacher.mutate(field_name, "examId", given).refusal("BadRequest")
        assert error["errorInfo"] == {"field": "rows"}


def test_a_batch_is_deleted_whole_or_not_at_all(api: Api, exam: dict[str, Any]) -> None:
    """One stale version or one missing row keeps all; the answer's rows are one version on."""
    rows = [api.teacher.new_result(exam["id"]) for _ in range(3)]
    versioned = [{"id": row["id"], "expectedVersion": 1} for row in rows]
    stale = [*versioned[:2], {**versioned[2], "expectedVersion": 9}]
    missing = [*versioned, {"id": new_id(), "expectedVersion": 1}]
    for given, error_type in ((stale, "ConflictException"), (missing, "NotFound")):
        refused = api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": given})
        refused.refusal(error_type)
        assert len(api.teacher.results(exam["id"])) == 3
    answer = api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": versioned}).only()
    assert {row["id"]: row["version"] for row in answer["items"]} == {row["id"]: 2 for row in rows}
    assert api.teacher.results(exam["id"]) == []


def test_results_are_listed_in_pages_without_gap_or_repeat(api: Api, exam: dict[str, Any]) -> None:
    """In the order of their random ids, not of their entry; a token of another exam's list is refused."""
    made = {api.teacher.new_result(exam["id"])["id"] for _ in range(5)}
    document = (
        "query($examId: ID!, $token: String) "
        "{listResults(examId: $examId, limit: 2, nextToken: $token) {items {id} nextToken}}"
    )
    listed: list[str] = []
    tokens: list[str] = []
    token = None
    while True:
        page = api.teacher.ask(document, examId=exam["id"], token=token).only()
        assert len(page["items"]) <= 2
        listed += [row["id"] for row in page["items"]]
        token = page["nextToken"]
        if token is None:
            break
        tokens.append(token)
    assert listed == sorted(made)
    other = api.teacher.new_exam()
    refused = api.teacher.ask(document, examId=other["id"], token=tokens[0])
    assert refused.refusal("BadRequest")["errorInfo"] == {"field": "nextToken"}


def test_name_number_and_comment_are_for_the_exams_owner_by_query_alone(api: Api) -> None:
    """Not in any mutation's answer; null to another teacher."""
    exam = api.teacher.new_exam(is_published=True)
    created = api.teacher.new_result(exam["id"], **PRIVATE)
    new = {"name": "Ada M.", "number": "18", "comment": "Better."}
    changed = api.teacher.mutate("updateResults", RESULT, {**at_version(created), **new}).only()
    fields = " ".join(PRIVATE)
    one = f"query($examId: ID!, $id: ID!) {{getResults(examId: $examId, id: $id) {{{fields}}}}}"
    which = {"examId": exam["id"], "id": created["id"]}
    nothing = dict.fromkeys(PRIVATE)
    assert api.teacher.ask(one, **which).only() == new
    assert api.other_teacher.ask(one, **which).only() == nothing
    assert api.teacher.results(exam["id"], fields) == [new]
    assert api.other_teacher.results(exam["id"], fields) == [nothing]
    batch = {"examId": exam["id"], "rows": [row_input(**PRIVATE)]}
    added = api.teacher.mutate("createResultsBatch", BATCH, batch).only()["items"]
    retracted = api.teacher.mutate("retractResults", RESULT, at_version(changed)).only()
    rows = [{"id": retracted["id"], "expectedVersion": 3}]
    gone = api.teacher.mutate("deleteResultsBatch", BATCH, {"examId": exam["id"], "rows": rows}).only()[
        "items"
    ]
    rest = api.teacher.results(exam["id"])
    last = api.teacher.mutate("deleteResults", RESULT, at_version(rest[0])).only()
    for answer in (created, changed, *added, retracted, *gone, last):
        assert {name: answer[name] for name in PRIVATE} == nothing


def test_a_guest_gets_no_comment_from_a_list_nor_by_id_and_is_refused_the_number(api: Api) -> None:
    exam = api.teacher.new_exam(is_published=True)
    row = api.teacher.new_result(exam["id"], **PRIVATE)
    assert api.guest.results(exam["id"], "grade comment") == [{"grade": row["grade"], "comment": None}]
    for field, refused in (("comment", None), ("number", "Unauthorized"), ("name", "Unauthorized")):
        one = f"query($e: ID!, $id: ID!) {{getResults(examId: $e, id: $id) {{grade {field}}}}}"
        answer = api.guest.ask(one, e=exam["id"], id=row["id"])
        assert answer.data == {"getResults": {"grade": row["grade"], field: None}}
        assert answer.error_types == ([refused] if refused else [])
