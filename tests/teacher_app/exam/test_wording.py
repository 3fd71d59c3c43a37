"""Texts about an exam are unambiguous."""

import pytest

from shared.model.grades import grade_text
from teacher_app.exam.wording import count_text, names_text


@pytest.mark.parametrize(
    ("count", "text"), [(0, "no results"), (1, "1 result"), (2, "2 results"), (1204, "1,204 results")]
)
def test_nouns_agree_with_their_count(count: int, text: str) -> None:
    assert count_text(count, "result") == text


@pytest.mark.parametrize(
    ("grade", "text"), [("ABSENT", "absent"), ("PASS", "pass"), ("14.5", "14.5"), ("A+", "A+")]
)
def test_marks_are_spelled_out_as_on_the_students_board(grade: str, text: str) -> None:
    assert grade_text(grade) == text


@pytest.mark.parametrize(
    ("names", "text"),
    [(["Ada"], "Ada"), (["Ada", "Grace"], "Ada, Grace"), (["Ada"] * 5, "Ada, Ada and 3 more")],
)
def test_a_long_list_of_names_is_shortened_and_the_rest_counted(names: list[str], text: str) -> None:
    assert names_text(names, shown_max=2) == text
