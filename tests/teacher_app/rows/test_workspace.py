"""What an open page knows of its exam stays in step with its own writes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from shared.model.errors import NotFound, SessionEnded, VersionConflict
from shared.model.exam import NewResult
from teacher_app.rows.workspace import Workspace
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.builders import new_id
from tests.teacher_app.rows.entry_desk import NOW_S, Desk, open_desk


@pytest.fixture
def desk(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[Desk]:
    with open_desk(backend, teacher) as desk:
        yield desk


def test_it_reads_the_exam_and_its_rows_by_student(desk: Desk) -> None:
    for student in ("Zoe", "ada", "Blaise"):
        desk.direct.create_result(desk.exam.id, NewResult(student, "12"))
    desk.workspace.refresh()
    assert desk.workspace.exam.id == desk.exam.id
    assert [row.student for row in desk.workspace.results] == ["ada", "Blaise", "Zoe"]


def test_a_missing_exam_is_reported(desk: Desk) -> None:
    with pytest.raises(NotFound):
        Workspace(desk.api, new_id(), lambda: NOW_S)


def test_an_ended_session_keeps_what_was_read(desk: Desk) -> None:
    desk.direct.create_result(desk.exam.id, NewResult("Ada", "12"))
    desk.workspace.refresh()
    desk.fault = SessionEnded()
    with pytest.raises(SessionEnded):
        desk.workspace.refresh()
    assert [row.student for row in desk.workspace.results] == ["Ada"]


def test_an_older_row_never_replaces_a_newer_one(desk: Desk) -> None:
    row = desk.direct.create_result(desk.exam.id, NewResult("Ada", "12"))
    newer = replace(row, grade="15", version=2)
    desk.workspace.keep([newer, row])
    assert desk.workspace.result(row.id) == newer


def test_forgotten_rows_are_gone_and_unknown_ones_are_no_error(desk: Desk) -> None:
    row = desk.direct.create_result(desk.exam.id, NewResult("Ada", "12"))
    desk.workspace.keep([row])
    desk.workspace.forget([row.id, new_id()])
    assert desk.workspace.results == []


def test_its_age_counts_from_the_last_reading(desk: Desk) -> None:
    now_s = [NOW_S]
    workspace = Workspace(desk.api, desk.exam.id, lambda: now_s[0])
    now_s[0] += 20
    assert workspace.age_s == 20
    workspace.refresh()
    assert workspace.age_s == 0


def test_a_change_of_the_exam_is_kept(desk: Desk) -> None:
    assert desk.workspace.change_exam(lambda api, exam: api.publish_exam(exam.id, exam.version))
    assert desk.workspace.exam.is_published


def test_after_a_change_elsewhere_the_newer_exam_is_kept_and_nothing_is_stored(desk: Desk) -> None:
    newer = desk.direct.update_exam(desk.exam.id, desk.exam.version, subject="Physics")
    assert not desk.workspace.change_exam(lambda api, exam: api.publish_exam(exam.id, exam.version))
    assert desk.workspace.exam == newer
    assert not newer.is_published


def test_a_conflict_without_the_newer_exam_is_raised(desk: Desk) -> None:
    desk.fault = VersionConflict("ConflictException", "changed elsewhere")
    with pytest.raises(VersionConflict):
        desk.workspace.change_exam(lambda api, exam: api.publish_exam(exam.id, exam.version))
