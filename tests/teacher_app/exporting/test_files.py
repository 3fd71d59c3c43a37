"""The contents of each exported file match what its target program expects."""

import csv
import io
import uuid
import zipfile

import openpyxl
import pytest

from shared.model.class_list import ClassStudent
from shared.model.exam import Audience, Exam, Result
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT
from teacher_app.exporting.class_gradebook import gradebook_xlsx
from teacher_app.exporting.delimited import csv_file
from teacher_app.exporting.formats import FORMATS, Format, file_stem
from teacher_app.exporting.gradebooks import canvas_file, moodle_file
from teacher_app.exporting.oneroster import oneroster_file
from teacher_app.exporting.spreadsheet import xlsx_file
from teacher_app.gradebook.choice import Choice
from teacher_app.gradebook.gradebook import gradebook_of
from tests.builders import a_result, an_exam

EXAM = an_exam()
CODES_EXAM = an_exam(audience=Audience.CODES)
ROWS = [
    a_result("Ada Lovelace", "14.5", exam=EXAM),
    a_result("=1+1", "ABSENT", exam=EXAM),
    a_result("Plato", "EXEMPT", exam=EXAM),
]


def cells(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def one_roster(exam: Exam, rows: list[Result]) -> dict[str, list[dict[str, str]]]:
    """The records of each file in the zip."""
    with zipfile.ZipFile(io.BytesIO(oneroster_file(exam, rows))) as archive:
        return {
            name: list(csv.DictReader(io.StringIO(archive.read(name).decode(), newline="")))
            for name in archive.namelist()
        }


def test_csv_has_a_byte_order_mark_for_excel_and_no_formulas() -> None:
    data = csv_file(EXAM, ROWS)
    assert data.startswith(b"\xef\xbb\xbf")
    assert cells(data) == [
        ["Student", "Grade"],
        ["Ada Lovelace", "14.5"],
        ["'=1+1", "ABSENT"],
        ["Plato", "EXEMPT"],
    ]


def test_csv_with_decimal_commas_separates_columns_by_semicolons() -> None:
    assert cells(csv_file(EXAM, ROWS, has_decimal_commas=True), ";")[1] == ["Ada Lovelace", "14,5"]


def test_with_codes_the_file_has_codes_and_names() -> None:
    rows = [a_result("K7M2QX", "14", exam=CODES_EXAM, name="Ada"), a_result("W3PZ9B", "3", exam=CODES_EXAM)]
    assert cells(csv_file(CODES_EXAM, rows)) == [
        ["Code", "Name", "Grade"],
        ["K7M2QX", "Ada", "14"],
        ["W3PZ9B", "", "3"],
    ]


def test_xlsx_has_numbers_as_numbers_and_names_as_texts() -> None:
    rows = [*ROWS, a_result("007", "14", exam=EXAM)]
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_file(EXAM, rows))).active
    assert [[cell.value for cell in row] for row in sheet] == [
        ["Student", "Grade"],
        ["Ada Lovelace", 14.5],
        ["=1+1", "ABSENT"],
        ["Plato", "EXEMPT"],
        ["007", 14],
    ]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "inlineStr"}


def test_xlsx_replaces_characters_that_no_workbook_can_store() -> None:
    sheet = openpyxl.load_workbook(
        io.BytesIO(xlsx_file(EXAM, [a_result("A\uffffda", "1", exam=EXAM)]))
    ).active
    assert sheet["A2"].value == "A\ufffdda"


def test_canvas_gets_its_header_its_points_and_its_keywords() -> None:
    assert cells(canvas_file(EXAM, ROWS)) == [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Mathematics"],
        ["    Points Possible", "", "", "", "", "20"],
        ["Ada Lovelace", "", "", "", "", "14.5"],
        ["'=1+1", "", "", "", "", "ABSENT"],
        ["Plato", "", "", "", "", "EX"],
    ]
    passed = [a_result("Ada", "PASS", exam=EXAM), a_result("Bo", "FAIL", exam=EXAM)]
    assert [row[-1] for row in cells(canvas_file(an_exam(scale=PASS_FAIL), passed))[1:]] == [
        "",
        "pass",
        "fail",
    ]


@pytest.mark.parametrize("subject", ["Final Score", "Section", "Quiz (12)", "Unposted Current Grade"])
def test_titles_that_canvas_would_misread_are_replaced(subject: str) -> None:
    assert cells(canvas_file(an_exam(subject=subject), ROWS))[0][-1] == "Exam of 2026-06-15"


def test_moodle_gets_a_remark_instead_of_a_missing_grade_and_never_a_zero() -> None:
    assert cells(moodle_file(EXAM, ROWS)) == [
        [
            *("First name", "Last name", "ID number", "Email address"),
            *("Mathematics (Real)", "Mathematics (Feedback)"),
        ],
        ["Ada", "Lovelace", "", "", "14.5", ""],
        ["", "'=1+1", "", "", "-", "Absent"],
        ["", "Plato", "", "", "-", "Exempt"],
    ]
    assert cells(moodle_file(an_exam(scale=PERCENT), ROWS))[0][4] == "Mathematics (Percentage)"
    assert cells(moodle_file(an_exam(scale=LETTERS), ROWS))[0][4] == "Mathematics (Letter)"


def test_the_oneroster_manifest_matches_the_files() -> None:
    files = one_roster(EXAM, ROWS)
    manifest = {row["propertyName"]: row["value"] for row in files["manifest.csv"]}
    assert (manifest["manifest.version"], manifest["oneroster.version"]) == ("1.0", "1.2")
    told = {name.removeprefix("file.") for name, value in manifest.items() if value == "bulk"}
    assert {f"{name}.csv" for name in told} | {"manifest.csv"} == set(files)
    assert {value for name, value in manifest.items() if name.startswith("file.")} == {"bulk", "absent"}


