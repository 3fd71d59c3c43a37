"""Which texts the API stores, in which form, and which it refuses with the field's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.backend.appsync.errors import ApiError
from deploy.local.backend.appsync.validation import (
    checked_batch_ids,
    checked_date,
    checked_grade,
    checked_id,
    checked_page_limit,
    checked_scale,
    checked_student,
    checked_text,
)
from shared.model.scale_presets import PRESETS

ID = "6f1c1f5e-7c35-4c3a-9f0a-0b9a3a1f2c4d"


def refused_field(error: ApiError) -> object:
    assert error.error_type == "BadRequest"
    assert error.error_info is not None
    return error.error_info["field"]


def test_texts_are_stored_trimmed() -> None:
    """Surrounding blanks are never intended."""
    assert checked_text("  Ada Lovelace \n", "teacher") == "Ada Lovelace"


@pytest.mark.parametrize(
    "text", ["", "   ", None, "a\x00b", "a\nb", "a\x7fb", "a\x85b", "x" * 121, "a\ud800b"]
)
def test_a_text_out_of_bounds_is_refused_with_its_field(text: str | None) -> None:
    """Empty, too long, with control characters, or not valid Unicode."""
    with pytest.raises(ApiError) as caught:
        checked_text(text, "subject")
    assert refused_field(caught.value) == "subject"


def test_length_counts_characters_not_bytes() -> None:
    """120 letters are 120 letters in every script."""
    assert checked_text("試" * 120, "subject") == "試" * 120


@given(st.text(max_size=200))
def test_whatever_is_accepted_is_accepted_again_unchanged(text: str) -> None:
    """Stored texts can be sent back unchanged and written to a file as UTF-8."""
    try:
        stored = checked_text(text, "subject")
    except ApiError:
        return
    assert checked_text(stored, "subject") == stored
    assert 1 <= len(stored) <= 120
    stored.encode()


def test_a_grade_has_at_most_sixteen_characters() -> None:
    """Whether it fits the scale is not checked here."""
    assert checked_grade(" 14.5 ") == "14.5"
    with pytest.raises(ApiError) as caught:
        checked_grade("x" * 17)
    assert refused_field(caught.value) == "grade"


@pytest.mark.parametrize("text", [ID.upper(), ID[:-1], f"{ID} ", f"{{{ID}}}", ID.replace("-", ""), "1", ""])
def test_an_id_is_a_uuid_in_lower_case(text: str) -> None:
    """Anything else could differ between clients."""
    assert checked_id(ID) == ID
    with pytest.raises(ApiError) as caught:
        checked_id(text)
    assert refused_field(caught.value) == "id"


@pytest.mark.parametrize("text", ["OUT_OF_1", "OUT_OF_1000", *(preset.scale.text for preset in PRESETS)])
def test_the_scales(text: str) -> None:
    """Every kind that the schema names."""
    assert checked_scale(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("OUT_OF_0", "OUT_OF_1001", "OUT_OF_020", "OUT_OF_", "out_of_20", "PERCENT\n", "20", "", None),
        *(
            "PERCENT;PASS",
            "PERCENT;OVER;STEP=1",
            "OUT_OF_20;PASS=9.0",
            "FROM_1_TO_6;BEST=HIGH;PASS=4",
            "OUT_OF_20;",
        ),
        *(
            "LEVELS=",
            "LEVELS=A|B|C",
            "LEVELS=A\n",
            "LEVELS=A,,B",
            f"LEVELS={'A' * 17}",
            f"LEVELS={'A,' * 256}A",
        ),
    ],
)
def test_other_scales_are_refused(text: str | None) -> None:
    """Only the known ones are accepted."""
    with pytest.raises(ApiError) as caught:
        checked_scale(text)
    assert refused_field(caught.value) == "scale"


@pytest.mark.parametrize(
    "text", ["2026-02-30", "2026-13-01", "26-01-01", "2026-1-1", "20260101", "2026-01-01Z", None]
)
def test_a_date_is_a_day_of_the_calendar(text: str | None) -> None:
    """An AWSDate's offset is refused, too: readers of the API parse a plain day."""
    assert checked_date("2024-02-29") == "2024-02-29"
    with pytest.raises(ApiError) as caught:
        checked_date(text)
    assert refused_field(caught.value) == "date"


@pytest.mark.parametrize(
    "text", ["ABC23", "ABC2345", "ABC230", "ABC23O", "ABC231", "ABC23I", "ABC23L", "abc234", "Ada"]
)
def test_with_codes_a_student_must_be_one(text: str) -> None:
    """So that no name is stored where a code is promised; with names, any text is accepted."""
    assert checked_student("ABC234", "CODES") == "ABC234"
    assert checked_student(text, "NAMES") == text
    with pytest.raises(ApiError) as caught:
        checked_student(text, "CODES")
    assert refused_field(caught.value) == "student"


def test_a_page_has_one_hundred_rows_by_default_and_at_most_a_thousand() -> None:
    """Neither zero nor too many."""
    assert (checked_page_limit(None), checked_page_limit(1), checked_page_limit(1000)) == (100, 1, 1000)
    for limit in (0, -1, 1001):
        with pytest.raises(ApiError) as caught:
            checked_page_limit(limit)
        assert refused_field(caught.value) == "limit"


def test_a_batch_has_one_to_ninety_nine_distinct_rows() -> None:
    """No empty batch, no row twice."""
    ids = [str(number) for number in range(99)]
    assert checked_batch_ids(ids) == ids
    for wrong in ([], [*ids, "more"], ["1", "1"]):
        with pytest.raises(ApiError) as caught:
            checked_batch_ids(wrong)
        assert refused_field(caught.value) == "rows"
