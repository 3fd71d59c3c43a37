"""Deleting an exam deletes all its results, resumes where it stopped, and can be undone."""

import dataclasses
import random
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from shared.api.calls import BATCH_MAX, TeacherApi
from shared.model.errors import BackendUnreachable, NotFound, StateRefused, VersionConflict
from shared.model.exam import Audience, Exam, ExamStatus, NewExam, NewResult, Result
from teacher_app.exam.deletion import ROUNDS_MAX, Deletion, Restoration
from teacher_app.rows.workspace import Workspace
from tests.builders import a_result, an_exam


class Shelf:
    """The API's rules for one exam, without a backend. `faults` are raised by the next calls of that name,
    after the call has done its work: as when an answer is lost."""

    def __init__(self, exam: Exam, results: Sequence[Result]) -> None:
        self.exam: Exam | None = exam
        self.results = {row.id: row for row in results}
        self.calls: list[str] = []
        self.faults: dict[str, list[Exception]] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.created: list[NewExam] = []
        self.batches: list[list[NewResult]] = []

    @property
    def api(self) -> TeacherApi:
        return cast("TeacherApi", self)

    def _note(self, name: str) -> None:
        self.calls.append(name)
        act = self.before.pop(name, None)
        if act:
            act()

    def _lose(self, name: str) -> None:
        if self.faults.get(name):
            raise self.faults[name].pop(0)

    def get_exam(self, _exam_id: str) -> Exam | None:
        return self.exam

    def list_results(self, _exam_id: str) -> list[Result]:
        return list(self.results.values())

    def unpublish_exam(self, _exam_id: str, version: int) -> Exam:
        self._note("unpublish_exam")
        assert self.exam
        self._check(self.exam.version, version)
        self.exam = dataclasses.replace(self.exam, status=ExamStatus.DRAFT, version=version + 1)
        return self.exam

    def delete_results(self, _exam_id: str, pairs: list[tuple[str, int]]) -> None:
        self._note("delete_results")
        assert 1 <= len(pairs) <= BATCH_MAX
        for result_id, version in pairs:
            if result_id not in self.results:
                raise NotFound("NotFound", "")
            self._check(self.results[result_id].version, version)
        for result_id, _ in pairs:
            del self.results[result_id]
        self._lose("delete_results")

    def delete_result(self, exam_id: str, result_id: str, version: int) -> None:
        self.delete_results(exam_id, [(result_id, version)])

    def delete_exam(self, _exam_id: str, version: int) -> None:
        self._note("delete_exam")
        assert self.exam
        if self.results:
            raise StateRefused("PreconditionFailed", "")
        self._check(self.exam.version, version)
        self.exam = None

    def create_exam(self, new: NewExam) -> None:
        self.created.append(new)
        self.exam = an_exam(id=new.id, audience=new.audience, subject=new.subject)
        self._lose("create_exam")

    def create_results(self, exam_id: str, batch: list[NewResult]) -> list[Result]:
        assert exam_id == self.created[0].id
        self.batches.append(batch)
        self._lose("create_results")
        return [a_result(new.student, new.grade, id=new.id, exam_id=exam_id) for new in batch]

    def create_result(self, exam_id: str, new: NewResult) -> Result:
        return self.create_results(exam_id, [new])[0]

    def _check(self, present: int, seen: int) -> None:
        if present != seen:
            raise VersionConflict("ConflictException", "")


LOST = BackendUnreachable("http://127.0.0.1", "no answer")


def full_shelf(count: int, **changes: Any) -> Shelf:
    return Shelf(an_exam(**changes), [a_result(f"Student {number}", "12") for number in range(count)])


def deletion_of(shelf: Shelf) -> Deletion:
    workspace = Workspace(lambda: shelf.api, "exam", lambda: 0.0)
    return Deletion(workspace, random.Random(1))


def test_everything_is_deleted_in_batches_with_progress() -> None:
    shelf = full_shelf(250)
    assert shelf.exam
    deletion = deletion_of(shelf)
    assert list(deletion.run()) == [(BATCH_MAX, 250), (2 * BATCH_MAX, 250), (250, 250)]
    assert shelf.exam is None
    assert deletion.is_done
    assert len(deletion.taken) == 250


def test_an_exam_without_results_is_deleted_at_once() -> None:
    shelf = full_shelf(0)
    assert shelf.exam
    deletion = deletion_of(shelf)
    assert list(deletion.run()) == []
    assert shelf.calls == ["delete_exam"]


