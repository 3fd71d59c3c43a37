"""What would become of each row: new, there already, another grade than there, or to be mended and why.

The same student twice in the source, or there already: the teacher chooses for the whole import. Students
are the same when name_key() says so. The third Ada of a paste is compared with what is there of Adas, so that
an import that was cut can be repeated: what arrived is found, and only the rest is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from shared.model.codes import is_code
from shared.model.errors import FieldInvalid, GradeOutsideScale
from shared.model.exam import Audience, Exam, NewResult, Result
from shared.model.grade_words import Word, word_of
from shared.model.grades import AWAITED, Grade, grade_text, parse_grade
from shared.model.names import fold, name_key
from shared.model.scales import NumberScale, Scale, number_text
from teacher_app.importing.columns import is_grade
from teacher_app.importing.rows import SourceRow
from teacher_app.rows.commands import person_of

__all__ = ["SHARES_OF", "CheckedRow", "Choices", "Fate", "Repeated", "There", "are_shares", "check_rows"]

SHARES_OF = Decimal(1)  # what shares of the whole are out of
_ANY_STEP = Decimal("1e-20")


class There(StrEnum):
    """What to do with a student who is there with another grade."""

    SKIP = "skip"
    REPLACE = "replace"
    ADD = "add"


class Repeated(StrEnum):
    """What to do with a student who is more than once in the source."""

    MEND = "mend"
    FIRST = "first"
    LAST = "last"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Choices:
    """For one import. `rounds`: grades with too many decimals are rounded to the scale's step. `out_of`: the
    grades are points out of so many, to be converted to the exam's."""

    there: There = There.SKIP
    repeated: Repeated = Repeated.MEND
    rounds: bool = False
    out_of: Decimal | None = None


class Fate(StrEnum):
    """What saving does with a row."""

    NEW = "new"
    REPLACES = "replaces"  # the row that is there gets these values
    SAME = "same"  # is there already
    SKIPPED = "skipped"  # there with another grade, which is kept; or repeated, and another one counts
    NO_GRADE = "no grade"  # a student who is new and whose grade is awaited
    REPEATED = "repeated"  # in the source; nothing was chosen yet
    BAD = "bad"
    UNTICKED = "unticked"  # the teacher leaves it out, or it seems to be no student's row

    @property
    def needs_mending(self) -> bool:
        """Whether the teacher has to do something before it can be saved."""
        return self in {Fate.REPEATED, Fate.BAD}

    @property
    def is_saved(self) -> bool:
        """Whether something is written."""
        return self in {Fate.NEW, Fate.REPLACES, Fate.NO_GRADE}


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """`grade` is canonical, AWAITED where there is none yet, "" where it cannot be read. `reason` is for
    people, "" where all is plain. `there` is the row that it replaces or equals. `is_rounding_offered`: the
    grade only has too many decimals."""

    row: SourceRow
    fate: Fate
    reason: str = ""
    grade: str = ""
    there: Result | None = None
    is_rounding_offered: bool = False


def check_rows(
    rows: Sequence[SourceRow], exam: Exam, there: Iterable[Result], choices: Choices
) -> list[CheckedRow]:
    """One for each row, in the same order."""
    checked: list[CheckedRow] = [_checked_alone(row, exam, choices) for row in rows]
    _refuse_repeated_codes(checked, exam)
    present = _Present(there, exam.audience)
    groups: dict[object, list[int]] = defaultdict(list)
    bad_lines: dict[object, int] = {}
    for index, one in enumerate(checked):
        if one.fate.is_saved:
            groups[present.key_of(one.row)].append(index)
        elif one.fate is Fate.BAD and one.row.person.strip():
            bad_lines[present.key_of(one.row)] = one.row.line
    for key, group in groups.items():
        if key in bad_lines and choices.repeated is Repeated.MEND:
            for index in group:
                reason = f"The same student as in line {bad_lines[key]}, which is to be corrected."
                checked[index] = _with(checked[index], Fate.REPEATED, reason)
            continue
        indexes = _without_blanks(checked, group)
        compared = _compared([checked[index] for index in indexes], present.rows(key), exam.audience, choices)
        for index, one in zip(indexes, compared, strict=True):
            checked[index] = one
    return checked


# Each row by itself.


