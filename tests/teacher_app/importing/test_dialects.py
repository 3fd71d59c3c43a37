"""Files and pasted texts as other programs produce them, read as the teacher intends."""

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest

from shared.model.exam import Audience
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT, Scale
from teacher_app.importing.columns import column_labels, recognised
from teacher_app.importing.headed import Dialect
from teacher_app.reading.files import Kind, Source, source_from_file, source_from_text
from teacher_app.reading.tables import SPACES
from tests.builders import an_exam
from tests.teacher_app.exam_rows import rows_of_file

Pairs = list[tuple[str, str]]


def pairs_of(source: Source | bytes | str, scale: Scale = OUT_OF_20, subject: str = "Mathematics") -> Pairs:
    """Person and grade of each row, as texts."""
    if isinstance(source, str):
        source = source_from_text(source)
    return [(row.person, row.grade) for row in rows_of_file(source, an_exam(scale=scale, subject=subject))]


def delimiter_of(text: str) -> str | None:
    return source_from_text(text).tables[""].delimiter


ADA_AND_GRACE = [("Ada Lovelace", "14,5"), ("Grace Hopper", "abs")]


@pytest.mark.parametrize("delimiter", ["\t", ";", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("heading", ["", "Student{}Grade"])
def test_delimiters_line_ends_and_headings(delimiter: str, line_end: str, heading: str) -> None:
    lines = [heading.format(delimiter)] if heading else []
    lines += [f"Ada Lovelace{delimiter}14,5", "", f" Grace Hopper {delimiter} abs ", ""]
    text = line_end.join(lines)
    assert delimiter_of(text) == delimiter
    assert pairs_of(text) == ADA_AND_GRACE


@pytest.mark.parametrize(
    "text",
    [
        "Ada Lovelace   14,5\nGrace Hopper   abs",
        "Ada Lovelace 14,5\nGrace Hopper abs",
        "Ada Lovelace          14,5\nGrace Hopper abs\n\n",
    ],
)
def test_columns_aligned_by_hand(text: str) -> None:
    assert delimiter_of(text) == SPACES
    assert pairs_of(text) == ADA_AND_GRACE


def test_a_blank_too_many_in_one_name_divides_no_columns() -> None:
    names = ["Ada Lovelace", "Grace Hopper", "Zoë  O’Neil", "Émile Zola"]
    assert pairs_of("\n".join(names)) == [(name, "") for name in names]
    graded = "Ada Lovelace 14\nGrace Hopper 15\n Zoë  O’Neil  16\nÉmile  17\nJörg Müller 18"
    assert pairs_of(graded) == [
        ("Ada Lovelace", "14"),
        ("Grace Hopper", "15"),
        ("Zoë  O’Neil", "16"),
        ("Émile", "17"),
        ("Jörg Müller", "18"),
    ]


def test_a_decimal_comma_between_separators_is_rejoined() -> None:
    assert pairs_of("Ada,14,5\nBob,12\nCy,EX") == [("Ada", "14,5"), ("Bob", "12"), ("Cy", "EX")]
    assert pairs_of("Name,Grade\nAda,14,5\nBob,12,25") == [("Ada", "14,5"), ("Bob", "12,25")]
    assert pairs_of('Name,Grade\n"Ada","14,5"') == [("Ada", "14,5")]


def test_two_papers_are_not_mistaken_for_decimals() -> None:
    """Columns filled in only some rows do not turn others into decimal commas."""
    source = source_from_text("Name,Quiz,Mathematics\nAda,14,5\nBob,12,\nCy,,7")
    assert pairs_of(source) == [("Ada", "5"), ("Bob", ""), ("Cy", "7")]


def test_ambiguous_commas_are_not_guessed() -> None:
    table = source_from_text("Ada,14,5\nBob,12,0\nCy,9,25").tables[""]
    assert table.is_comma_ambiguous
    assert recognised(table, OUT_OF_20, "Mathematics").grade is None


def test_line_numbers_are_those_of_the_source() -> None:
    rows = rows_of_file(source_from_text('sep=;\nName;Grade\n\n"Ada";1\nBob;2'), an_exam())
    assert [(row.line, row.person, row.grade) for row in rows] == [(4, "Ada", "1"), (5, "Bob", "2")]


def test_an_unclosed_quote_does_not_swallow_the_rest() -> None:
    assert pairs_of('"Ada;12\nBob;13\nCy;9') == [("Ada", "12"), ("Bob", "13"), ("Cy", "9")]


def test_quoted_names_keep_their_commas() -> None:
    text = 'Student,Grade\n"Lovelace, Ada",14\n"Hopper ""Amazing"" Grace",15'
    assert pairs_of(text) == [("Lovelace, Ada", "14"), ('Hopper "Amazing" Grace', "15")]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", pytest.param("utf-16-be", id="utf-16-be-mark")]
)
def test_encodings(encoding: str) -> None:
    text = "Nom;Note\nHéloïse Brûlé;14,5\nJosé Nuñez;“7”\n"
    data = text.replace("“7”", "7").encode(encoding)
    if encoding == "utf-16-be":
        data = b"\xfe\xff" + data
    assert pairs_of(data) == [("Héloïse Brûlé", "14,5"), ("José Nuñez", "7")]


def test_texts_wrapped_by_spreadsheets_are_unwrapped() -> None:
    assert pairs_of('Student,Grade\n"=""0042""",12\n\'=SUM(A1),13') == [("0042", "12"), ("=SUM(A1)", "13")]


@pytest.mark.parametrize(
    ("heading", "names"),
    [
        ("First name;Last name;Grade", "Ada Lovelace"),
        ("Last name;First name;Grade", "Lovelace Ada"),
        ("Nom;Prénom;Note", "Lovelace Ada"),
        ("Nachname;Vorname;Punkte", "Lovelace Ada"),
    ],
)
def test_first_and_last_names_are_joined_in_spoken_order(heading: str, names: str) -> None:
    """For any order of columns."""
    row = "Ada;Lovelace" if names == "Ada Lovelace" else "Lovelace;Ada"
    assert pairs_of(f"{heading}\n{row};14") == [("Ada Lovelace", "14")]


def test_columns_in_another_order_and_others_between() -> None:
    text = "No.;Grade;Class;Student\n1;14;3b;Ada\n2;15;3b;Grace"
    assert pairs_of(text) == [("Ada", "14"), ("Grace", "15")]


def test_without_a_heading_the_grades_are_recognised_by_their_values() -> None:
    assert pairs_of("1001\tAda Lovelace\t14\n1002\tGrace Hopper\tabs") == [
        ("Ada Lovelace", "14"),
        ("Grace Hopper", "abs"),
    ]
    assert pairs_of("A-;Ada\nB+;Grace", LETTERS) == [("Ada", "A-"), ("Grace", "B+")]
    assert pairs_of("Ada;pass\nGrace;fail", PASS_FAIL) == [("Ada", "pass"), ("Grace", "fail")]


def test_an_invalid_first_row_is_not_a_heading() -> None:
    """It is shown as a row to correct instead of being swallowed."""
    assert pairs_of("Ada;???\nGrace;14") == [("Ada", "???"), ("Grace", "14")]


@pytest.mark.parametrize(
    "text",
    [
        "Ada;Lovelace;14\nGrace;Hopper;15",  # first and last name? or a class?
        "Ada;14;15\nGrace;12;13",  # which paper?
        "Name;Quiz 1;Quiz 2\nAda;14;15\nGrace;12;13",
    ],
)
def test_ambiguous_layouts_are_left_to_the_teacher(text: str) -> None:
    table = source_from_text(text).tables[""]
    layout = recognised(table, OUT_OF_20, "Mathematics")
    assert not layout.is_complete


def test_columns_are_named_for_people() -> None:
    table = source_from_text("Name;Quiz;Quiz;\nAda;1;2;x").tables[""]
    headed, plain = (recognised(table, OUT_OF_20, "", heading_row=row) for row in (0, None))
    assert column_labels(table, headed) == ["Name", "Quiz", "Quiz (3)", "Column 4 (x)"]
    assert column_labels(table, plain)[0] == "Column 1 (Name)"


# Canvas.

CANVAS_HEADING = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Quiz 1 (8101),Mathematics (8102),Assignments Current Score,"
    "Assignments Unposted Current Score,Current Score,Final Score"
)
CANVAS = f"""{CANVAS_HEADING}
,,,,,Manual Posting,,,,,
    Points Possible,,,,,10.00,20.00,(read only),(read only),(read only),(read only)
"Lovelace, Ada",1001,S1,ada,Year 12,8.00,14.50,80,80,80,80
"Hopper, Grace",1002,S2,grace,Year 12,9.00,EX,90,90,90,90
"Turing, Alan",1003,S3,alan,Year 12,,,,,,
"Student, Test",1004,,test,Year 12,,,,,,
"""
CANVAS_ROWS = [
    ("Lovelace, Ada", "14.50"),
    ("Hopper, Grace", "EX"),
    ("Turing, Alan", ""),
    ("Student, Test", ""),
]


