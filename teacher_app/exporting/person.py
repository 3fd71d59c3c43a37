"""All that is stored about one student, as files: to read, and for programs."""

from __future__ import annotations

import datetime as dt
import json

from shared.model.exam import Exam
from shared.model.grades import AWAITED, shown_grade
from shared.model.history import ChangeKind, Values
from shared.model.scales import describe
from teacher_app.exam.person import Person
from teacher_app.exam.wording import status_text
from teacher_app.exporting.spreadsheet import xlsx_bytes

__all__ = ["person_json", "person_xlsx"]

_RESULTS = (
    "Exam",
    "Date",
    "Teacher",
    "Scale",
    "State",
    "Shown as",
    "Name",
    "Number",
    "Comment",
    "Grade",
    "Entered",
    "Changed",
)
_VALUES = ("Shown as", "Name", "Number", "Comment", "Grade")
_HISTORY = (
    "Exam",
    "Date",
    "Changed",
    "By",
    "Change",
    *(f"{name} before" for name in _VALUES),
    *(f"{name} after" for name in _VALUES),
)
_CHANGES = {
    ChangeKind.UPDATED: "changed",
    ChangeKind.DELETED: "deleted",
    ChangeKind.RETRACTED: "grade taken back",
}
_LISTINGS = ("Class list", "Name", "Number", "Code")


def person_xlsx(person: Person, now: dt.datetime) -> bytes:
    """Sheets of results, class lists and the history of the results, with each exam's state at `now`. Times
    are in UTC."""
    results, listings = _tables(person, now)
    sheets = {"Results": results, "Class lists": listings, "History": _history(person)}
    return xlsx_bytes(sheets, title=person.name, creator="", text_columns=_RESULTS.index("Grade"))


def person_json(person: Person, now: dt.datetime) -> bytes:
    """The same in UTF-8: {"student", "results", "classLists", "history"}; fields are called as the columns
    are."""
    (fields, *results), (list_fields, *listings) = _tables(person, now)
    history_fields, *history = _history(person)
    content = {
        "student": person.name,
        "results": [dict(zip(fields, cells, strict=True)) for cells in results],
        "classLists": [dict(zip(list_fields, cells, strict=True)) for cells in listings],
        "history": [dict(zip(history_fields, cells, strict=True)) for cells in history],
    }
    return json.dumps(content, ensure_ascii=False, indent=2).encode()


def _tables(person: Person, now: dt.datetime) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    results = [
        (
            one.exam.subject,
            one.exam.date.isoformat(),
            one.exam.teacher,
            describe(one.exam.scale),
            status_text(one.exam, now),
            one.result.student,
            one.result.name or "",
            one.result.number or "",
            one.result.comment or "",
            "" if one.result.is_awaited else shown_grade(one.result.grade, one.exam.scale),
            *(
                "" if time is None else f"{time:%Y-%m-%d %H:%M}"
                for time in (one.result.created_at, one.result.updated_at)
            ),
        )
        for one in person.results
        if not one.is_past
    ]
    listings = [
        (one.class_list.title, one.student.name, one.student.number or "", one.student.code or "")
        for one in person.listings
    ]
    return [_RESULTS, *results], [_LISTINGS, *listings]


def _history(person: Person) -> list[tuple[str, ...]]:
    """The changes of the person's results, newest first within each exam."""
    lines = [
        (
            one.exam.subject,
            one.exam.date.isoformat(),
            f"{change.at:%Y-%m-%d %H:%M}",
            change.by_name,
            _CHANGES.get(change.kind, change.kind.value),
            *_texts(change.before, one.exam),
            *_texts(change.after or {}, one.exam),
        )
        for one in person.results
        for change in one.changes
    ]
    return [_HISTORY, *lines]


def _texts(values: Values, exam: Exam) -> tuple[str, ...]:
    """In the order of _VALUES."""
    grade = values.get("grade", AWAITED)
    texts = [values.get(name) or "" for name in ("student", "name", "number", "comment")]
    return (*texts, "" if grade == AWAITED else shown_grade(grade, exam.scale))
