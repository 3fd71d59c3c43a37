"""The exam list's component gets exactly what it draws."""

import datetime as dt
import json

import pytest

from shared.model.exam import Audience, ExamStatus
from teacher_app.components.exam_list.rows import list_rows
from tests.builders import an_announced_exam, an_exam


def test_a_row_has_what_the_list_shows() -> None:
    row = an_exam(status=ExamStatus.PUBLISHED, audience=Audience.CODES, results_count=48)
    assert list_rows([row]) == [
        {
            "id": row.id,
            "subject": "Mathematics",
            "teacher": "A. Lovelace",
            "date": "2026-06-15",
            "dateText": "15 June 2026",
            "scale": "out of 20",
            "isPublished": True,
            "releaseAt": "",
            "hasCodes": True,
            "results": 48,
            "resultsText": "48",
        }
    ]


def test_a_row_of_an_announced_exam_has_its_hour() -> None:
    assert list_rows([an_announced_exam()])[0]["releaseAt"] == "2026-06-21T12:00:00+00:00"


def test_the_order_is_kept_and_500_exams_stay_small() -> None:
    exams = [an_exam(date=dt.date(2026, 1, 1) + dt.timedelta(days=day)) for day in range(500)]
    rows = list_rows(exams)
    assert [row["id"] for row in rows] == [one.id for one in exams]
    assert len(json.dumps(rows)) < 150_000


@pytest.mark.parametrize(("count", "text"), [(None, "–"), (0, "0"), (999, "999"), (1000, "1,000+")])
def test_a_capped_count_is_not_shown_as_exact(count: int | None, text: str) -> None:
    assert list_rows([an_exam(results_count=count)])[0]["resultsText"] == text
