"""Statistics: bins from the scale, marks apart, and the small-group rule."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.exam import Audience
from shared.model.grades import AWAITED
from shared.model.scale_presets import PRESETS
from shared.model.scales import (
    LETTERS,
    OUT_OF_20,
    PASS_FAIL,
    PERCENT,
    NumberScale,
    Scale,
    out_of,
    parse_scale,
)
from shared.model.statistics import (
    SINGLE_VALUES_MAX,
    SMALL_GROUP,
    Bin,
    Disclosure,
    Tally,
    bins,
    disclosure,
    distribution,
    places,
    rate_text,
    score_text,
    spread_text,
    summary,
    tally_of,
    tiles,
)
from tests.builders import a_result

NAMES, CODES = Audience.NAMES, Audience.CODES

scales = st.one_of(
    st.integers(1, 1000).map(lambda maximum: out_of(maximum)),
    st.sampled_from([preset.scale for preset in PRESETS]),
)
grade_texts = st.one_of(
    st.decimals(0, 1000, places=2).map(str),
    st.sampled_from(["A+", "B", "F", "PASS", "FAIL", "ABSENT", "EXEMPT", "?"]),
)


def counted(grades: list[str], scale: Scale = OUT_OF_20) -> Tally:
    rows = [a_result(f"Student {number}", grade, id=f"id {number}") for number, grade in enumerate(grades)]
    return tally_of(rows, scale)


def bars(grades: list[str], scale: Scale) -> list[tuple[Bin, int]]:
    """Each bin with its count, the worst first."""
    return list(zip(bins(scale), distribution(counted(grades, scale), scale, NAMES), strict=True))


def test_grades_are_counted_by_what_they_are_and_awaited_results_not_at_all() -> None:
    numbers = tally_of(
        [a_result(f"Student {grade}", grade) for grade in ("14", "ABSENT", "EXEMPT", "99", AWAITED)],
        OUT_OF_20,
    )
    assert numbers == Tally(scores=((pytest.approx(0.7), 1),), passed=1, absent=1, exempt=1, unreadable=1)
    assert numbers.count == 4
    empty = counted([])
    assert summary(empty, OUT_OF_20, NAMES).count == 0
    assert set(distribution(empty, OUT_OF_20, NAMES)) == {0}


def test_one_grade_in_two_spellings_is_counted_together() -> None:
    tallied = counted(["14", "14.0", "14.00", "ABSENT", "absent", "EXEMPT", "exempt", "?", "??"])
    assert (tallied.scores, tallied.passed) == (((pytest.approx(0.7), 3),), 3)
    assert (tallied.absent, tallied.exempt, tallied.unreadable) == (2, 2, 2)


def test_marks_and_unreadable_grades_are_counted_apart_and_touch_no_mean() -> None:
    numbers = summary(counted(["10", "12", "14", "16", "18", "ABSENT", "EXEMPT", "junk"]), OUT_OF_20, NAMES)
    assert (numbers.count, numbers.scored) == (8, 5)
    assert (numbers.absent, numbers.exempt, numbers.unreadable) == (1, 1, 1)
    assert numbers.mean == pytest.approx(0.7)
    assert numbers.median == pytest.approx(0.7)
    assert numbers.lower_quartile == pytest.approx(0.6)
    assert numbers.upper_quartile == pytest.approx(0.8)
    assert numbers.spread == pytest.approx(math.sqrt(8) / 20)
    assert (numbers.lowest, numbers.highest) == (0.5, 0.9)
    assert numbers.pass_rate == 1.0


def test_a_quartile_lies_between_two_grades_in_proportion() -> None:
    numbers = summary(counted(["0", "4", "8", "12", "16", "20"]), OUT_OF_20, NAMES)
    assert numbers.lower_quartile == pytest.approx(0.25)
    assert numbers.median == pytest.approx(0.5)
    assert numbers.upper_quartile == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("grades", "scale", "audience", "shown"),
    [
        (["15"] * 4, "OUT_OF_20", NAMES, {"Results": "4", "Statistics": "from 5 grades"}),
        ([], "OUT_OF_20", NAMES, {"Results": "0", "Statistics": "from 5 grades"}),
        (
            ["15"] * 4 + ["5", "ABSENT"],
            "OUT_OF_20",
            CODES,
            {"Results": "6", "Mean": "13", "Median": "15", "Passed": "80 %"},
        ),
        (["15"] * 5, "OUT_OF_20", CODES, {"Results": "5", "Mean": "15", "Median": "15"}),
        (
            ["A*", "B", "B", "C", "U"],
            "LEVELS=A*,A,B,C|U",
            NAMES,
            {"Results": "5", "Median": "B", "Passed": "80 %"},
        ),
        (["PASS"] * 4 + ["FAIL"], "PASS_FAIL", NAMES, {"Results": "5", "Passed": "80 %"}),
    ],
)
def test_the_tiles_have_what_may_be_shown_and_says_something(
    grades: list[str], scale: str, audience: Audience, shown: dict[str, str]
) -> None:
    parsed = parse_scale(scale)
    found = tiles(summary(counted(grades, parsed), parsed, audience), parsed)
    assert list(found) == list(shown.items())


@pytest.mark.parametrize(
    ("grades", "scale", "rate"),
    [
        (["9.99", "10", "20", "0", "5"], OUT_OF_20, 0.4),
        (["F", "D-", "A", "A+", "F"], LETTERS, 0.6),
        (["PASS", "FAIL", "PASS", "PASS", "PASS"], PASS_FAIL, 0.8),
    ],
)
def test_half_of_the_points_passes_and_every_letter_but_f(
    grades: list[str], scale: Scale, rate: float
) -> None:
    assert summary(counted(grades, scale), scale, NAMES).pass_rate == pytest.approx(rate)


def test_out_of_20_has_a_bin_for_each_point_and_the_last_holds_both_ends() -> None:
    found = bars(["0", "0.99", "1", "19", "20"], OUT_OF_20)
    assert [count for _, count in found] == [2, 1, *[0] * 17, 2]
    assert found[0][0].label == "0–1"
    assert (found[-1][0].lower, found[-1][0].upper) == (19.0, 20.0)


def test_percent_is_binned_in_tens() -> None:
    found = bars(["9.99", "10", "55", "90", "100"], PERCENT)
    assert [bin_.lower for bin_, _ in found] == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0]
    assert [count for _, count in found] == [1, 1, 0, 0, 0, 1, 0, 0, 0, 2]


@pytest.mark.parametrize(
    ("text", "bin_count", "first", "last"),
    [
        ("OUT_OF_4", 8, "0–0.5", "3.5–4"),
        ("OUT_OF_5", 5, "0–1", "4–5"),
        ("OUT_OF_20", 20, "0–1", "19–20"),
        ("OUT_OF_21", 11, "0–2", "20–21"),
        ("OUT_OF_40", 20, "0–2", "38–40"),
        ("OUT_OF_41", 9, "0–5", "40–41"),
        ("OUT_OF_100", 20, "0–5", "95–100"),
        ("OUT_OF_200", 20, "0–10", "190–200"),
        ("OUT_OF_400", 20, "0–20", "380–400"),
        ("OUT_OF_500", 20, "0–25", "475–500"),
        ("OUT_OF_1000", 20, "0–50", "950–1000"),
        ("FROM_-10_TO_1000;PASS=4", 11, "-10–90", "990–1000"),
    ],
)
def test_points_are_binned_in_whole_steps_so_that_there_are_twenty_bins_at_most(
    text: str, bin_count: int, first: str, last: str
) -> None:
    found = bins(parse_scale(text))
    assert (len(found), found[0].label, found[-1].label) == (bin_count, first, last)
    assert [bin_.tick for bin_ in found] == [bin_.label.rpartition("–")[0] for bin_ in found]


def test_a_scale_of_few_numbers_has_a_bin_for_each_and_of_one_more_none() -> None:
    few, more = (bins(parse_scale(f"OUT_OF_{highest};STEP=1")) for highest in (30, 31))
    assert (
        [bin_.label for bin_ in few] == [bin_.tick for bin_ in few] == [str(number) for number in range(31)]
    )
    assert [bin_.lower for bin_ in few] == [bin_.upper for bin_ in few] == [*range(31)]
    assert (len(more), more[0].label) == (16, "0–2")


def test_letters_have_a_bin_each_from_f_to_a_plus() -> None:
    found = bars(["A+", "A", "F", "F", "B-"], LETTERS)
    assert (found[0][0].label, found[-1][0].label, len(found)) == ("F", "A+", 13)
    counts = {bin_.label: count for bin_, count in found}
    assert (counts["F"], counts["B-"], counts["A"], counts["A+"]) == (2, 1, 1, 1)
    assert all(math.isnan(bin_.lower) for bin_, _ in found)


def test_pass_and_fail_are_two_bins() -> None:
    found = bars(["PASS"] * 4 + ["FAIL"], PASS_FAIL)
    assert [(bin_.label, count) for bin_, count in found] == [("fail", 1), ("pass", 4)]


@given(scales, st.lists(grade_texts, max_size=40))
def test_every_scored_result_is_in_exactly_one_of_few_bins(scale: Scale, grades: list[str]) -> None:
    numbers = summary(counted(grades, scale), scale, NAMES)
    found = [bin_ for bin_, _ in bars(grades, scale)]
    assert 1 < len({bin_.label for bin_ in found}) == len(found) <= SINGLE_VALUES_MAX
    total = sum(count for _, count in bars(grades, scale))
    assert total == (numbers.scored if numbers.scored >= SMALL_GROUP else 0)
    assert numbers.count == len(grades)
    assert numbers.count == numbers.scored + numbers.absent + numbers.exempt + numbers.unreadable
    if isinstance(scale, NumberScale):
        assert (found[0].lower, found[-1].upper) == (float(scale.worst), float(scale.best))
        is_single = found[0].lower == found[0].upper
        assert is_single or [bin_.lower for bin_ in found[1:]] == [bin_.upper for bin_ in found[:-1]]


@given(st.integers(1, 1000), st.integers(0, 100_000))
def test_a_grade_falls_in_the_bin_that_its_text_says(maximum: int, hundredths: int) -> None:
    """0.29 * 100 is 28.999999999999996: no rounding may move a grade to its neighbour's bin."""
    scale = out_of(maximum)
    value = min(hundredths, maximum * 100) / 100
    (filled,) = [bin_ for bin_, count in bars([f"{value:.2f}"] * SMALL_GROUP, scale) if count]
    assert filled.lower <= value
    assert value < filled.upper or (value == filled.upper == maximum)


