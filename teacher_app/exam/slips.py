"""Slips of paper with each student's code, as a PDF to print and cut.

The PDF embeds Streamlit's own font, reduced to the letters that occur. It has Latin, Greek and Cyrillic
letters; a name that it cannot show is replaced by a line to write on (`names_without_letters`).
"""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from shared.model.exam import Audience, Exam, Result
from shared.model.text import date_text
from shared.web.installed import streamlit_font
from teacher_app.exam.links import qr_modules

__all__ = ["SLIPS_A_PAGE", "names_without_letters", "slips_pdf"]

PAGE_MM = (210.0, 297.0)  # A4
COLUMNS, LINES = 2, 7
SLIPS_A_PAGE = COLUMNS * LINES
_MARGIN_MM = 8.0  # not printable
_INSET_MM = 6.0
_WIDTH_MM = (PAGE_MM[0] - 2 * _MARGIN_MM) / COLUMNS
_HEIGHT_MM = (PAGE_MM[1] - 2 * _MARGIN_MM) / LINES
_QR_MM = 28.0  # 37 modules of 0.75 mm with the quiet zone: any phone reads it
_TEXT_MM = _WIDTH_MM - 2 * _INSET_MM
_FONT = "SourceSansVF-Upright"
_WEIGHTS = {"": 400, "B": 700}
_ASCII = "".join(map(chr, range(32, 127)))
_BLANK_NAME = "_" * 24  # to be filled in by hand


def slips_pdf(exam: Exam, rows: Sequence[Result], address: str | None) -> bytes:
    """One slip per row, in the given order, with the `address` of the students' page and its QR code if it is
    known."""
    modules = [] if address is None else qr_modules(address)
    texts = [exam.subject, date_text(exam.date), address or "", *((row.name or "") for row in rows), "…’“”·"]
    pdf = FPDF(format=PAGE_MM)
    pdf.set_auto_page_break(False)
    pdf.set_title(f"{exam.subject}: codes")
    pdf.set_creation_date(exam.updated_at)
    with tempfile.TemporaryDirectory() as folder:
        for style, path in _fonts("".join(texts), Path(folder)).items():
            pdf.add_font("slips", style, path)
        for number, row in enumerate(rows):
            place = number % SLIPS_A_PAGE
            if place == 0:
                pdf.add_page()
                _cut_lines(pdf)
            left = _MARGIN_MM + (place % COLUMNS) * _WIDTH_MM
            top = _MARGIN_MM + (place // COLUMNS) * _HEIGHT_MM
            _slip(pdf, exam, row, address, left + _INSET_MM, top + 4.0)
            _qr_code(pdf, modules, left + _WIDTH_MM - _QR_MM - 2.0, top + 4.0)
        return bytes(pdf.output())


def names_without_letters(rows: Iterable[Result]) -> list[str]:
    """The names that contain letters which the font lacks."""
    return [row.name for row in rows if row.name and not _has_letters(row.name)]


def _slip(pdf: FPDF, exam: Exam, row: Result, address: str | None, left: float, top: float) -> None:
    beside = _TEXT_MM - _QR_MM if address else _TEXT_MM
    pdf.set_text_color(90)
    _line(pdf, left, top, f"{exam.subject} · {date_text(exam.date)}", "", 9, beside)
    pdf.set_text_color(0)
    name = row.name if row.name and _has_letters(row.name) else _BLANK_NAME
    _line(pdf, left, top + 6.0, name, "", 14, beside)
    is_own_only = exam.audience is Audience.OWN
    # Short groups are easier to read aloud and to type.
    size = 5 if is_own_only else 3
    groups = [row.student[start : start + size] for start in range(0, len(row.student), size)]
    _line(pdf, left, top + 15.0, " ".join(groups), "B", 22, beside)
    pdf.set_text_color(90)
    reason = "whoever has it sees your result" if is_own_only else "your result is shown under it"
    _line(pdf, left, top + 26.0, f"Your code. Keep it to yourself: {reason}.", "", 8, beside)
    if address:
        _line(pdf, left, top + 32.0, address, "", 8)


def _qr_code(pdf: FPDF, modules: list[list[bool]], left: float, top: float) -> None:
    size = _QR_MM / max(1, len(modules))
    pdf.set_fill_color(0)
    for y, line in enumerate(modules):
        for x, is_dark in enumerate(line):
            if is_dark:
                pdf.rect(left + x * size, top + y * size, size, size, style="F")


def _line(
    pdf: FPDF, left: float, top: float, text: str, style: str, size_pt: float, width_mm: float = _TEXT_MM
) -> None:
    """One line of text, reduced in size and then truncated to fit."""
    pdf.set_font("slips", style, size_pt)
    while pdf.get_string_width(text) > width_mm and size_pt > 7:
        size_pt -= 0.5
        pdf.set_font("slips", style, size_pt)
    if pdf.get_string_width(text) > width_mm:
        while text and pdf.get_string_width(text + "…") > width_mm:
            text = text[:-1]
        text += "…"
    pdf.set_xy(left, top)
    pdf.cell(_TEXT_MM, size_pt * 0.4, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _cut_lines(pdf: FPDF) -> None:
    pdf.set_draw_color(150)
    pdf.set_line_width(0.2)
    pdf.set_dash_pattern(dash=1.5, gap=1.5)
    for column in range(COLUMNS + 1):
        x = _MARGIN_MM + column * _WIDTH_MM
        pdf.line(x, _MARGIN_MM, x, PAGE_MM[1] - _MARGIN_MM)
    for line in range(LINES + 1):
        y = _MARGIN_MM + line * _HEIGHT_MM
        pdf.line(_MARGIN_MM, y, PAGE_MM[0] - _MARGIN_MM, y)
    pdf.set_dash_pattern()


def _fonts(text: str, folder: Path) -> dict[str, Path]:
    """A font file per style with only the letters of `text`: whole fonts would take seconds."""
    paths: dict[str, Path] = {}
    for style, weight in _WEIGHTS.items():
        options = Options()
        options.notdef_outline = True
        font = TTFont(streamlit_font(_FONT), recalcTimestamp=False)
        for table in ("GSUB", "GPOS", "GDEF"):
            del font[table]  # ligatures and kerning would take most of the time
        subsetter = Subsetter(options)
        subsetter.populate(text=_ASCII + text)
        subsetter.subset(font)
        font = instantiateVariableFont(font, {"wght": weight})
        font.flavor = None
        paths[style] = folder / f"slips{weight}.ttf"
        font.save(paths[style])
        font.close()
    return paths


def _has_letters(text: str) -> bool:
    return _font_letters().issuperset(map(ord, text))


@functools.cache
def _font_letters() -> frozenset[int]:
    with TTFont(streamlit_font(_FONT)) as font:
        return frozenset(font.getBestCmap())
