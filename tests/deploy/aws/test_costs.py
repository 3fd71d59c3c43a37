"""The estimate's arithmetic, and that it says where every price comes from."""

import re

import pytest

from deploy.aws import prices
from deploy.aws.cost_report import cost_report
from deploy.aws.costs import Estimate, ResultsDay, hosting_month, our_results_day, tutorial_results_day
from deploy.aws.prices import Price
from tests.deploy.aws.stack_operator import Operator

DAY = ResultsDay(students=1000, exams=5, hours=1.0)


def quantities(estimate: Estimate) -> dict[str, float]:
    return {item.what: item.quantity for item in estimate.items}


def test_every_browser_of_the_tutorial_fetches_again_at_each_event() -> None:
    tutorial = quantities(tutorial_results_day(DAY))
    assert tutorial["mutations"] == 5 + 5000
    assert tutorial["queries"] == 1000 * (5005 + 2)
    assert tutorial["real-time updates"] == 1000 * (5005 + 2)
    assert tutorial["connections"] == 1000 * 60
    assert tutorial["reads"] == 1000 * 5007 * 4  # 30 kB scanned are 8 units of 4 KB, halved


def test_ours_does_not_grow_with_the_students_who_watch_one_container() -> None:
    ours = quantities(our_results_day(DAY))
    assert ours["mutations"] == 10 + 50
    assert ours["connections"] == 60
    assert ours["real-time updates"] == 10 + 50 * 5 + 9
    assert ours["writes"] == 2 * 5000 + 35


def test_a_second_container_doubles_what_a_container_asks() -> None:
    one, two = ResultsDay(1000, 1, 1.0), ResultsDay(1001, 1, 1.0)
    assert (one.containers, two.containers) == (1, 2)
    assert (
        quantities(our_results_day(two))["connections"] == 2 * quantities(our_results_day(one))["connections"]
    )


def test_an_estimate_is_the_sum_of_its_lines() -> None:
    for estimate in (our_results_day(DAY), tutorial_results_day(DAY), hosting_month(DAY)):
        assert estimate.usd == pytest.approx(sum(item.quantity * item.price.usd for item in estimate.items))


def test_every_price_has_a_source_and_a_day() -> None:
    listed = [value for value in vars(prices).values() if isinstance(value, Price)]
    assert len(listed) == 12
    for price in listed:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", price.dated)
        assert len(price.source) > 10
        assert price.usd > 0


def test_the_report_shows_both_designs_and_every_price() -> None:
    text = "\n".join(cost_report(DAY))
    ours, tutorial = our_results_day(DAY), tutorial_results_day(DAY)
    assert f"Results hours: ${ours.usd:.2f} against ${tutorial.usd:.2f}" in text
    for item in (*ours.items, *tutorial.items):
        assert item.how in text
        assert item.price.source in text


def test_cost_needs_no_account(operator: Operator) -> None:
    operator.endpoint_url = "http://127.0.0.1:1"
    assert operator.run("cost", "--students", "30", "--exams", "1") == 0
    assert operator.said[0].startswith("30 students, 1 exams, 1 results hour(s)")


@pytest.mark.parametrize("words", [("--students", "0"), ("--hours", "-1"), ("--exams", "x")])
def test_impossible_numbers_are_refused(
    operator: Operator, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        operator.run("cost", *words)
    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err
