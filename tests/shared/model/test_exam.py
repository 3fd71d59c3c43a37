"""Exams and results: validated when created, unchanged by a round trip over the wire."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import FieldInvalid, ScaleUnknown
from shared.model.exam import (
    COMMENT_MAX,
    Audience,
    Exam,
    ExamChanges,
    ExamStatus,
    NewExam,
    NewResult,
    Result,
    ResultChanges,
    exam_from_wire,
    exam_to_wire,
    new_id,
    parse_time,
    result_from_wire,
    result_to_wire,
)
from shared.model.scales import OUT_OF_20, PERCENT
from tests.builders import an_announced_exam, an_exam

EXAM_WIRE: dict[str, Any] = {
    "id": "7b0e1c1e-3c2d-4a77-9a52-0d8f9a1b2c3d",
    "subject": "Algebra",
    "date": "2026-06-18",
    "teacher": "Ms Ada",
    "scale": "OUT_OF_20",
    "status": "PUBLISHED",
    "audience": "NAMES",
    "published": True,
    "version": 3,
    "createdAt": "2026-06-01T08:00:00.000Z",
    "updatedAt": "2026-06-02T10:30:00.250+02:00",
    "owner": None,
}
RESULT_WIRE: dict[str, Any] = {
    "id": "0d8f9a1b-3c2d-4a77-9a52-7b0e1c1e2c3d",
    "examId": EXAM_WIRE["id"],
    "student": "Élodie",
    "grade": "14.5",
    "published": True,
    "version": 1,
}

times = st.integers(0, 4_000_000_000_000).map(  # the wire carries milliseconds
    lambda epoch_ms: dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=epoch_ms)
)
texts = st.one_of(st.none(), st.text(min_size=1))


def test_an_exam_is_read_from_the_wire_with_its_times_in_utc() -> None:
    exam = exam_from_wire(EXAM_WIRE)
    assert exam.scale == OUT_OF_20
    assert exam.date == dt.date(2026, 6, 18)
    assert exam.is_published
    assert exam.updated_at == dt.datetime(2026, 6, 2, 8, 30, 0, 250_000, tzinfo=dt.UTC)
    assert exam.updated_at.tzinfo is dt.UTC
    assert exam.owner is None
    assert exam.results_count is None


def test_a_guests_result_has_no_times_and_no_name() -> None:
    result = result_from_wire(RESULT_WIRE)
    assert (result.student, result.grade, result.version, result.is_published) == ("Élodie", "14.5", 1, True)
    assert (result.created_at, result.updated_at, result.owner, result.name) == (None, None, None, None)


def test_a_date_with_a_zone_offset_is_still_that_date() -> None:
    assert exam_from_wire({**EXAM_WIRE, "date": "2026-06-18+02:00"}).date == dt.date(2026, 6, 18)


@given(
    st.text(min_size=1, max_size=120),
    st.dates(),
    st.integers(1, 1000),
    st.sampled_from(ExamStatus),
    times,
    st.one_of(st.none(), st.integers(0, 1000)),
    st.one_of(st.none(), times),
)
def test_an_exam_is_unchanged_by_a_round_trip_over_the_wire(
    subject: str,
    date: dt.date,
    version: int,
    status: ExamStatus,
    time: dt.datetime,
    count: int | None,
    hour: dt.datetime | None,
) -> None:
    exam = Exam(
        new_id(),
        subject,
        date,
        "T",
        PERCENT,
        status,
        Audience.CODES,
        version,
        time,
        time,
        "sub-1",
        count,
        hour,
    )
    assert exam_from_wire(exam_to_wire(exam)) == exam
    assert exam_to_wire(exam)["published"] == (status is ExamStatus.PUBLISHED)


@given(st.text(min_size=1, max_size=120), st.one_of(st.none(), times), texts, texts, texts)
def test_a_result_is_unchanged_by_a_round_trip_over_the_wire(
    student: str, time: dt.datetime | None, name: str | None, number: str | None, comment: str | None
) -> None:
    result = Result(new_id(), new_id(), student, "14", 2, False, time, time, "sub-1", name, number, comment)
    assert result_from_wire(result_to_wire(result)) == result


@pytest.mark.parametrize(
    "broken",
    [
        {"status": "OPEN"},
        {"scale": "STARS"},
        {"date": "soon"},
        {"createdAt": "2026-06-01T08:00:00"},
        {"version": None},
    ],
)
def test_an_answer_that_is_not_an_exam_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError, ScaleUnknown)):
        exam_from_wire({**EXAM_WIRE, **broken})
    with pytest.raises(KeyError):
        exam_from_wire({name: value for name, value in EXAM_WIRE.items() if name not in broken})


def test_an_exam_of_an_api_that_knows_no_hours_has_none() -> None:
    exam = exam_from_wire(EXAM_WIRE)
    assert (exam.release_at, exam.seconds_to_release) == (None, 0)
    announced = exam_from_wire(
        {**EXAM_WIRE, "releaseAt": "2026-06-20T14:00:00+02:00", "secondsToRelease": 1.5}
    )
    assert (announced.release_at, announced.seconds_to_release) == (
        dt.datetime(2026, 6, 20, 12, tzinfo=dt.UTC),
        1.5,
    )


def test_an_exam_is_announced_until_its_hour() -> None:
    exam = an_announced_exam()
    assert exam.release_at is not None
    assert exam.is_announced(exam.release_at - dt.timedelta(seconds=1))
    assert not exam.is_announced(exam.release_at)
    assert not an_exam(release_at=exam.release_at).is_announced(exam.release_at - dt.timedelta(days=1))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        parse_time("2026-06-01T08:00:00")


def test_new_texts_are_trimmed_and_ids_are_fresh() -> None:
    new = NewExam("  Algebra ", dt.date(2026, 6, 18), "\tMs Ada\n", OUT_OF_20)
    assert (new.subject, new.teacher, new.audience) == ("Algebra", "Ms Ada", Audience.NAMES)
    assert new.to_wire() == {
        "id": new.id,
        "subject": "Algebra",
        "date": "2026-06-18",
        "teacher": "Ms Ada",
        "scale": "OUT_OF_20",
        "audience": "NAMES",
        "listed": True,
    }
    assert NewResult("A", "14").id != NewResult("A", "14").id


@pytest.mark.parametrize("text", ["", "   ", "x" * 121, "a\nb", "a\x00b", "a\x7fb", "a\ud800b"])
def test_empty_long_and_control_texts_are_refused_by_name(text: str) -> None:
    with pytest.raises(FieldInvalid) as refusal:
        NewExam(text, dt.date(2026, 6, 18), "T", OUT_OF_20)
    assert refusal.value.field == "subject"
    with pytest.raises(FieldInvalid) as refusal:
        NewResult(text, "14")
    assert refusal.value.field == "student"
    with pytest.raises(FieldInvalid) as refusal:
        NewResult("A", "14", name=text)
    assert refusal.value.field == "name"
    with pytest.raises(FieldInvalid) as refusal:
        ResultChanges(student=text)
    assert refusal.value.field == "student"
    with pytest.raises(FieldInvalid) as refusal:
        ExamChanges(teacher=text)
    assert refusal.value.field == "teacher"


def test_a_grade_of_more_than_16_characters_is_refused() -> None:
    assert NewResult("A", "1" * 16).grade == "1" * 16
    with pytest.raises(FieldInvalid, match="16 at most"):
        NewResult("A", "1" * 17)


@pytest.mark.parametrize(
    "text", ["", "1", "7B0E1C1E-3C2D-4A77-9A52-0D8F9A1B2C3D", "7b0e1c1e-3c2d-4a77-9a52-0d8f9a1b2c3d\n"]
)
def test_an_id_that_is_not_a_lower_case_uuid_is_refused(text: str) -> None:
    with pytest.raises(FieldInvalid):
        NewResult("A", "14", id=text)


def test_with_codes_a_name_cannot_be_published_as_the_student() -> None:
    NewResult("ABC234", "14", name="Élodie").check_audience(Audience.CODES)
    NewResult("Élodie", "14").check_audience(Audience.NAMES)
    with pytest.raises(FieldInvalid, match="no student code"):
        NewResult("Élodie", "14").check_audience(Audience.CODES)
    with pytest.raises(FieldInvalid, match="no student code"):
        ResultChanges(student="Élodie").check_audience(Audience.CODES)
    ResultChanges(grade="15").check_audience(Audience.CODES)


def test_a_comment_is_trimmed_and_has_lines_without_other_control_characters() -> None:
    row = NewResult("A", "14", number=" S-17 ", comment="\n one\r\ntwo\rthree\tfour  \n\n five ")
    assert (row.number, row.comment) == ("S-17", "one\ntwo\nthree four  \n\n five")
    assert NewResult("A", "14", comment=" \r\n ").comment is None
    assert NewResult("A", "14", comment="x" * COMMENT_MAX).to_wire()["comment"] == "x" * COMMENT_MAX
    for text in ("x" * (COMMENT_MAX + 1), "a\u0000b", "a\u000bb", "\ud800"):
        with pytest.raises(FieldInvalid) as refusal:
            NewResult("A", "14", comment=text)
        assert refusal.value.field == "comment"
    with pytest.raises(FieldInvalid):
        NewResult("A", "14", number="")


def test_changes_contain_only_what_changes_and_what_is_removed_is_null() -> None:
    assert ResultChanges().to_wire() == {}
    assert ResultChanges(grade=" 15 ").to_wire() == {"grade": "15"}
    assert ResultChanges(name="", number="", comment=" \n").to_wire() == {
        "name": None,
        "number": None,
        "comment": None,
    }
    assert ResultChanges(number=" 17 ", comment="a\r\nb").to_wire() == {"number": "17", "comment": "a\nb"}
    assert ExamChanges(scale=PERCENT, audience=Audience.CODES).to_wire() == {
        "scale": "PERCENT",
        "audience": "CODES",
    }


def test_exams_and_results_cannot_be_changed_in_place() -> None:
    exam = exam_from_wire(EXAM_WIRE)
    with pytest.raises(dataclasses.FrozenInstanceError):
        exam.subject = "Geometry"  # type: ignore[misc]
