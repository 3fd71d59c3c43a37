"""Workbooks are read as they are seen: hidden rows and sheets, the open sheet, numbers as shown."""

import io
import zipfile

import openpyxl
import pytest

from shared.model.scales import OUT_OF_20
from teacher_app.importing.columns import recognised
from teacher_app.importing.rows import SourceRow, rows_from_table
from teacher_app.reading.files import Kind, source_from_file
from teacher_app.reading.limits import FileNotReadable
from teacher_app.reading.tables import Table
from tests.teacher_app.importing.test_dialects import bytes_of, workbook_of, zip_of

ROWS = [["Student", "Grade"], ["Ada Lovelace", 14], ["Grace Hopper", 15.5], ["Alan Turing", 9]]


def rows_of(table: Table) -> list[SourceRow]:
    return rows_from_table(table, recognised(table, OUT_OF_20, "Mathematics"))


def test_rows_that_a_workbook_hides_are_left_out_and_can_be_ticked() -> None:
    workbook = workbook_of(("Year 12", ROWS))
    workbook["Year 12"].row_dimensions[3].hidden = True  # as a filter does it
    (table,) = source_from_file(bytes_of(workbook)).tables.values()
    assert table.hidden_lines == (3,)
    ada, grace, alan = rows_of(table)
    assert (ada.is_included, grace.is_included, alan.is_included) == (True, False, True)
    assert "hides this row" in grace.flag


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (14.5, "0", "15"),  # Python would round to the even 14
        (2.675, "0.00", "2.68"),
        (1.005, "0.00", "1.01"),
        (-0.5, "0", "-1"),
        (14.46, '0" pts"', "14"),
        (14.46, "_-* #,##0.0_-", "14.5"),
        (14.25, "0.0;(0.0)", "14.3"),
        (0.145, "0%", "15 %"),
        (0, '0;-0;"absent"', "absent"),
        (0, "0;-0;;@", ""),
        (14, ";;;", ""),
        (14.5, "# ?/?", "14.5"),
        (14.5, "[>=10]0.0;0", "14.5"),
        (14000, "0,", "14000"),
        (11.999999999999998, "General", "12"),
        (1e300, "0", "1.00000000000000E+300"),
        (123456789012345678, "General", "1.23456789012346E+17"),
        (123, "00000", "00123"),
        (1234567.0, "General", "1234567"),
        (1234567, "0.00E+00", "1234567"),
        (1234567, "#,##0", "1234567"),
    ],
)
def test_a_number_is_read_as_the_sheet_shows_it(value: float, number_format: str, shown: str) -> None:
    workbook = workbook_of(("1", [["Student", "Grade"], ["Ada", value]]))
    workbook["1"].cell(2, 2).number_format = number_format
    (table,) = source_from_file(bytes_of(workbook)).tables.values()
    assert [*table.rows[1], ""][1] == shown


def test_raised_and_crossed_out_digits_are_no_part_of_the_number_beside_them() -> None:
    """The texts are where Excel puts them, in a part of their own."""
    data = bytes_of(workbook_of(("1", [["Student", "Grade"], ["Ada", "footnote"], ["Bo", "crossed"]])))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    sheet, office = "xl/worksheets/sheet1.xml", "http://schemas.openxmlformats.org"
    for place, word in enumerate(("footnote", "crossed")):
        parts[sheet] = parts[sheet].replace(f't="inlineStr"><is><t>{word}</t></is>', f't="s"><v>{place}</v>')
    parts["xl/sharedStrings.xml"] = (
        f'<sst xmlns="{office}/spreadsheetml/2006/main" count="2" uniqueCount="2">'
        '<si><r><t>1</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>2</t></r></si>'
        "<si><r><rPr><strike/></rPr><t>1</t></r><r><rPr><b/></rPr><t>2</t></r></si></sst>"
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
        "</Types>",
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
    )
    (table,) = source_from_file(zip_of(parts)).tables.values()
    assert table.rows[1:] == (("Ada", "1²"), ("Bo", "1 2"))


# OpenDocument, as LibreOffice 24 writes it (content.xml and settings.xml, shortened).

SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        ("office", "office"),
        ("table", "table"),
        ("text", "text"),
        ("style", "style"),
        ("config", "config"),
    )
)
BLANK = '<table:table-cell table:number-columns-repeated="16384"/>'
CLASS = f"""
<table:table table:name="Class" table:style-name="ta1">
<table:table-column table:number-columns-repeated="2"/>
<table:table-row>
 <table:table-cell table:number-columns-spanned="2"><text:p>Class 10b</text:p></table:table-cell>
 <table:covered-table-cell/></table:table-row>
<table:table-row table:number-rows-repeated="2">{BLANK}</table:table-row>
<table:table-header-rows><table:table-row>
 <table:table-cell office:value-type="string"><text:p>Student</text:p></table:table-cell>
 <table:table-cell office:value-type="string"><office:annotation><text:p>out of 20</text:p>
  </office:annotation><text:p>Grade</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row>
 <table:table-cell><text:p>Ada <text:span>Love</text:span>lace</text:p></table:table-cell>
 <table:table-cell office:value-type="float" office:value="13.3333333333333"><text:p>13,3</text:p>
 </table:table-cell></table:table-row>
<table:table-row table:visibility="filter">
 <table:table-cell><text:p>Grace<text:s/>Hopper</text:p></table:table-cell>
 <table:table-cell office:value-type="float" office:value="15"><text:p>15</text:p></table:table-cell>
</table:table-row>
<table:table-row table:visibility="collapse"><table:table-cell><text:p>Bo King</text:p></table:table-cell>
 <table:table-cell><text:p>9</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048567">{BLANK}</table:table-row></table:table>"""
