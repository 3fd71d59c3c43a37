"""A table of cells, and text as one: which delimiter, which rows."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shared.model.text import unescape_formula
from teacher_app.reading.drawn_tables import drawn_records
from teacher_app.reading.headings import Role, is_known_heading, role_of_heading
from teacher_app.reading.limits import (
    CELL_MAX,
    CELLS_MAX,
    COLUMNS_MAX,
    LINES_MAX,
    ROWS_MAX,
    TEXT_MAX,
    FileNotReadable,
)
from teacher_app.reading.lists import (
    LINE_END,
    is_answer,
    is_list,
    lines_of_one_line,
    list_records,
)

__all__ = [
    "DRAWN",
    "SPACES",
    "Table",
    "cell_text",
    "records_from_text",
    "table_from_cells",
    "table_from_text",
]

SPACES = "spaces"  # in the place of a delimiter: lines of names and grades, or columns aligned by hand
DRAWN = "drawn"  # a table drawn with bars
# What is rarest in names and grades comes first. The last two divide columns only below known headings.
_DELIMITERS = ("\t", ";", "|", ",", "；", "，", "^", "~")
_HEADING_DELIMITERS = (*_DELIMITERS, ":", "&")
_SAMPLE_ROWS = 60
_HEADING_ROWS = 12
_RECORD_CELLS_MAX = 16_384  # the columns of a spreadsheet: some programs write all of them, mostly empty

_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*?(?:\r\n|\r|\n)", re.IGNORECASE)
_RULE_CELL = re.compile(r"[ :=_+*-]{3,}")
_TEXT_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # how some programs keep leading zeros
_QUOTED_LINE = re.compile(r'\s*"((?:[^"\r\n]|"")*)"\s*')
_DIGIT = re.compile(r"\d")
_INTEGER = re.compile(r"\d{1,4}", re.ASCII)
# Also "5 pts", "5/20"; not "3b", a class.
_DECIMALS = re.compile(r"\d{1,2}(?: ?(?:[%/].*|[a-z]{2,}\.?.*))?", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of trimmed cells, blank rows left out. `lines`: for each row its line in the source, from 1.

    `delimiter` is None where cells were cells already. `is_comma_ambiguous`: commas seem to divide columns
    and to stand within names or numbers at once. `hidden_lines` are those of rows that the workbook does
    not show.
    """

    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str | None = None
    is_comma_ambiguous: bool = False
    hidden_lines: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max((len(row) for row in self.rows), default=0)


def table_from_text(text: str, delimiter: str | None = None) -> Table:
    """Delimited or aligned text as a table; without a delimiter it is found out. Raises FileNotReadable."""
    text = text.lstrip("\ufeff").rstrip("\x1a\r\n\t ")
    if max(text.count("\n"), text.count("\r")) > LINES_MAX:
        raise FileNotReadable(f"It has more than {LINES_MAX:,} lines. Keep only the class list.")
    first_line = 1
    found = _SEPARATOR_LINE.match(text)
    if found:
        text, first_line, delimiter = text[found.end() :], 2, found[1]
    is_known = delimiter is not None
    if delimiter is None:
        if drawn := drawn_records(text):
            return table_from_cells(drawn, DRAWN)
        text = _unwrapped(lines_of_one_line(text))
        delimiter = _delimiter(text)
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
        yield from list_records(text)
        return
    mark = re.escape(delimiter)
    escaped = rf'(?<=\\)"(?! *(?:{mark}|[\r\n]|\Z))'  # as programs write a quote that know no doubled ones
    cell = re.compile(
        rf'(?: *"((?:[^"]|""|{escaped})*+)" *(?={mark}|[\r\n]|\Z)|([^{mark}\r\n]*))({mark}|\r\n|\r|\n|\Z)'
    )
    cells: list[str] = []
    line, position = 1, 0
    while position < len(text) or cells:
        found = cell.match(text, position)
        assert found is not None  # noqa: S101  # the second branch matches everywhere
        quoted, plain, end = found.groups()
        cells.append(_without_lone_quote(plain) if quoted is None else _unquoted(quoted))
        if len(cells) > _RECORD_CELLS_MAX:
            raise FileNotReadable(f"Line {line} has more than {COLUMNS_MAX} columns. Keep those you need.")
        line += 0 if quoted is None else len(LINE_END.findall(quoted))
        if end != delimiter:
            yield line, cells
            line, cells = line + 1, []
        if not end:
            return
        position = found.end()