def test_a_canvas_export() -> None:
    source = source_from_file(CANVAS.encode())
    layout = recognised(source.tables[""], OUT_OF_20, "Mathematics")
    assert layout.dialect is Dialect.CANVAS
    assert layout.points_possible == "20.00"
    assert pairs_of(source) == CANVAS_ROWS


def test_a_canvas_export_with_semicolons_and_decimal_commas() -> None:
    lines = [
        "Student;ID;SIS Login ID;Section;Mathematics (8102)",
        "    Points Possible;;;;20,00",
        "Lovelace, Ada;1001;ada;Year 12;14,50",
        "Hopper, Grace;1002;grace;Year 12;EX",
    ]
    data = ("\ufeff" + "\r\n".join(lines)).encode()
    assert pairs_of(data) == [("Lovelace, Ada", "14,50"), ("Hopper, Grace", "EX")]
    assert recognised(source_from_file(data).tables[""], OUT_OF_20, "").points_possible == "20,00"


def test_a_canvas_export_without_points_and_with_names_in_two_columns() -> None:
    text = (
        "LastName,FirstName,ID,SIS Login ID,Section,Essay (3)\nLovelace,Ada,1,ada,A,14\nHopper,Grace,2,g,A,15"
    )
    assert pairs_of(text) == [("Ada Lovelace", "14"), ("Grace Hopper", "15")]


