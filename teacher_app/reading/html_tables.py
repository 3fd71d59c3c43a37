"""A table out of a web page, as web applications save "spreadsheets" and as pages are pasted."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from shared.model.text import raised
from teacher_app.reading.limits import FileNotReadable
from teacher_app.reading.tables import Table, table_from_cells, table_from_text

__all__ = ["is_html", "table_from_html"]

_TAGS_MAX = 600_000
_SPAN_MAX = 50  # columns
_NO_CONTENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)", re.DOTALL)  # comments, declarations
_HTML = re.compile(
    r"\s*(?:Version:[\d.]+\s+(?:\w+:\S*\s+)+)?(?:<\?xml[^>]*>\s*)?"  # copied on Windows
    r"<(?:!doctype html|!--|html|table|thead|tbody|tr|td|meta|div|body|head|ul|ol|p|span)\b",
    re.IGNORECASE,
)
# What stands beside the text that is meant: crossed out, to be chosen, or not shown.
_BESIDE = frozenset({"del", "s", "strike", "option", "button"})
_NOT_SHOWN = re.compile(r"display: ?none|visibility: ?hidden", re.IGNORECASE)
_RAISED = frozenset({"sup", "sub"})
_LINES = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3"})


def is_html(text: str) -> bool:
    """Whether it is written as a web page."""
    return _HTML.match(text) is not None


def table_from_html(text: str) -> Table:
    """The longest table of the page, or its lines where it has none. Raises FileNotReadable."""
    if text.count("<") > _TAGS_MAX:
        raise FileNotReadable("This web page is too big. Copy the rows out of it and paste them.")
    parser = _Tables()
    parser.feed(_NO_CONTENT.sub("", text))
    parser.close()
    if not parser.tables:
        return table_from_text("".join(parser.page))
    longest = max(parser.tables, key=lambda rows: len(rows))
    return table_from_cells(enumerate(longest, start=1))


class _Tables(HTMLParser):
    """`tables`: for each the rows of cells; the cells of a table within another one go to the inner one.
    `page`: the text with a line for each paragraph."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.page: list[str] = []
        self._texts: list[str] | None = None  # of the cell that is open
        self._apart: list[str] = []  # open elements that are no part of the words around them
        self._raised = 0  # how many open elements raise or lower their text
        self._hanging: dict[int, tuple[int, str]] = {}  # by column: for how many rows more, and the text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"table", "tr", "td", "th"}:
            self._end_cell()
        if tag == "table":
            self.tables.append([])
            self._hanging = {}
        elif tag in {"tr", "td", "th"} and not self.tables:
            self.tables.append([])  # rows copied out of their table
        if tag == "tr":
            self._begin_row()
        elif tag in {"td", "th"}:
            if not self.tables[-1]:
                self._begin_row()
            self._fill_hanging()
            # What is after a cell over several columns keeps its own column.
            width, self._height = _span(given.get("colspan")), _span(given.get("rowspan"))
            self._row = self.tables[-1][-1]
            self._cell = len(self._row)
            self._row += [""] * width
            self._texts = []
        elif tag == "input" and given.get("type") not in {"hidden", "checkbox", "radio"}:
            self.handle_data(given.get("value") or "")
        if tag in _BESIDE or "hidden" in given or _NOT_SHOWN.search(given.get("style") or ""):
            self._apart.append(tag)
            self.handle_data(" ")
        self._raised += tag in _RAISED
        if tag in _LINES:
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._end_cell()
            self._apart, self._raised = [], 0
        if tag in self._apart:
            self._apart.remove(tag)
            self.handle_data(" ")
        self._raised = max(0, self._raised - (tag in _RAISED))
        if tag in _LINES:
            self.page.append("\n")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is not None:  # of a script or a style
            return
        if self._raised:
            data = raised(data)
        if self._texts is None:
            self.page.append(data)
        else:
            self._texts.append(data)

    def close(self) -> None:
        super().close()
        self._end_cell()

    def _begin_row(self) -> None:
        self.tables[-1].append([])

    def _end_cell(self) -> None:
        if self._texts is not None:
            text = " ".join("".join(self._texts).split())
            self._row[self._cell] = text
            if self._height > 1:
                self._hanging[self._cell] = (self._height - 1, text)
            self._texts = None

    def _fill_hanging(self) -> None:
        """Cells of rows above that reach down to here."""
        row = self.tables[-1][-1]
        while (hanging := self._hanging.pop(len(row), None)) is not None:
            rows_left, text = hanging
            if rows_left > 1:
                self._hanging[len(row)] = (rows_left - 1, text)
            row.append(text)


def _span(text: str | None) -> int:
    return min(max(int(text), 1), _SPAN_MAX) if text and text.isdecimal() and len(text) < 5 else 1
