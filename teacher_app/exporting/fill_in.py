"""An exported gradebook of Canvas or Moodle with the grades of an exam filled in, to be imported there again.

Gradebooks identify students by ids that this dashboard never sees, but their own export contains them. Only
cells of the chosen column are changed, and the feedback beside it where Moodle has one.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.exam import Exam, Result
from shared.model.grades import Mark
from shared.model.names import name_key
from teacher_app.exporting.gradebooks import canvas_grade, moodle_grade
from teacher_app.exporting.persons import shown_person
from teacher_app.importing.columns import Dialect, Layout, column_labels, recognised
from teacher_app.importing.files import Source
from teacher_app.importing.limits import FileNotReadable
from teacher_app.importing.tables import DRAWN, SPACES, Table, records_from_text

__all__ = ["Filled", "GradebookFile"]

_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filled:
    """`missing`: students with a result who are not in the file exactly once."""

    data: bytes
    count: int
    missing: tuple[str, ...]


class GradebookFile:
    """A gradebook exported from Canvas or Moodle. Raises FileNotReadable for anything else."""

    def __init__(self, source: Source, exam: Exam) -> None:
        self._source = source
        self._table: Table = next(iter(source.tables.values()))
        self._layout: Layout = recognised(self._table, exam.scale, exam.subject, kind=source.kind)
        if self._layout.dialect not in {Dialect.CANVAS, Dialect.MOODLE} or self._table.delimiter in {
            None,
            SPACES,
            DRAWN,
        }:
            raise FileNotReadable(
                "This is no gradebook export of Canvas or Moodle. Export the gradebook there as CSV, "
                "then choose that file."
            )
        self._exam = exam
        self._has_decimal_commas = any(
            _DECIMAL_COMMA.fullmatch(cell) for row in self._table.rows[1:] for cell in row
        )

    @property
    def kind(self) -> Dialect:
        return self._layout.dialect

    @property
    def suggested(self) -> int | None:
        """The column for these grades, if it can be recognised."""
        return self._layout.grade

    @property
    def columns(self) -> dict[int, str]:
        """The columns that could take grades, with their headings."""
        labels = column_labels(self._table, heading_row=self._layout.heading_row)
        return {index: label for index, label in enumerate(labels) if index not in self._layout.name_columns}

    def points(self, column: int) -> str:
        """The possible points of a column as the file states them; "" if it does not."""
        for index in self._layout.passed_over:
            row = self._table.rows[index]
            if row[0].casefold() == "points possible" and column < len(row):
                return row[column]
        return ""

    def filled(self, rows: Sequence[Result], column: int) -> Filled:
        """The file with the grades of the students whose names occur exactly once here and there."""
        records = self._records()
        students = self._students()
        grades = {name_key(shown_person(row, self._exam)): row for row in rows}
        times_here = Counter(name_key(shown_person(row, self._exam)) for row in rows)
        times_there = Counter(students.values())
        count = 0
        for line, key in students.items():
            if times_here[key] == times_there[key] == 1:
                self._fill(records[line], column, grades[key].grade)
                count += 1
        missing = tuple(
            sorted(
                shown_person(row, self._exam)
                for row in rows
                if not times_here[key := name_key(shown_person(row, self._exam))] == times_there[key] == 1
            )
        )
        return Filled(self._bytes(list(records.values())), count, missing)

    def _records(self) -> dict[int, list[str]]:
        """The records by the line at which they end, as in the table."""
        return dict(records_from_text(self._source.text, str(self._table.delimiter)))

    def _students(self) -> dict[int, str]:
        """The key of the student on each line."""
        layout, found = self._layout, {}
        for index, (line, cells) in enumerate(zip(self._table.lines, self._table.rows, strict=True)):
            name = " ".join(cells[column] for column in layout.name_columns if column < len(cells))
            if index not in layout.passed_over and name:
                found[line] = name_key(name)
        return found

    def _fill(self, cells: list[str], column: int, grade: str) -> None:
        remark = ""
        if self.kind is Dialect.MOODLE:
            grade, remark = moodle_grade(grade)
        elif grade == Mark.ABSENT:
            return  # Canvas has no such grade: leave the cell unchanged
        else:
            grade = canvas_grade(grade)
        if self._has_decimal_commas:
            grade = grade.replace(".", ",")
        _put(cells, column, grade)
        if remark and self._layout.remark is not None and column == self._layout.grade:
            _put(cells, self._layout.remark, remark)

    def _bytes(self, records: list[list[str]]) -> bytes:
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=str(self._table.delimiter)).writerows(records)
        # A guessed encoding may lack letters of the names that are there; gradebooks read UTF-8.
        encoding = "utf-8" if self._source.readings else self._source.encoding
        return text.getvalue().encode(encoding)


def _put(cells: list[str], column: int, text: str) -> None:
    cells.extend([""] * (column + 1 - len(cells)))
    cells[column] = text