def test_none_of_several_canvas_assignments_is_guessed() -> None:
    table = source_from_file(CANVAS.encode()).tables[""]
    assert recognised(table, OUT_OF_20, "Physics").grade is None


# Moodle.

MOODLE = (
    "\ufeffFirst name,Last name,ID number,Institution,Department,Email address,"
    "Assignment: Mathematics (Real),Assignment: Mathematics (Feedback),Quiz: Algebra (Real),"
    "Course total (Real),Last downloaded from this course\n"
    "Ada,Lovelace,1001,,,ada@example.org,14.50,Well done,9.00,23.50,1781500000\n"
    "Grace,Hopper,1002,,,grace@example.org,-,Absent,8.00,8.00,1781500000\n"
    "Alan,Turing,1003,,,alan@example.org,-,exempt,-,-,1781500000\n"
    "Emmy,Noether,1004,,,emmy@example.org,-,,-,-,1781500000\n"
)


def test_a_moodle_export_with_a_byte_order_mark() -> None:
    source = source_from_file(MOODLE.encode())
    assert recognised(source.tables[""], OUT_OF_20, "Mathematics").dialect is Dialect.MOODLE
    assert pairs_of(source) == [
        ("Ada Lovelace", "14.50"),
        ("Grace Hopper", "ABSENT"),
        ("Alan Turing", "EXEMPT"),
        ("Emmy Noether", ""),
    ]


def test_moodle_percentages_and_letters_follow_the_scale() -> None:
    text = (
        "First name;Surname;Email address;Essay (Real);Essay (Percentage);Essay (Letter)\n"
        "Ada;Lovelace;a@example.org;14,50;72,50 %;B-\n"
    )
    assert pairs_of(text, OUT_OF_20) == [("Ada Lovelace", "14,50")]
    assert pairs_of(text, PERCENT) == [("Ada Lovelace", "72,50 %")]
    assert pairs_of(text, LETTERS) == [("Ada Lovelace", "B-")]


def test_a_moodle_course_total_is_used_only_if_there_is_nothing_else() -> None:
    text = "First name,Last name,Email address,Essay (Real),Course total (Real)\nAda,Lovelace,a,14,80"
    assert pairs_of(text) == [("Ada Lovelace", "14")]
    assert pairs_of("First name,Last name,Email address,Course total (Real)\nAda,Lovelace,a,14") == [
        ("Ada Lovelace", "14")
    ]


# Workbooks.


def workbook_of(*sheets: tuple[str, Sequence[Any]]) -> openpyxl.Workbook:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets:
        sheet = workbook.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    return workbook


