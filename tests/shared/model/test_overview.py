"""What every page shows of an exam's numbers, in words and ready to draw."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.exam import Audience
from shared.model.overview import Overview, overview_of
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT, Scale, parse_scale
from tests.builders import a_published_exam, results_of

NAMES, CODES = Audience.NAMES, Audience.CODES


def overview(grades: list[str], scale: Scale = OUT_OF_20, audience: Audience = NAMES) -> Overview:
    exam = a_published_exam(scale=scale, audience=audience)
    return overview_of(exam, results_of(*grades, exam=exam))


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
    numbers = dict(overview(grades, scale).statistics)
    assert (numbers["Median"], numbers["Standard deviation"]) == (median, spread)


@pytest.mark.parametrize("scale", [PASS_FAIL, parse_scale("LEVELS=done|not done")], ids=lambda one: one.text)
def test_pass_or_fail_has_one_number_and_neither_mean_nor_median(scale: Scale) -> None:
    passed, failed = ("PASS", "FAIL") if scale == PASS_FAIL else ("done", "not done")
    shown = overview([passed, passed, passed, failed, failed], scale)
    assert dict(shown.statistics) == {"Results": "5", "Graded": "5", "Passed": "60 %"}
    assert dict(shown.tiles) == {"Results": "5", "Passed": "60 %"}
    assert (shown.marks, shown.box, shown.comparable) == ((), (), (("Passed", "60 %"),))


def test_absent_and_exempt_are_counted_separately_if_there_are_any() -> None:
    numbers = dict(overview(["10", "12", "14", "16", "18", "ABSENT", "EXEMPT", "EXEMPT"]).statistics)
    assert (numbers["Results"], numbers["Graded"]) == ("8", "5")
    assert (numbers["Absent"], numbers["Exempt"]) == ("1", "2")
    assert "Absent" not in dict(overview(["10"]).statistics)


@pytest.mark.parametrize("audience", Audience)
def test_four_grades_have_no_statistic_and_five_have(audience: Audience) -> None:
    small = overview(["1", "2", "3", "4"], audience=audience)
    assert {name for name, _ in small.statistics} == {"Results", "Graded"}
    assert (small.bars, small.marks, small.box, small.places, small.comparable) == ((), (), (), (), ())
    assert "5 grades" in small.rule
    assert {"Mean", "Median"} <= dict(
        overview(["1", "2", "3", "4", "20"], audience=audience).statistics
    ).keys()


def test_with_codes_a_rate_that_reveals_everybodys_result_is_hidden() -> None:
    assert "Passed" not in dict(overview(["10"] * 6, audience=CODES).statistics)
    assert "Passed" not in dict(overview(["0"] * 6, audience=CODES).statistics)
    mixed = overview(["10", "10", "10", "0", "0"], audience=CODES)
    assert dict(mixed.statistics)["Passed"] == "60 %"


def test_with_codes_the_ends_are_nobodys_business_and_the_rule_says_so() -> None:
    grades = ["5", "9", "11", "12", "17", "19"]
    assert [mark.text.rsplit(" ", 1)[0] for mark in overview(grades).box] == [
        "Lowest",
        "Lower quartile",
        "Median",
        "Upper quartile",
        "Highest",
    ]
    hidden = overview(grades, audience=CODES)
    assert [mark.text.rsplit(" ", 1)[0] for mark in hidden.box] == [
        "Lower quartile",
        "Median",
        "Upper quartile",
    ]
    assert dict(hidden.statistics).keys().isdisjoint({"Lowest", "Highest"})
    assert "the highest grade" in hidden.rule
    assert overview(grades).rule == ""


def test_lines_stand_at_median_mean_and_pass_mark() -> None:
    marks = overview(["10", "10", "10", "15", "20"]).marks
    assert [(mark.left, mark.text) for mark in marks] == [
        (50.0, "Median 10"),
        (65.0, "Mean 13"),
        (50.0, "Pass mark 10"),
    ]


def test_three_long_texts_in_a_narrow_plot_still_have_a_row_each() -> None:
    scale = parse_scale("PERCENT;PASS=33")
    marks = overview(["50", "68.70", "68.70", "68.70", "64.67"], scale).marks
    assert [mark.text for mark in marks] == ["Median 68.7 %", "Mean 64.15 %", "Pass mark 33 %"]
    assert sorted(mark.row for mark in marks) == [1, 2, 3]


@given(st.lists(st.integers(0, 20), min_size=5, max_size=12), st.integers(1, 9))
def test_no_line_crosses_the_text_of_another_and_no_text_leaves_the_plot(
    grades: list[int], pass_mark: int
) -> None:
    scale = parse_scale(f"OUT_OF_20;PASS={pass_mark}")
    marks = overview([str(grade) for grade in grades], scale).marks
    assert sorted(mark.row for mark in marks) == list(range(1, len(marks) + 1))
    for mark in marks:
        assert (mark.begin, mark.end)[mark.is_text_before] == mark.left
        assert mark.begin >= 0
        assert mark.end <= 100
        crossing = [other for other in marks if other.row > mark.row and mark.begin < other.left < mark.end]
        assert crossing == []


def test_each_bar_knows_how_many_are_in_it_or_weaker() -> None:
    bars = overview(["A", "B", "B", "F", "F", "F", "F", "F"], LETTERS).bars
    assert [bar.total_share for bar in bars if bar.count] == ["63 %", "88 %", "100 %"]
    assert [bar.total_height for bar in bars][-1] == 88
    assert overview(["F", *["A+"] * 300], LETTERS).bars[0].total_share == "1 %", (
        "never 0 %, since there is one"
    )


def test_a_place_is_that_of_the_nearest_grade_below_and_is_never_none_or_all() -> None:
    places = overview(["0", *[str(number) for number in range(1, 20)] * 20, "20"])
    assert places.place_of(0.0) == "Under 1 %"
    assert places.place_of(1.0) == "Over 99 %"
    assert places.place_of(0.5) == "50 %"
    assert len(places.places) <= 101
    rough = overview(["5", "9", "11", "12", "17", *["19"] * 10], audience=CODES)
    assert rough.place_of(0.25) == "Under 5 %"
    assert rough.place_of(0.95) == "About 70 %"
    assert overview(["5", "9"]).place_of(0.25) == ""


def test_exams_of_different_scales_are_compared_in_percent_of_the_best_grade() -> None:
    assert overview(["5", "10", "10", "10", "20"]).comparable == (
        ("Mean", "55 %"),
        ("Median", "50 %"),
        ("Quartiles", "50 % to 50 %"),
        ("Passed", "80 %"),
    )
    assert dict(overview(["75"] * 5, PERCENT).comparable)["Mean"] == "75 %"
    ordered = dict(overview(["A"] * 5, parse_scale("LEVELS=A,B|C")).comparable)
    assert "Mean" not in ordered
    assert ordered["Median"] == "100 %"