def _checked_alone(row: SourceRow, exam: Exam, choices: Choices) -> CheckedRow:
    if not row.is_included:
        return CheckedRow(row, Fate.UNTICKED, row.flag or "Left out.")
    has_codes = exam.audience.has_codes
    if not row.person.strip() and not (has_codes and row.code):
        return CheckedRow(row, Fate.BAD, "There is no name in this row. Type it.")
    length = exam.audience.code_length
    if length is not None and row.code and not is_code(row.code, length):
        return CheckedRow(row, Fate.BAD, f"“{row.code}” is no student code. Leave it blank to get a new one.")
    try:
        # The checks of the API, before anything is sent; in this place any code does.
        NewResult(row.person.strip() or row.code, "0")
        if not row.grade.strip():
            if grade_in_name := _grade_in_name(row.person, exam.scale):
                reason = (
                    f"“{grade_in_name}” behind the name looks like a grade. "
                    "Type it as the grade, and the name without it."
                )
                return CheckedRow(row, Fate.BAD, reason)
            return CheckedRow(row, Fate.NO_GRADE, "Without a grade yet.", AWAITED)
        if word_of(row.grade) is Word.NO_GRADE and not is_grade(row.grade, exam.scale):
            return CheckedRow(row, Fate.NO_GRADE, f"“{row.grade}” is no grade: without one yet.", AWAITED)
        if choices.out_of is not None and isinstance(exam.scale, NumberScale):
            grade = _converted(row.grade, exam.scale, choices.out_of)
            reason = "" if grade.mark else f"{row.grade} of {number_text(choices.out_of)} is {grade.text}."
            return CheckedRow(row, Fate.NEW, reason, grade.text)
        grade = parse_grade(row.grade, exam.scale)
    except GradeOutsideScale as error:
        if error.suggestion is None:
            return CheckedRow(row, Fate.BAD, error.reason)
        if not choices.rounds:
            return CheckedRow(row, Fate.BAD, error.reason, is_rounding_offered=True)
        reason = f"“{row.grade.strip()}” is rounded to {error.suggestion}."
        return CheckedRow(row, Fate.NEW, reason, error.suggestion, is_rounding_offered=True)
    except FieldInvalid as error:
        return CheckedRow(row, Fate.BAD, error.reason)
    return CheckedRow(row, Fate.NEW, _reading(row.grade, grade), grade.text)


def are_shares(rows: Iterable[SourceRow], scale: Scale) -> bool:
    """Whether the grades of a percent exam look like shares of one, as spreadsheets store percentages (0.85).

    Not when each is 0 or 1, or one is above 1 or has a percent sign.
    """
    if not isinstance(scale, NumberScale) or not scale.is_percent:
        return False
    texts = [row.grade for row in rows if row.grade]
    shares = NumberScale(Decimal(0), SHARES_OF, SHARES_OF / 2, _ANY_STEP)
    found = False
    for text in texts:
        grade = _grade_or_none(text, shares)
        if "%" in text or (grade is None and _grade_or_none(text, scale) is not None):
            return False
        found = found or (grade is not None and 0 < grade.score < 1)
    return found


def _grade_or_none(text: str, scale: Scale) -> Grade | None:
    try:
        return parse_grade(text, scale)
    except GradeOutsideScale:
        return None


def _converted(text: str, scale: NumberScale, points: Decimal) -> Grade:
    """Raises GradeOutsideScale."""
    given = NumberScale(Decimal(0), points, points / 2, _ANY_STEP, allows_more=scale.allows_more)
    grade = parse_grade(text, given)
    if grade.mark:
        return grade
    steps = Decimal(grade.text) / points * scale.highest / scale.step
    return parse_grade(number_text(steps.quantize(Decimal(1), ROUND_HALF_UP) * scale.step), scale)


def _grade_in_name(person: str, scale: Scale) -> str:
    """A grade at the end of what was read as a name; "" where there is none. One letter is an initial."""
    name, _, last = person.strip().rpartition(" ")
    word = last.strip("()[]:")
    is_initial = len(word) == 1 and word.isalpha()
    return word if name and word and not is_initial and is_grade(word, scale) else ""


def _reading(typed: str, grade: Grade) -> str:
    """What was understood, where the grade that is saved does not begin as it was written."""
    shown = grade_text(grade.text)
    is_plain = not shown.isalpha() or fold(typed)[:2] == fold(shown)[:2]
    return "" if is_plain else f"“{typed.strip()}” is read as “{shown}”."


def _refuse_repeated_codes(checked: list[CheckedRow], exam: Exam) -> None:
    if not exam.audience.has_codes:
        return
    first_lines: dict[str, int] = {}
    for index, one in enumerate(checked):
        code = one.row.code
        if not code or not one.fate.is_saved:
            continue
        if code in first_lines:
            reason = (
                f"The code {code} is in line {first_lines[code]} already. Leave it blank to get a new one."
            )
            checked[index] = CheckedRow(one.row, Fate.BAD, reason)
        first_lines.setdefault(code, one.row.line)


def _without_blanks(checked: list[CheckedRow], group: list[int]) -> list[int]:
    """The rows of one student that count: a blank one beside one with a grade is left out."""
    graded = [index for index in group if checked[index].fate is Fate.NEW]
    if not graded or _are_told_apart([checked[index] for index in group]):
        return group
    for index in group:
        if checked[index].fate is Fate.NO_GRADE:
            reason = f"The grade is in line {checked[graded[0]].row.line}."
            checked[index] = _with(checked[index], Fate.SKIPPED, reason)
    return graded


# Together with what is there.


