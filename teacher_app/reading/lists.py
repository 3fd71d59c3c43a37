"""Names and grades in a text without delimiters: in lines ("Ada Lovelace ..... 14 / 20"), in columns aligned
with spaces, or with one cell a line."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from shared.model.grade_words import word_of
from teacher_app.reading.headings import is_known_heading

__all__ = [
    "LINE_END",
    "is_answer",
    "is_list",
    "lines_of_one_line",
    "list_records",
    "numbered_lines",
]

LINE_END = re.compile(r"\r\n|\r|\n")
_LINE_MAX = 300  # characters; a longer line is nobody's name and grade, and is not searched
_MOST = 0.6  # of the lines
_CELLS_A_STUDENT = (2, 3, 4)  # with one cell a line

_ALIGNED = re.compile(r" {2,}")
_WORD = re.compile(r"\S+")
_GAP = re.compile(rb"\0{2,}")  # one blank may stand within all names
_AMOUNT = r"[-−]?\d{1,4}(?:[.,]\d{1,20})?[½¼¾⅓⅔]?"
_GRADE = (
    rf"(?:{_AMOUNT}(?: ?(?:/|out of|sur|von) ?{_AMOUNT})?(?: ?(?:%|pts?\.?|points?|punkte?|marks?))?"
    r"(?: ?[+-])?|[A-Za-z][+*-]?|\?+|-)"
)
_BETWEEN = (
    r"(?:\s*(?:[.…·_]{2,}|(?:[.·] ){2,}[.·]?|[…→⇒：，=—]|[-=]>)\s*|(?<!\d):\s*"
    r"|(?:\s+[-–—.·=/|])+\s+|\s+)"
)
_ANSWER = re.compile(_GRADE, re.IGNORECASE)
_NAME_AND_ANSWER = re.compile(rf"(?P<name>.*?\S){_BETWEEN}[(\[]?(?P<answer>{_GRADE})[)\]]?", re.IGNORECASE)
_ANSWER_AND_NAME = re.compile(rf"(?P<answer>{_AMOUNT}[+-]?)(?:\s*[:→=—]\s*|\s+[-–—]\s+|\s+)(?P<name>\D+)")
_LIST_MARK = re.compile(r"(?:[-*•·‣◦▪–>]|\d{1,3}[.)])\s+(?=\S)")
_AFTER_NAME = " ,:-–—.…·_→="
# Before a word it turns it into its opposite; before a number a sum is left, and not the grade.
_TURNS = re.compile(
    r"(?:.*\s)?(?:not|no|non|ne|pas|nicht|kein|niet|nie|не|ikke|inte|ej|nem|değil|tidak|không)",
    re.IGNORECASE,
)
_SUM = re.compile(r".*\d\s*[+*×/-]\s*\d*")
_NUMBER_AND_NAME = re.compile(r"(\d{1,10})\s+(\D.*)")
_BLANK_GRADE = re.compile(r"\s*(?:[:…→⇒：=]|[-=]>|[.·_]{2,}|[(\[]\s*[)\]])$")  # nothing behind the name
_PARTS_OF_A_LINE = re.compile(r"\s*[;,]\s+")

Records = Iterator[tuple[int, list[str]]]


def is_answer(text: str) -> bool:
    """Whether it is written like a grade, or like a word in its place."""
    return _ANSWER.fullmatch(text) is not None or (len(text) > 1 and word_of(text) is not None)


def is_list(text: str, *, having: str = "") -> bool:
    """Whether each line is a cell, or most lines are a name and a grade; `having`: with that in the grade,
    such as a comma."""
    lines = [line.strip() for _, line in numbered_lines(text)]
    return bool(_cells_a_student(lines)) or _have_answers(lines, having)


def lines_of_one_line(text: str) -> str:
    """A list in one line ("Ada 14, Grace 17.5") with a line for each student; any other text as it is."""
    parts = _PARTS_OF_A_LINE.split(text.strip()) if len(text) < _LINE_MAX * 100 else []
    is_list = len(parts) > 1 and not LINE_END.search(text.strip()) and all(map(_name_and_answer, parts))
    return "\n".join(parts) if is_list else text


def list_records(text: str) -> Records:
    """Each student's cells with the number of the line."""
    filled = [(number, line.strip()) for number, line in numbered_lines(text)]
    marked = [_LIST_MARK.match(line) for _, line in filled]
    if _most(filled, sum(mark is not None for mark in marked)):
        filled = [
            (number, line[mark.end() :] if mark else line)
            for (number, line), mark in zip(filled, marked, strict=True)
        ]
    lines = [line for _, line in filled]
    if height := _cells_a_student(lines):
        for index in range(0, len(lines), height):
            yield filled[index][0], lines[index : index + height]
        return
    if _begins_with_answers(lines):
        for number, line in filled:
            found = _ANSWER_AND_NAME.fullmatch(line)
            yield number, [found["answer"], found["name"]] if found else [line]
        return
    rows = [_ALIGNED.split(line) for line in lines]
    if not _most(rows, sum(len(cells) > 1 for cells in rows)):
        # Two blanks are a slip within a name, but where a grade stands behind them.
        rows = [
            [" ".join(cells[:-1]), cells[-1]] if len(cells) > 1 and is_answer(cells[-1]) else [line]
            for line, cells in zip(lines, rows, strict=True)
        ]
    if len({len(cells) for cells in rows}) > 1 and max(map(len, rows)) > 2 and (places := _places(text)):
        # In a row with a blank cell, counting the cells would shift the others.
        for number, line in numbered_lines(text):
            yield number, [line[start:end].strip() for start, end in itertools.pairwise([*places, None])]
        return
    has_answers = _have_answers(lines)
    are_numbered = has_answers and _most(lines, sum(map(bool, map(_NUMBER_AND_NAME.fullmatch, lines))))
    for (number, line), cells in zip(filled, rows, strict=True):
        if has_answers and len(cells) <= 2:
            numbered = _NUMBER_AND_NAME.fullmatch(line) if are_numbered else None
            first = [numbered[1] if numbered else ""] if are_numbered else []
            yield number, [*first, *_split_answers(numbered[2] if numbered else line)]
        else:
            yield number, cells if len(cells) > 1 else [_BLANK_GRADE.sub("", line)]


