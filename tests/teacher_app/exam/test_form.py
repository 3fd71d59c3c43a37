"""The exam form says what to correct in each field, and loses nothing."""

import dataclasses
import datetime as dt

import pytest

from shared.model.errors import FieldInvalid
from shared.model.exam import Audience
from shared.model.scales import OUT_OF_20, PERCENT
from teacher_app.exam.form import ExamFields, field_text
from teacher_app.exam.scale_form import ScaleFields
from tests.builders import new_id

GOOD = ExamFields("Physics", dt.date(2026, 6, 5), "M. Curie", ScaleFields.of(OUT_OF_20), Audience.NAMES)


def test_valid_fields_have_no_errors_and_become_the_exam() -> None:
    assert GOOD.faults() == {}
    exam_id = new_id()
    new = GOOD.new_exam(exam_id)
    assert (new.id, new.subject, new.date, new.teacher) == (
        exam_id,
        "Physics",
        dt.date(2026, 6, 5),
        "M. Curie",
    )
    assert (new.scale, new.audience) == (OUT_OF_20, Audience.NAMES)


def test_all_errors_are_reported_at_once_with_what_to_do() -> None:
    no_points = dataclasses.replace(ScaleFields.of(OUT_OF_20), highest="")
    bad = ExamFields(" ", None, "", no_points, Audience.NAMES)
    faults = bad.faults()
    assert sorted(faults) == ["date", "scale", "subject", "teacher"]
    assert faults["subject"] == "Type the subject, such as “Mathematics”."
    assert faults["scale"] == "Type the highest grade."


@pytest.mark.parametrize("subject", ["x" * 121, "two\nlines"])
def test_what_the_api_would_refuse_is_found_before_it_is_sent(subject: str) -> None:
    assert list(dataclasses.replace(GOOD, subject=subject).faults()) == ["subject"]


def test_the_chosen_scale_becomes_the_exams_scale() -> None:
    percent = dataclasses.replace(GOOD, scale_fields=ScaleFields.of(PERCENT))
    assert percent.faults() == {}
    assert percent.scale == PERCENT


def test_invalid_fields_never_become_an_exam() -> None:
    with pytest.raises(FieldInvalid) as refusal:
        dataclasses.replace(GOOD, teacher=" ").new_exam(new_id())
    assert refusal.value.field == "teacher"


def test_an_empty_form_has_today_and_the_teachers_name() -> None:
    fields = ExamFields.empty(dt.date(2026, 11, 23), "M. Curie")
    assert list(fields.faults()) == ["subject"]
    assert (fields.date, fields.teacher, fields.scale) == (dt.date(2026, 11, 23), "M. Curie", OUT_OF_20)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Physics", "Physics"),
        (OUT_OF_20, "out of 20, passed: 10 or more"),
        (Audience.CODES, "students by code"),
        (dt.date(2026, 6, 5), "5 June 2026"),
    ],
)
def test_values_are_shown_in_readable_form(value: object, text: str) -> None:
    assert field_text(value) == text
