"""The export and code pages, without a browser."""

import datetime as dt
import re

from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from teacher_app.exporting.formats import FORMATS
from teacher_app.views import navigation
from tests.teacher_app.importing.test_gradebooks import SAMPLES
from tests.teacher_app.views.desk import Desk


def new_exam(desk: Desk, audience: Audience = Audience.NAMES) -> Exam:
    new = NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20, audience)
    return desk.real_api.create_exam(new)


def test_each_format_has_its_button_and_its_purpose(desk: Desk) -> None:
    exam = new_exam(desk)
    desk.real_api.create_results(exam.id, [NewResult("Ada", "12"), NewResult("Bo", "3")])
    page = desk.open(navigation.EXAM, exam=exam.id, part="Export")
    assert not page.exception
    assert [button.label for button in page.download_button] == [form.label for form in FORMATS]
    assert {form.description for form in FORMATS} <= {one.value for one in page.markdown}
    assert page.warning.len == 0


def test_without_results_there_is_nothing_to_export(desk: Desk) -> None:
    page = desk.open(navigation.EXAM, exam=new_exam(desk).id, part="Export")
    assert not page.exception
    assert page.download_button.len == 0
    assert "no result to export" in page.info[0].value


def test_files_with_names_beside_codes_are_marked_as_private(desk: Desk) -> None:
    exam = new_exam(desk, Audience.CODES)
    desk.real_api.create_result(exam.id, NewResult("K7M2QX", "12", "Ada"))
    page = desk.open(navigation.EXAM, exam=exam.id, part="Export")
    assert "keep them to yourself" in page.warning[0].value


def test_codes_are_listed_by_name_with_what_is_missing_on_the_slips(desk: Desk) -> None:
    exam = new_exam(desk, Audience.CODES)
    rows = [NewResult("K7M2QX", "12", "Zoe"), NewResult("W3PZ9B", "3", "王小明"), NewResult("AAA222", "3")]
    desk.real_api.create_results(exam.id, rows)
    page = desk.open(navigation.EXAM, exam=exam.id, part="Codes")
    assert not page.exception
    table = next(part.proto.body for part in page.get("html") if "<td" in part.proto.body)
    cells = re.findall("<td[^>]*>([^<]*)</td>", table)
    assert cells == ["", "AAA222", "Zoe", "K7M2QX", "王小明", "W3PZ9B"]
    nameless, gaps = (warning.value for warning in page.warning)
    assert nameless.startswith("1 code without a name")
    assert "王小明" in gaps
    assert [button.label for button in page.download_button] == [
        "Slips to print (PDF, 1 page)",
        "List of codes (CSV)",
    ]


def test_without_results_there_are_no_codes_yet(desk: Desk) -> None:
    page = desk.open(navigation.EXAM, exam=new_exam(desk, Audience.CODES).id, part="Codes")
    assert not page.exception
    assert "Nobody has a code yet" in page.info[0].value


def test_an_exam_that_shows_names_has_no_code_page(desk: Desk) -> None:
    page = desk.open(navigation.EXAM, exam=new_exam(desk).id, part="Codes")
    assert not page.exception
    assert "Codes" not in page.segmented_control[0].options
    assert page.segmented_control[0].value == "Enter"


def test_a_gradebook_is_filled_in(desk: Desk) -> None:
    exam = new_exam(desk)
    rows = [NewResult("Ada Lovelace", "12"), NewResult("Zoe", "3")]
    desk.real_api.create_results(exam.id, rows)
    page = desk.open(navigation.EXAM, exam=exam.id, part="Export")
    text = 'Student,ID,Section,Optics (7),Essay (8)\n    Points Possible,,,50,\n"Lovelace, Ada",1,A,,\n'
    page.file_uploader[0].upload("Grades Year 12.csv", text.encode(), "text/csv").run()
    assert not page.exception
    assert "**1 of 2 students** found" in page.markdown[-1].value
    points, missing = (warning.value for warning in page.warning)
    assert "out of 50, this exam is out of 20" in points
    assert "Zoe" in missing
    assert page.download_button[-1].label == "Filled-in file for Canvas"
    page.file_uploader[0].upload("list.csv", b"Name,Grade\nAda,1", "text/csv").run()
    assert "no gradebook export" in page.error[0].value


def test_an_export_of_brightspace_is_filled_in(desk: Desk) -> None:
    exam = new_exam(desk)
    desk.real_api.create_results(
        exam.id, [NewResult("Ada Lovelace", "12"), NewResult("Alan Turing", "ABSENT")]
    )
    page = desk.open(navigation.EXAM, exam=exam.id, part="Export")
    data = (SAMPLES / "brightspace.csv").read_bytes()
    page.file_uploader[0].upload("Grades.csv", data, "text/csv").run()
    page.selectbox[0].select(5).run()
    assert not page.exception
    assert "**2 of 2 students** found" in page.markdown[-1].value
    assert "stays as it was for Alan Turing" in page.info[0].value
    assert page.download_button[-1].label == "Filled-in file for Brightspace"
