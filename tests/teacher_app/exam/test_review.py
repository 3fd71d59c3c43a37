"""The review warns of what a teacher would want to see before students do."""

import pytest

from shared.model.exam import Audience
from shared.model.grades import AWAITED
from shared.model.scales import LETTERS, PASS_FAIL
from teacher_app.exam.review import Finding, Severity, awaited_finding, findings
from teacher_app.exam.summary_rows import is_summary
from tests.builders import a_result, an_exam, results_of


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, [one.title for one in found]
    return found[0]


def test_an_ordinary_class_has_no_findings() -> None:
    assert findings(an_exam(), results_of("12", "13", "11.5", "14", "9", "16")) == []


def test_a_grade_outside_the_scale_must_be_corrected() -> None:
    found = only(findings(an_exam(), results_of("12", "13", "145", "14", "11", "?", "9")))
    assert found.severity is Severity.ERROR
    assert found.title == "2 grades do not fit “out of 20”"
    assert found.rows == ("Student 002: 145", "Student 005: ?")


def test_a_grade_far_from_the_rest_is_pointed_out() -> None:
    found = only(findings(an_exam(), results_of("14", "13.5", "14.5", "13", "15", "1.4", "14")))
    assert (found.severity, found.title) == (Severity.WARNING, "1 grade is far from the rest")
    assert found.rows == ("Student 005: 1.4",)


@pytest.mark.parametrize(
    ("grades", "far"),
    [
        # Median 10, usual distance 1: the limit is 4.5, which itself is not an outlier.
        (("9", "9", "9", "10", "11", "11", "14.5"), 0),
        (("9", "9", "9", "10", "11", "11", "14.6"), 1),
        # Mostly equal grades have no usual distance.
        (("10", "10", "10", "10", "10", "20"), 0),
        # Four scored results are too few to tell what is usual.
        (("9", "10", "11", "20"), 0),
        (("9", "10", "11", "20", "absent", "exempt"), 0),
    ],
)
def test_the_limit_for_outliers(grades: tuple[str, ...], far: int) -> None:
    found = [one for one in findings(an_exam(), results_of(*grades)) if "far from the rest" in one.title]
    assert sum(len(one.rows) for one in found) == far


def test_letters_can_be_outliers_and_pass_or_fail_never() -> None:
    letters = findings(an_exam(scale=LETTERS), results_of("A", "A-", "A", "A+", "A-", "F"))
    assert only(letters).rows == ("Student 005: F",)
    assert findings(an_exam(scale=PASS_FAIL), results_of(*["PASS"] * 9, "FAIL")) == []


def test_rows_of_averages_that_were_imported_as_students_stand_out() -> None:
    rows = [
        a_result(student, grade)
        for student, grade in [
            ("Points", "20"),
            ("Class Average", "14.3"),
            ("Ada", "15"),
            ("Max Planck", "12"),
        ]
    ]
    found = next(one for one in findings(an_exam(), rows) if "row of averages" in one.title)
    assert (found.severity, found.rows) == (Severity.WARNING, ("Points: 20", "Class Average: 14.3"))


@pytest.mark.parametrize(
    "name",
    [
        *("Overall average", "Gesamtdurchschnitt", "Moyenne globale", "Promedio general", "Media generale"),
        *("Algemeen gemiddelde", "Média geral", "Ogólna średnia", "Genel ortalama", "Celkový průměr"),
        *("Övergripande medelbetyg", "Общее среднее", "总体平均分", "全平均", "전체 평균", "المتوسط العام"),
        *("Student, Test", "    Points Possible", "Écart-type", "Note max.", "Max", "Median:"),
        *(
            "Ø",
            "Avg.",
            "Klassenschnitt",
            "Moy. classe",
            "Nota máxima",
            "Average (n = 24)",
            "Śr. klasy",
            "Итого",
        ),
    ],
)
def test_rows_of_averages_are_known_in_many_languages(name: str) -> None:
    assert is_summary(name)


@pytest.mark.parametrize(
    "name",
    [
        "Ada Lovelace",
        "Max Planck",
        "Mini Schmidt",
        "High Noon",
        "Candidate 101",
        "Mean, Test",
        "Grace Points",
        "Student",
    ],
)
def test_students_are_not_taken_for_rows_of_averages(name: str) -> None:
    assert not is_summary(name)


def test_a_zero_may_be_an_absence() -> None:
    found = findings(an_exam(), results_of("0", "3", "5", "8", "12", "15", "18"))
    assert only(found).title == "1 grade of 0"
    assert "absent" in only(found).advice


def test_absent_and_exempt_are_counted_and_not_reported_as_errors() -> None:
    found = only(findings(an_exam(), results_of("12", "13", "11", "14", "9", "ABSENT", "ABSENT", "EXEMPT")))
    assert (found.severity, found.title) == (Severity.INFO, "2 absent, 1 exempt")


def test_a_repeated_name_is_found_in_any_spelling() -> None:
    rows = [
        *results_of("12", "13", "11", "14", "9"),
        a_result("Ada  LOVELACE", "12"),
        a_result("ada lovelace", "15"),
    ]
    found = only(findings(an_exam(), rows))
    assert found.title == "1 name is there more than once"
    assert found.rows == ("Ada  LOVELACE: 12", "ada lovelace: 15")


