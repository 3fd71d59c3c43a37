"""Changes in words, and what restores them."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.model.exam import Audience, Exam
from shared.model.grades import AWAITED
from shared.model.history import Change, ChangeKind
from teacher_app.exam.history import ChangeLine, change_line, restoring
from teacher_app.rows.commands import ChangeRow, CreateRow
from tests.builders import a_result, an_exam, new_id

EXAM = an_exam()
CODED = an_exam(audience=Audience.CODES)
AT = dt.datetime(2026, 11, 28, 13, 5, tzinfo=dt.UTC)
ADA = {"student": "Ada Lovelace", "grade": "14"}
PUBLIC = {"status": "PUBLISHED"}
DRAFT = {"status": "DRAFT", "subject": "Optics", "scale": "OUT_OF_20", "date": "2026-06-05", "listed": True}


def a_change(
    kind: ChangeKind,
    before: Mapping[str, Any],
    after: Mapping[str, Any] | None,
    *,
    exam: Exam = EXAM,
    by: str = "me",
) -> Change:
    result_id = new_id() if "student" in before else None
    return Change(new_id(), exam.id, AT, by, "Grace.Hopper", kind, result_id, before, after)


def line(change: Change, exam: Exam = EXAM) -> ChangeLine:
    return change_line(change, exam, "me", ZoneInfo("Europe/Paris"))


def test_a_change_says_whom_what_when_and_by_whom() -> None:
    """The reader is you; somebody else, as before a hand-over, is named."""
    change = a_change(ChangeKind.UPDATED, ADA, {**ADA, "grade": "16"})
    assert line(change) == ChangeLine("Ada Lovelace", "14 → 16", "you, 28 November 2026, 14:05 CET")
    other = a_change(ChangeKind.UPDATED, ADA, {**ADA, "grade": "16"}, by="somebody else")
    assert line(other).by_and_when == "Grace.Hopper, 28 November 2026, 14:05 CET"


@pytest.mark.parametrize(
    ("kind", "before", "after", "words"),
    [
        (ChangeKind.UPDATED, {**ADA, "grade": AWAITED}, ADA, "no grade → 14"),
        (ChangeKind.UPDATED, ADA, {**ADA, "grade": "ABSENT"}, "14 → absent"),
        (ChangeKind.UPDATED, ADA, {**ADA, "student": "Ada B."}, "name “Ada Lovelace” → “Ada B.”"),
        (ChangeKind.UPDATED, ADA, {**ADA, "comment": "Well done."}, "comment “Well done.” added"),
        (ChangeKind.UPDATED, {**ADA, "number": "17"}, ADA, "number “17” removed"),
        (
            ChangeKind.UPDATED,
            {**ADA, "comment": "a"},
            {**ADA, "grade": "15", "comment": "b" * 81},
            f"14 → 15; comment “a” → “{'b' * 80}…”",
        ),
        (ChangeKind.RETRACTED, ADA, {**ADA, "grade": AWAITED}, "14 → no grade: taken back"),
        (ChangeKind.DELETED, ADA, None, "deleted, with the grade 14"),
        (ChangeKind.DELETED, {**ADA, "grade": AWAITED}, None, "deleted, without a grade"),
        (ChangeKind.PUBLISHED, DRAFT, PUBLIC, "Published"),
        (
            ChangeKind.PUBLISHED,
            DRAFT,
            {**PUBLIC, "releaseAt": "2026-11-30T13:00:00.000Z"},
            "Published, with the results from Monday 30 November 2026, 14:00 CET on",
        ),
        (
            ChangeKind.PUBLISHED,
            {**PUBLIC, "releaseAt": "2026-11-30T13:00:00.000Z"},
            {**PUBLIC, "releaseAt": "2026-12-01T13:00:00.000Z"},
            "Hour of the results moved: Monday 30 November 2026, 14:00 CET → "
            "Tuesday 1 December 2026, 14:00 CET",
        ),
        (
            ChangeKind.PUBLISHED,
            {**PUBLIC, "releaseAt": "2026-11-30T13:00:00.000Z"},
            PUBLIC,
            "Results published at once, not from Monday 30 November 2026, 14:00 CET on",
        ),
        (
            ChangeKind.PUBLISHED,
            PUBLIC,
            {**PUBLIC, "releaseAt": "2026-11-30T13:00:00.000Z"},
            "Results from Monday 30 November 2026, 14:00 CET on",
        ),
        (ChangeKind.WITHDRAWN, PUBLIC, DRAFT, "Unpublished"),
        (ChangeKind.EXAM_UPDATED, DRAFT, {**DRAFT, "subject": "Waves"}, "Subject: “Optics” → “Waves”"),
        (
            ChangeKind.EXAM_UPDATED,
            DRAFT,
            {**DRAFT, "scale": "PERCENT", "date": "2026-06-06", "listed": False},
            "Scale: out of 20, passed: 10 or more → percent, passed: 50 % or more; "
            "date: 5 June 2026 → 6 June 2026; who can find it: in the list of exams → by link only",
        ),
        (
            ChangeKind.EXAM_UPDATED,
            DRAFT,
            {**DRAFT, "scale": "MADE_UP"},
            "Scale: out of 20, passed: 10 or more → MADE_UP",
        ),
    ],
)
def test_each_kind_of_change_in_words(
    kind: ChangeKind, before: Mapping[str, Any], after: Mapping[str, Any] | None, words: str
) -> None:
    assert line(a_change(kind, before, after)).what == words


def test_with_codes_the_person_is_named_and_a_changed_code_is_called_one() -> None:
    before = {"student": "7K4QX2", "grade": "14", "name": "Ada"}
    change = a_change(
        ChangeKind.UPDATED, before, {**before, "student": "7K4QX3", "name": "Ada B."}, exam=CODED
    )
    assert line(change, CODED).about == "Ada"
    assert line(change, CODED).what == "code “7K4QX2” → “7K4QX3”; name “Ada” → “Ada B.”"
    nameless = a_change(ChangeKind.DELETED, {"student": "7K4QX2", "grade": "14"}, None, exam=CODED)
    assert line(nameless, CODED).about == "7K4QX2"


def test_restoring_takes_back_what_this_change_changed_and_nothing_else() -> None:
    """The version is that of the row as it is now: what somebody changes meanwhile is a conflict."""
    change = a_change(ChangeKind.UPDATED, ADA, {**ADA, "grade": "16"})
    current = a_result("Ada B.", "17", EXAM, version=5, comment="Later.")
    assert restoring(change, current, "key", Audience.NAMES) == ChangeRow(
        "key", current.id, 5, "Ada B.", "14", None, None
    )
    texts = a_change(ChangeKind.UPDATED, {**ADA, "comment": "a"}, {**ADA, "number": "17"})
    assert restoring(texts, current, "key", Audience.NAMES) == ChangeRow(
        "key", current.id, 5, "Ada B.", "17", "", "a"
    )


def test_a_grade_that_was_taken_back_or_entered_is_restored() -> None:
    current = a_result("Ada", AWAITED, EXAM)
    retracted = a_change(ChangeKind.RETRACTED, ADA, {**ADA, "grade": AWAITED})
    assert restoring(retracted, current, "key", Audience.NAMES) == ChangeRow(
        "key", current.id, 1, "Ada", "14"
    )
    entered = a_change(ChangeKind.UPDATED, {**ADA, "grade": AWAITED}, ADA)
    graded = a_result("Ada", "14", EXAM)
    assert restoring(entered, graded, "key", Audience.NAMES) == ChangeRow("key", graded.id, 1, "Ada", "")


def test_a_deleted_result_comes_back_with_everything_under_a_new_id() -> None:
    before = {"student": "7K4QX2", "grade": "14", "name": "Ada", "number": "17", "comment": "Well done."}
    change = a_change(ChangeKind.DELETED, before, None, exam=CODED)
    assert restoring(change, None, "key", Audience.CODES) == CreateRow(
        "key", "Ada", "14", accepts_duplicate=True, code="7K4QX2", number="17", comment="Well done."
    )


def test_there_is_nothing_to_restore_where_it_is_so_or_where_no_result_is() -> None:
    change = a_change(ChangeKind.UPDATED, ADA, {**ADA, "grade": "16"})
    assert restoring(change, a_result("Ada B.", "14", EXAM), "key", Audience.NAMES) is None
    assert restoring(change, None, "key", Audience.NAMES) is None
    deleted = a_change(ChangeKind.DELETED, ADA, None)
    assert restoring(deleted, a_result("Ada", "14", EXAM), "key", Audience.NAMES) is None
    assert restoring(a_change(ChangeKind.PUBLISHED, DRAFT, PUBLIC), None, "key", Audience.NAMES) is None
    code = a_change(
        ChangeKind.UPDATED, {**ADA, "name": "x"}, {**ADA, "student": "K", "name": "x"}, exam=CODED
    )
    assert restoring(code, a_result("K", "3", CODED, name="x"), "key", Audience.CODES) is None
