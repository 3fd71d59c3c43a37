"""The cost of results days: this design compared with one in which every browser is an API client. Pure.

Both serve the same load: every student has one result in every exam, and all results are entered while
everybody watches. Where a detail of the other design is unknown, the cheaper assumption is made.
"""

import math
from dataclasses import dataclass

from deploy.aws.costs.prices import (
    ALARM_MONTH,
    API_OPERATION,
    CONNECTION_MINUTE,
    DYNAMODB_READ,
    DYNAMODB_WRITE,
    FARGATE_GB_HOUR,
    FARGATE_VCPU_HOUR,
    HOURS_PER_MONTH,
    IPV4_HOUR,
    LOAD_BALANCER_HOUR,
    LOAD_BALANCER_UNIT_HOUR,
    REALTIME_UPDATE,
    TRACE,
    Price,
)

__all__ = ["Estimate", "Item", "ResultsDay", "hosting_month", "our_results_day", "tutorial_results_day"]

ROW_BYTES = 300  # a result in the table
ROW_WIRE_BYTES = 220  # a result in an answer or event
UPDATE_BYTES = 5 * 1024  # AppSync counts real-time updates in units of this
READ_UNIT_BYTES = 4 * 1024
BATCH_ROWS = 100
PAGE_ROWS = 1000  # rows of one page when the feed loads an exam
FEED_SUBSCRIPTIONS = 9  # per student container
POLLS_PER_HOUR = 12  # the feed's slow poll of the listings
VIEWERS_PER_CONTAINER = 1000

TUTORIAL_PAGE_ROWS = 100  # the generated API's default page; further pages, which it needs, are not counted
TUTORIAL_SUBSCRIPTIONS = 2


@dataclass(frozen=True, slots=True)
class ResultsDay:
    """How many students watch the results of how many exams, and for how long."""

    students: int
    exams: int
    hours: float

    @property
    def results(self) -> int:
        return self.students * self.exams

    @property
    def containers(self) -> int:
        """Student containers; each has one API connection, however many students it serves."""
        return max(1, math.ceil(self.students / VIEWERS_PER_CONTAINER))


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an estimate; `how` is its arithmetic in words."""

    what: str
    how: str
    quantity: float
    price: Price

    @property
    def usd(self) -> float:
        return self.quantity * self.price.usd


@dataclass(frozen=True, slots=True)
class Estimate:
    title: str
    items: tuple[Item, ...]

    @property
    def usd(self) -> float:
        return sum(item.usd for item in self.items)


def our_results_day(day: ResultsDay, rows_at_once: int = BATCH_ROWS) -> Estimate:
    """The API's cost: teachers save `rows_at_once` rows at a time, each student container subscribes once."""
    batches = day.exams * math.ceil(day.students / rows_at_once)
    mutations = 2 * day.exams + batches
    pages = 1 + day.exams * math.ceil(day.students / PAGE_ROWS)
    polls = math.ceil(POLLS_PER_HOUR * day.hours)
    queries = day.containers * (2 * pages + polls * pages)
    batch_units = math.ceil(min(rows_at_once, day.students) * ROW_WIRE_BYTES / UPDATE_BYTES)
    updates = day.containers * (2 * day.exams + batches * batch_units + FEED_SUBSCRIPTIONS)
    snapshot_reads = math.ceil(day.students * ROW_BYTES / READ_UNIT_BYTES)
    reads = (
        batches * (2 + rows_at_once)
        + 2 * day.exams
        + day.containers * (2 + polls) * day.exams * snapshot_reads
    )
    # In a transaction an item costs two units; an exam is in two indexes, and its publication in the history.
    writes = 2 * day.results + day.exams * (3 + 7)
    return Estimate(
        "This design: the API",
        (
            Item(
                "mutations",
                f"{day.exams} exams created and published, {batches} batches of up to {rows_at_once} rows",
                mutations,
                API_OPERATION,
            ),
            Item(
                "queries",
                f"{day.containers} container(s) x {pages} pages x ({polls} polls + 2 loads)",
                queries,
                API_OPERATION,
            ),
            Item(
                "real-time updates",
                f"{day.containers} connection(s) x ({2 * day.exams} exam events + {batches} batches x "
                f"{batch_units} units + {FEED_SUBSCRIPTIONS} subscriptions)",
                updates,
                REALTIME_UPDATE,
            ),
            Item(
                "connections",
                f"{day.containers} x {day.hours:g} h x 60",
                day.containers * day.hours * 60,
                CONNECTION_MINUTE,
            ),
            Item("writes", f"{day.results} rows x 2 + {day.exams} exams x 10", writes, DYNAMODB_WRITE),
            Item("reads", "ids before each batch, the exam twice; loads and polls", reads, DYNAMODB_READ),
            Item("traces", "one a query or mutation", mutations + queries, TRACE),
        ),
    )


