"""The rows of one student, or of several of one name, beside those that are in the exam already.

A code that is there says whose row it is, then the student's number, then the name. Where numbers tell
students of one name apart, each is compared with the row that has the number; whose the others are is asked,
not guessed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from shared.model.exam import Audience, Result
from shared.model.grades import AWAITED, grade_text
from shared.model.names import fold, name_key, number_key
from teacher_app.importing.outcomes import CheckedRow, Choices, OtherNumber, Outcome, Repeated, There
from teacher_app.importing.rows import SourceRow, owners_by_number
from teacher_app.rows.commands import person_of

__all__ = ["Students", "compared"]

_BROUGHT = ("comment", "number")  # beside the grade


class Students:
    """Those who are in the exam: by code where the source has one that is there, else by name; by number."""

    def __init__(self, rows: Iterable[Result], audience: Audience) -> None:
        self.audience = audience
        self._by_key: dict[object, list[Result]] = defaultdict(list)
        self._keys_by_code: dict[str, object] = {}
        persons: list[tuple[str | None, object, str]] = []
        for row in rows:
            person = person_of(row, audience)
            key: object = name_key(person) if person else ("code", row.student)
            self._by_key[key].append(row)
            if audience.has_codes:
                self._keys_by_code[row.student] = key
            persons.append((row.number, key, person or row.student))
        self._persons_by_number = owners_by_number(persons)

    def key_of(self, row: SourceRow) -> object:
        """Equal for rows of one name, or of one code that is there."""
        if row.code in self._keys_by_code:
            return self._keys_by_code[row.code]
        if not row.person:
            return ("code", row.code)
        key = name_key(row.person)
        # A nameless row of an export shows its code where others have a name.
        return key if key in self._by_key else self._keys_by_code.get(row.person, key)

    def has_code(self, code: str) -> bool:
        """Whether somebody in the exam has that code."""
        return code in self._keys_by_code

    def rows(self, key: object) -> list[Result]:
        """The results of that name or code."""
        return list(self._by_key.get(key, ()))

    def other_owner_of(self, row: SourceRow) -> str | None:
        """Whose number it is in this exam, if it is another student's alone."""
        owners = self._persons_by_number.get(fold(row.number), {})
        return next(iter(owners.values())) if owners and self.key_of(row) not in owners else None


def compared(
    rows: Sequence[CheckedRow], students: Students, key: object, choices: Choices
) -> list[CheckedRow]:
    """What becomes of the rows of that name, in the same order."""
    there, audience = students.rows(key), students.audience
    groups = _by_identity(rows, students)
    own = {
        identity: [row for row in there if identity and identity in _identities(row, audience)]
        for identity in groups
    }
    found: dict[int, CheckedRow] = {}  # by the place in `rows`
    for identity, places in groups.items():
        rows_of_one = [rows[place] for place in places]
        if own[identity]:
            outcome = _of_one(rows_of_one, own[identity], audience, choices)
        elif len(groups) == 1:
            outcome = _of_one_by_name(rows_of_one, there, audience, choices, has_number=bool(identity))
        else:
            outcome = _of_one(rows_of_one, [], audience, choices)
        found |= zip(places, outcome, strict=True)
    if len(groups) > 1:
        claimed = {row.id for rows_of_one in own.values() for row in rows_of_one}
        free = [row for row in there if row.id not in claimed]
        lone = [place for identity, places in groups.items() if not own[identity] for place in places]
        found |= zip(lone, _namesakes([found[place] for place in lone], free, audience, choices), strict=True)
        for places in groups.values():
            lines = ", ".join(str(one.row.line) for place, one in enumerate(rows) if place not in places)
            for place in places:
                if (one := found[place]).outcome.is_saved and not one.reason:
                    reason = f"Another student than in line {lines}: the numbers differ."
                    found[place] = one.becomes(one.outcome, reason)
    return [found[place] for place in range(len(rows))]


def _identities(row: Result, audience: Audience) -> set[str]:
    """What says alone whose result it is; "" says nothing."""
    return {number_key(row.number), row.student if audience.has_codes else ""}


def _by_identity(rows: Sequence[CheckedRow], students: Students) -> dict[str, list[int]]:
    """The places of each student's rows, by the code that is there, or by number, where all have one; else
    the places of all, by "": the name does not tell them apart."""
    groups: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(rows):
        groups[one.row.code if students.has_code(one.row.code) else number_key(one.row.number)].append(place)
    return {"": list(range(len(rows)))} if "" in groups else groups