def test_oneroster_marks_scores_and_references() -> None:
    files = one_roster(EXAM, ROWS)
    (item,) = files["lineItems.csv"]
    assert (item["title"], item["resultValueMin"], item["resultValueMax"]) == ("Mathematics", "0", "20")
    results = files["results.csv"]
    assert [(row["scoreStatus"], row["score"], row["missing"]) for row in results] == [
        ("fully graded", "14.5", "false"),
        ("not submitted", "", "true"),
        ("exempt", "", "false"),
    ]
    users = {row["sourcedId"]: row["familyName"] for row in files["users.csv"]}
    assert [users[row["studentSourcedId"]] for row in results] == ["Lovelace", "'=1+1", "Plato"]
    assert {row["lineItemSourcedId"] for row in results} == {item["sourcedId"]}
    assert item["categorySourcedId"] == files["categories.csv"][0]["sourcedId"]
    for row in (item, *results, *files["users.csv"]):
        uuid.UUID(row["sourcedId"])
        assert None not in row  # no cell without a heading
        assert (row["status"], row["dateLastModified"]) == ("", "")


def test_oneroster_scores_that_are_not_numbers_are_texts() -> None:
    (row,) = one_roster(an_exam(scale=LETTERS), [a_result("Ada", "B+", exam=EXAM)])["results.csv"]
    assert (row["score"], row["textScore"]) == ("", "B+")


def test_a_grade_from_before_the_scale_was_changed_is_a_text() -> None:
    (row,) = one_roster(EXAM, [a_result("Ada", "B+", exam=EXAM)])["results.csv"]
    assert (row["score"], row["textScore"]) == ("", "B+")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.key)
def test_file_names_contain_the_exam_in_ascii_letters(form: Format) -> None:
    name = form.file_name(an_exam(subject="Économie & Droit, 2ᵉ partie"))
    assert name == f"economie-droit-2e-partie-2026-06-15{form.suffix}"


def test_a_subject_without_ascii_letters_has_a_file_name_too() -> None:
    assert file_stem(an_exam(scale=OUT_OF_20, subject="数学")) == "exam-2026-06-15"


def test_file_names_are_different_for_each_format() -> None:
    assert len({form.file_name(EXAM) for form in FORMATS}) == len(FORMATS)


# Numbers and comments.


def test_numbers_and_comments_have_columns_where_there_are_any() -> None:
    exam = an_exam()
    rows = [
        a_result("Ada", "14.5", exam, number="00123", comment="Good.\nGo on."),
        a_result("Bo", "3", exam, comment="=1+1"),
    ]
    assert csv_file(exam, rows).decode("utf-8-sig") == (
        'Student,Student number,Grade,Comment\r\nAda,00123,14.5,"Good.\nGo on."\r\nBo,,3,\'=1+1\r\n'
    )
    assert csv_file(exam, rows[1:], has_decimal_commas=True).decode("utf-8-sig") == (
        "Student;Grade;Comment\r\nBo;3;'=1+1\r\n"
    )
    sheet = openpyxl.load_workbook(io.BytesIO(xlsx_file(exam, rows))).active
    assert sheet is not None
    assert [[cell.value for cell in row] for row in sheet.rows] == [
        ["Student", "Student number", "Grade", "Comment"],
        ["Ada", "00123", 14.5, "Good.\nGo on."],
        ["Bo", None, 3, "=1+1"],
    ]
    assert sheet["D3"].data_type == "s"
    numbers = xlsx_file(exam, [a_result("Ada", "14", exam, comment="17")])
    assert openpyxl.load_workbook(io.BytesIO(numbers)).active["C2"].value == "17"


def test_oneroster_has_numbers_as_identifiers_comments_and_codes_among_the_ids() -> None:
    exam = an_exam(audience=Audience.CODES)
    rows = [a_result("K7M2QX", "14", exam, name="Ada Lovelace", number="00123", comment="Good.")]
    with zipfile.ZipFile(io.BytesIO(oneroster_file(exam, rows))) as archive:
        (user,) = csv.DictReader(io.StringIO(archive.read("users.csv").decode()))
        (result,) = csv.DictReader(io.StringIO(archive.read("results.csv").decode()))
    assert (user["identifier"], user["userIds"]) == ("00123", "{examResultsCode:K7M2QX}")
    assert result["comment"] == "Good."


def test_a_classs_gradebook_has_the_comments_on_a_sheet_of_their_own() -> None:
    exam = an_exam("Algebra")
    results = [a_result("Ada", "14", exam, comment="=Good.", number="00123"), a_result("Bo", "3", exam)]
    students = [ClassStudent("Ada", "00123"), ClassStudent("Bo")]
    book = gradebook_of(students, [(exam, results)], Choice())
    workbook = openpyxl.load_workbook(io.BytesIO(gradebook_xlsx(book, "7a")))
    assert workbook.sheetnames == ["Gradebook", "Comments"]
    assert [[cell.value for cell in row] for row in workbook["Comments"].rows] == [
        ["Student", "Student number", "Exam", "Comment"],
        ["Ada", "00123", "Algebra (2026-06-15)", "=Good."],
    ]
    assert workbook["Comments"]["D2"].data_type == "s"
    assert workbook["Gradebook"]["B4"].value == "00123"
    without = gradebook_of(students, [(exam, results[1:])], Choice())
    assert openpyxl.load_workbook(io.BytesIO(gradebook_xlsx(without, "7a"))).sheetnames == ["Gradebook"]
