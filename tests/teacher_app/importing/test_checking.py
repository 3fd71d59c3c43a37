"""The result of checking each imported row, and the reason shown to the teacher."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import AWAITED
from teacher_app.importing.checking import check_rows
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome, Repeated, There
from teacher_app.importing.rows import SourceRow
from tests.builders import a_result, an_exam

EXAM = an_exam()
CODES_EXAM = an_exam(audience=Audience.CODES)


def source_rows(*pairs: tuple[str, str]) -> list[SourceRow]:
    return [SourceRow(line, person, grade) for line, (person, grade) in enumerate(pairs, start=1)]


def there(*pairs: tuple[str, str]) -> list[Result]:
    return [a_result(student, grade, exam=EXAM) for number, (student, grade) in enumerate(pairs, start=1)]


def checked(
    rows: list[SourceRow], present: Sequence[Result] = (), exam: Exam = EXAM, **choices: There | Repeated
) -> list[CheckedRow]:
    return check_rows(rows, exam, present, Choices(**choices))  # type: ignore[arg-type]


def outcomes(*arguments: object, **choices: object) -> list[Outcome]:
    return [one.outcome for one in checked(*arguments, **choices)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "grade", "outcome", "says"),
    [
        ("Ada", "14,5", Outcome.NEW, ""),
        ("Ada", "abs", Outcome.NEW, ""),
        ("Ada", "21", Outcome.BAD, "above 20"),
        ("Ada", "foo", Outcome.BAD, "“foo” is no number"),
        ("Ada", "1 " * 5000, Outcome.BAD, "“1 1 1 1 1 1 1 1 1 1 …” is too long for a grade"),
        ("Ada", "2026-10-05", Outcome.BAD, "made a date of this grade"),
        ("Ada", "", Outcome.NO_GRADE, "Without a grade yet"),
        ("Ada", "n/a", Outcome.NO_GRADE, "“n/a” is no grade: without one yet"),
        ("", "14", Outcome.BAD, "no name in this row"),
        ("A" * 121, "14", Outcome.BAD, "too long"),
        ("Ada\nGrace", "14", Outcome.BAD, "control character"),
    ],
)
def test_each_row_is_checked_by_itself(person: str, grade: str, outcome: Outcome, says: str) -> None:
    (one,) = checked(source_rows((person, grade)))
    assert one.outcome is outcome
    assert says in one.reason


def test_grades_are_canonical_and_marks_are_not_zeros() -> None:
    rows = source_rows(("A", " 14,50 "), ("B", "0"), ("C", "abs"), ("D", "EX"), ("E", "7/20"))
    assert [one.grade for one in checked(rows)] == ["14.5", "0", "ABSENT", "EXEMPT", "7"]


def test_a_student_without_a_grade_is_new_once_and_keeps_a_grade_that_is_there() -> None:
    present = there(("Ada", "14"), ("Bob", AWAITED))
    rows = source_rows(("Ada", ""), ("Bob", ""), ("Cy", ""))
    assert outcomes(rows, present) == [Outcome.SAME, Outcome.SAME, Outcome.NO_GRADE]
    assert outcomes(source_rows(("Cy", ""), ("Cy", ""))) == [Outcome.REPEATED, Outcome.REPEATED]


def test_the_grade_of_a_student_who_is_there_without_one_needs_no_choice() -> None:
    assert outcomes(source_rows(("Bob", "12")), there(("Bob", AWAITED))) == [Outcome.REPLACES]


def test_students_are_recognised_in_other_spellings() -> None:
    present = there(("Ada Lovelace", "14"))
    assert outcomes(source_rows(("Lovelace, Ada", "14")), present) == [Outcome.SAME]


@pytest.mark.parametrize(
    ("choice", "outcome", "says"),
    [
        (There.SKIP, Outcome.SKIPPED, "Is there with 12: kept"),
        (There.REPLACE, Outcome.REPLACES, "Is there with 12: replaced"),
        (There.ADD, Outcome.NEW, "this one is added"),
    ],
)
def test_an_existing_student_with_another_grade(choice: There, outcome: Outcome, says: str) -> None:
    (one,) = checked(source_rows(("Ada", "14")), there(("Ada", "12")), there=choice)
    assert one.outcome is outcome
    assert says in one.reason
    assert (one.there is not None) == (choice is not There.ADD)


def test_of_several_existing_students_none_is_replaced_by_guess() -> None:
    present = there(("Ada", "12"), ("Ada", "13"))
    (one,) = checked(source_rows(("Ada", "14")), present, there=There.REPLACE)
    assert one.outcome is Outcome.BAD
    assert "is there 2 times" in one.reason
    assert outcomes(source_rows(("Ada", "14")), present, there=There.ADD) == [Outcome.NEW]
    assert outcomes(source_rows(("Ada", "13")), present, there=There.REPLACE) == [Outcome.SAME]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (Repeated.CORRECT, [Outcome.REPEATED, Outcome.NEW, Outcome.REPEATED]),
        (Repeated.FIRST, [Outcome.NEW, Outcome.NEW, Outcome.SKIPPED]),
        (Repeated.LAST, [Outcome.SKIPPED, Outcome.NEW, Outcome.NEW]),
        (Repeated.ALL, [Outcome.NEW, Outcome.NEW, Outcome.NEW]),
    ],
)
def test_a_student_who_appears_twice(choice: Repeated, expected: list[Outcome]) -> None:
    rows = source_rows(("Ada", "12"), ("Grace", "13"), ("ada", "14"))
    assert outcomes(rows, repeated=choice) == expected


def test_a_repeated_row_says_where_the_other_one_is() -> None:
    rows = source_rows(("Ada", "12"), ("Ada", "13"), ("Ada", "14"))
    assert "lines 1, 3" in checked(rows)[1].reason
    assert "line 1, which counts" in checked(rows, repeated=Repeated.FIRST)[2].reason


@pytest.mark.parametrize("repeated", list(Repeated))
@pytest.mark.parametrize("choice", list(There))
def test_rows_saved_by_an_import_are_recognised(choice: There, repeated: Repeated) -> None:
    """For any choice: after a part was saved, only the rest is saved; after all, nothing."""
    rows = source_rows(
        ("Ada", "12"), ("Grace", "13"), ("Ada", "14"), ("Emmy", "15"), ("Bo", "1"), ("Bo", "1")
    )
    first = there(("Emmy", "9"), ("Alan", "10"))
    plan = [one for one in checked(rows, first, there=choice, repeated=repeated) if one.outcome.is_saved]
    for arrived in range(len(plan) + 1):
        present = list(first)
        for one in plan[:arrived]:
            stored = a_result(one.row.person, one.grade, exam=EXAM)
            if one.outcome is Outcome.REPLACES:
                present.remove(one.there)  # type: ignore[arg-type]
            present.append(stored)
        again = checked(rows, present, there=choice, repeated=repeated)
        left = [one.row for one in again if one.outcome.is_saved]
        assert sorted(left, key=lambda row: row.line) == sorted(
            (one.row for one in plan[arrived:]), key=lambda row: row.line
        )


# Exams that show codes.


def coded(code: str, name: str | None, grade: str, number: int = 1) -> Result:
    return a_result(code, grade, exam=CODES_EXAM, name=name)


def test_students_with_codes_are_compared_by_name() -> None:
    present = [coded("K7M2QX", "Ada Lovelace", "14")]
    assert outcomes(source_rows(("Ada Lovelace", "14")), present, CODES_EXAM) == [Outcome.SAME]
    assert outcomes(source_rows(("Ada Lovelace", "15")), present, CODES_EXAM) == [Outcome.SKIPPED]
    assert outcomes(source_rows(("Grace", "15")), present, CODES_EXAM) == [Outcome.NEW]


def test_an_existing_code_in_the_source_identifies_the_student() -> None:
    present = [coded("K7M2QX", "Ada Lovelace", "14")]
    rows = [SourceRow(1, "Ada King", "14", "K7M2QX")]
    (one,) = checked(rows, present, CODES_EXAM, there=There.REPLACE)
    assert one.outcome is Outcome.REPLACES
    assert "as “Ada Lovelace”" in one.reason
    assert outcomes([SourceRow(1, "", "14", "K7M2QX")], present, CODES_EXAM) == [Outcome.SAME]


def test_codes_that_cannot_be_used_are_refused() -> None:
    rows = [
        SourceRow(1, "Ada", "14", "ada"),
        SourceRow(2, "Bo", "1", "K7M2QX"),
        SourceRow(3, "Cy", "2", "K7M2QX"),
    ]
    one, two, three = checked(rows, [], CODES_EXAM)
    assert "is no student code" in one.reason
    assert two.outcome is Outcome.NEW
    assert "is in line 2 already" in three.reason


def test_a_name_that_looks_like_a_code_stays_a_name() -> None:
    """It is a code only if an existing row has it: a name must not become public."""
    assert outcomes(source_rows(("MARTHA", "14")), [], CODES_EXAM) == [Outcome.NEW]
    assert outcomes(source_rows(("MARTHA", "14")), [coded("MARTHA", None, "14")], CODES_EXAM) == [
        Outcome.SAME
    ]


def test_a_student_whose_name_equals_another_students_code_is_found_by_name() -> None:
    present = [coded("MARTHA", "Ada", "14"), coded("K7M2QX", "Martha", "12", number=2)]
    one, two = checked(source_rows(("Ada", "14"), ("MARTHA", "12")), present, CODES_EXAM)
    assert (one.outcome, two.outcome) == (Outcome.SAME, Outcome.SAME)
    assert two.there == present[1]


# Students' numbers, and points out of another maximum.


def numbered(*rows: tuple[str, str, str]) -> list[SourceRow]:
    return [
        SourceRow(line, person, grade, number=number)
        for line, (number, person, grade) in enumerate(rows, start=1)
    ]


def test_students_of_one_name_with_numbers_of_their_own_are_not_one_student() -> None:
    one, two = checked(numbered(("1001", "Ada", "14"), ("1002", "Ada", "12")))
    assert (one.outcome, two.outcome) == (Outcome.NEW, Outcome.NEW)
    assert "Another student than in line 2" in one.reason
    same = numbered(("1001", "Ada", "14"), ("1001", "Ada", "12"))
    assert outcomes(same) == [Outcome.REPEATED, Outcome.REPEATED]
    assert outcomes(numbered(("1001", "Ada", "14"), ("", "Ada", "12"))) == [
        Outcome.REPEATED,
        Outcome.REPEATED,
    ]


def test_a_namesake_without_a_grade_yet_stays_a_student() -> None:
    rows = numbered(("1001", "Ada", "14"), ("1002", "Ada", ""))
    assert outcomes(rows) == [Outcome.NEW, Outcome.NO_GRADE]


def test_which_namesake_is_there_is_not_guessed() -> None:
    rows = numbered(("1001", "Ada", "14"), ("1002", "Ada", "12"))
    assert outcomes(rows, there(("Ada", "12"))) == [Outcome.NEW, Outcome.SAME]
    one, two = checked(rows, there(("Ada", "3")), there=There.REPLACE)
    assert (one.outcome, two.outcome) == (Outcome.BAD, Outcome.BAD)
    assert "there with 3?" in one.reason
    assert outcomes(rows, there(("Ada", "3")), there=There.ADD) == [Outcome.NEW, Outcome.NEW]


@pytest.mark.parametrize(
    ("typed", "points", "grade"),
    [
        ("25", 50, "10"),
        ("33,3", 50, "13.32"),
        ("13.333333333", 40, "6.67"),
        ("0", 50, "0"),
        ("25/50", 50, "10"),
        ("7", 10, "14"),
        ("abs", 50, "ABSENT"),
    ],
)
def test_points_are_converted_when_the_teacher_says_so(typed: str, points: int, grade: str) -> None:
    (one,) = check_rows(source_rows(("Ada", typed)), EXAM, (), Choices(out_of=Decimal(points)))
    assert (one.outcome, one.grade) == (Outcome.NEW, grade)


@pytest.mark.parametrize(
    ("typed", "says"), [("51", "above 50"), ("x", "is no number"), ("5/20", "not out of 20")]
)
def test_points_that_do_not_fit_the_file_s_maximum_are_not_converted(typed: str, says: str) -> None:
    (one,) = check_rows(source_rows(("Ada", typed)), EXAM, (), Choices(out_of=Decimal(50)))
    assert one.outcome is Outcome.BAD
    assert says in one.reason