def numbered_lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with spaces in the place of tabs."""
    for number, line in enumerate(LINE_END.split(text), start=1):
        if line.strip():
            yield number, line.expandtabs()


def _have_answers(lines: Sequence[str], having: str = "") -> bool:
    found = [_name_and_answer(line) for line in lines]
    return _most(lines, sum(one is not None and having in one[1] for one in found))


def _most(lines: Sequence[object], count: int) -> bool:
    return bool(lines) and count >= _MOST * len(lines)


def _name_and_answer(line: str) -> tuple[str, str] | None:
    if len(line) > _LINE_MAX:
        return None
    if found := _NAME_AND_ANSWER.fullmatch(line):
        return None if _is_part(found["name"], found["answer"]) else (found["name"], found["answer"])
    words = line.split()
    for count in (3, 2, 1):
        name, answer = " ".join(words[:-count]), " ".join(words[-count:]).strip("()[]")
        if name and len(answer) > 1 and answer[0].isalnum() and word_of(answer) is not None:
            return None if _is_part(name, answer) else (name.rstrip(_AFTER_NAME), answer)
    return None


def _is_part(name: str, answer: str) -> bool:
    """Whether what was taken for the grade is only a part of it: "14 + 1", "not quite pass"."""
    has_digit = any(map(str.isdigit, answer))
    return (_SUM if has_digit else _TURNS).fullmatch(name) is not None


def _split_answers(line: str) -> list[str]:
    """The name, and each of the numbers behind it: which one is meant is for the teacher to say. A line that
    cannot be divided is one cell."""
    answers: list[str] = []
    while found := _name_and_answer(line):
        is_number_left = found[0][-1].isdigit()  # “Candidate 101:” is all name
        line = found[0].strip(" ,:;")
        answers.insert(0, found[1])
        if not is_number_left:
            break
    if answers:
        return [line, *answers]
    if _BLANK_GRADE.search(line):
        return [_BLANK_GRADE.sub("", line)]
    name, _, answer = line.rpartition(" ")
    return [name.rstrip(_AFTER_NAME), answer] if name and not _is_part(name, answer) else [line]


def _cells_a_student(lines: Sequence[str]) -> int:
    """How many lines each student has where each line is a cell, always the same one the grade; else 0."""
    for height in _CELLS_A_STUDENT:
        body = lines[height:] if all(map(is_known_heading, lines[:height])) else lines
        if len(body) % height or len(body) < 2 * height:
            continue
        columns = [[is_answer(line) for line in body[column::height]] for column in range(height)]
        if sum(map(any, columns)) == 1 and any(map(all, columns)):
            return height
    return 0


def _begins_with_answers(lines: Sequence[str]) -> bool:
    """ "14 Ada Lovelace"; but "1 Ada Lovelace", "2 Grace Hopper" are only numbered."""
    found = [one for line in lines if (one := _ANSWER_AND_NAME.fullmatch(line[:_LINE_MAX]))]
    numbers = [one["answer"] for one in found]
    counts = [str(number) for number in range(1, len(numbers) + 1)]
    return len(found) > 1 and _most(lines, len(found)) and numbers != counts


def _places(text: str) -> list[int]:
    """Where the cells of aligned columns begin; empty where no two columns have a gap between them."""
    taken = bytearray(max(len(line) for _, line in numbered_lines(text)))
    for _, line in numbered_lines(text):
        for word in _WORD.finditer(line):
            taken[word.start() : word.end()] = b"x" * len(word[0])
    starts = [0, *(gap.end() for gap in _GAP.finditer(taken) if gap.start())]
    return starts if len(starts) > 2 else []
