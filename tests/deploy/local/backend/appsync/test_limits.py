"""A document that requests too much is measured without being expanded."""

import pytest
from graphql import parse

from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.limits import (
    DEPTH_MAX,
    FIELDS_MAX,
    RESOLVERS_MAX,
    check_limits,
)


def nested(depth: int) -> str:
    return "{a" * depth + "}" * depth


def test_the_deepest_allowed_document_passes_and_one_more_level_is_refused() -> None:
    """Depth counts nested fields."""
    check_limits(parse(nested(DEPTH_MAX)))
    with pytest.raises(ApiError) as caught:
        check_limits(parse(nested(DEPTH_MAX + 1)))
    assert caught.value.error_type == "QueryDepthLimitReached"


def test_depth_counts_through_fragments() -> None:
    """A fragment does not hide depth."""
    document = f"query {{a {{a {{...F}}}}}} fragment F on T {nested(DEPTH_MAX - 1)}"
    with pytest.raises(ApiError) as caught:
        check_limits(parse(document))
    assert caught.value.error_type == "QueryDepthLimitReached"


def test_the_widest_allowed_operation_passes_and_one_more_field_is_refused() -> None:
    """Each spread of a fragment counts."""
    half = FIELDS_MAX // 2
    fragment = "fragment F on T {" + " ".join(f"f{number}" for number in range(half - 1)) + "}"
    check_limits(parse("{a {...F} b {...F}}" + fragment))
    with pytest.raises(ApiError) as caught:
        check_limits(parse("{a {...F} b {...F} c}" + fragment))
    assert caught.value.error_type == "QueryComplexityLimitReached"


def test_top_fields_are_limited_by_alias_and_by_fragment() -> None:
    """Each costs a database access, whatever its name."""
    aliases = " ".join(f"a{number}: listExams {{nextToken}}" for number in range(RESOLVERS_MAX))
    check_limits(parse(f"{{{aliases}}}"))
    with pytest.raises(ApiError) as caught:
        check_limits(parse(f"{{{aliases} ... on Query {{b: listExams {{nextToken}}}}}}"))
    assert caught.value.error_type == "ResolverExecutionLimitReached"


def test_a_document_that_doubles_forty_times_is_measured_without_visiting_each_field() -> None:
    """2 to the power of 40 fields: visiting them all would never end."""
    doubling = "".join(f"fragment F{n} on T {{...F{n + 1} ... on T {{...F{n + 1}}}}}" for n in range(40))
    document = parse("{a {...F0}}" + doubling + "fragment F40 on T {x}")
    with pytest.raises(ApiError):
        check_limits(document)


def test_a_fragment_within_itself_is_refused() -> None:
    """Directly or through another."""
    with pytest.raises(ApiError, match="within itself"):
        check_limits(parse("{...A} fragment A on T {a {...B}} fragment B on T {b {...A}}"))


def test_an_unknown_fragment_is_left_to_validation() -> None:
    """Validation names it."""
    check_limits(parse("{a {...Missing}}"))
