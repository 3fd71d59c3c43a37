"""Facts of an exam as people read them. No Streamlit."""

from __future__ import annotations

import datetime as dt

from shared.exam import Audience, Exam

__all__ = ["AUDIENCE_WORDS", "count_text", "date_text", "grade_text", "plain_markdown", "status_text"]

AUDIENCE_WORDS = {Audience.NAMES: "students by name", Audience.CODES: "students by code"}
_GRADE_WORDS = {
    "ABSENT": "absent",
    "EXEMPT": "exempt",
    "PASS": "pass",
    "FAIL": "fail",
}  # as on the students' board
_SPECIAL = frozenset(r"\`*_{}[]()#+-.!|<>~$:")


def date_text(date: dt.date) -> str:
    """Such as "6 June 2026": no order of numbers to guess."""
    return f"{date.day} {date:%B %Y}"


def count_text(count: int, thing: str) -> str:
    """Such as "no results", "1 result", "1,204 results"; `thing` is the singular."""
    if count == 0:
        return f"no {thing}s"
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def grade_text(grade: str) -> str:
    """A stored grade as people read it: marks, pass and fail as words, all else as it is."""
    return _GRADE_WORDS.get(grade, grade)


def status_text(exam: Exam) -> str:
    """Such as "Draft"."""
    return "Published" if exam.is_published else "Draft"


def plain_markdown(text: str) -> str:
    """`text` so that Markdown shows it as it is."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)
