"""What a teacher should check before students see the results.

A grade is an outlier if its distance from the median exceeds FAR_DEVIATIONS times the median absolute
deviation (about three standard deviations, but robust against the outlier itself). The rule needs SMALL_GROUP
scored results that are not mostly equal, and does not apply to pass or fail.
"""

from __future__ import annotations

import itertools
import textwrap
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import Grade, Mark, grade_text
from shared.model.names import are_other_numbers, name_key
from shared.model.scales import Scale
from shared.model.statistics import SMALL_GROUP, read_grade
from teacher_app.exam.summary_rows import is_summary
from teacher_app.exam.wording import count_text
from teacher_app.rows.commands import person_of

__all__ = ["FAR_DEVIATIONS", "Finding", "Severity", "awaited_finding", "findings"]

FAR_DEVIATIONS = 4.5
COMMENT_SHOWN = 120  # characters of a comment


class Severity(StrEnum):
    """How much a finding matters. Publishing asks for confirmation only because of an ERROR."""

    ERROR = "ERROR"
    WARNING = "WARNING"
    INFO = "INFO"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to check; `rows` are the results concerned, such as "Ada Lovelace: 145"."""

    severity: Severity
    title: str
    advice: str
    rows: tuple[str, ...] = ()


def findings(exam: Exam, results: Sequence[Result]) -> list[Finding]:
    """All findings, the most severe first; awaited results are none of them."""
    results = [result for result in results if not result.is_awaited]
    grades = [read_grade(result.grade, exam.scale) for result in results]
    found: list[Finding] = []

    unreadable = [row for row, grade in zip(results, grades, strict=True) if grade is None]
    if unreadable:
        verb = "does" if len(unreadable) == 1 else "do"
        found.append(
            Finding(
                Severity.ERROR,
                f"{count_text(len(unreadable), 'grade').capitalize()} {verb} not fit “{exam.scale.label}”",
                "Students see them as they are typed, and they count in no statistic. Correct them.",
                _lines(unreadable),
            )
        )
    found += _repeated_students(exam, results)
    found += _unnamed(exam, results)
    summaries = [row for row in results if is_summary(row.name or row.student)]
    if summaries:
        verb = "is" if len(summaries) == 1 else "are"
        found.append(
            Finding(
                Severity.WARNING,
                f"{count_text(len(summaries), 'student').capitalize()} {verb} called like a row of averages",
                "A line of the spreadsheet and no student? It counts in every statistic. Delete it then.",
                _lines(summaries),
            )
        )
    far = [results[index] for index in _outliers(grades, exam.scale)]
    if far:
        verb = "is" if len(far) == 1 else "are"
        found.append(
            Finding(
                Severity.WARNING,
                f"{count_text(len(far), 'grade').capitalize()} {verb} far from the rest",
                f"More than {FAR_DEVIATIONS:g} times as far from the median as a grade usually is here. "
                "Is it right, or a typing error?",
                _lines(far),
            )
        )
    zeros = [
        row
        for row, grade in zip(results, grades, strict=True)
        if grade is not None and grade.is_scored and row.grade == "0"
    ]
    if zeros:
        found.append(
            Finding(
                Severity.WARNING,
                f"{count_text(len(zeros), 'grade').capitalize()} of 0",
                "Who did not sit the exam is “absent”, which counts in no statistic. A zero counts.",
                _lines(zeros),
            )
        )
    found += _remarks(grades)
    found += _commented(exam, results)
    return sorted(found, key=lambda one: list(Severity).index(one.severity))


def awaited_finding(exam: Exam, results: Sequence[Result]) -> Finding | None:
    """Who has no grade yet; None if everybody has one."""
    awaited = [row for row in results if row.is_awaited]
    if not awaited:
        return None
    return Finding(
        Severity.WARNING,
        f"{len(results) - len(awaited):,} of {len(results):,} entered, {len(awaited):,} missing",
        "Students do not see a result without a grade. It shows as soon as you enter the grade.",
        tuple(person_of(row, exam.audience) or row.student for row in awaited),
    )


def _repeated_students(exam: Exam, results: Sequence[Result]) -> Iterable[Finding]:
    if exam.audience.has_codes:
        for group in _repeated(results, lambda row: row.student):
            yield Finding(
                Severity.ERROR,
                f"The code {group[0].student} is there {_times(len(group))}",
                "Each of these students would see the other's grade. Give one of them another code.",
                _lines(group),
            )
        named = [row for row in results if row.name]
        groups = _repeated(named, lambda row: name_key(row.name or ""))
    else:
        groups = _repeated(results, lambda row: name_key(row.student))
    groups = [group for group in groups if not _are_told_apart(group)]
    if groups:
        verb = "is" if len(groups) == 1 else "are"
        yield Finding(
            Severity.WARNING,
            f"{count_text(len(groups), 'name').capitalize()} {verb} there more than once",
            "Two students, or one entered twice? Add their numbers, or delete one.",
            _lines(row for group in groups for row in group),
        )


def _are_told_apart(rows: Sequence[Result]) -> bool:
    pairs = itertools.combinations(rows, 2)
    return all(are_other_numbers(first.number, second.number) for first, second in pairs)


def _unnamed(exam: Exam, results: Sequence[Result]) -> Iterable[Finding]:
    if exam.audience.has_codes:
        unnamed = [row for row in results if not row.name]
        if unnamed:
            yield Finding(
                Severity.WARNING,
                f"{count_text(len(unnamed), 'code').capitalize()} without a name",
                "Nobody can be told that this is their code.",
                _lines(unnamed),
            )
        return
    unnamed = [row for row in results if not any(character.isalpha() for character in row.student)]
    if unnamed:
        yield Finding(
            Severity.WARNING,
            f"{count_text(len(unnamed), 'student').capitalize()} without a name",
            "There is no letter in it. Students look for their name.",
            _lines(unnamed),
        )


def _remarks(grades: Sequence[Grade | None]) -> Iterable[Finding]:
    marks = [grade.mark for grade in grades if grade is not None]
    absent, exempt, scored = (marks.count(mark) for mark in (Mark.ABSENT, Mark.EXEMPT, None))
    if absent or exempt:
        parts = [f"{count} {word}" for count, word in ((absent, "absent"), (exempt, "exempt")) if count]
        yield Finding(Severity.INFO, ", ".join(parts), "Students see that, and it counts in no statistic.")
    if 0 < scored < SMALL_GROUP:
        yield Finding(
            Severity.INFO,
            f"Fewer than {SMALL_GROUP} grades",
            "Students see no mean and no chart: of so few, each could work out what the others have.",
        )


def _commented(exam: Exam, results: Sequence[Result]) -> Iterable[Finding]:
    commented = [row for row in results if row.comment]
    if commented:
        verb = "has" if len(commented) == 1 else "have"
        is_read = exam.audience is Audience.OWN
        yield Finding(
            Severity.INFO,
            f"{count_text(len(commented), 'result').capitalize()} {verb} a comment",
            "Whoever has a student’s code reads the student’s comment. Nobody else does."
            if is_read
            else "You alone read it: students of this exam do not see comments.",
            tuple(
                f"{person_of(row, exam.audience) or row.student}: "
                + textwrap.shorten(row.comment or "", COMMENT_SHOWN, placeholder=" …")
                for row in commented
            ),
        )


def _outliers(grades: Sequence[Grade | None], scale: Scale) -> list[int]:
    """The positions of outliers in `grades`."""
    scores = {
        index: grade.score for index, grade in enumerate(grades) if grade is not None and grade.is_scored
    }
    if scale.is_pass_fail or len(scores) < SMALL_GROUP:
        return []
    middle = median(scores.values())
    distances = {index: abs(score - middle) for index, score in scores.items()}
    usual = median(distances.values())
    if usual == 0:
        return []
    return [index for index, distance in distances.items() if distance > FAR_DEVIATIONS * usual + 1e-9]


def _repeated(results: Iterable[Result], key: Callable[[Result], Hashable]) -> list[list[Result]]:
    groups: defaultdict[Hashable, list[Result]] = defaultdict(list)
    for row in results:
        groups[key(row)].append(row)
    return [group for group in groups.values() if len(group) > 1]


def _lines(rows: Iterable[Result]) -> tuple[str, ...]:
    def line(row: Result) -> str:
        more = ", ".join(filter(None, (row.name, row.number)))
        return f"{row.student}{f' ({more})' if more else ''}: {grade_text(row.grade)}"

    return tuple(map(line, rows))


def _times(count: int) -> str:
    return {2: "twice", 3: "three times"}.get(count, f"{count} times")
