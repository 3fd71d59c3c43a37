"""The preview shows what the students' board shows: the same numbers, with the same ones withheld."""

from shared.model.exam import Audience
from shared.model.scales import LETTERS, PASS_FAIL, PERCENT
from teacher_app.exam.preview import preview_of
from tests.builders import a_result, an_exam, results_of


def test_tiles_as_on_the_board() -> None:
    preview = preview_of(an_exam(), results_of("12", "8", "14", "15", "9", "ABSENT"))
    assert preview.overview.tiles == (
        ("Results", "6"),
        ("Mean", "11.6"),
        ("Median", "12"),
        ("Passed", "60 %"),
    )


def test_a_small_group_shows_no_statistics_and_no_bars() -> None:
    preview = preview_of(an_exam(), results_of("12", "8", "14", "15"))
    assert preview.overview.tiles == (("Results", "4"), ("Statistics", "from 5 grades"))
    assert preview.overview.bars == ()
    assert len(preview.rows) == 4


def test_with_codes_a_rate_that_reveals_everybodys_result_is_hidden() -> None:
    rows = [a_result(f"22AAA{letter}", "15") for letter in "ABCDE"]
    assert "Passed" not in dict(preview_of(an_exam(audience=Audience.CODES), rows).overview.tiles)
    assert dict(preview_of(an_exam(), rows).overview.tiles)["Passed"] == "100 %"


def test_where_each_sees_the_own_result_only_the_preview_has_no_list() -> None:
    rows = [a_result(f"7K4QX29M3{letter}", "15") for letter in "ABCDEF"]
    preview = preview_of(an_exam(audience=Audience.OWN), rows)
    assert preview.rows == ()
    assert dict(preview.overview.tiles)["Mean"] == "15"


def test_pass_or_fail_has_a_rate_and_no_mean() -> None:
    preview = preview_of(an_exam(scale=PASS_FAIL), results_of("PASS", "PASS", "FAIL", "PASS", "PASS"))
    assert preview.overview.tiles == (("Results", "5"), ("Passed", "80 %"))
    assert [(bar.label, bar.count) for bar in preview.overview.bars] == [("fail", 1), ("pass", 4)]


def test_rows_are_sorted_by_name_and_not_by_order_of_entry() -> None:
    rows = [a_result(name, "12") for name in ("Zoe", "ada", "Bob", "Élodie", "Emma")]
    assert [name for name, _ in preview_of(an_exam(), rows).rows] == ["ada", "Bob", "Élodie", "Emma", "Zoe"]


def test_bars_fill_the_plot_and_are_numbered_by_their_lower_end() -> None:
    preview = preview_of(an_exam(scale=PERCENT), results_of("5", "15", "15", "15", "95", "100"))
    assert [bar.count for bar in preview.overview.bars] == [1, 3, 0, 0, 0, 0, 0, 0, 0, 2]
    assert [bar.height for bar in preview.overview.bars][:3] == [29, 88, 0]
    assert [bar.tick for bar in preview.overview.bars] == [str(lower) for lower in range(0, 100, 10)]


def test_many_bars_are_labelled_with_every_second_number() -> None:
    bars = preview_of(an_exam(), results_of("1", "2", "3", "4", "5")).overview.bars
    assert len(bars) == 20
    assert [bar.tick for bar in bars][:4] == ["0", "", "2", ""]
    letters = preview_of(an_exam(scale=LETTERS), results_of("A", "B", "C", "D", "F")).overview.bars
    assert [bar.tick for bar in letters][:3] == ["F", "D-", "D"]


def test_the_histogram_can_be_read_aloud() -> None:
    preview = preview_of(an_exam(scale=PERCENT), results_of("5", "15", "15", "95", "100"))
    assert preview.overview.words == (
        "Histogram of 5 grades. 0–10: 1, 10–20: 2, 90–100: 2. Median 15 %. Mean 46 %. Pass mark 50 %."
    )
