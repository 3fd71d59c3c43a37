"""Slips of paper with each student's code."""

import io

import pytest
from pypdf import PdfReader

from shared.model.exam import Audience, Exam, Result
from teacher_app.exam.links import qr_modules
from teacher_app.exam.slips import SLIPS_A_PAGE, names_without_letters, slips_pdf
from tests.builders import a_result, an_exam

ADDRESS = "https://results.example/?exam=1"


@pytest.fixture
def exam() -> Exam:
    return an_exam(audience=Audience.CODES, subject="Physics of waves")


def pages_of(exam: Exam, rows: list[Result], address: str | None = ADDRESS) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(slips_pdf(exam, rows, address))).pages]


def test_a_slip_shows_exam_name_code_and_address(exam: Exam) -> None:
    (page,) = pages_of(exam, [a_result("K7M2QX", "14", exam=exam, name="Łukasz Żółw")])
    for text in ("Physics of waves · 15 June 2026", "Łukasz Żółw", "K7M 2QX", ADDRESS):
        assert text in page
    assert "14" not in page.replace(ADDRESS, "")  # no grade: slips may be seen by others


def test_every_student_has_one_slip_and_a_full_page_is_followed_by_another(exam: Exam) -> None:
    codes = [f"{number:06d}".translate(str.maketrans("01", "AB")) for number in range(SLIPS_A_PAGE + 1)]
    rows = [a_result(code, "1", exam=exam, name=f"Name {number}") for number, code in enumerate(codes)]
    pages = pages_of(exam, rows)
    assert len(pages) == 2
    assert [f"{code[:3]} {code[3:]}" in pages[0] for code in codes] == [True] * SLIPS_A_PAGE + [False]
    assert f"{codes[-1][:3]} {codes[-1][3:]}" in pages[1]


def test_full_pages_are_followed_by_no_empty_one(exam: Exam) -> None:
    rows = [a_result("K7M2QX", "1", exam=exam, name=f"Name {number}") for number in range(2 * SLIPS_A_PAGE)]
    assert len(pages_of(exam, rows)) == 2


@pytest.mark.parametrize("address", [ADDRESS, None])
def test_each_slip_has_the_qr_code_of_the_exams_page(exam: Exam, address: str | None) -> None:
    """Each dark module is drawn as one rectangle ("re" in PDF)."""
    rows = [a_result("K7M2QX", "1", exam=exam, name=f"Name {number}") for number in range(3)]
    (page,) = PdfReader(io.BytesIO(slips_pdf(exam, rows, address))).pages
    contents = page.get_contents()
    assert contents is not None
    dark = 0 if address is None else sum(map(sum, qr_modules(address)))
    assert contents.get_data().count(b" re f") == 3 * dark


def test_a_missing_or_unprintable_name_gets_a_line_to_write_on(exam: Exam) -> None:
    rows = [a_result("K7M2QX", "1", exam=exam), a_result("K7M2QY", "1", exam=exam, name="王小明")]
    (page,) = pages_of(exam, rows)
    assert page.count("_" * 20) == 2
    assert names_without_letters(rows) == ["王小明"]


def test_names_in_latin_greek_and_cyrillic_letters_are_printed(exam: Exam) -> None:
    names = ["Łukasz Żółw", "Ελένη Παπαδοπούλου", "Иван Петров", "Nguyễn Thị Minh Khai", "José Nuñez"]
    assert names_without_letters([a_result("K7M2QX", "1", exam=exam, name=name) for name in names]) == []


def test_a_long_name_is_truncated_to_fit_its_slip(exam: Exam) -> None:
    (page,) = pages_of(exam, [a_result("K7M2QX", "1", exam=exam, name="W" * 120)], None)
    (line,) = [line for line in page.splitlines() if "WW" in line]
    assert line.endswith("…")
    assert len(line) < 80


def test_the_same_rows_give_the_same_bytes(exam: Exam) -> None:
    rows = [a_result("K7M2QX", "1", exam=exam, name="Ada")]
    assert slips_pdf(exam, rows, None) == slips_pdf(exam, rows, None)
