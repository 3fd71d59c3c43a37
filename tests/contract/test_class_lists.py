"""Class lists: a teacher's own lists of students, which exist for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import at_version, new_id
from tests.contract.calls import Answer, Api, Caller

CLASS_LIST = "id title studentCount students {name number code} gradebook version createdAt updatedAt"
STUDENTS = [
    {"name": "Ada Lovelace", "number": "17", "code": "ABC234"},
    {"name": "Grace Hopper", "number": None, "code": None},
]


def list_input(**changes: Any) -> dict[str, Any]:
    return {"id": new_id(), "title": "7a", "students": STUDENTS, **changes}


def created(api: Api, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = api.teacher.mutate("createClassList", CLASS_LIST, list_input(**changes)).only()
    return made


def stored(caller: Caller, list_id: str) -> Answer:
    return caller.ask(f"query($id: ID!) {{getClassList(id: $id) {{{CLASS_LIST}}}}}", id=list_id)


def listed(caller: Caller, limit: int = 1000) -> list[dict[str, Any]]:
    document = (
        "query($limit: Int, $token: String) {listMyClassLists(limit: $limit, nextToken: $token) "
        "{items {id title studentCount} nextToken}}"
    )
    found, token = [], None
    while True:
        page = caller.ask(document, limit=limit, token=token).only()
        found += page["items"]
        token = page["nextToken"]
        if token is None:
            return found


def test_a_class_list_has_what_was_given_trimmed_in_its_order(api: Api) -> None:
    made = created(api, title=" 7a ", students=[STUDENTS[1], {**STUDENTS[0], "name": " Ada Lovelace "}])
    assert made.pop("createdAt") == made.pop("updatedAt")
    assert (made["title"], made["studentCount"], made["version"]) == ("7a", 2, 1)
    assert made["students"] == [STUDENTS[1], STUDENTS[0]]
    found = stored(api.teacher, made["id"]).only()
    assert found["students"] == made["students"]


def test_a_listing_counts_the_students_and_leaves_them_out(api: Api) -> None:
    ids = sorted(created(api)["id"] for _ in range(3))
    for limit in (1, 2, 1000):
        found = [one for one in listed(api.teacher, limit) if one["id"] in ids]
        assert [one["id"] for one in found] == ids
        assert {one["studentCount"] for one in found} == {2}
    (first, *_) = api.teacher.ask("{listMyClassLists(limit: 100) {items {students {name}}}}").only()["items"]
    assert first == {"students": None}


def test_a_class_list_exists_for_its_owner_alone(api: Api) -> None:
    """Another teacher's answers are those for a list that does not exist."""
    made = created(api)
    assert stored(api.other_teacher, made["id"]).only() is None
    assert made["id"] not in [one["id"] for one in listed(api.other_teacher)]
    change = {**at_version(made), "title": "X"}
    api.other_teacher.mutate("updateClassList", CLASS_LIST, change).refusal("NotFound")
    api.other_teacher.mutate("deleteClassList", CLASS_LIST, at_version(made)).refusal("NotFound")
    stored(api.guest, made["id"]).turned_away("getClassList", "Query")
    api.guest.ask("{listMyClassLists {items {id}}}").turned_away("listMyClassLists", "Query")
    for field in ("createClassList", "updateClassList", "deleteClassList"):
        given = list_input() if field == "createClassList" else at_version(made)
        api.guest.mutate(field, CLASS_LIST, given).turned_away(field, "Mutation")
    assert stored(api.teacher, made["id"]).only()["title"] == "7a"


def test_no_result_and_no_exam_is_reached_by_a_class_lists_id(api: Api) -> None:
    made = created(api)
    owner = api.target.teacher.sub
    document = "query($e: ID!, $id: ID!) {getResults(examId: $e, id: $id) {id}}"
    for exam_id in (made["id"], f"class-lists/{owner}"):
        for caller in (api.teacher, api.guest):
            assert caller.ask(document, e=exam_id, id=made["id"]).only() is None
            assert caller.results(exam_id, "id") == []
    assert api.teacher.exam(made["id"], "id") is None