@pytest.mark.parametrize("audience", [NAMES, CODES])
@pytest.mark.parametrize("scored", range(SMALL_GROUP))
def test_a_small_group_shows_only_the_number_of_grades(scored: int, audience: Audience) -> None:
    tallied = counted(["14"] * scored + ["ABSENT"] * 3)
    numbers = summary(tallied, OUT_OF_20, audience)
    assert numbers.disclosure is disclosure(scored, audience) is Disclosure.NOTHING
    assert (numbers.count, numbers.scored, numbers.absent) == (scored + 3, scored, 3)
    told = [numbers.mean, numbers.median, numbers.lower_quartile, numbers.upper_quartile, numbers.spread]
    assert told == [None] * 5
    assert (numbers.lowest, numbers.highest, numbers.pass_rate) == (None, None, None)
    assert set(distribution(tallied, OUT_OF_20, audience)) == {0}
    assert places(tallied, audience) == []


def test_with_codes_nothing_about_one_person_is_revealed() -> None:
    tallied = counted(["5", "9", "11", "14", "14", "20"])
    numbers = summary(tallied, OUT_OF_20, CODES)
    assert numbers.disclosure is Disclosure.GROUP
    assert (numbers.lowest, numbers.highest) == (None, None)
    assert numbers.mean is not None
    assert numbers.pass_rate == pytest.approx(4 / 6)
    assert places(tallied, CODES)[0] == (0.25, 10.0)  # 8.33 with names
    assert places(tallied, CODES)[-1] == (1.0, 90.0)
    assert places(tallied, NAMES)[0][1] == pytest.approx(100 / 12)


