"""A table of cells, and text as one: which delimiter, which rows."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shared.model.text import unescape_formula
from teacher_app.importing.headings import is_known_heading
from teacher_app.importing.limits import CELL_MAX, COLUMNS_MAX, ROWS_MAX, FileNotReadable

__all__ = ["SPACES", "Table", "table_from_cells", "table_from_text"]

SPACES = "spaces"  # in the place of a delimiter: columns aligned by hand
_DELIMITERS = ("\t", ";", "|", ",")  # what is rarest in names and grades comes first
_SAMPLE_ROWS = 60

_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?\s*(?:\r\n|\r|\n)", re.IGNORECASE)
_TEXT_FORMULA = re.compile(r'="(.*)"', re.DOTALL)  # how some programs keep leading zeros
_ALIGNED = re.compile(r" {2,}| *\t *")
_SHORT_ANSWER = re.compile(r"\S*\d\S*|[A-Za-z][+-]?|abs\.?|absent|exempt|ex|pass|fail", re.IGNORECASE)
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
    text = text.removeprefix("\ufeff")
    first_line = 1
    found = _SEPARATOR_LINE.match(text)
    if found:
        text, first_line, delimiter = text[found.end() :], 2, found[1]
    is_known = delimiter is not None
    delimiter = delimiter or _delimiter(text)
    records = [
        (line + first_line - 1, [_cell(cell) for cell in cells])
        for line, cells in _records(text, delimiter)
        if any(cells)
    ]
    if is_known or delimiter != ",":
        return table_from_cells(records, delimiter)
    is_ambiguous = _join_decimal_commas([cells for _, cells in records])
    return replace(table_from_cells(records, delimiter), is_comma_ambiguous=is_ambiguous)


def table_from_cells(numbered: Iterable[tuple[int, list[str]]], delimiter: str | None = None) -> Table:
    """Rows given as (line, cells) as a table. Raises FileNotReadable when there are too many, or none."""
    rows: list[tuple[str, ...]] = []
    lines: list[int] = []
    for line, cells in numbered:
        trimmed = [cell.strip()[:CELL_MAX] for cell in cells]
        while trimmed and not trimmed[-1]:
            trimmed.pop()
        if not trimmed:
            continue
        if len(trimmed) > COLUMNS_MAX:
            raise FileNotReadable(f"Line {line} has more than {COLUMNS_MAX} columns. Keep those you need.")
        if len(rows) == ROWS_MAX + 1:  # one of them may be a heading
            raise FileNotReadable(f"There are more than {ROWS_MAX:,} rows. Import them in parts.")
        rows.append(tuple(trimmed))
        lines.append(line)
    if not rows:
        raise FileNotReadable("There is nothing in it. Give one row for each student.")
    return Table(tuple(rows), tuple(lines), delimiter)


def _delimiter(text: str) -> str:
    """Known headings decide; without any, the first delimiter that most rows have."""
    headings = {one: _headings(text, one) for one in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda one: headings[one])
    if headings[best] >= 2:
        return best
    for one in _DELIMITERS:
        sample = list(itertools.islice(_records(text, one), _SAMPLE_ROWS))
        filled = [cells for _, cells in sample if any(cell.strip() for cell in cells)]
        if one in text and 5 * sum(len(cells) > 1 for cells in filled) >= 3 * len(filled):
            return one
    return SPACES


def _headings(text: str, delimiter: str) -> int:
    for _, cells in _records(text, delimiter):
        if any(cell.strip() for cell in cells):
            return sum(is_known_heading(_cell(cell)) for cell in cells)
    return 0


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line that it ends at."""
    if delimiter == SPACES:
        lines = re.split(r"\r\n|\r|\n", text)
        is_short = [_SHORT_ANSWER.fullmatch(line.split()[-1]) is not None for line in lines if line.strip()]
        has_answers = 5 * sum(is_short) >= 3 * len(is_short)
        yield from ((number, _aligned(line, has_answers)) for number, line in enumerate(lines, start=1))
        return
    # A quote that is never closed would swallow all that follows: then quotes are ordinary letters.
    quote = '"' if _closes_its_quotes(text, delimiter) else None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote)
    try:
        for cells in reader:
            yield reader.line_num, cells if quote else [_unquoted(cell) for cell in cells]
    except csv.Error as error:
        raise FileNotReadable(f"Line {reader.line_num} cannot be read: {error}.") from None


def _closes_its_quotes(text: str, delimiter: str) -> bool:
    if '"' not in text:
        return True
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" not in str(error)
    return True


def _unquoted(cell: str) -> str:
    return cell.strip().removeprefix('"').removesuffix('"').replace('""', '"')


def _aligned(line: str, has_answers: bool) -> list[str]:
    cells = _ALIGNED.split(line.strip())
    return line.rsplit(None, 1) if len(cells) == 1 and has_answers else cells


def _cell(text: str) -> str:
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