def test_it_is_unpublished_before_any_result_is_deleted() -> None:
    shelf = full_shelf(3, status=ExamStatus.PUBLISHED)
    assert shelf.exam
    list(deletion_of(shelf).run())
    assert shelf.calls == ["unpublish_exam", "delete_results", "delete_exam"]


def test_it_resumes_after_a_lost_connection_and_skips_nothing() -> None:
    shelf = full_shelf(250)
    assert shelf.exam
    shelf.faults["delete_results"] = [LOST]
    deletion = deletion_of(shelf)
    with pytest.raises(BackendUnreachable):
        list(deletion.run())
    assert not deletion.is_done
    assert list(deletion.run()) == [(2 * BATCH_MAX, 250), (250, 250)]
    assert deletion.is_done
    assert len(deletion.taken) == 250


def test_a_row_changed_meanwhile_is_deleted_at_its_new_version() -> None:
    shelf = full_shelf(2)
    assert shelf.exam
    changed = next(iter(shelf.results.values()))

    def change() -> None:
        shelf.results[changed.id] = dataclasses.replace(changed, grade="20", version=2)

    shelf.before["delete_results"] = change
    deletion = deletion_of(shelf)
    list(deletion.run())
    assert shelf.exam is None
    assert {row.grade for row in deletion.taken if row.id == changed.id} == {"20"}


def test_a_row_entered_meanwhile_is_deleted_too() -> None:
    shelf = full_shelf(1)
    assert shelf.exam
    late = a_result("Late", "9")
    shelf.before["delete_exam"] = lambda: shelf.results.update({late.id: late})
    deletion = deletion_of(shelf)
    list(deletion.run())
    assert shelf.exam is None
    assert len(deletion.taken) == 2


def test_if_new_results_never_stop_the_deletion_fails() -> None:
    shelf = full_shelf(0)
    assert shelf.exam

    def enter() -> None:
        late = a_result("Late", "9")
        shelf.results[late.id] = late
        shelf.before["delete_exam"] = enter

    enter()
    with pytest.raises(StateRefused):
        list(deletion_of(shelf).run())
    assert shelf.calls.count("delete_exam") == ROUNDS_MAX


def test_an_already_deleted_exam_counts_as_deleted() -> None:
    shelf = full_shelf(1)
    assert shelf.exam
    deletion = deletion_of(shelf)
    shelf.exam = None
    assert list(deletion.run()) == []
    assert deletion.is_done


def deleted(count: int, **changes: Any) -> tuple[Shelf, Deletion]:
    shelf = full_shelf(count, **changes)
    assert shelf.exam
    deletion = deletion_of(shelf)
    list(deletion.run())
    return shelf, deletion


def test_undo_brings_back_the_exam_and_its_rows_under_new_ids() -> None:
    shelf, deletion = deleted(250, audience=Audience.NAMES, subject="Optics")
    restoration = Restoration(deletion, random.Random(1))
    assert list(restoration.run()) == [(BATCH_MAX, 250), (2 * BATCH_MAX, 250), (250, 250)]
    assert (shelf.created[0].subject, shelf.created[0].id) == ("Optics", restoration.exam_id)
    assert restoration.exam_id != deletion.exam.id
    back = [row for batch in shelf.batches for row in batch]
    assert {(row.student, row.grade) for row in back} == {(row.student, row.grade) for row in deletion.taken}
    assert len(back) == 250
    assert {row.id for row in back}.isdisjoint(row.id for row in deletion.taken)


def test_undo_keeps_the_names_behind_codes() -> None:
    shelf = Shelf(an_exam(audience=Audience.CODES), [a_result("22AAAA", "12", name="Ada Lovelace")])
    assert shelf.exam
    deletion = deletion_of(shelf)
    list(deletion.run())
    list(Restoration(deletion, random.Random(1)).run())
    assert shelf.created[0].audience is Audience.CODES
    assert [(row.student, row.name) for row in shelf.batches[0]] == [("22AAAA", "Ada Lovelace")]


def test_undo_resumes_after_a_lost_answer_with_the_same_ids() -> None:
    shelf, deletion = deleted(150)
    shelf.faults["create_results"] = [LOST]
    restoration = Restoration(deletion, random.Random(1))
    with pytest.raises(BackendUnreachable):
        list(restoration.run())
    assert list(restoration.run()) == [(BATCH_MAX, 150), (150, 150)]
    first, again, rest = shelf.batches
    assert [row.id for row in first] == [row.id for row in again]
    assert len(rest) == 150 - BATCH_MAX
    assert {new.id for new in shelf.created} == {restoration.exam_id}