@pytest.mark.parametrize("grade", ["5", "15"])
def test_with_codes_a_pass_rate_of_none_or_all_is_withheld(grade: str) -> None:
    tallied = counted([grade] * SMALL_GROUP)
    assert summary(tallied, OUT_OF_20, CODES).pass_rate is None
    assert summary(tallied, OUT_OF_20, NAMES).pass_rate is not None


def test_with_codes_the_pass_rate_of_all_but_one_is_shown_and_of_one() -> None:
    for grades, rate in ((["15"] * 4 + ["5"], 0.8), (["5"] * 4 + ["15"], 0.2)):
        assert summary(counted(grades), OUT_OF_20, CODES).pass_rate == pytest.approx(rate)


@given(scales, st.lists(grade_texts, max_size=30), st.randoms())
def test_the_order_of_the_results_changes_no_number(scale: Scale, grades: list[str], random: Random) -> None:
    shuffled = random.sample(grades, len(grades))
    assert summary(counted(grades, scale), scale, NAMES) == summary(counted(shuffled, scale), scale, NAMES)


def test_a_place_is_the_share_below_with_equal_ones_half() -> None:
    tallied = counted(["10", "12", "12", "14", "ABSENT", "16"])
    assert places(tallied, NAMES) == [(0.5, 10.0), (0.6, 40.0), (0.7, 70.0), (0.8, 90.0)]


