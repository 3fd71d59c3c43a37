"""The statistics, rules and downloads beside the board."""

import csv
import io

import pytest

from shared.model.exam import Audience
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT, Scale
from shared.model.statistics import Disclosure, frame_from_results, summary
from student_app.exam.details import comparison_rows, results_csv, rule_text, statistics_rows
from student_app.exam.own_result import own_sentence
from tests.builders import a_published_exam, a_result, results_of


def shown_numbers(
    grades: list[str], scale: Scale = OUT_OF_20, audience: Audience = Audience.NAMES
) -> dict[str, str]:
    exam = a_published_exam(scale=scale, audience=audience)
    frame = frame_from_results(results_of(*grades, exam=exam), scale)
    return dict(statistics_rows(exam, summary(frame, scale, audience)))


@pytest.mark.parametrize(
    ("scale", "grades", "median", "spread"),
    [
        (OUT_OF_20, ["10", "12", "14", "16", "18"], "14", "2.83"),
        (PERCENT, ["50", "60", "70", "80", "90"], "70 %", "14.14 %"),
        (LETTERS, ["A", "A", "B", "C", "F"], "B", "1.5 points"),
    ],
    ids=str,
)
def test_numbers_are_in_the_terms_of_the_scale(
    scale: Scale, grades: list[str], median: str, spread: str
) -> None:
    numbers = shown_numbers(grades, scale)
    assert (numbers["Median"], numbers["Spread (standard deviation)"]) == (median, spread)


def test_pass_or_fail_has_one_number_and_no_mean() -> None:
    numbers = shown_numbers(["PASS", "PASS", "PASS", "FAIL", "FAIL"], PASS_FAIL)
    assert numbers == {"Results": "5", "Graded": "5", "Passed": "60 %"}


def test_absent_and_exempt_are_counted_separately_if_there_are_any() -> None:
    numbers = shown_numbers(["10", "12", "14", "16", "18", "ABSENT", "EXEMPT", "EXEMPT"])
    assert (numbers["Results"], numbers["Graded"]) == ("8", "5")
    assert (numbers["Absent"], numbers["Exempt"]) == ("1", "2")
    assert "Absent" not in shown_numbers(["10"])


@pytest.mark.parametrize("audience", Audience)
def test_four_grades_have_no_statistic_and_five_have(audience: Audience) -> None:
    assert set(shown_numbers(["1", "2", "3", "4"], audience=audience)) == {"Results", "Graded"}
    assert {"Mean", "Median"} <= set(shown_numbers(["1", "2", "3", "4", "20"], audience=audience))


def test_with_codes_a_rate_that_reveals_everybodys_result_is_hidden() -> None:
    assert "Passed" not in shown_numbers(["10"] * 6, audience=Audience.CODES)
    assert "Passed" not in shown_numbers(["0"] * 6, audience=Audience.CODES)
    assert shown_numbers(["10", "10", "10", "0", "0"], audience=Audience.CODES)["Passed"] == "60 %"


def test_the_rule_is_stated_where_it_applies() -> None:
    names, codes = a_published_exam(), a_published_exam(audience=Audience.CODES)
    assert "fewer than 5" in rule_text(names, Disclosure.NOTHING)
    assert "fewer than 5" in rule_text(codes, Disclosure.NOTHING)
    assert "single person" in rule_text(codes, Disclosure.GROUP)
    assert rule_text(names, Disclosure.ALL) == ""


def test_a_comparison_has_one_row_per_exam_and_hides_small_groups() -> None:
    one, other = a_published_exam("One"), a_published_exam("Other", scale=LETTERS)
    table = comparison_rows(
        [(one, results_of("5", "10", "10", "10", "20", exam=one)), (other, results_of("A", "B", exam=other))]
    )
    assert table["Exam"].tolist() == ["One", "Other"]
    assert table["Results"].tolist() == [5, 2]
    assert table["Median"].tolist() == ["50 %", "–"]
    assert table["Passed"].tolist() == ["80 %", "–"]


def test_a_download_has_what_is_shown_and_no_formula() -> None:
    exam = a_published_exam()
    rows = [
        a_result("Zoë, the second", "17.5", exam),
        a_result('=HYPERLINK("http://evil.example")', "ABSENT", exam),
        a_result("Ada", "9", exam),
    ]
    data = results_csv(a_published_exam(), rows)
    assert data.startswith(b"\xef\xbb\xbf"), "spreadsheets know UTF-8 by it"
    found = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert found[0] == ["Student", "Grade"]
    assert ["Ada", "9"] in found
    assert ["Zoë, the second", "17.5"] in found
    (formula,) = [row for row in found if "HYPERLINK" in row[0]]
    assert not formula[0].startswith("=")
    assert formula[1] == "absent"


def test_a_download_is_in_the_order_that_people_expect() -> None:
    exam = a_published_exam()
    rows = [a_result(name, "9", exam) for name in ("Zoë", "amir", "Émile", "Amélie", "Eva")]
    lines = results_csv(a_published_exam(), rows).decode("utf-8-sig").splitlines()
    assert [line.removesuffix(",9") for line in lines[1:]] == ["Amélie", "amir", "Émile", "Eva", "Zoë"]


def test_an_absent_student_has_no_rank() -> None:
    exam = a_published_exam()
    rows = results_of("10", "12", "14", "16", "18", "ABSENT", exam=exam)
    frame = frame_from_results(rows, exam.scale)
    assert own_sentence(exam, frame, rows[-1]) == "Student 005: absent."
    assert own_sentence(exam, frame, rows[2]).startswith("Student 002: 14. 50 % of the grades are below it")
