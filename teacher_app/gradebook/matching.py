"""Which results of an exam belong to which students of a class list.

An exam does not know its class list. So a student is recognised by the code that the list keeps, where the
exam shows codes, and otherwise by name, in any spelling that name_key() takes for the same. A name that two
students or two results share identifies nobody: their grades are shown and never counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shared.model.class_list import ClassStudent
from shared.model.exam import Exam, Result
from shared.model.names import name_key
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
    for name, places in _places_by_name(students).items():
        left = [place for place in places if place not in found]
        rows = by_name.pop(name, []) if left else []
        if len(left) == len(rows) == 1:
            found[left[0]] = rows[0]
        elif rows:
            unclear |= dict.fromkeys(left, tuple(rows))
    return Match(found, unclear, tuple(row for rows in by_name.values() for row in rows))


def _places_by_name(students: Sequence[ClassStudent]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for place, student in enumerate(students):
        places.setdefault(name_key(student.name), []).append(place)
    return places
