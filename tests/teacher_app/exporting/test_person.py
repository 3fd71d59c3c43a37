"""What is handed out about a student: a readable workbook, and the same for programs."""

import datetime as dt
import io
import json

import openpyxl

from shared.model.class_list import ClassList, ClassStudent
from shared.model.exam import Audience
from shared.model.history import Change, ChangeKind
from teacher_app.exam.person import Listing, Person, StudentResult
from teacher_app.exporting.person import person_json, person_xlsx
from tests.builders import a_result, an_exam, new_id

THEN = dt.datetime(2026, 6, 15, 9, 30, tzinfo=dt.UTC)
EXAM = an_exam("=Ethics", audience=Audience.CODES)
PRIVATE = {"name": "Ada Lovelace", "number": "0017", "comment": "=Well\ndone."}
ROW = a_result("K7M2QX", "14.5", EXAM, created_at=THEN, updated_at=THEN, **PRIVATE)
DELETION = Change(
    id="1",
    exam_id=EXAM.id,
    at=THEN,
    by="sub",
    by_name="m.curie",
    kind=ChangeKind.DELETED,
    result_id=new_id(),
    before={"student": "W3PZ9C", "grade": "12", **PRIVATE},
    after=None,
)
PERSON = Person(
    "Ada Lovelace",
    (
        StudentResult(EXAM, ROW),
        StudentResult(EXAM, a_result("W3PZ9B", "AWAITED", EXAM, name="Ada Lovelace")),
        StudentResult(EXAM, a_result("W3PZ9C", "12", EXAM, **PRIVATE), (DELETION,), is_past=True),
    ),
    (Listing(ClassList(new_id(), "7a", 1, None, 1), ClassStudent("Ada Lovelace", "0017")),),
)


def test_the_workbook_has_results_and_class_lists_and_no_formulas() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(person_xlsx(PERSON, THEN)))
    results, lists, history = (list(sheet.iter_rows(values_only=True)) for sheet in workbook)
    assert workbook.sheetnames == ["Results", "Class lists", "History"]
    (change,) = (dict(zip(history[0], cells, strict=True)) for cells in history[1:])
    assert (change["Changed"], change["By"], change["Change"]) == ("2026-06-15 09:30", "m.curie", "deleted")
    assert (change["Grade before"], change["Comment before"]) == (12, "=Well\ndone.")
    assert (change["Grade after"], change["Name after"]) == (None, None)
    first = dict(zip(results[0], results[1], strict=True))
    assert first["Exam"] == "=Ethics"
    assert workbook["Results"]["A2"].data_type == "s"
    assert (first["Date"], first["Shown as"], first["Grade"]) == ("2026-06-15", "K7M2QX", 14.5)
    assert first["Entered"] == "2026-06-15 09:30"
    assert (first["Name"], first["Number"], first["Comment"]) == ("Ada Lovelace", "0017", "=Well\ndone.")
    assert dict(zip(results[0], results[2], strict=True))["Grade"] is None
    assert lists[1] == ("7a", "Ada Lovelace", "0017", None)


def test_the_json_has_the_same() -> None:
    content = json.loads(person_json(PERSON, THEN))
    assert content["student"] == "Ada Lovelace"
    assert [one["Grade"] for one in content["results"]] == ["14.5", ""]
    assert [one["Comment"] for one in content["results"]] == ["=Well\ndone.", ""]
    assert [one["Name before"] for one in content["history"]] == ["Ada Lovelace"]
    assert content["classLists"] == [
        {"Class list": "7a", "Name": "Ada Lovelace", "Number": "0017", "Code": ""}
    ]
