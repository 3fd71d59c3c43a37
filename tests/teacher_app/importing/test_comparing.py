"""Rows with students' numbers and comments beside the results that are in the exam already."""

from collections.abc import Sequence

import pytest

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import AWAITED
from teacher_app.importing.checking import check_rows
from teacher_app.importing.outcomes import CheckedRow, Choices, OtherNumber, Outcome, Repeated, There
from teacher_app.importing.rows import SourceRow
from tests.builders import a_result, an_exam

EXAM = an_exam()
CODES_EXAM = an_exam(audience=Audience.CODES)


def rows_of(*rows: tuple[str, str, str] | tuple[str, str, str, str]) -> list[SourceRow]:
    """Of name, number, grade and perhaps a comment."""
    return [
        SourceRow(line, person, grade, number=number, comment="".join(comment))
        for line, (person, number, grade, *comment) in enumerate(rows, start=1)
    ]


def there(*rows: tuple[str, str | None, str] | tuple[str, str | None, str, str]) -> list[Result]:
    return [
        a_result(person, grade, EXAM, number=number, comment="".join(comment) or None)
        for person, number, grade, *comment in rows
    ]


def checked(
    rows: list[SourceRow],
    present: Sequence[Result] = (),
    exam: Exam = EXAM,
    **choices: There | Repeated | OtherNumber,
) -> list[CheckedRow]:
    return check_rows(rows, exam, present, Choices(**choices))  # type: ignore[arg-type]


def outcomes(*arguments: object, **choices: object) -> list[Outcome]:
    return [one.outcome for one in checked(*arguments, **choices)]  # type: ignore[arg-type]


# Whose row it is.


def test_two_awaited_students_of_one_name_get_each_their_own_grade() -> None:
    present = there(("Ada", "1001", AWAITED), ("Ada", "1002", AWAITED), ("Grace", "1003", AWAITED))
    rows = rows_of(("Grace", "1003", "9"), ("Ada", "1002", "12"), ("ada", "1001", "14"))
    outcome = checked(rows, present)
    assert [one.outcome for one in outcome] == [Outcome.REPLACES] * 3
    assert [one.there for one in outcome] == [present[2], present[1], present[0]]


def test_the_number_says_which_of_two_namesakes_is_meant() -> None:
    present = there(("Ada", "1001", "14"), ("Ada", "1002", AWAITED))
    (one,) = checked(rows_of(("Ada", "1002", "12")), present)
    assert (one.outcome, one.there) == (Outcome.REPLACES, present[1])
    (one,) = checked(rows_of(("Ada", "", "12")), present)
    assert one.outcome is Outcome.BAD
    assert "there 2 times: which one" in one.reason


def test_zeros_that_a_spreadsheet_took_make_no_other_student() -> None:
    present = there(("Ada", "00123", AWAITED))
    (one,) = checked(rows_of(("Ada", "123", "14")), present)
    assert (one.outcome, one.there, one.keeps) == (Outcome.REPLACES, present[0], {"number"})
    assert outcomes(rows_of(("Ada", "123", "14")), there(("Ada", "00123", "14"))) == [Outcome.SAME]


def test_two_of_one_name_whose_numbers_differ_by_zeros_alone_are_asked_about() -> None:
    rows = rows_of(("Ada", "0123", "14"), ("Ada", "123", "12"))
    assert outcomes(rows) == [Outcome.REPEATED, Outcome.REPEATED]
    assert outcomes(rows, repeated=Repeated.ALL) == [Outcome.NEW, Outcome.NEW]


def test_two_names_whose_numbers_differ_by_zeros_alone_are_two_students() -> None:
    rows = rows_of(("Ada", "0123", "14"), ("Grace", "123", "12"))
    assert outcomes(rows) == [Outcome.NEW, Outcome.NEW]
    assert outcomes(rows[1:], there(("Ada", "0123", "14"))) == [Outcome.NEW]


def test_a_number_of_another_student_in_the_exam_is_to_be_corrected() -> None:
    present = there(("Ada Lovelace", "1001", AWAITED), ("Grace Hopper", "1002", AWAITED))
    one, two = checked(rows_of(("Ada Lovelace", "1002", "14"), ("Alan Turing", "1001", "3")), present)
    assert (one.outcome, two.outcome) == (Outcome.BAD, Outcome.BAD)
    assert "1002 is the number of Grace Hopper in this exam" in one.reason
    assert "1001 is the number of Ada Lovelace in this exam" in two.reason


