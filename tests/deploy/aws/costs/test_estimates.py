"""The estimate's arithmetic, and the source of every price."""

import re

import pytest
from cfnlint.decode import decode

from deploy.aws.cloudformation.template import BACKEND_TEMPLATE, HOSTING_TEMPLATE
from deploy.aws.costs import prices
from deploy.aws.costs.estimates import (
    Estimate,
    ResultsDay,
    hosting_month,
    our_results_day,
    tutorial_results_day,
)
from deploy.aws.costs.prices import Price
from deploy.aws.costs.report import cost_report
from tests.deploy.aws.stack_operator import Operator

DAY = ResultsDay(students=1000, exams=5, hours=1.0)


def quantities(estimate: Estimate) -> dict[str, float]:
    return {item.what: item.quantity for item in estimate.items}


def test_every_tutorial_browser_refetches_at_each_event() -> None:
    tutorial = quantities(tutorial_results_day(DAY))
    assert tutorial["mutations"] == 5 + 5000
    assert tutorial["queries"] == 1000 * (5005 + 2)
    assert tutorial["real-time updates"] == 1000 * (5005 + 2)
    assert tutorial["connections"] == 1000 * 60
    assert tutorial["reads"] == 1000 * 5007 * 4  # 30 kB scanned are 8 units of 4 KB, halved


def test_our_cost_does_not_grow_with_the_students_of_one_container() -> None:
    ours = quantities(our_results_day(DAY))
    assert ours["mutations"] == 10 + 50
    assert ours["connections"] == 60
    assert ours["real-time updates"] == 10 + 50 * 5 + 9
    assert ours["writes"] == 2 * 5000 + 5 * 10


def test_a_second_container_doubles_the_containers_requests() -> None:
    one, two = ResultsDay(1000, 1, 1.0), ResultsDay(1001, 1, 1.0)
    assert (one.containers, two.containers) == (1, 2)
    assert (
        quantities(our_results_day(two))["connections"] == 2 * quantities(our_results_day(one))["connections"]
    )


def test_our_low_cost_does_not_depend_on_batches() -> None:
    row_by_row = our_results_day(DAY, rows_at_once=1)
    assert quantities(row_by_row)["mutations"] == 10 + 5000
    assert quantities(row_by_row)["real-time updates"] == 10 + 5000 + 9
    assert our_results_day(DAY).usd < row_by_row.usd < tutorial_results_day(DAY).usd / 100


def test_every_alarm_of_the_templates_is_counted() -> None:
    counts = []
    for path in (BACKEND_TEMPLATE, HOSTING_TEMPLATE):
        template, _ = decode(str(path))
        counts.append(
            sum(item["Type"] == "AWS::CloudWatch::Alarm" for item in template["Resources"].values())
        )
    (alarms,) = [item for item in hosting_month(DAY).items if item.what == "alarms"]
    assert alarms.how.startswith(f"{counts[0]} of the backend, {counts[1]} of the hosting")
    assert alarms.quantity == sum(counts) + 2  # target tracking creates two of its own


def test_an_estimate_is_the_sum_of_its_lines() -> None:
    for estimate in (our_results_day(DAY), tutorial_results_day(DAY), hosting_month(DAY)):
        assert estimate.usd == pytest.approx(sum(item.quantity * item.price.usd for item in estimate.items))


def test_every_price_has_a_source_and_a_date() -> None:
    listed = [value for value in vars(prices).values() if isinstance(value, Price)]
    assert len(listed) == 12
    for price in listed:
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", price.dated)
        assert len(price.source) > 10
        assert price.usd > 0


def test_the_report_shows_both_designs_and_every_price() -> None:
    text = "\n".join(cost_report(DAY))
    ours, tutorial = our_results_day(DAY), tutorial_results_day(DAY)
    assert "and not in batches, ours would be $0.0" in text
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
