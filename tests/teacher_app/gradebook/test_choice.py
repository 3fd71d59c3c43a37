"""Weights and ticks of a gradebook, as its class list keeps them."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import FieldInvalid
from teacher_app.gradebook.choice import (
    Choice,
    edited,
    exam_key,
    merged_edits,
    new_edits,
    parse_choice,
    parse_weight,
)

KEY, OTHER = "3f2a90c1b7de", "9d041be2a6c5"


@given(
    st.dictionaries(
        st.text("0123456789abcdef", min_size=12, max_size=12),
        st.tuples(
            st.none() | st.booleans(), st.decimals(0, 1000, places=3, allow_nan=False, allow_infinity=False)
        ),
        max_size=25,
    )
)
def test_what_is_kept_is_read_back(chosen: dict[str, tuple[bool | None, Decimal]]) -> None:
    choice = Choice(
        {key: weight for key, (_, weight) in chosen.items()},
        {key: is_shown for key, (is_shown, _) in chosen.items() if is_shown is not None},
    )
    back = parse_choice(choice.text)
    assert {key: back.weight(key) for key in chosen} == {key: choice.weight(key) for key in chosen}
    assert back.shown == choice.shown
    assert back.text == choice.text


def test_what_is_as_usual_is_not_kept() -> None:
    assert Choice({KEY: Decimal("1.00")}).text == ""
    assert Choice({KEY: Decimal("2.50")}, {OTHER: False}).text == f"{KEY}~2.5_{OTHER}~off"


def test_the_text_has_only_characters_that_the_api_takes() -> None:
    text = Choice({KEY: Decimal("0.5")}, {KEY: True, OTHER: False}).text
    assert re.fullmatch("[0-9a-z._~]{1,8000}", text)


def test_a_year_of_exams_fits_into_a_class_list() -> None:
    keys = [f"{number:012x}" for number in range(300)]
    assert len(Choice(dict.fromkeys(keys, Decimal("999.125")), dict.fromkeys(keys, False)).text) <= 8000


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    choice = parse_choice(text)
    named = {entry.partition("~")[0] for entry in text.split("_")}
    assert choice.weights.keys() | choice.shown.keys() <= named


@pytest.mark.parametrize(
    "text", ["", "x", "3f2a90c1b7de", "3F2A90C1B7DE~2", f"{KEY}~-1", f"{KEY}~1e3", f"{KEY}~1001"]
)
def test_what_is_no_choice_is_left_out(text: str) -> None:
    assert parse_choice(text) == Choice()


@pytest.mark.parametrize(
    ("typed", "weight"),
    [
        ("2", "2"),
        ("0,5", "0.5"),
        (" 20 % ", "20"),
        ("20%", "20"),
        ("0", "0"),
        (".5", "0.5"),
        ("２", "2"),
        ("1000", "1000"),
    ],
)
def test_weights_are_read_as_they_are_typed(typed: str, weight: str) -> None:
    assert parse_weight(typed) == Decimal(weight)


@pytest.mark.parametrize(
    "typed", ["", "abc", "-1", "1,000.5", "1001", "NaN", "Infinity", "1e2", "0.1234", "2 2"]
)
def test_what_is_no_weight_is_refused_with_what_to_type(typed: str) -> None:
    with pytest.raises(FieldInvalid) as refused:
        parse_weight(typed)
    assert "Type a number from 0 to 1000" in refused.value.reason


def test_ticks_override_whether_an_exam_has_students_of_the_list() -> None:
    choice = Choice(shown={KEY: False, OTHER: True})
    assert not choice.is_shown(KEY, has_students=True)
    assert choice.is_shown(OTHER, has_students=False)
    assert choice.is_shown("000000000000", has_students=True)


def test_an_exam_is_named_by_the_beginning_of_its_id() -> None:
    assert exam_key("3f2a90c1-b7de-4c1f-9e0f-000000000000") == KEY


EXAM, OTHER_EXAM = "3f2a90c1-b7de-4c1f-9e0f-000000000000", "9d041be2-a6c5-4c1f-9e0f-000000000000"


def test_an_edit_changes_its_exam_alone_and_a_wrong_weight_stays_as_it_was() -> None:
    kept = Choice({KEY: Decimal(2), OTHER: Decimal(3)})
    edits = {"weights": {EXAM: "4,5", OTHER_EXAM: "much"}, "shown": {OTHER_EXAM: False}}
    choice, faults = edited(kept, edits, [EXAM, OTHER_EXAM])
    assert choice.text == f"{KEY}~4.5_{OTHER}~off~3"
    assert list(faults) == [OTHER_EXAM]


def test_an_edit_forgets_exams_that_are_gone() -> None:
    choice, _ = edited(Choice({OTHER: Decimal(3)}), {"weights": {EXAM: "2"}}, [EXAM])
    assert choice.text == f"{KEY}~2"


def test_an_edit_that_was_applied_is_not_applied_again() -> None:
    """Another tab may have changed it since."""
    edits = {"weights": {EXAM: "2", OTHER_EXAM: "5"}, "shown": {}}
    applied = merged_edits({"weights": {EXAM: "1"}}, {"weights": {EXAM: "2"}})
    assert new_edits(edits, applied) == {"weights": {OTHER_EXAM: "5"}, "shown": {}}
    assert new_edits({"weights": {EXAM: "3"}}, applied) == {"weights": {EXAM: "3"}}