def _of_one_by_name(
    rows: Sequence[CheckedRow],
    there: Sequence[Result],
    audience: Audience,
    choices: Choices,
    *,
    has_number: bool,
) -> list[CheckedRow]:
    """One student's rows; with a number that nobody of the name has `there`."""
    numbered = [row for row in there if row.number] if has_number else []
    if not numbered or len(numbered) < len(there):
        return _of_one(rows, [row for row in there if row not in numbered], audience, choices)
    if choices.numbers is OtherNumber.SAME:
        return [replace(one, has_other_number=True) for one in _of_one(rows, numbered, audience, choices)]
    outcome = []
    for one in _of_one(rows, [], audience, choices):
        if one.outcome.is_saved:
            one = _beside(one, numbered[0], is_new=choices.numbers is OtherNumber.NEW)
        outcome.append(replace(one, has_other_number=True))
    return outcome


def _of_one(
    rows: Sequence[CheckedRow], there: Sequence[Result], audience: Audience, choices: Choices
) -> list[CheckedRow]:
    """One student's rows of the source with those that are there."""
    counting = _without_blanks(rows)
    group = [rows[place] for place in counting]
    found = dict(zip(counting, _counting(group, there, audience, choices), strict=True))
    return [
        found.get(place) or one.becomes(Outcome.SKIPPED, f"The grade is in line {group[0].row.line}.")
        for place, one in enumerate(rows)
    ]


def _without_blanks(rows: Sequence[CheckedRow]) -> list[int]:
    """The places of those that count: a blank one beside one with a grade is left out."""
    graded = [place for place, one in enumerate(rows) if one.outcome is Outcome.NEW]
    return graded or list(range(len(rows)))


def _counting(
    group: list[CheckedRow], there: Sequence[Result], audience: Audience, choices: Choices
) -> list[CheckedRow]:
    left = list(there)
    found: list[CheckedRow] = []
    for one in group:
        same = next((row for row in left if _is_same(one, row, audience)), None)
        if same is not None:
            left.remove(same)
            one = _completed(one, same, choices)
        found.append(one)
    waiting = [index for index, one in enumerate(found) if one.outcome.is_saved and one.there is None]
    if not waiting:
        return found
    if len(group) > 1 and choices.repeated is not Repeated.ALL:
        counts = {Repeated.FIRST: 0, Repeated.LAST: len(group) - 1}.get(choices.repeated)
        return [
            _against(one, there, audience, choices) if index == counts else _repeated(one, group, counts)
            for index, one in enumerate(group)
        ]
    if len(waiting) == 1 and len(left) > 1 and choices.there is not There.ADD:
        index = waiting[0]
        found[index] = found[index].becomes(Outcome.BAD, _which_one(left))
        return found
    for index, row in zip(waiting, [*left, *[None] * len(waiting)], strict=False):
        found[index] = _against(found[index], [] if row is None else [row], audience, choices)
    return found


def _namesakes(
    rows: Sequence[CheckedRow], free: Sequence[Result], audience: Audience, choices: Choices
) -> list[CheckedRow]:
    """Students of one name whose numbers nobody has there; `free` are the results of the name that are
    nobody's by number."""
    left = list(free)
    found: list[CheckedRow] = []
    for one in rows:
        same = next((row for row in left if one.outcome.is_saved and _is_same(one, row, audience)), None)
        if same is not None:
            left.remove(same)
            one = one.becomes(Outcome.SAME, "Already saved.", same)
        found.append(one)
    if choices.numbers is OtherNumber.NEW:
        left = [row for row in left if not row.number]
    if not left or choices.there is There.ADD:
        return found
    if all(row.number for row in left):
        return [
            replace(_beside(one, left[0], is_new=False), has_other_number=True)
            if one.outcome.is_saved
            else one
            for one in found
        ]
    shown = "no grade yet" if left[0].is_awaited else grade_text(left[0].grade)
    reason = (
        f"Which student of this name is it who is there with {shown}? "
        "Change that row under “Enter”, this one by hand."
    )
    return [one.becomes(Outcome.BAD, reason) if one.outcome.is_saved else one for one in found]


