"""A gradebook as its table shows it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.class_list import ClassStudent
from shared.model.scales import parse_scale
from teacher_app.components.gradebook_table.rows import gradebook_data
from teacher_app.gradebook.choice import Choice
from teacher_app.gradebook.gradebook import gradebook_of
from tests.builders import a_result, an_exam


@pytest.mark.parametrize(
    ("scale", "grades", "mean"),
    [
        ("OUT_OF_20", ("10", "15"), "12.5"),
        ("PASS_FAIL", ("PASS", "FAIL"), "50 %"),
        ("LEVELS=A,B,C|D,E", ("A", "C"), "75 %"),
        ("LEVELS=12:12,10:10,7:7,4:4,02:2|00:0,-3:-3", ("12", "7"), "10"),
        ("OUT_OF_20", ("ABSENT", "EXEMPT"), "–"),
    ],
)
def test_the_mean_of_an_exam_is_on_its_own_scale_if_that_has_means(
    scale: str, grades: tuple[str, str], mean: str
) -> None:
    exam = an_exam(scale=parse_scale(scale))
    results = [a_result(name, grade, exam) for name, grade in zip(("Ada", "Bob"), grades, strict=True)]
    book = gradebook_of((ClassStudent("Ada"), ClassStudent("Bob")), [(exam, results)], Choice())
    data: Any = gradebook_data(book, [])
    assert data["exams"][0]["mean"] == mean
