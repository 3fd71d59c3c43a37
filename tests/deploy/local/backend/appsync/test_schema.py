"""The schema file with AppSync's scalars and directives."""

import pytest
from graphql import GraphQLError, GraphQLScalarType

from deploy.local.backend.appsync.schema import load_schema, mutations_by_subscription


def parsed(scalar: str, value: object) -> object:
    found = load_schema().type_map[scalar]
    assert isinstance(found, GraphQLScalarType)
    return found.coerce_input_value(value)


@pytest.mark.parametrize("text", ["2026-11-23", "2026-11-23Z", "2026-11-23+02:00", "2024-02-29-07:00:30"])
def test_dates_as_appsync_reads_them(text: str) -> None:
    """With or without an offset."""
    assert parsed("AWSDate", text) == text


@pytest.mark.parametrize(
    "value", ["2026-02-30", "2026-11", "23.11.2026", "", 20261123, None, True, "2026-11-23 "]
)
def test_other_dates_are_refused(value: object) -> None:
    """A day that the calendar does not have, another order, another kind."""
    with pytest.raises(GraphQLError):
        parsed("AWSDate", value)


@pytest.mark.parametrize("text", ["2026-11-23T09:00Z", "2026-11-23T09:00:01.123456789+01:00"])
def test_moments_as_appsync_reads_them(text: str) -> None:
    """The offset is required."""
    assert parsed("AWSDateTime", text) == text


@pytest.mark.parametrize("value", ["2026-11-23T09:00", "2026-11-23", "2026-11-23T25:00Z", 5])
def test_other_moments_are_refused(value: object) -> None:
    """Without an offset, without a time, or at an hour that no day has."""
    with pytest.raises(GraphQLError):
        parsed("AWSDateTime", value)


def test_every_mutation_has_its_subscription() -> None:
    """Read from @aws_subscribe: no change of an exam or result goes unannounced, and none of a class list or
    of the history is announced."""
    schema = load_schema()
    assert schema.mutation_type is not None
    announced = frozenset[str]().union(*mutations_by_subscription(schema).values())
    unheard = ("ClassList", "Changes")
    assert announced == {name for name in schema.mutation_type.fields if not name.endswith(unheard)}