class _Present:
    """The rows that are there, by student: by code where the source has one that is there, else by name."""

    def __init__(self, rows: Iterable[Result], audience: Audience) -> None:
        self._by_key: dict[object, list[Result]] = defaultdict(list)
        self._keys_by_code: dict[str, object] = {}
        for row in rows:
            person = person_of(row, audience)
            key: object = name_key(person) if person else ("code", row.student)
            self._by_key[key].append(row)
            if audience.has_codes:
                self._keys_by_code[row.student] = key

    def key_of(self, row: SourceRow) -> object:
        if row.code in self._keys_by_code:
            return self._keys_by_code[row.code]
        if not row.person:
            return ("code", row.code)
        key = name_key(row.person)
        # A nameless row of an export shows its code where others have a name.
        return key if key in self._by_key else self._keys_by_code.get(row.person, key)

    def rows(self, key: object) -> list[Result]:
        return list(self._by_key.get(key, ()))


def _compared(
    group: list[CheckedRow], there: list[Result], audience: Audience, choices: Choices
) -> list[CheckedRow]:
    """The same student's rows of the source with those that are there."""
    left = list(there)
    found: list[CheckedRow] = []
    for one in group:
        same = next((row for row in left if _is_same(one, row, audience)), None)
        if same is not None:
            left.remove(same)
            one = _with(one, Fate.SAME, "Already saved.", same)
        found.append(one)
    waiting = [index for index, one in enumerate(found) if one.fate.is_saved]
    if not waiting:
        return found
    if len(group) > 1 and _are_told_apart(group):
        return [_beside_namesakes(one, group, left, choices) for one in found]
    if len(group) > 1 and choices.repeated is not Repeated.ALL:
        counts = {Repeated.FIRST: 0, Repeated.LAST: len(group) - 1}.get(choices.repeated)
        return [
            _against(one, there, audience, choices) if index == counts else _repeated(one, group, counts)
            for index, one in enumerate(group)
        ]
    if len(waiting) == 1 and len(left) > 1 and choices.there is not There.ADD:
        index = waiting[0]
        reason = (
            f"This student is there {len(left)} times: which one is meant? Change that row under “Enter”."
        )
        found[index] = _with(found[index], Fate.BAD, reason)
        return found
    for index, row in zip(waiting, [*left, *[None] * len(waiting)], strict=False):
        found[index] = _against(found[index], [] if row is None else [row], audience, choices)
    return found


def _are_told_apart(group: list[CheckedRow]) -> bool:
    """Whether the students of one name have numbers of their own."""
    numbers = {one.row.number for one in group}
    return "" not in numbers and len(numbers) == len(group)


def _beside_namesakes(
    one: CheckedRow, group: list[CheckedRow], left: list[Result], choices: Choices
) -> CheckedRow:
    """One of several students of one name; `left` are the results that equal none of theirs."""
    if not one.fate.is_saved:
        return one
    if left and choices.there is not There.ADD:
        reason = "Which student of this name is it who is there with"
        return _with(
            one, Fate.BAD, f"{reason} {_shown(left[0])}? Change that row under “Enter”, this one by hand."
        )
    lines = ", ".join(str(other.row.line) for other in group if other is not one and other.row != one.row)
    return _with(one, one.fate, f"Another student than in line {lines}: the numbers differ.")


def _shown(row: Result) -> str:
    return "no grade yet" if row.is_awaited else grade_text(row.grade)


def _against(one: CheckedRow, there: list[Result], audience: Audience, choices: Choices) -> CheckedRow:
    """One row of the source against all that is there of this student."""
    same = next((row for row in there if _is_same(one, row, audience)), None)
    if same is not None:
        return _with(one, Fate.SAME, "Already saved.", same)
    if not there or choices.there is There.ADD:
        reason = "Is there with another grade; this one is added." if there else one.reason
        return _with(one, one.fate, reason)
    if len(there) > 1:
        reason = (
            f"This student is there {len(there)} times: which one is meant? Change that row under “Enter”."
        )
        return _with(one, Fate.BAD, reason)
    row = there[0]
    if row.is_awaited:
        return _with(one, Fate.REPLACES, one.reason or "The student is there, the grade is new.", row)
    what = grade_text(row.grade)
    if row.grade == one.grade:
        what += f", as “{person_of(row, audience)}”"
    if choices.there is There.SKIP:
        return _with(one, Fate.SKIPPED, f"Is there with {what}: kept as it is.", row)
    return _with(one, Fate.REPLACES, f"Is there with {what}: replaced.", row)


def _repeated(one: CheckedRow, group: list[CheckedRow], counts: int | None) -> CheckedRow:
    if counts is None:
        others = ", ".join(str(other.row.line) for other in group if other is not one)
        lines = "line" if len(group) == 2 else "lines"
        reason = f"The same student as in {lines} {others}. Mend it, or choose above which one counts."
        return _with(one, Fate.REPEATED, reason)
    return _with(one, Fate.SKIPPED, f"The same student as in line {group[counts].row.line}, which counts.")


def _is_same(one: CheckedRow, row: Result, audience: Audience) -> bool:
    if one.grade not in {row.grade, AWAITED}:
        return False
    person = person_of(row, audience)
    is_code_alone = audience.has_codes and one.row.person in {"", row.student}
    return is_code_alone or name_key(person) == name_key(one.row.person)


def _with(one: CheckedRow, fate: Fate, reason: str, there: Result | None = None) -> CheckedRow:
    return CheckedRow(one.row, fate, reason, one.grade, there)