def test_a_class_list_is_changed_in_parts_and_deleted(api: Api) -> None:
    made = created(api)
    renamed = api.teacher.mutate("updateClassList", CLASS_LIST, {**at_version(made), "title": "8a"}).only()
    assert (renamed["title"], renamed["version"], renamed["students"]) == ("8a", 2, STUDENTS)
    fewer = {**at_version(renamed), "students": STUDENTS[1:]}
    fewer = api.teacher.mutate("updateClassList", CLASS_LIST, fewer).only()
    assert (fewer["title"], fewer["version"], fewer["studentCount"]) == ("8a", 3, 1)
    stale = api.teacher.mutate("deleteClassList", CLASS_LIST, at_version(made)).refusal("ConflictException")
    assert stale["data"]["version"] == 3
    api.teacher.mutate("deleteClassList", CLASS_LIST, at_version(fewer)).only()
    assert stored(api.teacher, made["id"]).only() is None
    api.teacher.mutate("deleteClassList", CLASS_LIST, at_version(fewer)).refusal("NotFound")


def test_what_the_gradebook_keeps_stays_until_it_is_changed_or_removed(api: Api) -> None:
    made = created(api)
    assert made["gradebook"] is None
    kept = {**at_version(made), "gradebook": "3f2a90c1b7de~2_9d041be2a6c5~off"}
    kept = api.teacher.mutate("updateClassList", CLASS_LIST, kept).only()
    assert (kept["gradebook"], kept["students"], kept["version"]) == (
        "3f2a90c1b7de~2_9d041be2a6c5~off",
        STUDENTS,
        2,
    )
    renamed = api.teacher.mutate("updateClassList", CLASS_LIST, {**at_version(kept), "title": "8a"}).only()
    assert renamed["gradebook"] == kept["gradebook"]
    stale = {**at_version(kept), "gradebook": "3f2a90c1b7de~3"}
    refused = api.teacher.mutate("updateClassList", CLASS_LIST, stale).refusal("ConflictException")
    assert refused["data"]["gradebook"] == kept["gradebook"]
    longest = {**at_version(renamed), "gradebook": "~" * 8000}
    longest = api.teacher.mutate("updateClassList", CLASS_LIST, longest).only()
    assert stored(api.teacher, made["id"]).only()["gradebook"] == "~" * 8000
    for text in ("", "x" * 8001, "A", "a b", "a\n", "é"):
        given = {**at_version(longest), "gradebook": text}
        error = api.teacher.mutate("updateClassList", CLASS_LIST, given).refusal("BadRequest")
        assert error["errorInfo"] == {"field": "gradebook"}
    removed = {**at_version(longest), "gradebook": None}
    assert api.teacher.mutate("updateClassList", CLASS_LIST, removed).only()["gradebook"] is None


def test_repeating_a_create_answers_the_same_and_other_content_is_a_conflict(api: Api) -> None:
    given = list_input()
    first = api.teacher.mutate("createClassList", CLASS_LIST, given).only()
    assert api.teacher.mutate("createClassList", CLASS_LIST, given).only() == first
    for changes in ({"title": "8b"}, {"students": STUDENTS[:1]}, {"students": STUDENTS[::-1]}):
        refused = api.teacher.mutate("createClassList", CLASS_LIST, {**given, **changes})
        assert refused.refusal("ConflictException")["data"]["id"] == given["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "1"},
        {"title": " "},
        {"students": [{"name": ""}]},
        {"students": [{"name": "a\tb"}]},
        {"students": [{"name": "x" * 121}]},
        {"students": [{"name": "Ada", "number": ""}]},
        {"students": [{"name": "Ada", "code": "abc"}]},
        {"students": [{"name": "Ada", "code": "ABC234"}, {"name": "Bob", "code": "ABC234"}]},
        {"students": [{"name": "Ada"}] * 1001},
        {"students": [{"name": "x" * 100}] * 601},
    ],
    ids=lambda changes: str(changes)[:40],
)
def test_what_a_class_list_refuses(api: Api, changes: dict[str, Any]) -> None:
    api.teacher.mutate("createClassList", CLASS_LIST, list_input(**changes)).refusal("BadRequest")


def test_the_longest_class_list_is_stored(api: Api) -> None:
    students = [
        {"name": f"Student number {number:04}", "number": str(number), "code": None} for number in range(1000)
    ]
    made = created(api, students=students)
    assert stored(api.teacher, made["id"]).only()["students"] == students