@pytest.mark.parametrize(
    "other", ["Zoe\u0308 Fink", "ZO\u00cb FINK", "Zo\u00eb \ufb01nk", "\uff3ao\u00eb Fink"]
)
def test_names_that_differ_only_in_character_encoding_are_the_same(other: str) -> None:
    """As for the entry form: composed or decomposed, ligatures, full width."""
    rows = [*results_of("12", "13", "11", "14", "9"), a_result("Zo\u00eb Fink", "12"), a_result(other, "15")]
    assert only(findings(an_exam(), rows)).title == "1 name is there more than once"


def test_a_name_without_a_letter() -> None:
    rows = [*results_of("12", "13", "11", "14", "9"), a_result("–", "12"), a_result("17", "15")]
    assert only(findings(an_exam(), rows)).rows == ("–: 12", "17: 15")


def test_few_grades_show_no_statistics() -> None:
    assert only(findings(an_exam(), results_of("12", "13"))).title == "Fewer than 5 grades"


def test_codes_without_a_name_and_names_with_two_codes() -> None:
    rows = [
        a_result(code, "12", name=name)
        for code, name in zip(
            ("22AAAA", "33BBBB", "44CCCC", "55DDDD", "66EEEE"),
            ("A B", "C D", None, "a b", "E F"),
            strict=True,
        )
    ]
    found = findings(an_exam(audience=Audience.CODES), rows)
    assert [one.title for one in found] == ["1 name is there more than once", "1 code without a name"]
    assert found[0].rows == ("22AAAA (A B): 12", "55DDDD (a b): 12")
    assert found[1].rows == ("44CCCC: 12",)


def test_one_code_for_two_students_must_be_corrected() -> None:
    rows = [a_result("22AAAA", "12", name=name) for name in ("A", "B", "C")]
    rows += [a_result(f"33BBB{digit}", f"1{digit}", name=f"N{digit}") for digit in "23"]
    found = findings(an_exam(audience=Audience.CODES), rows)
    assert found[0].severity is Severity.ERROR
    assert "The code 22AAAA is there three times" in [one.title for one in found]


def test_errors_come_first_and_remarks_last() -> None:
    rows = results_of("0", "3", "5", "8", "12", "15", "99", "ABSENT")
    assert [one.severity for one in findings(an_exam(), rows)] == [
        Severity.ERROR,
        Severity.WARNING,
        Severity.INFO,
    ]


def test_the_missing_grades_are_counted_and_named() -> None:
    rows = [a_result("Ada", "14"), a_result("Bob", AWAITED), a_result("Cy", AWAITED)]
    found = awaited_finding(an_exam(), rows)
    assert found is not None
    assert (found.title, found.rows) == ("1 of 3 entered, 2 missing", ("Bob", "Cy"))
    assert awaited_finding(an_exam(), rows[:1]) is None
    assert findings(an_exam(), rows) == findings(an_exam(), rows[:1])


@pytest.mark.parametrize(
    ("audience", "advice"),
    [
        (Audience.NAMES, "You alone read it"),
        (Audience.CODES, "You alone read it"),
        (Audience.OWN, "Whoever has a student’s code reads"),
    ],
)
def test_comments_are_counted_shown_and_it_is_said_who_reads_them(audience: Audience, advice: str) -> None:
    exam = an_exam(audience=audience)
    rows = [
        a_result("7K4QX2", "12", exam, name="Ada", comment="Well done.\nSee question 3."),
        a_result("9M3TZ4", "13", exam, name="Bob", comment="word " * 100),
        a_result("9M3TZ5", "11", exam, name="Cleo"),
        a_result("9M3TZ6", AWAITED, exam, name="Dora", comment="Not yet."),
    ]
    found = next(one for one in findings(exam, rows) if "comment" in one.title)
    assert (found.severity, found.title) == (Severity.INFO, "2 results have a comment")
    assert found.advice.startswith(advice)
    shown = ("7K4QX2", "9M3TZ4") if audience is Audience.NAMES else ("Ada", "Bob")
    assert found.rows[0] == f"{shown[0]}: Well done. See question 3."
    assert found.rows[1].startswith(f"{shown[1]}: word word")
    assert found.rows[1].endswith("word …")
    assert len(found.rows[1]) <= len(shown[1]) + 2 + 120


@pytest.mark.parametrize(
    ("numbers", "is_found"),
    [(("17", "18"), False), (("17", "17"), True), (("17", None), True), (("17", "18", None), True)],
)
def test_numbers_tell_students_of_one_name_apart(numbers: tuple[str | None, ...], is_found: bool) -> None:
    rows = [a_result("Ethan Lin", str(10 + n), number=number) for n, number in enumerate(numbers)]
    found = [one for one in findings(an_exam(), rows) if "more than once" in one.title]
    assert bool(found) is is_found
    if found:
        assert found[0].rows[0] == "Ethan Lin (17): 10"