def tutorial_results_day(day: ResultsDay) -> Estimate:
    """Every browser subscribes and fetches the list after each event; every row is a separate mutation."""
    events = day.exams + day.results
    fetches = day.students * (events + TUTORIAL_SUBSCRIPTIONS)
    scanned_bytes = min(TUTORIAL_PAGE_ROWS, day.results) * ROW_BYTES
    # A scan is eventually consistent: half a unit for every 4 KB.
    reads_per_fetch = math.ceil(scanned_bytes / READ_UNIT_BYTES) / 2
    return Estimate(
        "The tutorial's design: every browser a client of the API",
        (
            Item("mutations", f"{day.exams} exams + {day.results} rows, one by one", events, API_OPERATION),
            Item(
                "queries",
                f"{day.students} browsers x ({events} events + {TUTORIAL_SUBSCRIPTIONS} loads), a page each",
                fetches,
                API_OPERATION,
            ),
            Item(
                "real-time updates",
                f"{day.students} browsers x ({events} events + {TUTORIAL_SUBSCRIPTIONS} subscriptions)",
                day.students * (events + TUTORIAL_SUBSCRIPTIONS),
                REALTIME_UPDATE,
            ),
            Item(
                "connections",
                f"{day.students} x {day.hours:g} h x 60",
                day.students * day.hours * 60,
                CONNECTION_MINUTE,
            ),
            Item("writes", f"{events} rows", events, DYNAMODB_WRITE),
            Item(
                "reads",
                f"{fetches} queries x {reads_per_fetch:g} units (a scan of {TUTORIAL_PAGE_ROWS} rows)",
                fetches * reads_per_fetch,
                DYNAMODB_READ,
            ),
        ),
    )


def hosting_month(day: ResultsDay) -> Estimate:
    """The monthly cost of the dashboards on AWS: one teacher container and the student containers."""
    vcpus = 0.5 + 1.0 * day.containers
    memory_gb = 1.0 + 2.0 * day.containers
    addresses = 2 + 1 + day.containers  # the load balancer's two zones, and each container's own
    return Estimate(
        "Hosting on AWS, a month",
        (
            Item(
                "processors", f"0.5 + {day.containers} x 1 vCPU", vcpus * HOURS_PER_MONTH, FARGATE_VCPU_HOUR
            ),
            Item("memory", f"1 + {day.containers} x 2 GB", memory_gb * HOURS_PER_MONTH, FARGATE_GB_HOUR),
            Item("load balancer", "one", HOURS_PER_MONTH, LOAD_BALANCER_HOUR),
            Item("load balancer's load", "one unit all the time", HOURS_PER_MONTH, LOAD_BALANCER_UNIT_HOUR),
            Item("addresses", f"2 + 1 + {day.containers}", addresses * HOURS_PER_MONTH, IPV4_HOUR),
            Item("alarms", "7 of the backend, 6 of the hosting, 2 of its scaling", 15, ALARM_MONTH),
        ),
    )
