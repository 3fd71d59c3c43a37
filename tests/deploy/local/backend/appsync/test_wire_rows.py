"""Which grades were corrected, where it was not yet stored since when the results are public."""

import dataclasses

import pytest

from deploy.local.backend.appsync.wire_rows import result_object
from deploy.local.backend.storage.exams import Exam
from deploy.local.backend.storage.results import AWAITED, Result

THEN, LATER = "2026-06-15T10:00:00.000Z", "2026-06-16T10:00:00.000Z"
EXAM = Exam(
    id="exam",
    subject="Optics",
    date="2026-06-15",
    teacher="A. Lovelace",
    scale="OUT_OF_20",
    audience="NAMES",
    is_published=True,
    release_at=None,
    version=2,
    created_at=THEN,
    updated_at=THEN,
    owner="sub",
)
ROW = Result("exam", "id", "Ada", "14", None, 2, THEN, THEN)


@pytest.mark.parametrize(
    ("regraded_at", "public_since", "is_published", "is_corrected"),
    [
        (None, None, True, False),
        (LATER, None, True, True),  # published by a version that did not store since when
        (LATER, THEN, True, True),
        (THEN, LATER, True, False),
        (THEN, THEN, True, False),
        (LATER, THEN, False, False),
    ],
)
def test_a_grade_is_corrected_if_it_was_changed_since_it_is_public(
    regraded_at: str | None, public_since: str | None, is_published: bool, is_corrected: bool
) -> None:
    exam = dataclasses.replace(EXAM, public_since=public_since, is_published=is_published)
    row = dataclasses.replace(ROW, regraded_at=regraded_at)
    assert result_object(row, exam, 0.0)["corrected"] is is_corrected


def test_an_awaited_result_is_not_corrected() -> None:
    row = dataclasses.replace(ROW, grade=AWAITED, regraded_at=LATER)
    assert result_object(row, EXAM, 0.0)["corrected"] is False
