"""A OneRoster zip (1.1 or 1.2) to a table: one row a student, one column a line item."""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterator

from shared.model.grades import Mark
from teacher_app.reading.archives import check_archive
from teacher_app.reading.decoding import text_from_bytes
from teacher_app.reading.limits import CELLS_MAX, FileNotReadable
from teacher_app.reading.tables import Table, cell_text, table_from_cells

__all__ = ["CODE_TYPE", "table_from_oneroster"]

CODE_TYPE = "examResultsCode"  # of the ids of a user: the code that an exam shows
_CODE = re.compile(rf"\{{ *{CODE_TYPE} *: *([^{{}}]*?) *\}}")
_STATUS_MARKS = {"exempt": Mark.EXEMPT.value, "not submitted": Mark.ABSENT.value}

Record = dict[str, str]


def table_from_oneroster(data: bytes) -> Table:
    """Headings Student, Identifier, Code, and for each line item "Title [most points]" and Comment. What is
    to be deleted is left out. Raises FileNotReadable."""
    check_archive(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name.rpartition("/")[2].casefold(): name for name in archive.namelist()}
        if "results.csv" not in files:
            raise FileNotReadable("This zip holds no results.csv, as a OneRoster export has it.")
        results, users, items = (
            list(_records(archive.read(files[name]))) if name in files else []
            for name in ("results.csv", "users.csv", "lineitems.csv")
        )
    return _table(
        results, {user["sourcedid"]: user for user in users}, {one["sourcedid"]: one for one in items}
    )


def _records(data: bytes) -> Iterator[Record]:
    """Rows by heading in lower case: producers write them in different cases. Raises FileNotReadable."""
    text = text_from_bytes(data).encode()
    rows = csv.reader(io.TextIOWrapper(io.BytesIO(text), "utf-8", newline=""))
    cells_left = CELLS_MAX
    try:
        headings = [heading.strip().casefold() for heading in next(rows, [])]
        empty = dict.fromkeys((*headings, "sourcedid"), "")
        for row in rows:
            cells_left -= max(len(row), len(headings))
            if cells_left < 0:
                raise FileNotReadable(f"It has more than {CELLS_MAX:,} cells. Export one class.")
            yield {**empty, **dict(zip(headings, map(cell_text, row), strict=False))}
    except csv.Error as error:  # such as a cell of more than 131,072 characters
        raise FileNotReadable("This zip cannot be read. Export it again.") from error


def _table(results: list[Record], users: dict[str, Record], items: dict[str, Record]) -> Table:
    results = [
        result
        for result in results
        if not any(map(_is_deleted, (result, users.get(_student(result)), items.get(_item(result)))))
    ]
    wanted = list(dict.fromkeys(map(_item, results)))
    students: dict[tuple[str, int], dict[str, tuple[str, str]]] = {}
    seen: dict[tuple[str, str], int] = {}
    for result in results:
        student, item = _student(result), _item(result)
        occurrence = seen[student, item] = seen.get((student, item), -1) + 1
        students.setdefault((student, occurrence), {})[item] = _grade(result), result.get("comment", "")
    headings = ((_heading(item, items.get(item, {})), "Comment") for item in wanted)
    heading = ["Student", "Identifier", "Code", *itertools.chain.from_iterable(headings)]
    rows = (
        [
            *_person(student, users.get(student)),
            *itertools.chain.from_iterable(cells.get(item, ("", "")) for item in wanted),
        ]
        for (student, _), cells in students.items()
    )
    return table_from_cells(enumerate(itertools.chain([heading], rows), start=1))


def _student(result: Record) -> str:
    return result.get("studentsourcedid", "")


def _item(result: Record) -> str:
    return result.get("lineitemsourcedid", "")


def _is_deleted(record: Record | None) -> bool:
    return record is not None and record.get("status", "").casefold() == "tobedeleted"


def _heading(sourced_id: str, item: Record) -> str:
    title, most = item.get("title") or sourced_id or "Grade", item.get("resultvaluemax", "")
    return f"{title} [{most}]" if most else title


def _person(sourced_id: str, user: Record | None) -> tuple[str, str, str]:
    if user is None:
        return sourced_id, "", ""
    names = (user.get("givenname", ""), user.get("familyname", ""))
    code = _CODE.search(user.get("userids", ""))
    return (
        " ".join(name for name in names if name),
        user.get("identifier", ""),
        code[1] if code is not None else "",
    )


def _grade(result: Record) -> str:
    status = result.get("scorestatus", "").casefold()
    grade = _STATUS_MARKS.get(status) or result.get("textscore") or result.get("score") or ""
    # A grade that is not final is shown as such, for the teacher to say what counts.
    return f"{grade} ({status})" if grade and status == "partially graded" else grade