def _unquoted(cell: str) -> str:
    return cell.replace('""', '"') if '""' in cell else cell.replace('\\"', '"')


def _without_lone_quote(cell: str) -> str:
    """Without a quote that was opened and never closed."""
    trimmed = cell.strip()
    return trimmed[1:] if trimmed.startswith('"') and trimmed.count('"') % 2 else cell


def _delimiter(text: str) -> str:
    """Known headings decide; without any, the first delimiter that most rows have."""
    sample = "\n".join(LINE_END.split(text, _SAMPLE_ROWS)[:_SAMPLE_ROWS])
    headings = {one: _headings(text, one) for one in _HEADING_DELIMITERS}
    best = max(_HEADING_DELIMITERS, key=lambda one: headings[one])
    if headings[best] >= 2:
        return best
    for one in _DELIMITERS:
        records = itertools.islice(records_from_text(text, one), _SAMPLE_ROWS)
        filled = [cells for _, cells in records if any(cell.strip() for cell in cells)]
        if one in text and 5 * sum(len(cells) > 1 for cells in filled) >= 3 * len(filled):
            # Lovelace, Ada 14; also Lovelace, Ada 14,5.
            if one in {",", "，"} and is_list(sample, having="," if _have_answers(filled) else ""):
                return SPACES
            return one
    return SPACES


def _have_answers(rows: list[list[str]]) -> bool:
    """Whether the last of several cells is a grade in most rows."""
    return 5 * sum(len(cells) > 1 and is_answer(cells[-1].strip()) for cells in rows) >= 3 * len(rows)


def _unwrapped(text: str) -> str:
    """Without the quotes around whole lines that a spreadsheet adds to a table in one column."""
    lines = LINE_END.split(text)
    found = [_QUOTED_LINE.fullmatch(line) for line in lines if line.strip()]
    if len(found) < 2 or not all(found):
        return text
    plain = "\n".join(
        one[1].replace('""', '"') if (one := _QUOTED_LINE.fullmatch(line)) else "" for line in lines
    )
    rows = [cells for _, cells in records_from_text(plain, _delimiter(plain)) if any(cells)]
    is_table = _headings(plain, _delimiter(plain)) >= 2 or _have_answers(rows)
    return plain if is_table else text


def _headings(text: str, delimiter: str) -> int:
    """How many known headings one of the first rows has, if they are divided so."""
    rows = itertools.islice(records_from_text(text, delimiter), _HEADING_ROWS)
    return max((sum(is_known_heading(cell_text(cell)) for cell in cells) for _, cells in rows), default=0)


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

    Changes `rows`. True where it cannot be told which commas divide columns.
    """
    heading = max(rows[:_HEADING_ROWS], key=lambda row: sum(map(is_known_heading, row)), default=[])
    if not any(map(is_known_heading, heading)):
        width = min(map(len, rows), default=0)
        if width >= 2:
            for row in rows:
                if len(row) == width + 1 and _is_split(row, width - 1):
                    _join(row, width - 1)
        return width >= 3 and all(_is_split(row, len(row) - 2) for row in rows)
    is_unclear = False
    roles = [role_of_heading(cell) for cell in heading[:2]]
    has_one_name = roles[0] is Role.STUDENT and not {Role.FIRST_NAME, Role.LAST_NAME} & set(roles)
    for row in rows:
        extra = _width(row) - _width(heading)
        splits = [place for place in range(len(row) - 1) if _is_split(row, place)]
        if extra <= 0:
            continue
        # Lovelace, Ada without quotes shifts all that follows.
        is_name_split = has_one_name and not any(map(_DIGIT.search, row[:2]))
        if (
            not is_name_split
            and len(splits) == extra
            and all(after - place > 1 for place, after in itertools.pairwise(splits))
        ):
            for place in reversed(splits):
                _join(row, place)
        else:
            is_unclear = True
    return is_unclear


def _is_split(row: list[str], place: int) -> bool:
    return bool(_INTEGER.fullmatch(row[place]) and _DECIMALS.fullmatch(row[place + 1]))


def _join(row: list[str], place: int) -> None:
    row[place : place + 2] = [f"{row[place]},{row[place + 1]}"]
