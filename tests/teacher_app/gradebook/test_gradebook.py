"""Averages, trends and missing grades of a class list, with inputs from gradebooks elsewhere."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.class_list import ClassStudent
from shared.model.exam import Audience, Exam, Result
from shared.model.grades import AWAITED
from shared.model.scales import LETTERS, PASS_FAIL, PERCENT, out_of, parse_scale
from teacher_app.gradebook.choice import Choice, exam_key
from teacher_app.gradebook.gradebook import CellKind, Gradebook, gradebook_of, trend_of, weighted_average
from tests.builders import a_result, an_exam

ADA = ClassStudent("Ada Lovelace")
ALONE = (ADA,)


def exams_of(*scales_and_grades: tuple[str, str]) -> list[tuple[Exam, list[Result]]]:
    """One exam after the other, a day apart, each with a grade for Ada; "" for none."""
    read = []
    for day, (scale, grade) in enumerate(scales_and_grades, start=1):
        exam = an_exam(f"Exam {day}", scale=parse_scale(scale), date=dt.date(2026, 9, day))
        read.append((exam, [a_result(ADA.name, grade, exam)] if grade else []))
    return read


def weighing(read: list[tuple[Exam, list[Result]]], *weights: str) -> Choice:
    return Choice(
        {exam_key(exam.id): Decimal(weight) for (exam, _), weight in zip(read, weights, strict=True)}
    )


def average(read: list[tuple[Exam, list[Result]]], choice: Choice | None = None) -> float | None:
    return gradebook_of(ALONE, read, choice or Choice()).lines[0].average


def kinds(book: Gradebook) -> list[CellKind]:
    return [cell.kind for cell in book.lines[0].cells]


# What other gradebooks compute, and what teachers complained of there.


@pytest.mark.parametrize(
    ("grades", "weights", "expected"),
    [
        # docs.moodle.org, "Gradebook help files": mean of grades.
        ([("OUT_OF_100", "70"), ("OUT_OF_80", "20"), ("OUT_OF_10", "10")], "1 1 1", 0.65),
        # The same page: weighted mean, with weights that add up to 18.
        ([("OUT_OF_100", "70"), ("OUT_OF_80", "20"), ("OUT_OF_10", "10")], "10 5 3", 11.25 / 18),
        # sakaiproject/sakai#2781: 31.67 % where 53.33 % was due; and 15 % where 30 % was, with one ungraded.
        ([("PERCENT", "40"), ("PERCENT", "100"), ("PERCENT", "50")], "300 100 200", 320 / 600),
        ([("PERCENT", "0"), ("PERCENT", ""), ("PERCENT", "75")], "300 100 200", 0.3),
        # sglavoie/uol-grades-calculator#12: 40 + 50 is not 100.
        ([("PERCENT", "92"), ("PERCENT", "98")], "40 50", (0.92 * 40 + 0.98 * 50) / 90),
        # sakaiproject/sakai#1698: 79.8 and 20.2 added up to 99.99.
        ([("PERCENT", "100"), ("PERCENT", "100")], "79.8 20.2", 1.0),
        # An answer of coastal-grad.libanswers.com: 100, 100 and a hyphen is 100, not 67.
        ([("PERCENT", "100"), ("PERCENT", "100"), ("PERCENT", AWAITED)], "1 1 1", 1.0),
        # sakaiproject/sakai#6640: an excused grade counted where weights are used.
        ([("PERCENT", "90"), ("PERCENT", "EXEMPT")], "1 9", 0.9),
        ([("PERCENT", "90"), ("PERCENT", "ABSENT")], "1 9", 0.9),
        # Automattic/sensei#2121: what weighs 0 does not pull the average down.
        ([("PERCENT", "0"), ("PERCENT", "100")], "0 1", 1.0),
    ],
)
def test_averages_are_those_that_teachers_expect(
    grades: list[tuple[str, str]], weights: str, expected: float
) -> None:
    read = exams_of(*grades)
    assert average(read, weighing(read, *weights.split())) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("nothing", ["", AWAITED, "ABSENT", "EXEMPT"])
def test_a_student_without_any_grade_has_no_average_and_not_a_zero(nothing: str) -> None:
    book = gradebook_of(ALONE, exams_of(("PERCENT", nothing), ("LETTERS", nothing)), Choice())
    assert (book.lines[0].average, book.lines[0].trend, book.mean) == (None, None, None)


def test_a_zero_counts() -> None:
    assert average(exams_of(("OUT_OF_20", "0"), ("OUT_OF_20", "20"))) == 0.5


def test_weights_that_are_all_zero_make_no_average() -> None:
    read = exams_of(("PERCENT", "50"), ("PERCENT", "70"))
    book = gradebook_of(ALONE, read, weighing(read, "0", "0"))
    assert book.lines[0].average is None
    assert [column.share for column in book.columns] == [0, 0]
    assert [column.mean for column in book.columns] == [0.5, 0.7]


# The common scale.


@pytest.mark.parametrize(
    ("scale", "grade", "share"),
    [
        ("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS", "1", 1.0),
        ("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS", "6", 0.0),
        ("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4;SIGNS", "3.5", 0.5),
        (LETTERS.text, "A+", 1.0),
        (LETTERS.text, "F", 0.0),
        ("LEVELS=A,B,C|D,E", "C", 0.5),
        ("LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3", "12", 1.0),
        ("LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3", "02", 5 / 15),
        (PASS_FAIL.text, "PASS", 1.0),
        (PASS_FAIL.text, "FAIL", 0.0),
        ("OUT_OF_20;OVER", "22", 1.1),
        ("OUT_OF_30;STEP=1;PASS=18;HONOURS=30L", "30L", 1.0),
    ],
)
def test_each_scale_has_its_best_at_one_and_its_worst_at_zero(scale: str, grade: str, share: float) -> None:
    assert average(exams_of((scale, grade))) == pytest.approx(share)


def test_grades_of_all_kinds_are_averaged_together() -> None:
    read = exams_of(
        ("OUT_OF_20", "15"), ("FROM_1_TO_6;BEST=LOW;PASS=4", "2"), ("PASS_FAIL", "PASS"), ("PERCENT", "40")
    )
    assert average(read) == pytest.approx((0.75 + 0.8 + 1 + 0.4) / 4)


def test_a_grade_that_does_not_fit_its_scale_is_marked_and_does_not_count() -> None:
    read = exams_of(("OUT_OF_20", "15"), ("OUT_OF_20", "A+"))
    book = gradebook_of(ALONE, read, Choice())
    assert kinds(book) == [CellKind.GRADE, CellKind.UNREADABLE]
    assert book.lines[0].cells[1].text == "A+"
    assert book.lines[0].average == 0.75


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1.2) | st.just(float("nan")),
            st.decimals(0, 1000, places=3, allow_nan=False, allow_infinity=False),
        ),
        max_size=30,
    )
)
def test_an_average_lies_between_its_grades_in_any_order(pairs: list[tuple[float, Decimal]]) -> None:
    def of(some: list[tuple[float, Decimal]]) -> float | None:
        return weighted_average([score for score, _ in some], [weight for _, weight in some])

    counted = [score for score, weight in pairs if score == score and weight]
    found = of(pairs)
    if not counted:
        assert found is None
        return
    assert found is not None
    assert min(counted) - 1e-9 <= found <= max(counted) + 1e-9
    mixed = random.Random(1).sample(pairs, len(pairs))
    assert of(mixed) == pytest.approx(found, abs=1e-12)
    assert of([(score, weight * 7) for score, weight in pairs]) == pytest.approx(found, abs=1e-9)


# Missing, trend, order.


def test_missing_are_awaited_grades_and_exams_without_the_student() -> None:
    read = exams_of(
        ("PERCENT", "50"), ("PERCENT", AWAITED), ("PERCENT", ""), ("PERCENT", "ABSENT"), ("PERCENT", "EXEMPT")
    )
    book = gradebook_of(ALONE, read, Choice())
    assert kinds(book) == [
        CellKind.GRADE,
        CellKind.AWAITED,
        CellKind.NOT_LISTED,
        CellKind.ABSENT,
        CellKind.EXEMPT,
    ]
    assert book.lines[0].missing == 2
    assert [column.missing for column in book.columns] == [0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("scores", "trend"),
    [
        ([0.5, 0.5, 0.9], None),
        ([0.5, 0.5, 0.7, 0.7], 0.2),
        ([0.9, 0.8, 0.1, 0.6, 0.5], -0.3),
        ([0.4] * 6, 0.0),
    ],
)
def test_the_trend_compares_the_later_half_with_the_earlier(scores: list[float], trend: float | None) -> None:
    assert trend_of(scores) == (None if trend is None else pytest.approx(trend))


def test_the_trend_follows_the_dates_and_leaves_out_what_does_not_count() -> None:
    read = exams_of(*[("PERCENT", grade) for grade in ("20", "40", "ABSENT", "60", "100", "80")])
    weights = ("1", "1", "1", "1", "0", "1")
    book = gradebook_of(ALONE, read[::-1], weighing(read, *weights))
    assert [column.exam.subject for column in book.columns] == [f"Exam {day}" for day in range(1, 7)]
    assert book.lines[0].trend == pytest.approx(0.4)


def test_exams_have_the_mean_of_the_list_and_not_of_strangers() -> None:
    exam = an_exam(scale=out_of(20))
    results = [a_result(name, grade, exam) for name, grade in [("Ada", "10"), ("Bob", "20"), ("Eve", "0")]]
    book = gradebook_of((ClassStudent("Ada"), ClassStudent("Bob")), [(exam, results)], Choice())
    assert book.columns[0].mean == 0.75
    assert book.others == (("Eve", 1),)


def test_an_empty_list_and_no_exams_make_an_empty_gradebook() -> None:
    assert gradebook_of((), [], Choice()).lines == ()
    book = gradebook_of((), exams_of(("PERCENT", "50")), Choice())
    assert (book.lines, book.mean, book.others) == ((), None, (("Ada Lovelace", 1),))
    assert gradebook_of(ALONE, [], Choice()).lines[0].average is None


# Whose result is whose.


def test_spellings_of_one_name_are_one_student() -> None:
    exam = an_exam(scale=PERCENT)
    results = [a_result(name, "50", exam) for name in ("Lovelace, ADA", "anne-marie  obrien", "Łukasz Żak")]
    students = [ClassStudent(name) for name in ("Ada Lovelace", "Anne Marie O’Brien", "Lukasz Zak")]
    book = gradebook_of(students, [(exam, results)], Choice())
    assert [line.average for line in book.lines] == [0.5, 0.5, 0.5]


def test_a_kept_code_finds_a_student_whose_name_has_changed() -> None:
    exam = an_exam(scale=PERCENT, audience=Audience.CODES)
    results = [a_result("ABC234", "50", exam, name="Ada Byron")]
    book = gradebook_of([ClassStudent("Ada Lovelace", code="ABC234")], [(exam, results)], Choice())
    assert book.lines[0].average == 0.5


def test_a_student_who_has_changed_name_without_a_code_is_listed_as_somebody_else() -> None:
    first, second = exams_of(("PERCENT", "50"), ("PERCENT", "70"))
    book = gradebook_of([ClassStudent("Ada King")], [first, second], Choice())
    assert book.lines[0].missing == 2
    assert book.others == (("Ada Lovelace", 2),)


def test_without_codes_on_the_list_an_exam_with_codes_is_matched_by_its_names() -> None:
    exam = an_exam(scale=PERCENT, audience=Audience.CODES)
    results = [a_result("ABC234", "50", exam, name="Ada Lovelace"), a_result("XYZ789", "70", exam)]
    book = gradebook_of(ALONE, [(exam, results)], Choice())
    assert book.lines[0].average == 0.5
    assert book.others == (("XYZ789", 1),)


@pytest.mark.parametrize(
    ("names", "grades"),
    [
        (["Ethan Lin", "Ethan Lin"], {"Ethan Lin": "50", "ethan lin": "90"}),  # RunestoneServer#1158
        (["Ethan Lin", "Lin, Ethan"], {"Ethan Lin": "50"}),
        (["Ethan Lin"], {"Ethan Lin": "50", "ethan lin": "90"}),
    ],
)
def test_students_of_one_name_are_not_told_apart_and_not_counted(
    names: list[str], grades: dict[str, str]
) -> None:
    exam = an_exam(scale=PERCENT)
    results = [a_result(name, grade, exam) for name, grade in grades.items()]
    book = gradebook_of([ClassStudent(name) for name in names], [(exam, results)], Choice())
    for line in book.lines:
        assert line.cells[0].kind is CellKind.UNCLEAR
        assert line.cells[0].text == " or ".join(grades.values())
        assert (line.average, line.missing) == (None, 0)
    assert book.others == ()


def test_codes_tell_students_of_one_name_apart() -> None:
    exam = an_exam(scale=PERCENT, audience=Audience.CODES)
    results = [
        a_result("ABC234", "50", exam, name="Ethan Lin"),
        a_result("XYZ789", "90", exam, name="Ethan Lin"),
    ]
    students = [ClassStudent("Ethan Lin", code="XYZ789"), ClassStudent("Ethan Lin")]
    book = gradebook_of(students, [(exam, results)], Choice())
    assert [line.average for line in book.lines] == [0.9, 0.5]


@pytest.mark.parametrize(
    ("numbers", "results", "averages", "others"),
    [
        (["17", "18"], {"17": "50", "18": "90"}, [0.5, 0.9], 0),
        (["18", "17"], {" 17": "50", "18": "90"}, [0.9, 0.5], 0),
        (["17", None], {"17": "50", "": "90"}, [0.5, 0.9], 0),
        (["17", None], {"17": "50", "18": "90"}, [0.5, 0.9], 0),
        (["17", "18"], {"17": "50", "": "90"}, [0.5, 0.9], 0),
        (["17", "18"], {"17": "50", "19": "90"}, [0.5, None], 1),
        (["0017", "18"], {"17": "50", "18": "90"}, [0.5, 0.9], 0),  # a spreadsheet took the zeros
        (["0017", "17"], {"17": "50", "0017": "90"}, [0.9, 0.5], 0),  # here they tell two students apart
        (["0017", "017"], {"17": "50"}, [None, None], 0),
        (["17", "17"], {"17": "50"}, [None, None], 0),
        ([None, None], {"17": "50", "18": "90"}, [None, None], 0),
        (["17"], {"18": "50"}, [None], 1),
    ],
)
def test_numbers_tell_students_of_one_name_apart(
    numbers: list[str | None], results: dict[str, str], averages: list[float | None], others: int
) -> None:
    """A result with a number is never that of a student of the same name with another."""
    exam = an_exam(scale=PERCENT)
    rows = [a_result("Ethan Lin", grade, exam, number=number or None) for number, grade in results.items()]
    book = gradebook_of([ClassStudent("Ethan Lin", number) for number in numbers], [(exam, rows)], Choice())
    assert [line.average for line in book.lines] == averages
    assert sum(count for _, count in book.others) == others


def test_a_number_alone_is_nobody() -> None:
    """Another class counts its students from 1, too."""
    exam = an_exam(scale=PERCENT)
    rows = [a_result("Ethan Lin", "50", exam, number="1")]
    book = gradebook_of([ClassStudent("Ada Lovelace", "1")], [(exam, rows)], Choice())
    assert (book.lines[0].missing, book.others) == (1, (("Ethan Lin", 1),))


def test_a_result_belongs_to_exactly_one_student_or_to_nobody() -> None:
    """Whatever the names, numbers and codes are: every result is counted, unclear, or listed as another's."""
    randomly = random.Random(7)
    names = ["Ada", "ada", "Bob", "Eve", "Zoë", "zoe"]
    codes = ["ABC234", "XYZ789", "KMN567", "PQR345"]
    numbers = [None, None, "1", "2"]
    for _ in range(300):
        audience = randomly.choice(list(Audience))
        exam = an_exam(scale=PERCENT, audience=audience)
        shuffled = randomly.sample(codes, len(codes))
        students = [
            ClassStudent(
                randomly.choice(names),
                randomly.choice(numbers),
                shuffled.pop() if randomly.random() < 0.3 else None,
            )
            for _ in range(randomly.randrange(1, 5))
        ]
        results = [
            a_result(
                codes[place] if audience is not Audience.NAMES else randomly.choice(names),
                str(place),
                exam,
                name=randomly.choice(names) if audience is not Audience.NAMES else None,
                number=randomly.choice(numbers),
            )
            for place in range(randomly.randrange(5))
        ]
        book = gradebook_of(students, [(exam, results)], Choice())
        counted = [line.cells[0].text for line in book.lines if line.cells[0].kind is CellKind.GRADE]
        unclear = {
            text
            for line in book.lines
            if line.cells[0].kind is CellKind.UNCLEAR
            for text in line.cells[0].text.split(" or ")
        }
        assert len(set(counted)) == len(counted)
        assert not unclear & set(counted)
        assert len(counted) + len(unclear) + sum(count for _, count in book.others) == len(results)
