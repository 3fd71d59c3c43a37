"""Small files that are expensive to read, made by code.

Each was seen to take minutes or gigabytes, or to break a reader of workbooks.
"""

import io
import zipfile
from collections.abc import Callable
from typing import Final

__all__ = ["HOSTILE_FILES", "workbook_of_parts"]

_TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>
<Override PartName="/xl/sharedStrings.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>
<Override PartName="/xl/styles.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>"""
_RELATIONS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="{type}" Target="{target}"/></Relationships>"""
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook_of_parts(sheet_data: str, strings: str = "", styles: str = "") -> bytes:
    """A workbook of one sheet, written by hand: what is inside <sheetData>, <sst> and <styleSheet>."""
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS.format(type=f"{_OFFICE}/officeDocument", target="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _RELATIONS.format(
            type=f"{_OFFICE}/worksheet", target="worksheets/sheet1.xml"
        ),
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{sheet_data}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {_MAIN}>{styles}</styleSheet>",
    }
    return _zip(parts)


def _zip(parts: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _wide_rows() -> bytes:
    row = "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>"
    return workbook_of_parts(row * 200)


def _far_cells() -> bytes:
    return workbook_of_parts("".join(f'<row><c r="XFD{n}"><v>1</v></c></row>' for n in range(1, 60_001)))


_OF_RESULTS = "sourcedId,lineItemSourcedId,studentSourcedId,score\n"

HOSTILE_FILES: Final[dict[str, Callable[[], bytes]]] = {
    "empty shared strings": lambda: workbook_of_parts("<row/>", "<si/>" * 11_000_000),
    "some empty shared strings": lambda: workbook_of_parts("<row/>", "<si><t/></si>" * 1_100_000),
    "styles": lambda: workbook_of_parts("<row/>", "", f"<cellXfs>{'<xf/>' * 2_400_000}</cellXfs>"),
    "wide rows": _wide_rows,
    "far cells": _far_cells,
    "empty rows": lambda: workbook_of_parts("<row/>" * 2_400_000),
    "a row far down": lambda: workbook_of_parts('<row r="999999999999"><c><v>1</v></c></row>'),
    "long texts": lambda: workbook_of_parts(
        "<row>" + '<c t="s"><v>0</v></c>' * 290_000 + "</row>", f"<si><t>{'x' * 32_000}</t></si>"
    ),
    "a long number": lambda: workbook_of_parts(f"<row><c><v>{'9' * 1_000_000}</v></c></row>"),
    "nested elements": lambda: workbook_of_parts("<row>" + "<c>" * 1_000_000),
    "a zip of newlines": lambda: _zip({"results.csv": _OF_RESULTS + "\n" * 59_000_000}),
    "a zip of commas": lambda: _zip({"results.csv": "," * 59_000_000}),
    "a zip of items": lambda: _zip(
        {"results.csv": _OF_RESULTS + "".join(f"r,i{n},s{n},1\n" for n in range(70_000))}
    ),
    "a zip of headings": lambda: _zip({"results.csv": ",".join(map(str, range(20_000))) + "\n1" * 290_000}),
    "a zip of one cell": lambda: _zip({"results.csv": '"' + "a" * 59_000_000}),
    "a zip of zeros": lambda: _zip({"results.csv": "\0" * 500_000_000}),
    "newlines": lambda: b"a" + b"\n" * 4_900_000 + b"b",
    "carriage returns": lambda: b"a" + b"\r" * 4_900_000 + b"b",
    "commas": lambda: b"," * 4_900_000 + b"a",
    "short lines": lambda: b"a;\n" * 1_600_000,
    "quotes": lambda: b'"' * 4_900_000,
    "quoted cells": lambda: b'";' * 2_400_000,
    "open quotes": lambda: b'"a;"a\n' * 800_000,
    "doubled quotes": lambda: b';"""' * 1_200_000,
    "spaces": lambda: b"a " * 2_400_000,
    "one space": lambda: b" " * 4_900_000 + b"a",
    "bars and dashes": lambda: b"|-" * 2_400_000,
    "dashes": lambda: b"-" * 4_900_000,
    "rules": lambda: b"--|\n" * 190_000 + b" |" * 2_000_000,
    "dots": lambda: b"a." * 2_400_000,
    "letters of no encoding": lambda: b"\xe9" * 4_900_000,
    "words of no encoding": lambda: b"\xe9a " * 1_600_000,
    "cells of HTML": lambda: b"<table><tr>" + b"<td>" * 1_200_000,
    "tables of HTML": lambda: b"<table>" * 700_000,
    "rows of HTML": lambda: b"<table>" + b"<tr>" * 1_200_000,
    "spans of HTML": lambda: b"<table><tr>" + b"<td colspan=50>" * 320_000,
    "an open tag of HTML": lambda: b"<table><tr><td " + b"a" * 4_900_000,
    "open tags of HTML": lambda: b"<table>" + b"<a " * 1_600_000,
    "comments of HTML": lambda: b"<table>" + b"<!--" * 1_200_000,
    "declarations of HTML": lambda: b"<table>" + b"<!a" * 1_600_000,
    "processing of HTML": lambda: b"<table>" + b"<?" * 2_400_000,
    "references of HTML": lambda: b"<table><tr><td>" + b"&#" * 2_400_000,
    "a long cell of HTML": lambda: b"<table><tr><td>" + b"a<b>" * 1_200_000,
}
