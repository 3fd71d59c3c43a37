"""A table out of a web page, as web applications save "spreadsheets" and as pages are pasted."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from teacher_app.importing.limits import FileNotReadable
from teacher_app.importing.tables import Table, table_from_cells

__all__ = ["is_html", "table_from_html"]

_TAGS_MAX = 600_000
_SPAN_MAX = 50  # columns
_NO_CONTENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^>]*(?:>|\Z)", re.DOTALL)  # comments, declarations
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype html|html|table|meta|div|body|head)\b", re.IGNORECASE
)


def is_html(text: str) -> bool:
    """Whether it is written as a web page."""
    return _HTML.match(text) is not None


def table_from_html(text: str) -> Table:
    """The longest table of the page. Raises FileNotReadable."""
    if text.count("<") > _TAGS_MAX:
        raise FileNotReadable("This web page is too big. Copy the rows out of it and paste them.")
    parser = _Tables()
    parser.feed(_NO_CONTENT.sub("", text))
    parser.close()
    if not parser.tables:
        raise FileNotReadable("This is a web page without a table. Copy the rows out of it and paste them.")
    longest = max(parser.tables, key=lambda rows: len(rows))
    return table_from_cells(enumerate(longest, start=1))


class _Tables(HTMLParser):
    """`tables`: for each the rows of cells; the cells of a table within another one go to the inner one."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self._texts: list[str] | None = None  # of the cell that is open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"table", "tr", "td", "th"}:
            self._end_cell()
        if tag == "table":
            self.tables.append([])
        elif tag == "tr" and self.tables:
            self.tables[-1].append([])
        elif tag in {"td", "th"} and self.tables:
            if not self.tables[-1]:
                self.tables[-1].append([])
            span = dict(attrs).get("colspan") or ""
            # What is after a cell over several columns keeps its own column.
            width = min(max(int(span), 1), _SPAN_MAX) if span.isdecimal() and len(span) < 5 else 1
            self._row = self.tables[-1][-1]
            self._row += [""] * width
            self._cell = len(self._row) - width
            self._texts = []
        elif tag in {"br", "p", "div"}:
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        if self._texts is not None:
            self._texts.append(data)

    def _end_cell(self) -> None:
        if self._texts is not None:
            self._row[self._cell] = " ".join("".join(self._texts).split())
            self._texts = None

    def close(self) -> None:
        super().close()
        self._end_cell()
