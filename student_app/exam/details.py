"""An exam in words, numbers and a file, beside the live board."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Sequence

import pandas as pd

from shared.model.exam import Audience, Exam, Result
from shared.model.grades import shown_grade
from shared.model.scales import PASS_FAIL, NumberScale
from shared.model.statistics import (
    SMALL_GROUP,
    Disclosure,
    Summary,
    comparison,
    frame_from_results,
    rate_text,
    score_text,
    spread_text,
)
from shared.model.students import sorted_by_student
from shared.model.text import escape_formula

__all__ = ["comparison_rows", "results_csv", "rule_text", "statistics_rows"]


def statistics_rows(exam: Exam, numbers: Summary) -> list[tuple[str, str]]:
    """Name and text of every number that may be shown."""
    rows = [("Results", f"{numbers.count:,}"), ("Graded", f"{numbers.scored:,}")]
    for name, count in (("Absent", numbers.absent), ("Exempt", numbers.exempt)):
        if count:
            rows.append((name, f"{count:,}"))
    is_lowest_best = isinstance(exam.scale, NumberScale) and exam.scale.is_lowest_best
    lowest, highest = ("Weakest", "Best") if is_lowest_best else ("Lowest", "Highest")
    scores = (
        ("Mean", numbers.mean),
        ("Median", numbers.median),
        ("Lower quartile", numbers.lower_quartile),
        ("Upper quartile", numbers.upper_quartile),
        (lowest, numbers.lowest),
        (highest, numbers.highest),
    )
    if exam.scale != PASS_FAIL:  # its one number is how many passed
        rows += [(name, score_text(score, exam.scale)) for name, score in scores if score is not None]
        if numbers.spread is not None:
            rows.append(("Spread (standard deviation)", spread_text(numbers.spread, exam.scale)))
    if numbers.pass_rate is not None:
        rows.append(("Passed", rate_text(numbers.pass_rate)))
    return rows


def rule_text(exam: Exam, disclosure: Disclosure) -> str:
    """A sentence that says why some numbers are not shown; "" when all are."""
    if disclosure is Disclosure.NOTHING:
        return (
            f"With fewer than {SMALL_GROUP} grades, statistics would tell who has which: none are shown yet."
        )
    if exam.audience is Audience.CODES:
        return "Students are shown by codes, so no number is shown that belongs to a single person."
    return ""


def comparison_rows(exams: Sequence[tuple[Exam, Iterable[Result]]]) -> pd.DataFrame:
    """A table of texts, one row per exam: Exam, Date, Results, Mean, Median, Middle half, Passed.

    Means and quartiles are percentages of the best grade, so that scales can be compared; "–" where nothing
    may be shown.
    """
    table = comparison([(exam, frame_from_results(rows, exam.scale)) for exam, rows in exams])
    quartiles = [
        f"{_percent(lower)} to {_percent(upper)}" if lower == lower else "–"  # False for NaN
        for lower, upper in zip(table["lower_quartile"], table["upper_quartile"], strict=True)
    ]
    return pd.DataFrame(
        {
            "Exam": table["subject"],
            "Date": [exam.date.isoformat() for exam, _ in exams],
            "Results": table["count"],
            "Mean": table["mean"].map(_percent),
            "Median": table["median"].map(_percent),
            "Middle half": quartiles,
            "Passed": table["pass_rate"].map(_percent),
        }
    )


def results_csv(exam: Exam, rows: Collection[Result]) -> bytes:
    """The rows by student, as a CSV file for spreadsheets (UTF-8 with a byte-order mark; RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Student", "Grade"])
    for row in sorted_by_student(rows, exam.audience):
        writer.writerow([escape_formula(row.student), escape_formula(shown_grade(row.grade, exam.scale))])
    return text.getvalue().encode("utf-8-sig")


def _percent(score: float) -> str:
    return "–" if score != score else f"{100 * score:.0f} %"