def bytes_of(workbook: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def test_a_workbook_with_numbers_dates_blanks_and_a_title() -> None:
    rows = [
        ["Student", "Handed in", "Grade", "Remark"],
        [None, None, None, None],
        ["Ada Lovelace", dt.date(2026, 6, 15), 14.5, None],
        ["Grace Hopper", dt.datetime(2026, 6, 15, 9, 30), 17, "late"],  # noqa: DTZ001  # sheets know no zones
        ["Alan Turing", None, None, None],
        ["Emmy Noether", None, "abs", None],
        ["Paul Dirac", None, dt.date(2026, 10, 5), None],
        ["Lise Meitner", None, 0.1 + 0.2, None],
    ]
    data = bytes_of(workbook_of(("Year 12", rows)))
    assert pairs_of(data) == [
        ("Ada Lovelace", "14.5"),
        ("Grace Hopper", "17"),
        ("Alan Turing", ""),
        ("Emmy Noether", "abs"),
        ("Paul Dirac", "2026-10-05"),
        ("Lise Meitner", "0.3"),
    ]


def test_percent_formats_and_booleans_are_read_as_they_are_shown() -> None:
    workbook = workbook_of(("1", [["Student", "Grade"], ["Ada", 0.855], ["Grace", 1]]))
    for row in (2, 3):
        workbook["1"].cell(row, 2).number_format = "0.0%"
    assert pairs_of(bytes_of(workbook), PERCENT) == [("Ada", "85.5 %"), ("Grace", "100 %")]
    passed = workbook_of(("1", [["Student", "Grade"], ["Ada", True], ["Grace", False]]))
    assert pairs_of(bytes_of(passed), PASS_FAIL) == [("Ada", "TRUE"), ("Grace", "FALSE")]


def test_every_non_empty_sheet_can_be_chosen() -> None:
    data = bytes_of(
        workbook_of(
            ("Empty", []), ("A", [["Name", "Grade"], ["Ada", 1]]), ("B", [["Name", "Grade"], ["Bob", 2]])
        )
    )
    source = source_from_file(data)
    assert source.kind is Kind.WORKBOOK
    assert list(source.tables) == ["A", "B"]


# OneRoster.


def zip_of(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


ONEROSTER = {
    "manifest.csv": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\n",
    "lineItems.csv": "sourcedId,status,title\nli1,active,Algebra\nli2,active,Mathematics\n",
    "users.csv": "sourcedId,givenName,familyName,identifier\nu1,Ada,Lovelace,\nu2,Grace,Hopper,\n",
    "results.csv": (
        "sourcedId,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,comment,textScore\n"
        "r1,li1,u1,fully graded,9,2026-06-01,,\nr2,li2,u1,fully graded,14.5,2026-06-15,,\n"
        "r3,li2,u2,exempt,,2026-06-15,,\nr4,li2,u3,not submitted,,2026-06-15,,\n"
    ),
}


@pytest.mark.parametrize("span", ["0", "-1", "x", "", "9999999", "²"])
def test_a_cell_of_html_that_spans_an_impossible_number_of_columns(span: str) -> None:
    text = f"<table><tr><td>Name<td>Grade<tr><td>Ada<td colspan='{span}'>14</table>"
    assert pairs_of(text) == [("Ada", "14")]


def test_a_oneroster_zip_with_several_line_items() -> None:
    source = source_from_file(zip_of(ONEROSTER))
    assert source.kind is Kind.ONEROSTER
    assert pairs_of(source) == [("Ada Lovelace", "14.5"), ("Grace Hopper", "EXEMPT"), ("u3", "ABSENT")]
    assert pairs_of(source, subject="Algebra")[:2] == [("Ada Lovelace", "9"), ("Grace Hopper", "")]


def test_a_oneroster_zip_in_a_folder_and_without_users() -> None:
    files = {f"export/{name}": text for name, text in ONEROSTER.items() if name != "users.csv"}
    assert pairs_of(zip_of(files))[0] == ("u1", "14.5")


# Codes.


def test_a_column_of_codes_is_recognised_by_its_name_and_contents() -> None:
    exam = an_exam(audience=Audience.CODES)
    rows = rows_of_file(source_from_text("Code;Name;Grade\nK7M2QX;Ada;14\nW3PZ9B;;15"), exam)
    assert [(row.code, row.person, row.grade) for row in rows] == [
        ("K7M2QX", "Ada", "14"),
        ("W3PZ9B", "", "15"),
    ]
    rows = rows_of_file(source_from_text("Code;Name;Grade\n3b;Ada;14\n3b;Bob;15"), exam)
    assert [(row.code, row.person) for row in rows] == [("", "Ada"), ("", "Bob")]


def test_a_guessed_encoding_is_said_and_another_can_be_chosen() -> None:
    data = "Name;Grade\nŁukasz Żak;14\nJiří Dvořák;12".encode("cp1250")
    source = source_from_file(data)
    assert source.encoding == "cp1250"
    assert next(iter(source.readings.items())) == ("cp1250", "Łukasz Żak Jiří Dvořák")
    assert source.readings["cp1252"] == "£ukasz ¯ak Jiøí Dvoøák"
    assert pairs_of(source) == [("Łukasz Żak", "14"), ("Jiří Dvořák", "12")]
    assert pairs_of(source_from_file(data, "cp1252"))[0] == ("£ukasz ¯ak", "14")
    assert not source_from_file("Name;Grade\nŁukasz Żak;14".encode()).readings


def test_text_that_was_encoded_twice_is_mended_and_can_be_read_as_it_stands() -> None:
    data = "Nome;Nota\nPâmela Conceição;14\nÍris Leão;12".encode().decode("latin-1").encode()
    source = source_from_file(data)
    assert pairs_of(source) == [("Pâmela Conceição", "14"), ("Íris Leão", "12")]
    assert list(source.readings) == ["utf-8 twice", "utf-8"]
    assert source_from_file(data, "utf-8").text.startswith("Nome;Nota\nPÃ¢mela")
    assert source_from_file(data, "utf-8 twice") == source
    windows = "Nom;Note\nHéloïse Œuvré;14".encode().decode("cp1252").encode()
    assert pairs_of(windows) == [("Héloïse Œuvré", "14")]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Ad;Not\nIşıl Şahin;14\nGülşen Yıldız;3", "cp1254"),
        ("Übung;Note\nAda;14\nBo;3", "cp1252"),  # the only letters to go by are in the heading
        ("Имя;Оценка\nИван Петров;14\nАнна Смирнова;5", "cp1251"),
        ("氏名,点数\n山田太郎,14\n鈴木花子,9", "shift_jis"),
        ("Navn;Karakter\nSøren Ærø;7\nÅse Bjørk;4", "cp1252"),
        ("Name;Grade\nGuðrún Jónsdóttir;7\nÞóra Ýr;4", "cp1252"),
        ("Nombre;Nota\nBegoña Peña;7\nÍñigo Gómez;4", "cp1252"),
        ("Nome;Nota\nJoão Simões;7\nInês Leão;4", "cp1252"),
        ("Nom;Note\nFrançois Dupré;7\nZoé Côté;4", "mac_roman"),
        ("Name;Note\nJörg Groß;7\nKäthe Müller;4", "cp850"),
        ("Név;Jegy\nGyőző Kovács;7\nNagy Réka;4", "cp1250"),
        ("Nume;Nota\nRăzvan Bălan;7\nIleana Mândru;4", "cp1250"),
        ("Jméno;Známka\nTomáš Růžička;7\nŽofie Šťastná;4", "cp1250"),
        ("Jméno;Známka\nTomáš Růžička;7\nŽofie Šťastná;4", "iso8859_2"),
        ("Imię;Ocena\nŁukasz Świątek;7\nŻaneta Żółć;4", "iso8859_2"),
        ("Vardas;Pažymys\nJūratė Žukaitė;7\nĄžuolas Čėsna;4", "cp1257"),
        ("Имя;Оценка\nИван Петров;14\nАнна Смирнова;5", "koi8_r"),
        ("Ім'я;Оцінка\nЄвген Їжакевич;14\nГанна Біла;5", "cp1251"),
        ("Όνομα;Βαθμός\nΓιώργος Παππάς;14\nΕλένη Αγγέλου;5", "cp1253"),
        ("שם;ציון\nדוד כהן;14\nשרה לוי;5", "cp1255"),
        ("الاسم;الدرجة\nمحمد علي;14\nفاطمة حسن;5", "cp1256"),
        ("ชื่อ;คะแนน\nสมชาย ใจดี;14\nอนุชา แก้วดี;5", "cp874"),
        ("Name;Grade\n王小明;14\n李华;5", "gbk"),
        ("Name;Grade\n陳大文;14\n黃美玲;5", "big5"),
        ("Name;Grade\n高橋さくら;14\n田中一郎;5", "shift_jis"),
        ("Name;Grade\n高橋さくら;14\n田中一郎;5", "euc_jp"),
        ("이름;점수\n김철수;14\n이영희;5", "euc_kr"),
    ],
)
def test_encodings_are_recognised_by_the_letters_of_names(text: str, encoding: str) -> None:
    assert source_from_file(text.encode(encoding)).encoding == encoding


def test_several_numbers_behind_a_name_are_not_chosen_from() -> None:
    table = source_from_text("Ada Lovelace 14 15\nGrace Hopper 12 9\nBo King 9 9").tables[""]
    assert table.width == 3
    assert not recognised(table, OUT_OF_20, "Mathematics").is_complete
