"""The students of an exam as everybody sees them: found by what they type, and in one order everywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from shared.model.exam import Audience, Result
from shared.model.names import code_pattern, name_key, sort_key

__all__ = ["find_students", "sorted_by_student"]


def find_students(rows: Iterable[Result], asked: str, audience: Audience) -> list[Result]:
    """The results of this name or code, as students see them; empty if `asked` is blank.

    There are several if several students have the same name, or if several codes may be meant.
    """
    if audience.has_codes:
        pattern = code_pattern(asked)
        return [row for row in rows if pattern and re.fullmatch(pattern, row.student)]
    wanted = name_key(asked)
    return [row for row in rows if wanted and name_key(row.student) == wanted]


def sorted_by_student(rows: Collection[Result], audience: Audience, language: str = "") -> list[Result]:
    """The results in the order of every list, file and page: names by sort_key(), codes by their text."""
    if audience.has_codes:
        return sorted(rows, key=lambda row: (row.student, row.id))
    return sorted(rows, key=lambda row: (sort_key(row.student, language), row.student, row.id))
