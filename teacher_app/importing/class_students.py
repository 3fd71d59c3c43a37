"""The students of a new class list, from a file or a pasted text, and what to tell the teacher about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from shared.model.class_list import ClassStudent, NewClassList
from shared.model.codes import is_code
from shared.model.errors import FieldInvalid
from shared.model.names import name_key, number_key
from shared.model.scales import OUT_OF_20
from teacher_app.exam.wording import count_text, names_text
from teacher_app.importing.columns import recognised
from teacher_app.importing.rows import is_cut_short, owners_by_number, rows_from_table
from teacher_app.reading.files import Source

__all__ = ["NAMES_SHOWN", "stored_text", "students_from_source"]

NAMES_SHOWN = 5  # of a group of students, in a sentence


def students_from_source(source: Source) -> tuple[tuple[ClassStudent, ...], list[str]]:
    """The students of a source's first table, and what stands there in a name's place but names no student.

    Raises FieldInvalid if no names are recognised, or if numbers are not whole.
    """
    table = next(iter(source.tables.values()))
    layout = recognised(table, OUT_OF_20, "", kind=source.kind)
    rows = [
        row for row in rows_from_table(table, replace(layout, grade=None, has_grades=False)) if row.person
    ]
    if cut := next((row for row in rows if row.is_included and is_cut_short(row.number)), None):
        raise FieldInvalid(
            "number",
            f"A spreadsheet cut the number of {cut.person} short: {cut.number}. Save the file again with the "
            "numbers as text.",
        )
    students = tuple(
        ClassStudent(row.person, row.number or None, row.code if is_code(row.code) else None)
        for row in rows
        if row.is_included
    )
    if not students:
        raise FieldInvalid("students", "No column of names is recognised. Give it the heading “Name”.")
    return students, [row.person for row in rows if not row.is_included]


def stored_text(new: NewClassList, left_out: Sequence[str]) -> str:
    """What is stored, and what to look at: names left out, and students who cannot be told apart."""
    parts = [f"“{new.title}” is stored with {count_text(len(new.students), 'student')}."]
    if left_out:
        names = names_text(left_out, shown_max=NAMES_SHOWN)
        parts.append(f"Left out, since it does not look like a student: {names}. Add whoever is one below.")
    alike = Counter((name_key(one.name), number_key(one.number), one.code) for one in new.students)
    if more_than_once := [key for (key, *_), count in alike.items() if count > 1]:
        written = {name_key(one.name): one.name for one in reversed(new.students)}
        names = names_text([written[key] for key in more_than_once], shown_max=NAMES_SHOWN)
        parts.append(
            f"More than once in it: {names}. Give each their own number if these are different students."
        )
    owners = owners_by_number((one.number, name_key(one.name), one.name) for one in new.students)
    parts += [
        f"The number {number} is that of {' and '.join(names.values())}: correct it below."
        for number, names in owners.items()
        if len(names) > 1
    ]
    return " ".join(parts)
