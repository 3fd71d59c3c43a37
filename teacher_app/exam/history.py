"""The history of an exam in words, and the commands that restore what was."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from shared.model.errors import FieldInvalid
from shared.model.exam import Audience, Exam, Result, parse_time
from shared.model.grades import AWAITED, shown_grade, typed_grade
from shared.model.history import Change, ChangeKind, Values
from shared.model.hours import hour_text
from shared.model.scales import describe, parse_scale
from shared.model.text import date_text
from teacher_app.exam.wording import AUDIENCE_WORDS, LISTED_WORDS
from teacher_app.rows.commands import ChangeRow, CreateRow, person_of
from teacher_app.rows.undo import restoring_command

__all__ = ["ChangeLine", "change_line", "restoring", "result_before"]

SHOWN_MAX = 80  # characters of a comment
_NAMES = {
    "name": "name",
    "number": "number",
    "comment": "comment",
    "subject": "subject",
    "date": "date",
    "teacher": "teacher",
    "scale": "scale",
    "audience": "students are shown by",
    "listed": "who can find it",
}


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change in plain text: whom it is about, "" for the exam itself; what happened; by whom and when."""

    about: str
    what: str
    by_and_when: str


def change_line(change: Change, exam: Exam, reader: str, zone: dt.tzinfo) -> ChangeLine:
    """`reader` is the sub of who reads it, who is called you."""
    by = "you" if change.by == reader else change.by_name
    local = change.at.astimezone(zone)
    when = f"{by}, {date_text(local)}, {local:%H:%M %Z}"
    if change.result_id is None:
        return ChangeLine("", _exam_words(change, zone), when)
    return ChangeLine(_student(change, exam), _result_words(change, exam), when)


def result_before(change: Change) -> Result:
    """The result as it was before the change."""
    before = change.before
    return Result(
        id=change.result_id or "",
        exam_id=change.exam_id,
        student=before["student"],
        grade=before["grade"],
        version=0,  # the history does not say which
        is_published=False,
        name=before.get("name"),
        number=before.get("number"),
        comment=before.get("comment"),
    )


def restoring(
    change: Change, current: Result | None, key: str, audience: Audience
) -> CreateRow | ChangeRow | None:
    """The command that restores what the change changed, and nothing that was changed since.

    `current` is the result as it is now, None if there is none. None if there is nothing to restore: of the
    exam itself, of a result that was deleted later, or where it is so already.
    """
    if change.result_id is None:
        return None
    before = result_before(change)
    if change.kind is ChangeKind.DELETED:
        if current is not None:
            return None
        return restoring_command(before, key, audience)
    if current is None:
        return None
    person = "name" if audience.has_codes else "student"
    fields = [name for name in change.changed_fields if name in (person, "grade", "number", "comment")]
    if all(getattr(current, name) == getattr(before, name) for name in fields):
        return None
    wanted = {name: before if name in fields else current for name in (person, "grade")}
    return ChangeRow(
        key,
        current.id,
        current.version,
        person_of(wanted[person], audience),
        typed_grade(wanted["grade"].grade),
        (before.number or "") if "number" in fields else None,
        (before.comment or "") if "comment" in fields else None,
    )


def _student(change: Change, exam: Exam) -> str:
    row = result_before(change)
    return person_of(row, exam.audience) or row.student


def _result_words(change: Change, exam: Exam) -> str:
    before, after = change.before, change.after
    was = _grade(before["grade"], exam)
    if after is None:
        return "deleted, without a grade" if before["grade"] == AWAITED else f"deleted, with the grade {was}"
    if change.kind is ChangeKind.RETRACTED:
        return f"{was} → no grade: taken back"
    words = []
    for field in change.changed_fields:
        if field == "grade":
            words.append(f"{was} → {_grade(after['grade'], exam)}")
        elif field == "student":
            name = "code" if exam.audience.has_codes else "name"
            words.append(f"{name} {_quoted(before['student'])} → {_quoted(after['student'])}")
        else:
            words.append(_text_words(_NAMES.get(field, field), before.get(field), after.get(field)))
    return "; ".join(words)


def _exam_words(change: Change, zone: dt.tzinfo) -> str:
    before, after = change.before, change.after or {}
    if change.kind is ChangeKind.WITHDRAWN:
        return "Unpublished"
    if change.kind is ChangeKind.PUBLISHED:
        hour, old_hour = (_hour(values.get("releaseAt"), zone) for values in (after, before))
        if before["status"] != "PUBLISHED":
            return f"Published, with the results from {hour} on" if hour else "Published"
        if old_hour and hour:
            return f"Hour of the results moved: {old_hour} → {hour}"
        return f"Results from {hour} on" if hour else f"Results published at once, not from {old_hour} on"
    words = [
        f"{_NAMES.get(field, field)}: {_exam_value(field, before)} → {_exam_value(field, after)}"
        for field in change.changed_fields
    ]
    text = "; ".join(words)
    return text[:1].upper() + text[1:]


def _exam_value(field: str, values: Values) -> str:
    match field:
        case "scale":
            return _scale_words(values["scale"])
        case "audience":
            return AUDIENCE_WORDS[Audience(values["audience"])]
        case "listed":
            return LISTED_WORDS[values["listed"]]
        case "date":
            return date_text(dt.date.fromisoformat(values["date"][:10]))
    return _quoted(str(values.get(field, "")))


def _scale_words(text: str) -> str:
    try:
        return describe(parse_scale(text))
    except FieldInvalid:
        return text  # another client's


def _hour(text: str | None, zone: dt.tzinfo) -> str:
    return "" if text is None else hour_text(parse_time(text), zone)


def _grade(grade: str, exam: Exam) -> str:
    return "no grade" if grade == AWAITED else shown_grade(grade, exam.scale)


def _text_words(name: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{name} {_quoted(after or '')} added"
    if after is None:
        return f"{name} {_quoted(before)} removed"
    return f"{name} {_quoted(before)} → {_quoted(after)}"


def _quoted(text: str) -> str:
    short = text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}…"
    return f"“{short}”"
