"""A gradebook's own export with the grades of an exam filled in, to be imported there again.

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
from teacher_app.importing.columns import Layout, column_labels, recognised
from teacher_app.importing.files import Source
from teacher_app.importing.gradebooks import Dialect
from teacher_app.importing.limits import FileNotReadable
from teacher_app.importing.tables import Table, records_from_text

__all__ = ["FILLED_IN", "Filled", "GradebookFile"]

FILLED_IN = (
    Dialect.CANVAS,
    Dialect.MOODLE,
    Dialect.BLACKBOARD,
    Dialect.BRIGHTSPACE,
    Dialect.SAKAI,
    Dialect.GRADESCOPE,
    Dialect.POWERSCHOOL,
)
_DECIMAL_COMMA = re.compile(r"\d+,\d+", re.ASCII)
_COMPLETION = {"PASS": "Complete", "FAIL": "Incomplete"}  # in Blackboard


@dataclass(frozen=True, slots=True)
class Filled:
    """`count`: students who were found. `missing`: students with a result who are not in the file exactly
    once. `unchanged`: those whose mark, such as "absent", that gradebook has no word for."""

    data: bytes
    count: int
    missing: tuple[str, ...]
    unchanged: tuple[str, ...]


class GradebookFile:
    """An export of one of the gradebooks of FILLED_IN. Raises FileNotReadable for anything else."""

    def __init__(self, source: Source, exam: Exam) -> None:
        self._source = source
        self._table: Table = next(iter(source.tables.values()))
        self._layout: Layout = recognised(self._table, exam.scale, exam.subject, kind=source.kind)
        if self._layout.dialect not in FILLED_IN or not self._table.delimiter:
            names = ", ".join(FILLED_IN)
            raise FileNotReadable(
                f"This is no gradebook export that can be filled in ({names}). Export the gradebook there as "
                "a text file (CSV, or Blackboard's XLS), then choose that file as it is."
            )
        if not self._layout.results:
            raise FileNotReadable(
                f"This export of {self.kind} has no column for results yet. Add one there, export again."
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
        """The columns that take grades, with their headings."""
        labels = column_labels(self._table, self._layout)
        return {result.index: labels[result.index] for result in self._layout.results}

    def points(self, column: int) -> str:
        """The possible points of a column as the file states them; "" if it does not."""
        return next(result.points for result in self._layout.results if result.index == column)

    def filled(self, rows: Sequence[Result], column: int) -> Filled:
        """The file with the grades of the students whose names occur exactly once here and there."""
        records = dict(records_from_text(self._source.text, str(self._table.delimiter)))  # by their last line
        lines_by_key: dict[str, list[int]] = {}
        for line, key in self._students():
            lines_by_key.setdefault(key, []).append(line)
        times_here = Counter(name_key(shown_person(row, self._exam)) for row in rows)
        count, missing, unchanged = 0, list[str](), list[str]()
        for row in rows:
            if row.is_awaited:
                continue
            person = shown_person(row, self._exam)
            lines = lines_by_key.get(name_key(person), [])
            if times_here[name_key(person)] != 1 or len(lines) != 1:
                missing.append(person)
                continue
            count += 1
            if not self._fill(records[lines[0]], column, row.grade):
                unchanged.append(person)
        data = self._bytes(list(records.values()))
        return Filled(data, count, tuple(sorted(missing)), tuple(unchanged))

    def _students(self) -> list[tuple[int, str]]:
        """Line and key of each student."""
        layout, found = self._layout, []
        for index, (line, cells) in enumerate(zip(self._table.lines, self._table.rows, strict=True)):
            name = " ".join(
                cells[column] for column in layout.name_columns if column < len(cells) and cells[column]
            )
            if name and not layout.is_passed_over(index):
                found.append((line, name_key(name)))
        return found

    def _fill(self, cells: list[str], column: int, grade: str) -> bool:
        """False where that gradebook has no word for the grade: the cell stays as it is."""
        remark = ""
        if self.kind is Dialect.MOODLE:
            grade, remark = moodle_grade(grade)
        elif self.kind is Dialect.CANVAS and grade != Mark.ABSENT:
            grade = canvas_grade(grade)
        elif grade in {Mark.ABSENT, Mark.EXEMPT}:
            return False
        elif self.kind is Dialect.BLACKBOARD:
            grade = _COMPLETION.get(grade, grade)
        _put(cells, column, grade.replace(".", ",") if self._has_decimal_commas else grade)
        feedback = next(result.remark for result in self._layout.results if result.index == column)
        if remark and feedback is not None:
            _put(cells, feedback, remark)
        return True

    def _bytes(self, records: list[list[str]]) -> bytes:
        text, original = io.StringIO(newline=""), self._source.text
        delimiter, end = str(self._table.delimiter), "\r\n" if "\r\n" in original else "\n"
        is_quoted = original.lstrip("\ufeff").startswith('"')
        writer = csv.writer(
            text,
            delimiter=delimiter,
            quoting=csv.QUOTE_ALL if is_quoted else csv.QUOTE_MINIMAL,
            lineterminator=end,
        )
        for cells in records:
            if any(cells):
                writer.writerow(cells)
            else:  # csv would write a blank line as ""
                text.write(delimiter * (len(cells) - 1) + end)
        # A guessed encoding may lack letters of the names that are there; gradebooks read UTF-8.
        encoding = "utf-8" if self._source.readings else self._source.encoding
        return text.getvalue().encode(encoding)


def _put(cells: list[str], column: int, text: str) -> None:
    cells.extend([""] * (column + 1 - len(cells)))
    cells[column] = text
