"""Tables that are drawn with bars (Markdown, wikis, databases, terminals) or set in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Iterator

from teacher_app.reading.lists import LINE_END, numbered_lines

__all__ = ["drawn_records"]

_SAMPLE_LINES = 60
_MOST = 0.6  # of the lines
_BOXES = str.maketrans(
    dict.fromkeys("│┃║", "|")
    | dict.fromkeys("─━═", "-")
    | dict.fromkeys("┌┬┐├┼┤└┴┘╔╦╗╠╬╣╚╩╝╒╤╕╞╪╡╘╧╛╓╥╖╟╫╢╙╨╜┏┳┓┣╋┫┗┻┛┠┨┯┷", "+")
)
_RULE = re.compile(r"[-|+:= ]*(?:-{2,}|={3,})[-|+:= ]*")
_MARKDOWN_RULE = re.compile(r"\|? *:?-{2,}:? *(?:[|+] *:?-{2,}:? *)+\|?")
_BAR = re.compile(r"(?<!\\)\|")
_EMPHASIS = re.compile(r"(\*\*|__|\*|_|`|~~)(.+)\1")
_LATEX_END = re.compile(r"\s*\\\\(?:\[[^]]*\])?\s*(?:\\hline)?$")


def drawn_records(text: str) -> Iterator[tuple[int, list[str]]] | None:
    """The cells of each line with its number; None where the text is no such table."""
    sample = LINE_END.split(text, _SAMPLE_LINES)[:_SAMPLE_LINES]
    lines = [stripped for line in sample if (stripped := line.strip().translate(_BOXES))]
    if not lines:
        return None
    barred = sum(line.startswith("|") and line.endswith("|") and len(line) > 1 for line in lines)
    rules = sum(_RULE.fullmatch(line) is not None for line in lines)
    if any(map(_MARKDOWN_RULE.fullmatch, lines)) or (barred and barred + rules >= _MOST * len(lines)):
        return _barred(text)
    if sum(_LATEX_END.search(line) is not None for line in lines) >= _MOST * len(lines):
        return _latex(text)
    return None


def _barred(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in numbered_lines(text.translate(_BOXES)):
        row = line.strip()
        if _RULE.fullmatch(row):
            continue
        if row.startswith("||"):  # how some wikis mark a heading
            row = row.replace("||", "|")
        row = row.removeprefix("|")
        row = row.removesuffix("|") if not row.endswith("\\|") else row
        yield number, [_plain(cell) for cell in _BAR.split(row)]


def _plain(cell: str) -> str:
    cell = cell.strip()
    while found := _EMPHASIS.fullmatch(cell):
        cell = found[2].strip()
    return cell.replace("\\|", "|")


def _latex(text: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in numbered_lines(text):
        row = _LATEX_END.sub("", line.replace("\\hline", "").strip())
        if row:
            yield number, [cell.strip().replace("\\&", "&") for cell in re.split(r"(?<!\\)&", row)]
