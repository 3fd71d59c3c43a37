"""Which results of an exam belong to which students of a class list.

An exam does not know its class list. So a student is recognised by the code that the list keeps, where the
exam shows codes, and otherwise by name, in any spelling that name_key() takes for the same. A name that two
students or two results share identifies nobody, unless their numbers tell them apart: such grades are shown
and never counted. A number alone identifies nobody: another class may count its students from 1, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.model.class_list import ClassStudent
from shared.model.exam import Exam, Result
from shared.model.names import SameNumber, name_key, same_number
from teacher_app.rows.commands import person_of

__all__ = ["Match", "match_students"]


@dataclass(frozen=True, slots=True)
class Match:
    """Students are given by their place on the list, from 0.

    `results`: the one result of each student who is recognised. `unclear`: the results that may be a
    student's, where the name is not enough. `others`: results of nobody on the list.
    """

    results: Mapping[int, Result]
    unclear: Mapping[int, tuple[Result, ...]]
    others: tuple[Result, ...]


def match_students(students: Sequence[ClassStudent], exam: Exam, results: Iterable[Result]) -> Match:
    """Each result is one student's, unclear, or another's."""
    by_code: dict[str, int] = {}
    if exam.audience.has_codes:
        by_code = {one.code: place for place, one in enumerate(students) if one.code is not None}
    found: dict[int, Result] = {}
    by_name: dict[str, list[Result]] = {}
    for row in results:
        if row.student in by_code:
            found[by_code[row.student]] = row
        else:
            by_name.setdefault(name_key(person_of(row, exam.audience)), []).append(row)
    unclear: dict[int, tuple[Result, ...]] = {}
    others: list[Result] = []
    for name, places in _places_by_name(students).items():
        left = {place: students[place].number for place in places if place not in found}
        rows = by_name.pop(name, [])
        for least in (SameNumber.YES, SameNumber.BUT_FOR_ZEROS, SameNumber.UNKNOWN):
            pairs = _pairs(left, rows, least)
            found |= pairs
            left = {place: number for place, number in left.items() if place not in pairs}
            rows = [row for row in rows if row not in pairs.values()]
        candidates = {place: _candidates(number, rows, SameNumber.UNKNOWN) for place, number in left.items()}
        unclear |= {place: tuple(may_be) for place, may_be in candidates.items() if may_be}
        others += [row for row in rows if not any(row in may_be for may_be in candidates.values())]
    return Match(found, unclear, (*others, *(row for rows in by_name.values() for row in rows)))


def _pairs(numbers: Mapping[int, str | None], rows: Sequence[Result], least: SameNumber) -> dict[int, Result]:
    """Who of these students (place -> number) has one of these results of one name that is nobody else's."""
    may_be = {place: _candidates(number, rows, least) for place, number in numbers.items()}
    claimed = Counter(row.id for candidates in may_be.values() for row in candidates)
    return {
        place: candidates[0]
        for place, candidates in may_be.items()
        if len(candidates) == 1 and claimed[candidates[0].id] == 1
    }


def _candidates(number: str | None, rows: Iterable[Result], least: SameNumber) -> list[Result]:
    return [row for row in rows if same_number(number, row.number) >= least]


def _places_by_name(students: Sequence[ClassStudent]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, student in enumerate(students):
        places.setdefault(name_key(student.name), []).append(place)
    return places
