"""AWS's prices in US dollars, region us-east-1, each with its source and date.

Other regions differ slightly, and prices change: check AWS's own pages before relying on an estimate.
"""

from dataclasses import dataclass

__all__ = [
    "ALARM_MONTH",
    "API_OPERATION",
    "CONNECTION_MINUTE",
    "DYNAMODB_READ",
    "DYNAMODB_WRITE",
    "FARGATE_GB_HOUR",
    "FARGATE_VCPU_HOUR",
    "HOURS_PER_MONTH",
    "IPV4_HOUR",
    "LOAD_BALANCER_HOUR",
    "LOAD_BALANCER_UNIT_HOUR",
    "REALTIME_UPDATE",
    "TRACE",
    "Price",
]

HOURS_PER_MONTH = 730


@dataclass(frozen=True, slots=True)
class Price:
    """`usd` per `unit`. `dated`: the source's own date, or the day on which a copy of it was read."""

    unit: str
    usd: float
    source: str
    dated: str


_APPSYNC = ("aws.amazon.com/appsync/pricing, a stored copy", "2026-11-23")
_DYNAMODB = (
    "airbyte.com/data-engineering-resources/dynamodb-pricing (after AWS's cut of November 2024)",
    "2025-07-21",
)
_FARGATE = ("vantage.sh/blog/fargate-pricing (Linux on ARM), a stored copy", "2026-11-23")
_BALANCING = ("cloud-horizons.com/blog/alb-the-line-item-nobody-watches", "2026-05-08")

API_OPERATION = Price("query or mutation", 4.00 / 1e6, *_APPSYNC)
REALTIME_UPDATE = Price("real-time update of up to 5 kB", 2.00 / 1e6, *_APPSYNC)
CONNECTION_MINUTE = Price("connection-minute", 0.08 / 1e6, *_APPSYNC)
DYNAMODB_WRITE = Price("write request unit", 0.625 / 1e6, *_DYNAMODB)
DYNAMODB_READ = Price("read request unit", 0.125 / 1e6, *_DYNAMODB)
TRACE = Price("trace", 5.00 / 1e6, "aws.amazon.com/xray/pricing, a stored copy", "2026-11-23")
ALARM_MONTH = Price(
    "month of one alarm", 0.10, "a workshop on CloudWatch alarms, a stored copy", "2026-11-23"
)
FARGATE_VCPU_HOUR = Price("vCPU-hour", 0.03238, *_FARGATE)
FARGATE_GB_HOUR = Price("GB-hour of memory", 0.00356, *_FARGATE)
LOAD_BALANCER_HOUR = Price("load-balancer-hour", 0.0225, *_BALANCING)
LOAD_BALANCER_UNIT_HOUR = Price("load-balancer capacity unit-hour", 0.008, *_BALANCING)
IPV4_HOUR = Price(
    "public IPv4 address-hour",
    0.005,
    "doit.com/aws-public-ipv4-price-increase-the-complete-guide",
    "2024-02-01",
)
