"""A table of cells, and text as one: which delimiter, which rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.model.text import unescape_formula
from teacher_app.importing.headings import is_known_heading
from teacher_app.importing.limits import (
    CELL_MAX,
    CELLS_MAX,
    COLUMNS_MAX,
    LINES_MAX,
    ROWS_MAX,
    TEXT_MAX,
    FileNotReadable,
)

__all__ = ["SPACES", "Table", "cell_text", "records_from_text", "table_from_cells", "table_from_text"]

SPACES = "spaces"  # in the place of a delimiter: columns aligned by hand
_DELIMITERS = ("\t", ";", "|", ",", "；", "，")  # what is rarest in names and grades comes first
_SAMPLE_ROWS = 60
_HEADING_ROWS = 12
_RECORD_CELLS_MAX = 16_384  # the columns of a spreadsheet: some programs write all of them, mostly empty
NAME_AND_ANSWER_MAX = 300  # characters; a longer line is nobody's name and grade, and is not searched

_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*(?:\r\n|\r|\n)", re.IGNORECASE)
_MARKDOWN_RULE = re.compile(r"^ *(?:\| *)?:?-{2,}:? *\|[ :|-]*$", re.MULTILINE)
_MARKDOWN_EDGES = re.compile(r"^ *\||\| *$", re.MULTILINE)
_RULE_CELL = re.compile(r"[ :=_+*-]{3,}")
_TEXT_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # how some programs keep leading zeros
_ALIGNED = re.compile(r" {2,}| *\t *")
_LINE_END = re.compile(r"\r\n|\r|\n")
_AMOUNT = r"[-−]?\d{1,4}(?:[.,]\d{1,20})?[½¼¾]?"
_ANSWER_TEXT = (
    rf"(?:{_AMOUNT}(?: ?(?:/|out of|sur|von) ?{_AMOUNT})?(?: ?(?:%|pts?\.?|points?|punkte?|marks?))?"
    r"|[A-Za-z][+*-]?|abs\.?|absente?|exempt|ex|pass|fail|\?+|-)"
)
_ANSWER = re.compile(_ANSWER_TEXT, re.IGNORECASE)
_NAME_AND_ANSWER = re.compile(
    rf"(?P<name>.*?\S)(?:\s*(?:[.…·_]{{2,}}|…|[：，])\s*|:\s+|\s+[-–—.·=]\s+|\s+)(?P<answer>{_ANSWER_TEXT})",
    re.IGNORECASE,
)
_INTEGER = re.compile(r"\d{1,4}", re.ASCII)
_DECIMALS = re.compile(r"\d{1,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of trimmed cells, blank rows left out. `lines`: for each row its line in the source, from 1.

    `delimiter` is None where cells were cells already. `is_comma_ambiguous`: commas seem to divide columns
    and to be decimal commas at once.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str | None = None
    is_comma_ambiguous: bool = False

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max((len(row) for row in self.rows), default=0)


def table_from_text(text: str, delimiter: str | None = None) -> Table:
    """Delimited or aligned text as a table; without a delimiter it is found out. Raises FileNotReadable."""
    text = text.removeprefix("\ufeff").rstrip("\x1a")
    if max(text.count("\n"), text.count("\r")) > LINES_MAX:
        raise FileNotReadable(f"It has more than {LINES_MAX:,} lines. Keep only the class list.")
    if _MARKDOWN_RULE.search(text):
        text = _MARKDOWN_EDGES.sub("", text)
    first_line = 1
    found = _SEPARATOR_LINE.match(text)
    if found:
        text, first_line, delimiter = text[found.end() :], 2, found[1]
    is_known = delimiter is not None
    delimiter = delimiter or _delimiter(text)
    records = (
        (line + first_line - 1, [cell_text(cell) for cell in cells])
        for line, cells in records_from_text(text, delimiter)
        if any(cells) and not _is_rule(cells)
    )
    if is_known or delimiter != ",":
        return table_from_cells(records, delimiter)
    filled = list(_within_limits(records, CELLS_MAX))
    is_ambiguous = _join_decimal_commas([cells for _, cells in filled])
    return replace(table_from_cells(filled, delimiter), is_comma_ambiguous=is_ambiguous)


def table_from_cells(
    numbered: Iterable[tuple[int, list[str]]], delimiter: str | None = None, *, cells_max: int = CELLS_MAX
) -> Table:
    """Rows given as (line, cells) as a table; stops reading them when there are too many.

    Raises FileNotReadable for too many rows, columns or cells, or no row at all.
    """
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for line, cells in _within_limits(numbered, cells_max):
        rows.append(tuple(cells[: _width(cells)]))
        lines.append(line)
    if not rows:
        raise FileNotReadable("There is nothing in it. Give one row for each student.")
    return Table(tuple(rows), tuple(lines), delimiter)


def _within_limits(
    numbered: Iterable[tuple[int, list[str]]], cells_max: int
) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, trimmed, until there are too many. Raises FileNotReadable."""
    rows_left, cells_left, text_left = ROWS_MAX + 1, cells_max, TEXT_MAX  # one row may be a heading
    for line, cells in numbered:
        trimmed = [cell.strip()[:CELL_MAX] for cell in cells]
        width = _width(trimmed)
        if not width:
            continue
        rows_left, cells_left, text_left = (
            rows_left - 1,
            cells_left - width,
            text_left - sum(map(len, trimmed)),
        )
        if width > COLUMNS_MAX:
            raise FileNotReadable(f"Line {line} has more than {COLUMNS_MAX} columns. Keep those you need.")
        if rows_left < 0:
            raise FileNotReadable(f"There are more than {ROWS_MAX:,} rows. Import them in parts.")
        if cells_left < 0:
            raise FileNotReadable(f"There are more than {cells_max:,} cells. Keep the columns you need.")
        if text_left < 0:
            raise FileNotReadable("There is too much text in it. Keep the columns you need.")
        yield line, trimmed


