"""Class lists: a teacher's own lists of students, validated, and their forms on the wire. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.model.codes import is_any_code
from shared.model.errors import FieldInvalid
from shared.model.exam import cleaned_text, new_id

__all__ = [
    "CLASS_CHARACTERS_MAX",
    "CLASS_STUDENTS_MAX",
    "ClassList",
    "ClassStudent",
    "NewClassList",
    "check_students",
    "class_list_from_wire",
]

CLASS_STUDENTS_MAX = 1000
CLASS_CHARACTERS_MAX = 60_000  # of names and numbers in all; the API refuses more


@dataclass(frozen=True, slots=True)
class ClassStudent:
    """One student. `number` is the school's; `code` is kept in all exams whose codes have its length,
    None for a new one in each exam. Texts are trimmed. Raises FieldInvalid."""

    name: str
    number: str | None = None
    code: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", cleaned_text("name", self.name))
        if self.number is not None:
            object.__setattr__(self, "number", cleaned_text("number", self.number))
        if self.code is not None and not is_any_code(self.code):
            raise FieldInvalid("code", f"“{self.code}” is no student code.")

    def to_wire(self) -> dict[str, str]:
        """ClassStudentInput; what is missing is left out."""
        wire = {"name": self.name, "number": self.number, "code": self.code}
        return {name: value for name, value in wire.items() if value is not None}


@dataclass(frozen=True, slots=True)
class ClassList:
    """One list as the API returned it. `students` is None in a listing, which has their number alone;
    `gradebook` is the dashboard's own text, "" where all is as usual or in a listing."""

    id: str
    title: str
    student_count: int
    students: tuple[ClassStudent, ...] | None
    version: int
    gradebook: str = ""


@dataclass(frozen=True, slots=True)
class NewClassList:
    """A list to create. With its own id a create can be repeated. Raises FieldInvalid."""

    title: str
    students: tuple[ClassStudent, ...]
    id: str = field(default_factory=new_id)

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", cleaned_text("title", self.title))
        check_students(self.students)

    def to_wire(self) -> dict[str, Any]:
        """CreateClassListInput."""
        students = [student.to_wire() for student in self.students]
        return {"id": self.id, "title": self.title, "students": students}


def check_students(students: tuple[ClassStudent, ...]) -> None:
    """Raises FieldInvalid if they are too many for one list or share a code."""
    if len(students) > CLASS_STUDENTS_MAX:
        raise FieldInvalid("students", f"A class list has at most {CLASS_STUDENTS_MAX:,} students.")
    if sum(len(one.name) + len(one.number or "") for one in students) > CLASS_CHARACTERS_MAX:
        raise FieldInvalid("students", "The names and numbers are too long for one class list: divide it.")
    codes = [one.code for one in students if one.code is not None]
    if len(set(codes)) != len(codes):
        raise FieldInvalid("students", "Two students of a class list have the same code.")


def class_list_from_wire(wire: Mapping[str, Any]) -> ClassList:
    """The ClassList in an answer. Raises KeyError, TypeError, ValueError or FieldInvalid if it is none."""
    students = wire.get("students")
    return ClassList(
        id=wire["id"],
        title=wire["title"],
        student_count=int(wire["studentCount"]),
        students=None
        if students is None
        else tuple(ClassStudent(one["name"], one.get("number"), one.get("code")) for one in students),
        version=int(wire["version"]),
        gradebook=wire.get("gradebook") or "",
    )
