"""The results as a file that explains itself and runs no formula."""

import csv
import dataclasses
import io

from shared.model.exam import Audience
from shared.model.scales import LETTERS
from student_app.exam.download import results_csv, results_file_name
from tests.builders import a_published_exam, a_result


def test_a_download_has_what_is_shown_and_no_formula() -> None:
    exam = a_published_exam("=Physics")
    rows = [
        a_result("Zoë, the second", "17.5", exam),
        a_result('=HYPERLINK("http://evil.example")', "ABSENT", exam),
        a_result("Ada", "9", exam),
    ]
    data = results_csv(exam, rows)
    assert data.startswith(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by it"
    found = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    by_student = {row["Student"]: row["Grade"] for row in found}
    assert by_student["Ada"] == "9"
    assert by_student["Zoë, the second"] == "17.5"
    (formula,) = [row for row in found if "HYPERLINK" in row["Student"]]
    assert not formula["Student"].startswith("=")
    assert formula["Grade"] == "absent"
    assert {(row["Exam"], row["Date"], row["Scale"]) for row in found} == {
        ("'=Physics", "2026-06-18", "out of 20, passed: 10 or more")
    }


def test_a_download_is_in_the_order_of_the_page() -> None:
    exam = a_published_exam()
    rows = [
        a_result(name, "9", exam) for name in ("Zoë", "amir", "Émile", "Amélie", "Eva", "Eva 10", "Eva 2")
    ]
    lines = results_csv(exam, rows).decode("utf-8-sig").splitlines()
    students = [line.partition(",")[0] for line in lines[1:]]
    assert students == ["Amélie", "amir", "Émile", "Eva", "Eva 2", "Eva 10", "Zoë"]


def test_a_files_name_says_what_is_in_it_and_suits_every_file_system() -> None:
    exam = dataclasses.replace(a_published_exam("Maths 1/2: “logs”", scale=LETTERS))
    assert results_file_name(exam) == "Maths 1_2_ “logs” 2026-06-18 letters.csv"


def test_a_download_notes_a_corrected_grade() -> None:
    exam = a_published_exam()
    rows = [a_result("Ada", "9", exam, is_corrected=True), a_result("Grace", "12", exam)]
    lines = results_csv(exam, rows).decode("utf-8-sig").splitlines()
    assert [line.rpartition(",")[2] for line in lines] == ["Note", "corrected", ""]


def test_a_file_has_no_number_comment_or_private_name_even_if_the_results_had() -> None:
    exam = a_published_exam(audience=Audience.CODES)
    row = a_result("K7M2QX", "14", exam, name="Ada Lovelace", number="00123", comment="Well done.")
    text = results_csv(exam, [row]).decode("utf-8-sig")
    assert "K7M2QX,14," in text
    assert not any(private in text for private in ("Ada", "00123", "Well done"))
