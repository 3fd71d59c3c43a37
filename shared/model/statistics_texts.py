"""The statistics of an exam as people read them: a table of all numbers, the rule for what is missing, the
place of a grade among the others, and what can be compared with other exams."""

from __future__ import annotations

from shared.model.exam import Audience, Exam
from shared.model.scales import NumberScale
from shared.model.statistics import (
    SMALL_GROUP,
    Disclosure,
    Summary,
    rate_text,
    score_text,
    spread_text,
    whole_percent,
)

__all__ = ["PLACE_WORDS", "box_names", "comparable_rows", "place_text", "rule_text", "statistics_rows"]

PLACE_WORDS = "of the grades are below this one. Of equal grades, half are counted."


def statistics_rows(exam: Exam, numbers: Summary) -> tuple[tuple[str, str], ...]:
    """Name and text of every number that may be shown."""
    scale = exam.scale
    rows = [("Results", str(numbers.count)), ("Graded", str(numbers.scored))]
    rows += [
        (name, str(count))
        for name, count in (("Absent", numbers.absent), ("Exempt", numbers.exempt))
        if count
    ]
    if not scale.is_pass_fail:  # its one number is how many passed
        lowest, highest = box_names(exam)
        scores = (
            ("Mean", numbers.mean),
            ("Median", numbers.median),
            ("Lower quartile", numbers.lower_quartile),
            ("Upper quartile", numbers.upper_quartile),
            (lowest, numbers.lowest),
            (highest, numbers.highest),
        )
        rows += [(name, score_text(score, scale)) for name, score in scores if score is not None]
        if numbers.spread is not None:
            rows.append(("Standard deviation", spread_text(numbers.spread, scale)))
    if numbers.pass_rate is not None:
        rows.append(("Passed", rate_text(numbers.pass_rate)))
    return tuple(rows)


def box_names(exam: Exam) -> tuple[str, str]:
    """What the two ends of the grades are called."""
    is_lowest_best = isinstance(exam.scale, NumberScale) and exam.scale.is_lowest_best
    return ("Weakest", "Best") if is_lowest_best else ("Lowest", "Highest")


def rule_text(audience: Audience, disclosure: Disclosure) -> str:
    """A sentence that says why some numbers are not shown; "" when all are."""
    if disclosure is Disclosure.NOTHING:
        return f"Statistics are shown once there are {SMALL_GROUP} grades."
    if audience.has_codes:
        return "Numbers that would be one student's own, such as the highest grade, are not shown."
    return ""


def place_text(share: float, audience: Audience) -> str:
    """A place from statistics.places(): "52 %"; "About 50 %" where only tens are shown."""
    if audience.has_codes:
        return {0.0: "Under 5 %", 100.0: "Over 95 %"}.get(share, f"About {share:.0f} %")
    text = _percent(share / 100)
    return {"0 %": "Under 1 %", "100 %": "Over 99 %"}.get(text, text)


def comparable_rows(exam: Exam, numbers: Summary) -> tuple[tuple[str, str], ...]:
    """Name and text of each number that may be shown, in percent of the best grade whatever the scale."""
    rows = []
    if not exam.scale.is_pass_fail:
        for name, score in (("Mean", numbers.mean), ("Median", numbers.median)):
            if score is not None:
                rows.append((name, _percent(score)))
        lower, upper = numbers.lower_quartile, numbers.upper_quartile
        if lower is not None and upper is not None:
            rows.append(("Quartiles", f"{_percent(lower)} to {_percent(upper)}"))
    if numbers.pass_rate is not None:
        rows.append(("Passed", rate_text(numbers.pass_rate)))
    return tuple(rows)


def _percent(score: float) -> str:
    return f"{whole_percent(score)} %"
