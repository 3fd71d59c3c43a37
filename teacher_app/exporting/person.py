"""All that is stored about one student, as files: to read, and for programs."""

from __future__ import annotations

import datetime as dt
import json

from shared.model.grades import shown_grade
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
_LISTINGS = ("Class list", "Name", "Number", "Code")


def person_xlsx(person: Person, now: dt.datetime) -> bytes:
    """A sheet of results and one of class lists, with each exam's state at `now`. Times are in UTC."""
    results, listings = _tables(person, now)
    sheets = {"Results": results, "Class lists": listings}
    return xlsx_bytes(sheets, title=person.name, creator="", text_columns=_RESULTS.index("Grade"))


def person_json(person: Person, now: dt.datetime) -> bytes:
    """The same in UTF-8: {"student", "results", "classLists"}; fields are called as the columns are."""
    (fields, *results), (list_fields, *listings) = _tables(person, now)
    content = {
        "student": person.name,
        "results": [dict(zip(fields, cells, strict=True)) for cells in results],
        "classLists": [dict(zip(list_fields, cells, strict=True)) for cells in listings],
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
    ]
    listings = [
        (one.class_list.title, one.student.name, one.student.number or "", one.student.code or "")
        for one in person.listings
    ]
    return [_RESULTS, *results], [_LISTINGS, *listings]