TEMPLATE = """
<table:table table:name="Template" table:style-name="ta2"><table:table-row>
<table:table-cell><text:p>Example</text:p></table:table-cell></table:table-row></table:table>"""
SUMMARY = """
<table:table table:name="Summary" table:style-name="ta1"><table:table-row>
<table:table-cell><text:p>Mean</text:p></table:table-cell></table:table-row></table:table>"""
STYLES = """<office:automatic-styles>
<style:style style:name="ta1"><style:table-properties table:display="true"/></style:style>
<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>
</office:automatic-styles>"""


def opendocument(*sheets: str, shown: str = "Class") -> bytes:
    body = f"<office:body><office:spreadsheet>{''.join(sheets)}</office:spreadsheet></office:body>"
    return zip_of(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"<office:document-content {SPACES}>{STYLES}{body}</office:document-content>",
            "settings.xml": f"<office:document-settings {SPACES}>"
            f'<config:config-item config:name="ActiveTable">{shown}</config:config-item>'
            "</office:document-settings>",
        }
    )


def test_an_opendocument_spreadsheet_is_read_as_it_is_shown() -> None:
    source = source_from_file(opendocument(TEMPLATE, SUMMARY, CLASS))
    assert source.kind is Kind.WORKBOOK
    assert list(source.tables) == ["Class", "Summary", "Template"]  # the open one, then the visible ones
    table = source.tables["Class"]
    assert table.rows[1:3] == (("Student", "Grade"), ("Ada Lovelace", "13,3"))
    assert table.lines == (1, 4, 5, 6, 7)
    assert [(row.person, row.grade, row.is_included) for row in rows_of(table)] == [
        ("Ada Lovelace", "13,3", True),
        ("Grace Hopper", "15", False),
        ("Bo King", "9", False),
    ]


@pytest.mark.parametrize(
    ("sheet", "says"),
    [
        (CLASS.replace("</text:p>", "<broken", 1), "cannot be read"),
        ('<table:table table:name="A"/>', "nothing in this workbook"),
        (
            '<table:table table:name="A"><table:table-row table:number-rows-repeated="1048576">'
            '<table:table-cell table:number-columns-repeated="16384"><text:p>1</text:p></table:table-cell>'
            "</table:table-row></table:table>",
            "more than 300 columns",
        ),
        (
            '<table:table table:name="A"><table:table-row table:number-rows-repeated="1048576">'
            "<table:table-cell><text:p>1</text:p></table:table-cell></table:table-row></table:table>",
            "more than 10,000 rows",
        ),
        (
            '<table:table table:name="A">'
            + '<table:table-row table:number-rows-repeated="1048576"><table:table-cell/></table:table-row>'
            * 3
            + "</table:table>",
            "more lines than any class list",
        ),
    ],
)
def test_an_opendocument_spreadsheet_that_is_damaged_or_too_big_is_refused(sheet: str, says: str) -> None:
    with pytest.raises(FileNotReadable) as refusal:
        source_from_file(opendocument(sheet))
    assert says in refusal.value.reason


def test_an_opendocument_file_without_its_settings_shows_the_first_sheet() -> None:
    content = f"<office:document-content {SPACES}>{SUMMARY}{CLASS}</office:document-content>"
    parts = {"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content}
    assert list(source_from_file(zip_of(parts)).tables) == ["Summary", "Class"]


def test_an_opendocument_spreadsheet_that_defines_entities_is_refused() -> None:
    content = f"<!DOCTYPE d [<!ENTITY b 'Mean'>]><office:document-content {SPACES}>{SUMMARY}"
    content = content.replace("<text:p>Mean", "<text:p>&b;") + "</office:document-content>"
    with pytest.raises(FileNotReadable, match="cannot be read"):
        source_from_file(
            zip_of({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content})
        )


def test_hidden_lines_are_known_however_the_workbook_writes_them() -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(bytes_of(workbook_of(("A", ROWS), ("B", ROWS)))))
    for line in (2, 4):
        workbook["B"].row_dimensions[line].hidden = True
    tables = source_from_file(bytes_of(workbook)).tables
    assert {name: table.hidden_lines for name, table in tables.items()} == {"A": (), "B": (2, 4)}