def test_two_names_with_one_number_in_the_source_are_to_be_corrected() -> None:
    one, two, three = checked(rows_of(("Ada", "1001", "14"), ("Grace", "1001", "12"), ("Alan", "", "3")))
    assert (one.outcome, two.outcome, three.outcome) == (Outcome.BAD, Outcome.BAD, Outcome.NEW)
    assert "Line 2 has the number 1001 too, for Grace" in one.reason
    assert "Line 1 has the number 1001 too, for Ada" in two.reason


def test_one_student_twice_is_asked_about_beside_a_namesake_of_another_number() -> None:
    rows = rows_of(("Ada", "1001", "14"), ("Ada", "1001", "12"), ("Ada", "1002", "3"))
    assert outcomes(rows) == [Outcome.REPEATED, Outcome.REPEATED, Outcome.NEW]
    assert outcomes(rows, repeated=Repeated.LAST) == [Outcome.SKIPPED, Outcome.NEW, Outcome.NEW]


@pytest.mark.parametrize(
    ("choice", "outcome", "says"),
    [
        (OtherNumber.CORRECT, Outcome.BAD, "Another Ada is there, with the number 1002"),
        (OtherNumber.NEW, Outcome.NEW, "Another Ada is there, with the number 1002"),
        (OtherNumber.SAME, Outcome.REPLACES, "the grade is new"),
    ],
)
def test_a_name_that_is_there_with_another_number_is_a_question(
    choice: OtherNumber, outcome: Outcome, says: str
) -> None:
    present = there(("Ada", "1002", AWAITED))
    (one,) = checked(rows_of(("Ada", "1001", "14")), present, numbers=choice)
    assert (one.outcome, one.has_other_number) == (outcome, True)
    assert says in one.reason
    assert one.there == (present[0] if choice is OtherNumber.SAME else None)


def test_a_namesake_is_new_where_the_other_one_is_in_the_source_too() -> None:
    present = there(("Ada", "1002", AWAITED))
    one, two = checked(rows_of(("Ada", "1001", "14"), ("Ada", "1002", "12")), present)
    assert (one.outcome, one.there) == (Outcome.NEW, None)
    assert (two.outcome, two.there) == (Outcome.REPLACES, present[0])


def test_a_student_without_a_number_gets_it_from_the_source() -> None:
    present = there(("Ada", None, "14"))
    (one,) = checked(rows_of(("Ada", "1001", "14")), present)
    assert (one.outcome, one.reason) == (Outcome.REPLACES, "Is there already; the number is new.")
    (one,) = checked(rows_of(("Ada", "1001", "14")), there(("Ada", None, "14"), ("Ada", "1002", "3")))
    assert one.outcome is Outcome.REPLACES


# Comments.


def test_a_new_comment_is_saved_with_a_grade_that_is_there_and_takes_none_away() -> None:
    (one,) = checked(rows_of(("Ada", "", "14", "Well done.")), there(("Ada", None, "14")))
    assert (one.outcome, one.reason) == (Outcome.REPLACES, "Is there already; the comment is new.")
    assert outcomes(rows_of(("Ada", "", "14", "")), there(("Ada", None, "14", "Well done."))) == [
        Outcome.SAME
    ]
    same = rows_of(("Ada", "", "14", "Well done."))
    assert outcomes(same, there(("Ada", None, "14", "Well done."))) == [Outcome.SAME]


@pytest.mark.parametrize(
    ("choice", "outcome", "says"),
    [
        (There.SKIP, Outcome.SKIPPED, "another comment: kept"),
        (There.REPLACE, Outcome.REPLACES, "another comment: replaced"),
        (There.ADD, Outcome.SKIPPED, "another comment: kept"),
    ],
)
def test_another_comment_than_there_is_a_choice(choice: There, outcome: Outcome, says: str) -> None:
    present = there(("Ada", None, "14", "Well done."))
    (one,) = checked(rows_of(("Ada", "", "14", "Good.")), present, there=choice)
    assert one.outcome is outcome
    assert says in one.reason