@pytest.mark.parametrize(
    ("score", "scale", "text"),
    [
        (0.67, OUT_OF_20, "13.4"),
        (0.675, PERCENT, "67.5 %"),
        (0.67125, PERCENT, "67.13 %"),  # halves are rounded up
        (0.67135, PERCENT, "67.14 %"),
        (0.6712499, PERCENT, "67.12 %"),
        (0.5, PERCENT, "50 %"),
        (0.0, PERCENT, "0 %"),
        (0.6, parse_scale("LEVELS=MERIT,PASS"), "MERIT"),
        (0.76, LETTERS, "B+"),
        (None, OUT_OF_20, "–"),
        (math.nan, LETTERS, "–"),
    ],
)
def test_a_score_is_read_on_its_scale(score: float | None, scale: Scale, text: str) -> None:
    assert score_text(score, scale) == text


def test_the_best_grade_is_drawn_on_the_right_whichever_end_it_is() -> None:
    german = parse_scale("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4")
    ranges = bars(["1", "1.3", "4", "4.3", "6"], german)
    assert [bin_.label for bin_, _ in ranges] == ["6–5", "5–4", "4–3", "3–2", "2–1"]
    assert [count for _, count in ranges] == [1, 1, 1, 0, 2]
    austrian = parse_scale("FROM_1_TO_5;STEP=1;BEST=LOW;PASS=4")
    assert [(bin_.label, count) for bin_, count in bars(["1", "1", "4", "5", "5"], austrian)] == [
        ("5", 2),
        ("4", 1),
        ("3", 0),
        ("2", 0),
        ("1", 2),
    ]


@pytest.mark.parametrize(
    ("text", "grades", "rate"),
    [
        ("PERCENT;PASS=60", ["40", "55", "59", "60", "72"], 0.4),
        ("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4", ["1", "4", "4.1", "5", "6"], 0.4),
        ("LEVELS=A*,A,B,C,D,E|U", ["A*", "E", "U", "U", "C"], 0.6),
        ("OUT_OF_100;KEY=A:90,B:70|F:0", ["69.99", "70", "89", "90", "0"], 0.6),
    ],
)
def test_the_pass_mark_is_the_scales_own(text: str, grades: list[str], rate: float) -> None:
    scale = parse_scale(text)
    assert summary(counted(grades, scale), scale, NAMES).pass_rate == pytest.approx(rate)


def test_levels_without_points_have_a_median_and_no_mean() -> None:
    scale = parse_scale("LEVELS=A*,A,B,C,D,E|U")
    numbers = summary(counted(["A*", "A*", "B", "U", "U"], scale), scale, NAMES)
    assert (numbers.mean, numbers.spread) == (None, None)
    assert score_text(numbers.median, scale) == "B"


def test_scores_that_differ_by_a_rounding_have_one_place() -> None:
    tallied = Tally(((0.3, 2), (0.3 + 1e-9, 1), (0.5, 2)), passed=2, absent=0, exempt=0, unreadable=0)
    assert places(tallied, NAMES) == [(0.3, 30.0), (0.5, 80.0)]


def test_places_count_worse_grades_whichever_end_is_best() -> None:
    scale = parse_scale("FROM_1_TO_6;STEP=0.1;BEST=LOW;PASS=4")
    tallied = counted(["1", "2", "3", "4", "5"], scale)
    assert [share for _, share in places(tallied, NAMES)] == [10, 30, 50, 70, 90]


def test_extra_credit_counts_in_the_mean_and_stands_in_the_last_bin() -> None:
    scale = parse_scale("PERCENT;OVER")
    grades = ["105", "100", "95", "90", "10"]
    assert score_text(summary(counted(grades, scale), scale, NAMES).mean, scale) == "80 %"
    assert [count for _, count in bars(grades, scale)] == [0, 1, 0, 0, 0, 0, 0, 0, 0, 4]


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (1.0, "100 %"),
        (0.0, "0 %"),
        (299 / 300, "99 %"),
        (1 / 300, "1 %"),
        (0.5, "50 %"),
        (0.665, "67 %"),
        (23 / 40, "58 %"),  # 100 * (23 / 40) is 57.49999999999999
        (113 / 200, "57 %"),
    ],
)
def test_only_all_and_none_are_100_and_0_percent(rate: float, text: str) -> None:
    assert rate_text(rate) == text


@pytest.mark.parametrize(
    ("text", "spread"),
    [
        ("OUT_OF_20", "2"),
        ("PERCENT", "10 %"),
        ("FROM_1_TO_6;PASS=4", "0.5"),
        ("LETTERS", "0.43 points"),
        ("LEVELS=A,B|C", "10 % of the scale"),
        ("LEVELS=A:4,B:3|C:1", "0.3 points"),
    ],
)
def test_a_spread_has_the_unit_of_its_scale(text: str, spread: str) -> None:
    assert spread_text(0.1, parse_scale(text)) == spread
