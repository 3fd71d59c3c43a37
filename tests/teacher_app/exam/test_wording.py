"""Texts about an exam are unambiguous."""

import datetime as dt

import pytest

from shared.model.exam import Audience
from shared.model.grades import grade_text
from teacher_app.exam.wording import comment_reader_text, count_text, names_text, status_text, who_sees
from tests.builders import an_announced_exam, an_exam


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


def test_an_exam_is_a_draft_announced_or_published() -> None:
    exam = an_announced_exam()
    assert exam.release_at is not None
    before = exam.release_at - dt.timedelta(seconds=1)
    assert status_text(exam, before) == "Announced"
    assert status_text(exam, exam.release_at) == "Published"
    assert status_text(an_exam(is_listed=False), before) == "Draft, by link only"


def test_it_is_said_truly_who_reads_a_comment() -> None:
    for audience in Audience:
        is_read = audience is Audience.OWN
        assert ("code" in comment_reader_text(audience)) is is_read
        text = who_sees(an_exam(audience=audience))
        assert ("Your comments stay with you." in text) is not is_read
        assert ("their own grade, its place and your comment, and nobody else’s" in text) is is_read
