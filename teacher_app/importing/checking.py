"""What would become of each row: new, there already, another grade than there, or to be corrected and why.

The same student twice in the source, or there already: the teacher chooses for the whole import. Students
are the same when name_key() says so and their numbers do not differ. The third Ada of a paste is compared
with what is there of Adas, so that an import that was cut can be repeated: what arrived is found, and only
the rest is new. A number that another student has, in the source or there, makes a row one to correct.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from shared.model.codes import is_code
from shared.model.errors import FieldInvalid, GradeOutsideScale
from shared.model.exam import Exam, NewResult, Result
from shared.model.grade_words import Word, word_of
from shared.model.grades import AWAITED, Grade, grade_text, parse_grade
from shared.model.names import fold
from shared.model.scales import NumberScale, Scale, number_text
from teacher_app.importing.columns import GRADE_CELL_MAX, grade_or_none, is_grade
from teacher_app.importing.comparing import Students, compared
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome, Repeated
from teacher_app.importing.rows import SourceRow, is_cut_short, owners_by_number

__all__ = ["SHARES_OF", "are_shares", "check_rows"]

SHARES_OF = Decimal(1)  # what shares of the whole are out of
_ANY_STEP = Decimal("1e-20")


def check_rows(
    rows: Sequence[SourceRow], exam: Exam, there: Iterable[Result], choices: Choices
) -> list[CheckedRow]:
    """One for each row, in the same order."""
    checked: list[CheckedRow] = [_checked_alone(row, exam, choices) for row in rows]
    _refuse_repeated_codes(checked, exam)
    students = Students(there, exam.audience)
    _refuse_numbers_of_others(checked, students)
    groups: dict[object, list[int]] = defaultdict(list)
    bad_lines: dict[object, int] = {}
    for index, one in enumerate(checked):
        if one.outcome.is_saved:
            groups[students.key_of(one.row)].append(index)
        elif one.outcome is Outcome.BAD and one.row.person.strip():
            bad_lines[students.key_of(one.row)] = one.row.line
    for key, group in groups.items():
        if key in bad_lines and choices.repeated is Repeated.CORRECT:
            for index in group:
                reason = f"The same student as in line {bad_lines[key]}, which is to be corrected."
                checked[index] = checked[index].becomes(Outcome.REPEATED, reason)
            continue
        rows_of_name = compared([checked[index] for index in group], students, key, choices)
        for index, one in zip(group, rows_of_name, strict=True):
            checked[index] = one
    return checked


# Each row by itself.


def _checked_alone(row: SourceRow, exam: Exam, choices: Choices) -> CheckedRow:
    if not row.is_included:
        return CheckedRow(row, Outcome.UNTICKED, row.flag or "Left out.")
    has_codes = exam.audience.has_codes
    if not row.person.strip() and not (has_codes and row.code):
        return CheckedRow(row, Outcome.BAD, "There is no name in this row. Type it.")
    length = exam.audience.code_length
    if length is not None and row.code and not is_code(row.code, length):
        return CheckedRow(
            row, Outcome.BAD, f"“{row.code}” is no student code. Leave it blank to get a new one."
        )
    if is_cut_short(row.number):
        reason = (
            f"A spreadsheet has cut the number short: {row.number}. Type it, or choose no column of numbers."
        )
        return CheckedRow(row, Outcome.BAD, reason)
    try:
        # The checks of the API, before anything is sent; in this place any code does.
        NewResult(row.person.strip() or row.code, "0", number=row.number or None, comment=row.comment)
        if len(row.grade) > GRADE_CELL_MAX:
            return CheckedRow(row, Outcome.BAD, f"“{row.grade[:20].strip()} …” is too long for a grade.")
        if not row.grade.strip():
            if grade_in_name := _grade_in_name(row.person, exam.scale):
                reason = (
                    f"“{grade_in_name}” behind the name looks like a grade. "
                    "Type it as the grade, and the name without it."
                )
                return CheckedRow(row, Outcome.BAD, reason)
            return CheckedRow(row, Outcome.NO_GRADE, "Without a grade yet.", AWAITED)
        if word_of(row.grade) is Word.NO_GRADE and not is_grade(row.grade, exam.scale):
            return CheckedRow(row, Outcome.NO_GRADE, f"“{row.grade}” is no grade: without one yet.", AWAITED)
        if choices.out_of is not None and isinstance(exam.scale, NumberScale):
            grade = _converted(row.grade, exam.scale, choices.out_of)
            reason = "" if grade.mark else f"{row.grade} of {number_text(choices.out_of)} is {grade.text}."
            return CheckedRow(row, Outcome.NEW, reason, grade.text)
        grade = parse_grade(row.grade, exam.scale)
    except GradeOutsideScale as error:
        if error.suggestion is None:
            return CheckedRow(row, Outcome.BAD, error.reason)
        if not choices.rounds:
            return CheckedRow(row, Outcome.BAD, error.reason, is_rounding_offered=True)
        reason = f"“{row.grade.strip()}” is rounded to {error.suggestion}."
        return CheckedRow(row, Outcome.NEW, reason, error.suggestion, is_rounding_offered=True)
    except FieldInvalid as error:
        return CheckedRow(row, Outcome.BAD, error.reason)
    return CheckedRow(row, Outcome.NEW, _reading(row.grade, grade), grade.text)


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
        grade = grade_or_none(text, shares)
        if "%" in text or (grade is None and is_grade(text, scale)):
            return False
        found = found or (grade is not None and 0 < grade.score < 1)
    return found


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
        if not code or not one.outcome.is_saved:
            continue
        if code in first_lines:
            reason = (
                f"The code {code} is in line {first_lines[code]} already. Leave it blank to get a new one."
            )
            checked[index] = CheckedRow(one.row, Outcome.BAD, reason)
        first_lines.setdefault(code, one.row.line)


def _refuse_numbers_of_others(checked: list[CheckedRow], students: Students) -> None:
    """A number is one student's. Which of two names is wrong, or which number, only the teacher knows."""
    saved = {index: one.row for index, one in enumerate(checked) if one.outcome.is_saved and one.row.number}
    keys = {index: students.key_of(row) for index, row in saved.items()}
    rows_by_number = owners_by_number((row.number, keys[index], row) for index, row in saved.items())
    for index, row in saved.items():
        rows = rows_by_number[fold(row.number)]
        if other := next((rows[key] for key in rows if key != keys[index]), None):
            reason = f"Line {other.line} has the number {row.number} too, for {other.person or 'nobody'}."
        elif (owner := students.other_owner_of(row)) is not None:
            reason = f"{row.number} is the number of {owner} in this exam."
        else:
            continue
        checked[index] = CheckedRow(row, Outcome.BAD, f"{reason} Correct the name or the number.")
