"""Several result columns of one source, each made an exam of its own: an exam with all its results, or none.

The same file again makes nothing twice: a draft of the same subject and date is the exam that an earlier
attempt began, and only what it lacks is saved.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from shared.model.codes import RandomSource
from shared.model.exam import TEXT_MAX, Exam, ExamStatus, NewExam, Result, new_id
from shared.model.names import name_key
from shared.model.scales import HIGHEST_LIMIT, USUAL_STEP, NumberScale, Scale, describe
from teacher_app.exam.deletion import Deletion
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import column_labels
from teacher_app.importing.draft import ImportDraft
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome
from teacher_app.importing.rows import SourceRow, rows_from_table
from teacher_app.importing.saving import Saving
from teacher_app.rows.workspace import Workspace
from teacher_app.rows.writer import RowWriter

__all__ = ["ColumnExam", "SeveralExams"]

_SHOWN_MAX = 3  # rows of a column that are named when they hinder its exam


@dataclass
class ColumnExam:
    """One column as an exam. `is_there`: a draft of that subject and date exists and is completed. `problem`
    says why nothing is made of the column, "" if nothing hinders it. `made`: results that this page saved,
    None while the exam is not complete."""

    column: int
    exam: Exam
    is_there: bool
    rows: list[CheckedRow]
    problem: str
    made: int | None = None

    @property
    def count(self) -> int:
        """Rows that are saved, or are there already."""
        return sum(one.outcome.is_saved or one.outcome is Outcome.SAME for one in self.rows)


class SeveralExams:
    """`exams`: one for each result column of the draft's table as it is laid out now."""

    def __init__(self, draft: ImportDraft, workspace: Workspace, choices: Choices) -> None:
        """Reads the teacher's exams. Raises what the API raises."""
        self._workspace = workspace
        self._savings: dict[int, tuple[Workspace, Saving]] = {}
        self._wanted: list[ColumnExam] = []
        self.is_begun = False
        self.hindrance: Exception | None = None  # what stopped run()
        mine = list(workspace.api.list_my_exams())
        labels = column_labels(draft.table, draft.layout)
        corrected = {row.line: row for row in draft.rows}
        self.exams: list[ColumnExam] = []
        for result in draft.layout.results:
            subject = (result.title or labels[result.index])[:TEXT_MAX].strip()
            layout = replace(draft.layout, grade=result.index, comment=result.comment, has_grades=True)
            scale = _scale(workspace.exam.scale, layout.points)
            rows = [_as_corrected(row, corrected) for row in rows_from_table(draft.table, layout)]
            self.exams.append(self._column_exam(result.index, subject, scale, rows, mine, choices))
        self._name_repeated_subjects()

    def begin(self, columns: Collection[int]) -> None:
        """Make the exams of these columns; those with a problem are passed over."""
        self.is_begun = True
        self._wanted = [one for one in self.exams if one.column in columns and not one.problem]

    @property
    def left(self) -> list[ColumnExam]:
        """Exams that were begun and are not complete yet."""
        return [one for one in self._wanted if one.made is None and not one.problem]

    def run(self, source: RandomSource) -> Iterator[tuple[int, int]]:
        """Yields (exams dealt with, all of them) after each step.

        Raises what the API raises; run it again to continue where it stopped.
        """
        self.hindrance, total = None, len(self._wanted)
        for one in self.left:
            if one.column not in self._savings:
                workspace = self._made(one)
                writer = RowWriter(workspace, source)
                self._savings[one.column] = workspace, Saving(writer, one.rows, one.exam.audience)
            workspace, saving = self._savings[one.column]
            for _ in saving.run():
                yield total - len(self.left), total
            if saving.refusals:
                one.problem = "Nothing was made of it. " + saving.refusals[0].reason
                if not one.is_there:
                    for _ in Deletion(workspace, source).run():
                        yield total - len(self.left), total
            else:
                one.made = saving.done
            yield total - len(self.left), total

    def _made(self, one: ColumnExam) -> Workspace:
        exam = one.exam
        if not one.is_there:
            self._workspace.api.create_exam(NewExam.like(exam, exam.id))
        return self._workspace.of_exam(exam.id)

    def _column_exam(
        self,
        column: int,
        subject: str,
        scale: Scale,
        rows: list[SourceRow],
        mine: Iterable[Exam],
        choices: Choices,
    ) -> ColumnExam:
        pattern = self._workspace.exam
        wanted = (name_key(subject), pattern.date)
        there = next((exam for exam in mine if (name_key(exam.subject), exam.date) == wanted), None)
        exam, stored, problem = pattern, list[Result](), ""
        if there is None:
            exam = replace(pattern, id=new_id(), subject=subject, scale=scale, status=ExamStatus.DRAFT)
        elif there.is_published or there.audience is not pattern.audience:
            problem = "You have an exam of this subject and date already. Import the column there."
            exam = there
        elif there.scale != scale and there.id != pattern.id:
            problem = f"You have such an exam already, {describe(there.scale)}. Import the column there."
            exam = there
        else:
            exam, stored = there, list(self._workspace.api.list_results(there.id))
        checked = check_rows(rows, exam, stored, choices)
        return ColumnExam(column, exam, there is not None, checked, problem or _problem(checked))

    def _name_repeated_subjects(self) -> None:
        seen: set[str] = set()
        for one in self.exams:
            key = name_key(one.exam.subject)
            if key in seen and not one.problem:
                one.problem = "Another column has this title too. Import it by itself."
            seen.add(key)


def _as_corrected(row: SourceRow, corrected: dict[int, SourceRow]) -> SourceRow:
    """With the name, the number and the tick that the teacher gave to that line."""
    same = corrected.get(row.line)
    if same is None:
        return row
    return replace(row, person=same.person, number=same.number, is_included=same.is_included)


def _scale(scale: Scale, points: Decimal | None) -> Scale:
    """The exam's own, or the same out of as many points as the file says."""
    if points is None or not isinstance(scale, NumberScale) or points in {scale.highest, Decimal(0)}:
        return scale
    if scale.lowest != 0 or scale.is_lowest_best or points > HIGHEST_LIMIT:
        return scale
    mark = (points * scale.pass_mark / scale.highest).quantize(USUAL_STEP)
    return NumberScale(Decimal(0), points, mark, allows_more=scale.allows_more)


def _problem(rows: list[CheckedRow]) -> str:
    bad = [one for one in rows if one.outcome.needs_correction]
    if bad:
        named = (
            f"line {one.row.line}, {one.row.person or 'nobody'}: {one.reason}" for one in bad[:_SHOWN_MAX]
        )
        more = f"; and {len(bad) - _SHOWN_MAX} more" if len(bad) > _SHOWN_MAX else ""
        return f"{len(bad)} to correct: {'; '.join(named)}{more}"
    if not any(one.outcome.is_saved or one.outcome is Outcome.SAME for one in rows):
        return "There is no student in it."
    return ""
