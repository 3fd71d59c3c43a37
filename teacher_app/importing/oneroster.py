"""A OneRoster zip (1.1 or 1.2) to a table: one row a student, one column a line item."""

from __future__ import annotations

import io
import zipfile

from shared.model.grades import Mark
from teacher_app.importing.decoding import text_from_bytes
from teacher_app.importing.limits import FileNotReadable
from teacher_app.importing.tables import Table, table_from_cells, table_from_text
from teacher_app.importing.workbooks import check_unpacked_size

__all__ = ["table_from_oneroster"]

_STATUS_MARKS = {"exempt": Mark.EXEMPT.value, "not submitted": Mark.ABSENT.value}

Record = dict[str, str]


def table_from_oneroster(data: bytes) -> Table:
    """Headings Student, Code and the titles of the line items. Raises FileNotReadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            check_unpacked_size(archive)
            files = {name.rpartition("/")[2].casefold(): name for name in archive.namelist()}
            if "results.csv" not in files:
                raise FileNotReadable("This zip holds no results.csv, as a OneRoster export has it.")
            results = _records(archive.read(files["results.csv"]))
            users = _records(archive.read(files["users.csv"])) if "users.csv" in files else []
            items = _records(archive.read(files["lineitems.csv"])) if "lineitems.csv" in files else []
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError):
        raise FileNotReadable("This zip cannot be read. Export it again.") from None
    return _table(results, {user["sourcedid"]: user for user in users}, items)


def _records(data: bytes) -> list[Record]:
    """Rows by heading in lower case: producers write them in different cases."""
    table = table_from_text(text_from_bytes(data), ",")
    headings = [heading.casefold() for heading in table.rows[0]]
    empty = dict.fromkeys((*headings, "sourcedid"), "")
    return [{**empty, **dict(zip(headings, row, strict=False))} for row in table.rows[1:]]


def _table(results: list[Record], users: dict[str, Record], items: list[Record]) -> Table:
    titles = {item["sourcedid"]: item.get("title") or item["sourcedid"] for item in items}
    wanted = list(dict.fromkeys(result.get("lineitemsourcedid", "") for result in results))
    students: dict[tuple[str, int], Record] = {}
    seen: dict[tuple[str, str], int] = {}
    for result in results:
        student, item = result.get("studentsourcedid", ""), result.get("lineitemsourcedid", "")
        occurrence = seen[student, item] = seen.get((student, item), -1) + 1
        students.setdefault((student, occurrence), {})[item] = _grade(result)
    heading = ["Student", "Code", *(titles.get(item) or item or "Grade" for item in wanted)]
    rows = [
        [*_person(student, users.get(student)), *(grades.get(item, "") for item in wanted)]
        for (student, _), grades in students.items()
    ]
    return table_from_cells(enumerate([heading, *rows], start=1))


def _person(sourced_id: str, user: Record | None) -> tuple[str, str]:
    if user is None:
        return sourced_id, ""
    names = (user.get("givenname", ""), user.get("familyname", ""))
    return " ".join(name for name in names if name), user.get("identifier", "")


def _grade(result: Record) -> str:
    mark = _STATUS_MARKS.get(result.get("scorestatus", "").casefold())
    return mark or result.get("textscore") or result.get("score") or ""