def test_a_comment_for_a_student_without_a_grade_is_saved() -> None:
    assert outcomes(rows_of(("Ada", "", "", "Bring the book."))) == [Outcome.NO_GRADE]
    present = there(("Ada", None, AWAITED), ("Grace", None, "9"))
    rows = rows_of(("Ada", "", "", "Bring the book."), ("Grace", "", "", "Well done."))
    assert outcomes(rows, present) == [Outcome.REPLACES, Outcome.REPLACES]


def test_a_comment_or_a_number_that_is_there_is_replaced_only_by_choice() -> None:
    present = [a_result("K7M2QX", AWAITED, CODES_EXAM, name="Ada", number="1001", comment="Bring the book.")]
    rows = [SourceRow(1, "Ada", "14", "K7M2QX", number="1009", comment="Well done.")]
    (one,) = checked(rows, present, CODES_EXAM)
    assert (one.outcome, one.keeps) == (Outcome.REPLACES, {"comment", "number"})
    assert "The comment and number are kept as there." in one.reason
    (one,) = checked(rows, present, CODES_EXAM, there=There.REPLACE)
    assert (one.outcome, one.keeps) == (Outcome.REPLACES, frozenset())


# Exams that show codes.


@pytest.mark.parametrize(
    ("choice", "outcome", "says"),
    [
        (There.SKIP, Outcome.SKIPPED, "another number: kept"),
        (There.REPLACE, Outcome.REPLACES, "number: replaced"),
    ],
)
def test_a_code_says_whose_number_is_corrected(choice: There, outcome: Outcome, says: str) -> None:
    present = [a_result("K7M2QX", "14", CODES_EXAM, name="Ada", number="1001")]
    rows = [SourceRow(1, "Ada", "14", "K7M2QX", number="1009")]
    (one,) = checked(rows, present, CODES_EXAM, there=choice)
    assert (one.outcome, one.there) == (outcome, present[0])
    assert says in one.reason


def test_codes_tell_two_students_of_one_name_apart() -> None:
    present = [
        a_result("K7M2QX", "14", CODES_EXAM, name="Ada"),
        a_result("B2C3DF", AWAITED, CODES_EXAM, name="Ada"),
    ]
    rows = [SourceRow(1, "Ada", "9", "B2C3DF"), SourceRow(2, "Ada", "14", "K7M2QX")]
    assert outcomes(rows, present, CODES_EXAM) == [Outcome.REPLACES, Outcome.SAME]


def test_a_code_and_the_number_of_another_student_are_to_be_corrected() -> None:
    present = [
        a_result("K7M2QX", AWAITED, CODES_EXAM, name="Ada", number="1001"),
        a_result("B2C3DF", AWAITED, CODES_EXAM, name="Grace", number="1002"),
    ]
    (one,) = checked([SourceRow(1, "", "14", "K7M2QX", number="1002")], present, CODES_EXAM)
    assert one.outcome is Outcome.BAD
    assert "1002 is the number of Grace" in one.reason


@pytest.mark.parametrize("numbers", list(OtherNumber))
@pytest.mark.parametrize("choice", list(There))
def test_rows_saved_by_an_import_are_recognised(choice: There, numbers: OtherNumber) -> None:
    """For any choice: after a part was saved, only the rest is saved; after all, nothing."""
    rows = rows_of(
        *[("Ada", "1001", "14", "a"), ("Ada", "1002", "12"), ("Emmy", "1003", "15"), ("Bo", "", "1", "b")],
        *[("Bo", "", "1", "b"), ("Alan", "1004", "", "c")],
    )
    first = there(("Emmy", None, "9"), ("Alan", "1004", "10"), ("Ada", "1009", "3"))
    chosen = {"there": choice, "numbers": numbers, "repeated": Repeated.ALL}
    plan = [one for one in checked(rows, first, **chosen) if one.outcome.is_saved]  # type: ignore[arg-type]
    assert plan
    for arrived in range(len(plan) + 1):
        present = list(first)
        for one in plan[:arrived]:
            grade = one.grade
            if one.there is not None:
                present.remove(one.there)
                grade = one.there.grade if grade == AWAITED else grade
            number, comment = one.row.number or None, one.row.comment or None
            present.append(a_result(one.row.person, grade, EXAM, number=number, comment=comment))
        again = checked(rows, present, **chosen)  # type: ignore[arg-type]
        left = [one.row for one in again if one.outcome.is_saved]
        assert left == [one.row for one in plan[arrived:]]
