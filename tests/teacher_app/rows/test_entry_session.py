"""The page's script and the server: each outbox entry gets one receipt; invalid input does no harm."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from shared.model.exam import Audience, NewResult
from teacher_app.rows.entry_session import REFRESH_S, EntrySession
from teacher_app.rows.page_messages import OUTBOX_MAX
from teacher_app.rows.workspace import Workspace
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.builders import new_id
from tests.teacher_app.rows.entry_desk import NOW_S, UNREACHABLE, Desk, open_desk
from tests.teacher_app.rows.page_outbox import change_entry, create_entry, outbox_of


@pytest.fixture
def desk(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[Desk]:
    with open_desk(backend, teacher) as desk:
        yield desk


def page_of(desk: Desk) -> EntrySession:
    return EntrySession(desk.workspace, random.Random(3))


def sent(page: EntrySession, *entries: object, seen: object = None) -> dict[str, Any]:
    """What the script receives after sending these entries."""
    page.save(outbox_of(*entries, seen=seen))
    return page.form_data(place="place", sign_in="/sign-in")


def test_a_first_page_gets_the_rows_the_hint_and_no_receipts(desk: Desk) -> None:
    desk.direct.create_result(desk.exam.id, NewResult("Ada", "12"))
    desk.workspace.refresh()
    data = page_of(desk).form_data(place="place", sign_in="/sign-in?resume=x")
    assert (data["place"], data["sign_in"], data["input_mode"]) == ("place", "/sign-in?resume=x", "decimal")
    assert data["receipts"] == {}
    assert "0 to 20" in data["hint"]
    assert [told[1:] for told in data["rows"]["rows"]] == [["Ada", "", "12", 1, "", ""]]


def test_a_saved_row_is_returned_as_receipt_and_as_row(desk: Desk) -> None:
    page = page_of(desk)
    first = page.form_data(place="place", sign_in="")["rows"]
    entry = create_entry("Ada", "12,50")
    data = sent(page, entry, seen=[first["epoch"], first["revision"]])
    receipt = data["receipts"][entry["key"]]
    told = [entry["key"], "Ada", "", "12.5", 1, "", ""]
    assert receipt == {"attempt": 1, "kind": "saved", "at": NOW_S * 1000, "row": told, "before": None}
    assert data["rows"]["base"] == first["revision"]
    assert data["rows"]["rows"] == [told]


def test_an_absence_is_spelled_out(desk: Desk) -> None:
    entry = create_entry("Ada", "abs")
    data = sent(page_of(desk), entry)
    assert desk.stored_pairs() == [("Ada", "ABSENT")]
    assert data["receipts"][entry["key"]]["row"][1:4] == ["Ada", "", "absent"]
    assert [told[3] for told in data["rows"]["rows"]] == ["absent"]


def test_the_same_outbox_sent_again_does_nothing_twice(desk: Desk) -> None:
    page = page_of(desk)
    entry = create_entry("Ada", "12")
    first = sent(page, entry)
    asked = desk.asked
    assert sent(page, entry)["receipts"] == first["receipts"]
    assert desk.asked == asked
    assert desk.stored_pairs() == [("Ada", "12")]


def test_a_failure_receipt_stays_until_the_next_attempt(desk: Desk) -> None:
    page = page_of(desk)
    entry = create_entry("Ada", "12")
    desk.fault = UNREACHABLE
    receipt = sent(page, entry)["receipts"][entry["key"]]
    reason = "the server does not answer"
    assert receipt == {"attempt": 1, "kind": "not-saved", "hindrance": "unreachable", "reason": reason}
    desk.fault = None
    assert sent(page, entry)["receipts"][entry["key"]] == receipt
    again = sent(page, {**entry, "attempt": 2})["receipts"][entry["key"]]
    assert (again["attempt"], again["kind"]) == (2, "saved")
    assert desk.stored_pairs() == [("Ada", "12")]


def test_receipts_of_entries_that_left_the_outbox_are_not_repeated(desk: Desk) -> None:
    page = page_of(desk)
    sent(page, create_entry("Ada", "12"))
    assert sent(page)["receipts"] == {}


def test_change_delete_and_undo_by_messages(desk: Desk) -> None:
    page = page_of(desk)
    row = create_entry("Ada", "12")
    sent(page, row)
    change = {"key": new_id(), "attempt": 1, "op": "change", "id": row["key"], "version": 1}
    change |= {"person": "Ada", "grade": "13"}
    receipt = sent(page, change)["receipts"][change["key"]]
    assert receipt["before"] == [row["key"], "Ada", "", "12", 1, "", ""]
    stale = {**change, "key": new_id(), "grade": "14"}
    conflict = sent(page, stale)["receipts"][stale["key"]]
    assert (conflict["kind"], conflict["row"]) == ("conflict", [row["key"], "Ada", "", "13", 2, "", ""])
    undo = {"key": new_id(), "attempt": 1, "op": "undo", "of": change["key"]}
    assert sent(page, undo)["receipts"][undo["key"]]["row"][3] == "12"
    delete = {"key": new_id(), "attempt": 1, "op": "delete", "id": row["key"], "version": 3}
    gone = sent(page, delete)
    assert gone["receipts"][delete["key"]]["kind"] == "deleted"
    assert desk.stored() == []
    back = {"key": new_id(), "attempt": 1, "op": "undo", "of": delete["key"]}
    assert sent(page, back)["receipts"][back["key"]]["row"] == [back["key"], "Ada", "", "12", 1, "", ""]


def test_an_existing_student_and_an_invalid_grade_are_reported_as_such(desk: Desk) -> None:
    page = page_of(desk)
    there, twice, high = create_entry("Ada", "12"), create_entry("ada", "9"), create_entry("Blaise", "21")
    receipts = sent(page, there, twice, high)["receipts"]
    assert receipts[twice["key"]] == {
        "attempt": 1,
        "kind": "duplicate",
        "row": [there["key"], "Ada", "", "12", 1, "", ""],
        "is_same": False,
    }
    assert (receipts[high["key"]]["kind"], receipts[high["key"]]["field"]) == ("refused", "grade")
    consent = {**twice, "attempt": 2, "accepts_duplicate": True}
    assert sent(page, consent)["receipts"][twice["key"]]["kind"] == "saved"


def test_number_and_comment_come_and_go_with_the_row(desk: Desk) -> None:
    """A change that does not mention them leaves them, also one from a page that does not know them yet."""
    page = page_of(desk)
    entry = create_entry("Ada", "12", number="17", comment="Well\r\ndone.")
    assert sent(page, entry)["receipts"][entry["key"]]["row"][4:] == [1, "17", "Well\ndone."]
    (row,) = desk.stored()
    older = change_entry(row, grade="13")
    newer = change_entry(replace(row, version=2), grade="13", number="", comment="See me.")
    assert sent(page, older)["receipts"][older["key"]]["row"][3:] == ["13", 2, "17", "Well\ndone."]
    assert sent(page, older, newer)["receipts"][newer["key"]]["row"][3:] == ["13", 3, "", "See me."]


@pytest.mark.parametrize(
    "broken",
    [
        {"op": "create"},
        {"op": "create", "person": 5, "grade": "1"},
        {"op": "create", "person": "x" * 5000, "grade": "1"},
        {"op": "create", "person": "Ada", "grade": "1", "comment": None},
        {"op": "change", "id": "id", "person": "Ada", "grade": "1", "version": "1"},
        {"op": "change", "id": "id", "person": "Ada", "grade": "1", "version": 1, "number": 17},
        {"op": "delete", "id": "id", "version": 0},
        {"op": "delete", "id": "id", "version": True},
        {"op": "undo"},
        {"op": "drop table"},
        {},
    ],
)
def test_an_entry_that_cannot_be_read_is_refused_and_the_next_one_is_saved(
    desk: Desk, broken: dict[str, Any]
) -> None:
    good = create_entry("Ada", "12")
    key = new_id()
    receipts = sent(page_of(desk), {"key": key, "attempt": 1, **broken}, good)["receipts"]
    assert receipts[key]["kind"] == "refused"
    assert receipts[good["key"]]["kind"] == "saved"


def test_a_key_that_is_not_an_id_is_refused_for_its_row(desk: Desk) -> None:
    entry = {**create_entry("Ada", "12"), "key": "../../etc"}
    assert sent(page_of(desk), entry)["receipts"]["../../etc"]["kind"] == "refused"
    assert desk.stored() == []


@pytest.mark.parametrize("outbox", [None, 5, "x", [], {"entries": 5}, {"entries": [5, {}, {"key": 7}]}])
def test_an_invalid_outbox_does_nothing(desk: Desk, outbox: object) -> None:
    page = page_of(desk)
    page.save(outbox)
    assert page.form_data(place="place", sign_in="")["receipts"] == {}


def test_a_flood_of_entries_is_truncated(desk: Desk) -> None:
    entries = [{"key": f"k{number}", "attempt": 1} for number in range(OUTBOX_MAX + 5)]
    assert len(sent(page_of(desk), *entries)["receipts"]) == OUTBOX_MAX


def test_others_entries_are_read_after_a_while_but_not_over_a_dead_connection(desk: Desk) -> None:
    now_s = [NOW_S]
    workspace = Workspace(desk.api, desk.exam.id, lambda: now_s[0])
    page = EntrySession(workspace, random.Random(1))
    desk.direct.create_result(desk.exam.id, NewResult("Ada", "12"))
    page.refresh_if_old()
    assert workspace.results == []
    now_s[0] += REFRESH_S
    desk.fault = UNREACHABLE
    page.refresh_if_old()
    assert workspace.results == []
    entry = create_entry("Blaise", "9")
    sent(page, entry)
    asked = desk.asked
    page.refresh_if_old()
    assert desk.asked == asked, "the entry found out already that nobody answers"
    desk.fault = None
    sent(page, {**entry, "attempt": 2})
    page.refresh_if_old()
    assert [row.student for row in workspace.results] == ["Ada", "Blaise"]


def test_where_each_sees_the_own_result_only_nobody_is_said_to_see_more(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    with open_desk(backend, teacher, Audience.OWN) as desk:
        assert desk.workspace.change_exam(lambda _, exam: desk.direct.publish_exam(exam.id, exam.version))
        hint = page_of(desk).form_data(place="place", sign_in="")["hint"]
        assert "published: each student sees their own result at once" in hint
        assert "everybody" not in hint


def test_with_codes_rows_have_both_and_a_published_exam_says_so(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    with open_desk(backend, teacher, Audience.CODES) as desk:
        page = page_of(desk)
        entry = create_entry("Ada", "12")
        receipt = sent(page, entry)["receipts"][entry["key"]]
        (row,) = desk.stored()
        assert receipt["row"] == [entry["key"], "Ada", row.student, "12", 1, "", ""]
        assert desk.workspace.change_exam(lambda _, exam: desk.direct.publish_exam(exam.id, exam.version))
        hint = page.form_data(place="place", sign_in="")["hint"]
        assert "code" in hint
        assert "published: everybody sees each result at once" in hint
        desk.direct.delete_result(desk.exam.id, row.id, 1)
        desk.workspace.refresh()
        back = create_entry("Ada", "12", code=row.student)
        assert sent(page, back)["receipts"][back["key"]]["row"][2] == row.student
        other = create_entry("Blaise", "12", code="Blaise")
        assert sent(page, other)["receipts"][other["key"]]["row"][2] not in ("Blaise", row.student)
