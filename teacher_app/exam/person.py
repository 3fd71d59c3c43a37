"""All that a teacher stores about one student, across exams and class lists: found, and erased."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from shared.api.calls import TeacherApi
from shared.model.class_list import ClassList, ClassStudent
from shared.model.errors import NotFound, VersionConflict
from shared.model.exam import Exam, Result
from shared.model.history import Change
from shared.model.names import fold, has_words, name_key, number_key, sort_key
from teacher_app.exam.history import result_before
from teacher_app.rows.commands import person_of

__all__ = ["Listing", "Person", "Records", "StudentResult", "erase", "persons_found", "records_of"]

ROUNDS_MAX = 5  # then somebody who keeps changing a class list elsewhere makes it fail


@dataclass(frozen=True, slots=True)
class StudentResult:
    """A result, the exam that it belongs to, and its history, newest first.

    `is_past`: the result was so once. It is deleted now, or somebody else's, and only the history has it.
    """

    exam: Exam
    result: Result
    changes: tuple[Change, ...] = ()
    is_past: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A student on a class list."""

    class_list: ClassList
    student: ClassStudent


@dataclass(frozen=True, slots=True)
class Records:
    """Everything that names a student. Results are in the order of their exams."""

    results: tuple[StudentResult, ...]
    listings: tuple[Listing, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """All records under one name, in whatever spelling: two students of one name are one person here."""

    name: str
    results: tuple[StudentResult, ...]
    listings: tuple[Listing, ...]


def records_of(
    exams: Iterable[Exam],
    results: Mapping[str, Iterable[Result]],
    class_lists: Iterable[ClassList],
    histories: Mapping[str, Iterable[Change]],
) -> Records:
    """`results` and `histories` by the exam's id, the latter newest first; the class lists with their
    students."""
    found = (one for exam in exams for one in _results_of(exam, list(results[exam.id]), histories[exam.id]))
    return Records(
        tuple(found),
        tuple(Listing(one, student) for one in class_lists for student in one.students or ()),
    )


def _results_of(exam: Exam, rows: list[Result], history: Iterable[Change]) -> Iterator[StudentResult]:
    """The results, and what they were under other names, or before they were deleted."""
    changes: dict[str, list[Change]] = defaultdict(list)
    for change in history:
        if change.result_id is not None:
            changes[change.result_id].append(change)
    names = {row.id: {_name_key(row, exam)} for row in rows}
    yield from (StudentResult(exam, row, tuple(changes[row.id])) for row in rows)
    for result_id, of_result in changes.items():
        known = names.setdefault(result_id, set())
        for change in of_result:
            row = result_before(change)
            if _name_key(row, exam) not in known:
                known.add(_name_key(row, exam))
                yield StudentResult(exam, row, tuple(of_result), is_past=True)


def _name_key(row: Result, exam: Exam) -> str:
    return name_key(person_of(row, exam.audience) or row.student)


def persons_found(records: Records, typed: str) -> list[Person]:
    """Whose name has every word of `typed`, or whose number or code it is; by name, exactly this name first.

    A result without a name belongs to the student whose class list has its code.
    """
    names = {one.student.code: one.student.name for one in records.listings if one.student.code}
    results: dict[str, list[StudentResult]] = defaultdict(list)  # by name_key
    listings: dict[str, list[Listing]] = defaultdict(list)
    found: dict[str, str] = {}  # name_key -> name

    def look_at(name: str, *others: str | None) -> str:
        is_other = any(text is not None and number_key(text) == number_key(typed) for text in others)
        if fold(typed) and (is_other or has_words(name, typed)):
            found.setdefault(name_key(name), name)
        return name_key(name)

    for listing in records.listings:
        student = listing.student
        listings[look_at(student.name, student.number, student.code)].append(listing)
    for one in records.results:
        code = one.result.student if one.exam.audience.has_codes else None
        name = person_of(one.result, one.exam.audience) or names.get(code or "", one.result.student)
        results[look_at(name, one.result.number, code)].append(one)
    persons = [Person(name, tuple(results[key]), tuple(listings[key])) for key, name in found.items()]
    return sorted(persons, key=lambda one: (name_key(one.name) != name_key(typed), sort_key(one.name)))


def erase(api: TeacherApi, results: Iterable[StudentResult], listings: Iterable[Listing]) -> None:
    """Delete these results with their history, and take these students off their lists. What is gone already
    is no error.

    Raises what the API raises, such as VersionConflict if a result was changed since it was read; do it again
    to continue.
    """
    for one in results:
        with contextlib.suppress(NotFound):  # the result, or its exam with its history
            if not one.is_past:
                _delete_result(api, one)
            api.erase_changes(one.exam.id, one.result.id)
    for listing in listings:
        _take_off(api, listing)


def _delete_result(api: TeacherApi, one: StudentResult) -> None:
    with contextlib.suppress(NotFound):  # its history may still be there
        api.delete_result(one.exam.id, one.result.id, one.result.version)


def _take_off(api: TeacherApi, listing: Listing) -> None:
    for rounds_left in reversed(range(ROUNDS_MAX)):
        current = api.get_class_list(listing.class_list.id)
        students = list(current.students or ()) if current is not None else []
        if current is None or listing.student not in students:
            return
        students.remove(listing.student)
        try:
            api.update_class_list(current.id, current.version, students=students)
        except VersionConflict:
            if rounds_left == 0:
                raise
        else:
            return
