"""Concurrent edits of an exam never silently overwrite each other."""

import dataclasses
import datetime as dt

from shared.model.scales import PERCENT
from teacher_app.exam.edit import Clash, changed_fields, clashes
from teacher_app.exam.form import ExamFields
from teacher_app.exam.scale_form import ScaleFields
from tests.builders import an_exam

BASE = an_exam()


def test_only_what_is_changed_is_sent() -> None:
    assert changed_fields(BASE, ExamFields.of(BASE)) == {}
    percent = ScaleFields.of(PERCENT)
    wanted = dataclasses.replace(ExamFields.of(BASE), subject=" Optics ", scale_fields=percent)
    assert changed_fields(BASE, wanted) == {"subject": "Optics", "scale": PERCENT}


def test_surrounding_spaces_are_not_a_change() -> None:
    assert changed_fields(BASE, dataclasses.replace(ExamFields.of(BASE), teacher=" A. Lovelace ")) == {}


def test_changes_to_different_fields_are_merged() -> None:
    current = dataclasses.replace(BASE, teacher="P. Curie", version=2)
    assert clashes(BASE, {"subject": "Optics"}, current) == []


def test_the_same_change_on_both_sides_is_not_a_conflict() -> None:
    current = dataclasses.replace(BASE, subject="Optics", version=2)
    assert clashes(BASE, {"subject": "Optics"}, current) == []


def test_a_field_changed_on_both_sides_shows_both_values() -> None:
    current = dataclasses.replace(BASE, subject="Acoustics", date=dt.date(2026, 7, 1), version=3)
    assert clashes(BASE, {"subject": "Optics", "teacher": "P. Curie"}, current) == [
        Clash("subject", "Optics", "Acoustics")
    ]