def _width(cells: Sequence[str]) -> int:
    """How many cells there are up to the last one that is filled."""
    return next((width for width in range(len(cells), 0, -1) if cells[width - 1]), 0)


def records_from_text(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it ends at.

    A quote opens a cell only where another one closes it before the next delimiter or line end; elsewhere
    quotes are letters, as in the name "Bo" Jackson.
    """
    if delimiter == SPACES:
        yield from _spaced_records(text)
        return
    mark = re.escape(delimiter)
    cell = re.compile(
        rf'(?: *"((?:[^"]|"")*+)" *(?={mark}|[\r\n]|\Z)|([^{mark}\r\n]*))({mark}|\r\n|\r|\n|\Z)'
    )
    cells: list[str] = []
    line, position = 1, 0
    while position < len(text) or cells:
        found = cell.match(text, position)
        assert found is not None  # noqa: S101  # the second branch matches everywhere
        quoted, plain, end = found.groups()
        cells.append(_without_lone_quote(plain) if quoted is None else quoted.replace('""', '"'))
        if len(cells) > _RECORD_CELLS_MAX:
            raise FileNotReadable(f"Line {line} has more than {COLUMNS_MAX} columns. Keep those you need.")
        line += 0 if quoted is None else len(_LINE_END.findall(quoted))
        if end != delimiter:
            yield line, cells
            line, cells = line + 1, []
        if not end:
            return
        position = found.end()


def _without_lone_quote(cell: str) -> str:
    """Without a quote that was opened and never closed."""
    trimmed = cell.strip()
    return trimmed[1:] if trimmed.startswith('"') and trimmed.count('"') % 2 else cell


def _delimiter(text: str) -> str:
    """Known headings decide; without any, the first delimiter that most rows have."""
    sample = "\n".join(_LINE_END.split(text, _SAMPLE_ROWS)[:_SAMPLE_ROWS])
    headings = {one: _headings(text, one) for one in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda one: headings[one])
    if headings[best] >= 2:
        return best
    for one in _DELIMITERS:
        records = itertools.islice(records_from_text(text, one), _SAMPLE_ROWS)
        filled = [cells for _, cells in records if any(cell.strip() for cell in cells)]
        if one in text and 5 * sum(len(cells) > 1 for cells in filled) >= 3 * len(filled):
            if one in {",", "，"} and _ends_with_answers(sample) and not _last_cells_are_answers(filled):
                return SPACES  # Lovelace, Ada 14
            return one
    return SPACES


def _headings(text: str, delimiter: str) -> int:
    """How many known headings one of the first rows has, if they are divided so."""
    rows = itertools.islice(records_from_text(text, delimiter), _HEADING_ROWS)
    return max((sum(is_known_heading(cell_text(cell)) for cell in cells) for _, cells in rows), default=0)


def _last_cells_are_answers(rows: list[list[str]]) -> bool:
    return 5 * sum(_ANSWER.fullmatch(cells[-1].strip()) is not None for cells in rows) >= 3 * len(rows)


def _ends_with_answers(text: str) -> bool:
    lines = [line.strip() for line in _LINE_END.split(text) if line.strip()]
    return 5 * sum(_name_and_answer(line) is not None for line in lines) >= 3 * len(lines)


def _spaced_records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Names and grades divided by spaces, dots, a colon or a dash; or each on a line of its own."""
    lines = _LINE_END.split(text)
    filled = [(number, line.strip()) for number, line in enumerate(lines, start=1) if line.strip()]
    is_answer = [_ANSWER.fullmatch(line) is not None for _, line in filled]
    if len(filled) >= 4 and len(filled) % 2 == 0 and not any(is_answer[::2]) and all(is_answer[1::2]):
        for (_, name), (number, answer) in zip(filled[::2], filled[1::2], strict=True):
            yield number, [name, answer]
        return
    has_answers = _ends_with_answers(text)
    for number, line in filled:
        cells = _ALIGNED.split(line)
        yield number, _split_answers(line) if has_answers and len(cells) <= 2 else cells


def _name_and_answer(line: str) -> re.Match[str] | None:
    return _NAME_AND_ANSWER.fullmatch(line) if len(line) <= NAME_AND_ANSWER_MAX else None


def _split_answers(line: str) -> list[str]:
    """The name, and each of the numbers behind it: which one is meant is for the teacher to say."""
    answers: list[str] = []
    while found := _name_and_answer(line):
        line = found["name"].strip()
        answers.insert(0, found["answer"])
        if not line[-1].isdigit():
            break
    return [line, *answers] if answers else line.rsplit(None, 1)


def _is_rule(cells: list[str]) -> bool:
    """A line of dashes between the heading and the rows."""
    return all(not cell.strip() or _RULE_CELL.fullmatch(cell) for cell in cells)


def cell_text(text: str) -> str:
    """The text of a cell, without what keeps spreadsheets from changing it."""
    trimmed = text.strip()
    plain = unescape_formula(trimmed)
    if plain == trimmed:
        found = _TEXT_FORMULA.fullmatch(trimmed)
        return found[1] if found else trimmed
    return plain


def _join_decimal_commas(rows: list[list[str]]) -> bool:
    """Unquoted decimal commas between commas: "Ada,14,5" among rows of two columns is Ada with 14,5.

    Changes `rows`. True where it cannot be told: every row ends like that.
    """
    if not rows:
        return False
    has_heading = any(is_known_heading(cell) for cell in rows[0])
    width = len(rows[0]) if has_heading else min(map(len, rows))
    if width >= 2:
        for row in rows:
            if len(row) == width + 1 and _is_split_number(row):
                row[-2:] = [f"{row[-2]},{row[-1]}"]
    return not has_heading and width >= 3 and all(map(_is_split_number, rows))


def _is_split_number(row: list[str]) -> bool:
    return bool(_INTEGER.fullmatch(row[-2]) and _DECIMALS.fullmatch(row[-1]))
