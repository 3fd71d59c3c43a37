"""Comments as gradebooks write them: HTML to the text that it shows, and back."""

from __future__ import annotations

import html
import re

from shared.model.text import escape_formula, raised

__all__ = ["comment_from_cell", "comment_in_html", "comment_where_html_may_be"]

_TAGS = frozenset(
    [
        *("a", "abbr", "b", "big", "blockquote", "br", "center", "cite", "code", "dd", "del", "div", "dl"),
        *("dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li"),
        *("mark", "ol", "p", "pre", "q", "s", "script", "small", "span", "strike", "strong", "style"),
        *("sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u", "ul"),
    ]
)
_LINES = {  # how many line ends there are at least before and after
    **dict.fromkeys(["br", "dd", "div", "dl", "dt", "hr", "li", "ol", "table", "tr", "ul"], 1),
    **dict.fromkeys(["blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre"], 2),
}
_CELLS = frozenset({"td", "th"})
_NOT_SHOWN = frozenset({"script", "style"})
# Each piece ends where the next one could begin, so that reading takes time in proportion to the length.
_PIECES_MAX = 1_500  # tags; with more of them it is refused as too long, and is not looked at
_PIECE = re.compile(
    r"<!--(?:(?!-->|<!--).)*-->|<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)\b(?P<rest>[^<>]*)>",
    re.IGNORECASE | re.DOTALL,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.IGNORECASE)
_ADDRESS = re.compile(r"\bhref\s*=\s*[\"']?(https?://[^\s\"'<>]+)", re.IGNORECASE)
_ALTERNATIVE = re.compile(r"\balt\s*=\s*(?:\"([^\"<>]*)\"|'([^'<>]*)')", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\n\f]+")
_LINE_END = re.compile(r"\r\n?|\x0b")  # the last one within a cell of a text document or a sheet


def comment_from_cell(text: str, *, has_html: bool) -> str:
    """A comment as it is stored: with plain line ends, without tabs, and as the text that HTML shows."""
    text = _LINE_END.sub("\n", text).replace("\t", " ")
    return (_shown(text) if has_html else text).strip()


def comment_in_html(comment: str) -> str:
    """As HTML, in which each line stays a line, and of which no spreadsheet makes a formula."""
    first = (
        f"&#{ord(comment[0])};"
        if escape_formula(comment) != comment
        else html.escape(comment[:1], quote=False)
    )
    rest = html.escape(comment[1:], quote=False).replace("  ", " &nbsp;").replace("\n ", "\n&nbsp;")
    return (first + rest).replace("\n", "<br>")


def comment_where_html_may_be(comment: str) -> str:
    """As it is, unless a reader of HTML would see a tag in it, or a spreadsheet a formula."""
    is_plain = _shown(comment) == comment and escape_formula(comment) == comment
    return comment if is_plain else comment_in_html(comment)


def _shown(text: str) -> str:
    """The text that is shown of HTML; of plain text the text itself."""
    pieces = [piece for piece in _PIECE.finditer(text) if not piece["tag"] or piece["tag"].lower() in _TAGS]
    if len(pieces) > _PIECES_MAX or not (pieces or _ENTITY.search(text)):
        return text
    # Without any tag for lines it is text with a few tags, in which line ends are meant.
    has_lines = any(piece["tag"] and piece["tag"].lower() in _LINES for piece in pieces)
    shown: list[str] = []
    hidden = address = ""
    raising = breaks = position = start = 0

    def show(part: str) -> None:
        nonlocal breaks
        if has_lines:
            part = _BLANKS.sub(" ", part)
        plain = html.unescape((part.lstrip(" ") if breaks else part).replace("&nbsp;", " "))
        if hidden or not (plain.strip() if breaks else plain):
            return
        shown.append("\n" * breaks + (raised(plain) if raising else plain))
        breaks = 0

    for piece in pieces:
        show(text[position : piece.start()])
        position = piece.end()
        tag, is_end = (piece["tag"] or "").lower(), bool(piece["end"])
        if tag in _NOT_SHOWN and (not hidden or hidden == tag):
            hidden = "" if is_end else tag
        elif tag in _LINES:
            breaks = breaks + 1 if tag == "br" else max(breaks, _LINES[tag])
            if tag == "li" and not is_end:
                show("- ")
        elif tag in _CELLS and not is_end:
            show(" ")
        elif tag == "sup":
            raising = max(0, raising + (-1 if is_end else 1))
        elif tag == "img" and (found := _ALTERNATIVE.search(piece["rest"])):
            show(found[1] or found[2] or "")
        elif tag == "a" and not is_end:
            found = _ADDRESS.search(piece["rest"])
            address, start = html.unescape(found[1]) if found else "", len(shown)
        elif tag == "a" and address:
            if address not in "".join(shown[start:]):
                shown.append(f" ({address})")
            address = ""
    show(text[position:])
    plain = "".join(shown)
    return "\n".join(line.rstrip(" ") for line in plain.split("\n")) if has_lines else plain
