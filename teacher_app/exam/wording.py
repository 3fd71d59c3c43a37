"""How exams and numbers of things are worded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from shared.model.exam import Audience, Exam, Result

__all__ = [
    "AUDIENCE_WORDS",
    "LISTED_WORDS",
    "comment_reader_text",
    "count_text",
    "entered_text",
    "names_text",
    "status_text",
    "who_sees",
]

AUDIENCE_WORDS = {
    Audience.NAMES: "students by name",
    Audience.CODES: "students by code",
    Audience.OWN: "own result only",
}
_SEEN_WORDS = {
    Audience.NAMES: "Anybody who opens it sees names and grades, without an account or a password. Your "
    "comments stay with you.",
    Audience.CODES: "Anybody who opens it sees codes and grades, but no names, without an account or a "
    "password. Your comments stay with you.",
    Audience.OWN: "Anybody who opens it sees the statistics, and no student. With the code from their "
    "slip, students see their own grade, its place and your comment, and nobody else’s.",
}
LISTED_WORDS = {True: "in the list of exams", False: "by link only"}


def comment_reader_text(audience: Audience) -> str:
    """Who besides the teacher reads a comment, for the place where it is typed."""
    return "whoever has the code reads it" if audience is Audience.OWN else "only you read it"


def count_text(count: int, thing: str) -> str:
    """Such as "no results", "1 result", "1,204 results"; `thing` is the singular."""
    if count == 0:
        return f"no {thing}s"
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def entered_text(results: Sequence[Result]) -> str:
    """Such as "30 results", "27 of 30 results"."""
    entered = sum(not row.is_awaited for row in results)
    text = count_text(len(results), "result")
    return text if entered == len(results) else f"{entered:,} of {text}"


def names_text(names: Sequence[str], *, shown_max: int) -> str:
    """Such as "Ada, Grace and 1,204 more": the first `shown_max` names."""
    more = len(names) - shown_max
    return ", ".join(names[:shown_max]) + (f" and {more:,} more" if more > 0 else "")


def who_sees(exam: Exam) -> str:
    """What whoever has the address of the published exam can see, and who can find the address."""
    seen = _SEEN_WORDS[exam.audience]
    found = (
        "The students’ dashboard also lists this exam among all published ones: whoever knows the "
        "dashboard’s address can find it."
        if exam.is_listed
        else "No list contains this exam, so nobody finds it without this address. Whoever has it can pass "
        "it on."
    )
    return f"{seen} {found}"


def status_text(exam: Exam, now: dt.datetime) -> str:
    """Such as "Draft", "Announced", "Published", "Published, by link only"."""
    status = "Announced" if exam.is_announced(now) else "Published" if exam.is_published else "Draft"
    return status if exam.is_listed else f"{status}, {LISTED_WORDS[False]}"
