"""A gradebook's own export with the grades of an exam filled in, to be imported there again.

Gradebooks identify students by ids of their own, which their export contains. Students are found in it by the
school's number, where it has such numbers, and else by name. Only cells of the chosen column are changed, and
those of its comments where it has any.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.model.exam import Exam, Result
from shared.model.grades import Mark
from shared.model.names import are_other_numbers, fold, name_key, number_key
from shared.model.text import escape_formula
from teacher_app.exporting.gradebooks import canvas_grade, moodle_grade
from teacher_app.exporting.persons import shown_person
from teacher_app.importing.columns import Layout, column_labels, recognised
from teacher_app.importing.comments import comment_in_html
from teacher_app.importing.headed import Dialect
from teacher_app.importing.rows import number_from_cell
from teacher_app.reading.files import Source
from teacher_app.reading.headings import plain_heading
from teacher_app.reading.limits import FileNotReadable
from teacher_app.reading.tables import Table, records_from_text

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
    once, or whose number has another name there. `unchanged`: those whose mark, such as "absent", that
    gradebook has no word for."""

    data: bytes
    count: int
    missing: tuple[str, ...]
    unchanged: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """A student of the file: name_key() of the name, and the folded number."""

    number_of_line: int
    key: str
    number: str


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
        """The file with the grades, and comments, of the students who are found in it exactly once."""
        records = dict(records_from_text(self._source.text, str(self._table.delimiter)))  # by their last line
        lines = self._lines(rows)
        count, missing, unchanged = 0, list[str](), list[str]()
        for row in rows:
            if row.is_awaited:
                continue
            person = shown_person(row, self._exam)
            if row.id not in lines:
                missing.append(person)
                continue
            count += 1
            if not self._fill(records[lines[row.id]], column, row.grade, row.comment or ""):
                unchanged.append(person)
        data = self._bytes(list(records.values()))
        return Filled(data, count, tuple(sorted(missing)), tuple(unchanged))

    def _lines(self, rows: Sequence[Result]) -> dict[str, int]:
        """The line of each result's student, by the result's id, where it is certain."""
        by_name: dict[str, list[_Line]] = defaultdict(list)
        by_number: dict[str, list[_Line]] = defaultdict(list)
        for line in self._students():
            by_name[line.key].append(line)
            by_number[line.number].append(line)
        # Where none of the numbers is there, the gradebook counts its students in another way.
        numbers = {number_key(number) for number in by_number} - {""}
        has_numbers = any(number_key(row.number) in numbers for row in rows)
        here: dict[str, list[str]] = defaultdict(list)  # the numbers of each name
        wanted: list[tuple[str, str, str]] = []
        for row in rows:
            key, number = (
                name_key(shown_person(row, self._exam)),
                fold(row.number or "") if has_numbers else "",
            )
            here[key].append(number)
            wanted.append((row.id, key, number))
        found: dict[str, int] = {}
        for row_id, key, number in wanted:
            candidates = by_number.get(number, []) if number else []
            times_here = here[key].count(number)
            if not candidates:
                candidates = [
                    line
                    for line in by_name[key]
                    if not (has_numbers and are_other_numbers(line.number, number))
                ]
                times_here = sum(not are_other_numbers(number, other) for other in here[key])
            if len(candidates) == times_here == 1 and candidates[0].key == key:
                found[row_id] = candidates[0].number_of_line
        times = Counter(found.values())
        return {row_id: line for row_id, line in found.items() if times[line] == 1}

    def _students(self) -> Iterator[_Line]:
        """Each student's line."""
        layout = self._layout
        for index, (line, cells) in enumerate(zip(self._table.lines, self._table.rows, strict=True)):
            name = " ".join(
                cells[column] for column in layout.name_columns if column < len(cells) and cells[column]
            )
            column = len(cells) if layout.number is None else layout.number
            number = number_from_cell(cells[column]) if column < len(cells) else ""
            if name and not layout.is_passed_over(index):
                yield _Line(line, name_key(name), fold(number))

    def _fill(self, cells: list[str], column: int, grade: str, comment: str) -> bool:
        """False where that gradebook has no word for the grade: the cell stays as it is."""
        remark = comment
        if self.kind is Dialect.MOODLE:
            grade, remark = moodle_grade(grade, comment)
        elif self.kind is Dialect.CANVAS and grade != Mark.ABSENT:
            grade = canvas_grade(grade)
        elif grade in {Mark.ABSENT, Mark.EXEMPT}:
            return False
        elif self.kind is Dialect.BLACKBOARD:
            grade = _COMPLETION.get(grade, grade)
        _put(cells, column, grade.replace(".", ",") if self._has_decimal_commas else grade)
        feedback = next(result.comment for result in self._layout.results if result.index == column)
        if remark and feedback is not None:
            has_html = self._layout.has_html
            _put(cells, feedback, comment_in_html(remark) if has_html else escape_formula(remark))
            if feedback + 1 == self._format_column:
                _put(cells, feedback + 1, "HTML")
        return True

    @property
    def _format_column(self) -> int | None:
        """Where Blackboard says how a comment is written."""
        if self.kind is not Dialect.BLACKBOARD:
            return None
        heading = self._table.rows[self._layout.heading_row or 0]
        return next(
            (index for index, cell in enumerate(heading) if plain_heading(cell) == "feedback format"), None
        )

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