def _beside(one: CheckedRow, row: Result, *, is_new: bool) -> CheckedRow:
    """A row whose name is there with another number."""
    reason = f"Another {one.row.person} is there, with the number {row.number}."
    if is_new:
        return one.becomes(one.outcome, reason)
    return one.becomes(Outcome.BAD, f"{reason} Choose above whose row this is, or correct the number.")


def _completed(one: CheckedRow, row: Result, choices: Choices) -> CheckedRow:
    """A row whose grade is there: it may bring a comment or a number."""
    if others := _others(one, row, choices):
        words = " and ".join(others)
        if choices.there is There.REPLACE:
            return _replacing(one, row, f"Is there with another {words}: replaced.", choices)
        return one.becomes(Outcome.SKIPPED, f"Is there with another {words}: kept as it is.", row)
    new = [word for word in _BROUGHT if getattr(one.row, word) and not getattr(row, word)]
    if not new:
        return one.becomes(Outcome.SAME, "Already saved.", row)
    return _replacing(one, row, f"Is there already; the {_are(new)} new.", choices)


def _others(one: CheckedRow, row: Result, choices: Choices) -> list[str]:
    """The fields that the row brings and that are there with other texts."""
    return [
        word
        for word in _BROUGHT
        if getattr(one.row, word)
        and getattr(row, word)
        and getattr(one.row, word) != getattr(row, word)
        and not (word == "number" and _is_same_number(one, row, choices))
    ]


def _are(words: Sequence[str]) -> str:
    return f"{' and '.join(words)} {'are' if len(words) > 1 else 'is'}"


def _is_same_number(one: CheckedRow, row: Result, choices: Choices) -> bool:
    return choices.numbers is OtherNumber.SAME or number_key(one.row.number) == number_key(row.number)


def _replacing(one: CheckedRow, row: Result, reason: str, choices: Choices) -> CheckedRow:
    """It replaces what is there; another comment or number only where the teacher chose that."""
    keeps = [] if choices.there is There.REPLACE else _others(one, row, choices)
    if keeps:
        reason = f"{reason} The {_are(keeps)} kept as there."
    if row.number and _is_same_number(one, row, choices):
        keeps.append("number")
    return replace(one.becomes(Outcome.REPLACES, reason, row), keeps=frozenset(keeps))


def _against(one: CheckedRow, there: Sequence[Result], audience: Audience, choices: Choices) -> CheckedRow:
    """One row of the source against all that is there of this student."""
    same = next((row for row in there if _is_same(one, row, audience)), None)
    if same is not None:
        return _completed(one, same, choices)
    if not there or choices.there is There.ADD:
        reason = "Is there with another grade; this one is added." if there else one.reason
        return one.becomes(one.outcome, reason)
    if len(there) > 1:
        return one.becomes(Outcome.BAD, _which_one(there))
    row = there[0]
    if row.is_awaited:
        return _replacing(one, row, one.reason or "The student is there, the grade is new.", choices)
    what = grade_text(row.grade)
    if row.grade == one.grade:
        what += f", as “{person_of(row, audience)}”"
    if choices.there is There.SKIP:
        return one.becomes(Outcome.SKIPPED, f"Is there with {what}: kept as it is.", row)
    return _replacing(one, row, f"Is there with {what}: replaced.", choices)


def _which_one(there: Sequence[Result]) -> str:
    return f"This student is there {len(there)} times: which one is meant? Change that row under “Enter”."


def _repeated(one: CheckedRow, group: list[CheckedRow], counts: int | None) -> CheckedRow:
    if counts is None:
        others = ", ".join(str(other.row.line) for other in group if other is not one)
        lines = "line" if len(group) == 2 else "lines"
        reason = f"The same student as in {lines} {others}. Correct it, or choose above which one counts."
        return one.becomes(Outcome.REPEATED, reason)
    return one.becomes(
        Outcome.SKIPPED, f"The same student as in line {group[counts].row.line}, which counts."
    )


def _is_same(one: CheckedRow, row: Result, audience: Audience) -> bool:
    if one.grade not in {row.grade, AWAITED}:
        return False
    person = person_of(row, audience)
    is_code_alone = audience.has_codes and one.row.person in {"", row.student}
    return is_code_alone or name_key(person) == name_key(one.row.person)
