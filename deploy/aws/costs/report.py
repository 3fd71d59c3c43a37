"""The cost estimates as lines for the operator: items with arithmetic, prices with sources. Pure."""

from deploy.aws.costs.estimates import (
    Estimate,
    Item,
    ResultsDay,
    hosting_month,
    our_results_day,
    tutorial_results_day,
)
from deploy.aws.costs.prices import HOURS_PER_MONTH, Price

__all__ = ["cost_report"]


def cost_report(day: ResultsDay) -> list[str]:
    """The report: our results hours, the tutorial's for comparison, the monthly hosting, the prices."""
    ours, tutorial, hosting = our_results_day(day), tutorial_results_day(day), hosting_month(day)
    lines = [
        f"{day.students} students, {day.exams} exams, {day.hours:g} results hour(s): "
        "every student in every exam, all results entered while everybody watches.",
        "",
    ]
    for estimate in (ours, tutorial, hosting):
        lines += [*_estimate_lines(estimate), ""]
    lines.append(
        f"Results hours: ${ours.usd:.2f} against ${tutorial.usd:.2f}, "
        f"{tutorial.usd / ours.usd:.0f} times as much."
    )
    lines.append(
        "Entered row by row, as the tutorial's must be, and not in batches, "
        f"ours would be ${our_results_day(day, rows_at_once=1).usd:.2f}."
    )
    lines.append(
        f"Hosting ours on AWS: ${hosting.usd:.2f} a month, "
        f"${hosting.usd / HOURS_PER_MONTH:.2f} an hour; nothing where a host of your own runs the containers."
    )
    lines.append("The tutorial's pages are static files and nearly free to host.")
    lines += [
        "",
        "Not counted: free tiers, taxes, logs, the metric of viewers, storage (each under a dollar a month), "
        "data sent to browsers.",
    ]
    lines += ["", "Prices, us-east-1:"]
    prices = {
        item.price.unit: item.price for estimate in (ours, tutorial, hosting) for item in estimate.items
    }
    lines += [_price_line(price) for price in prices.values()]
    return lines


def _estimate_lines(estimate: Estimate) -> list[str]:
    return [f"{estimate.title}: ${estimate.usd:.2f}", *(_item_line(item) for item in estimate.items)]


def _item_line(item: Item) -> str:
    product = f"{item.quantity:>14,.0f} x ${item.price.usd:.9f} = ${item.usd:>8.4f}"
    return f"  {item.what:<21} {product}   {item.how}"


def _price_line(price: Price) -> str:
    return f"  ${price.usd:.9f} a {price.unit}: {price.source}, {price.dated}"
