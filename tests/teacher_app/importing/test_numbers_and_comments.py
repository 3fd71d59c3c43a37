# ruff: noqa: E501  # inputs stay as they are
"""Students' numbers and comments of files as gradebooks, schools and people write them."""

import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.exam import COMMENT_MAX
from shared.model.grades import AWAITED
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import recognised
from teacher_app.importing.comments import comment_from_cell, comment_in_html, comment_where_html_may_be
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome
from teacher_app.importing.rows import number_from_cell, rows_from_table
from teacher_app.reading.files import source_from_file
from teacher_app.reading.limits import CELL_MAX
from tests.builders import an_exam

WORKSHEET = "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments\r\n"
BLACKBOARD = '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t"Algebra [Total Pts: 20 Score] |409586"\t"Grading Notes"\t"Notes Format"\t"Feedback to Learner"\t"Feedback Format"\n'

Row = tuple[str, str, str, str]  # name, number, grade, comment
INPUTS: dict[str, tuple[str, list[Row]]] = {
    "source: Moodle, mod/assign/feedback/offline and /comments, which stores HTML": (
        WORKSHEET
        + 'Participant 101,Ada Lovelace,00123,a@x.example,Submitted for grading,14.00,20.00,Yes,-,-,"<p dir=""ltr"">Good &amp; clear.</p><p>Next time: <b>units</b>.<br></p>"\r\n'
        + "Participant 102,Grace Hopper,00124,g@x.example,No submission,,20.00,Yes,-,-,\r\n",
        [
            ("Ada Lovelace", "00123", "14", "Good & clear.\n\nNext time: units."),
            ("Grace Hopper", "00124", AWAITED, ""),
        ],
    ),
    "source: Moodle's worksheet in German, whose first column is no student number": (
        "ID,Vollständiger Name,ID-Nummer,E-Mail-Adresse,Status,Gruppe,Bewertung,Bestwertung,Bewertung kann geändert werden,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar\n"
        'Teilnehmer/in 101,Ada Lovelace,00123,a@x.example,Zur Bewertung abgegeben,A,"14,00","20,00",Ja,-,-,<p>Gut.</p>\n'
        'Teilnehmer/in 102,Grace Hopper,00124,g@x.example,Keine Abgabe,A,"7,50","20,00",Ja,-,-,5\n',
        [("Ada Lovelace", "00123", "14", "Gut."), ("Grace Hopper", "00124", "7.5", "5")],
    ),
    "source: Moodle's worksheet in French": (
        "Identifiant,Nom complet,Numéro d’identification,Adresse de courriel,Statut,Note,Note maximale,La note peut être modifiée,Dernière modification (note),Feedback par commentaires\n"
        'Participant 101,Ada Lovelace,00123,a@x.example,Remis,"14,00","20,00",Oui,-,<ul><li>Bien</li><li>Lisible</li></ul>\n'
        'Participant 102,Grace Hopper,00124,g@x.example,Remis,"12,00","20,00",Oui,-,\n',
        [("Ada Lovelace", "00123", "14", "- Bien\n- Lisible"), ("Grace Hopper", "00124", "12", "")],
    ),
    "source: Moodle's worksheet in Spanish": (
        "Identificador,Nombre completo,Número de ID,Dirección de correo,Estado,Calificación,Calificación máxima,La calificación puede ser cambiada,Última modificación (calificación),Comentarios de retroalimentación\n"
        'Participante 101,Ada Lovelace,00123,a@x.example,Enviado,"14,00","20,00",Sí,-,<p>Bien.</p>\n'
        'Participante 102,Grace Hopper,00124,g@x.example,Enviado,"12,00","20,00",Sí,-,\n',
        [("Ada Lovelace", "00123", "14", "Bien."), ("Grace Hopper", "00124", "12", "")],
    ),
    "source: the worksheet that a program fills in with markup and line ends in the cell": (
        WORKSHEET
        + 'Participant 1,Ada Lovelace,123,a@x.example,,14,20,Yes,-,-,"\nYour <a href=""https://x.example"">page</a>:\n<ul>\n<li>username: ada</li>\n</ul>\nChange it."\n'
        + "Participant 2,Grace Hopper,124,g@x.example,,12,20,Yes,-,-,\n",
        [
            (
                "Ada Lovelace",
                "123",
                "14",
                "Your page (https://x.example):\n- username: ada\nChange it.",
            ),
            ("Grace Hopper", "124", "12", ""),
        ],
    ),
    "source: Moodle's grade export; a remark in the place of a grade is no comment": (
        "First name,Last name,ID number,Institution,Department,Email address,Assignment: Algebra (Real),Assignment: Algebra (Feedback),Course total (Real)\n"
        "Ada,Lovelace,00123,,,a@x.example,14.00,Well done &lt;3,14.00\n"
        'Grace,Hopper,00124,,,g@x.example,-,"Absent\nHas a certificate.",-\n'
        "Alan,Turing,00125,,,t@x.example,-,Absent-minded,-\n",
        [
            ("Ada Lovelace", "00123", "14", "Well done <3"),
            ("Grace Hopper", "00124", "ABSENT", "Has a certificate."),
            ("Alan Turing", "00125", AWAITED, "Absent-minded"),
        ],
    ),
    "source: Blackboard's Download with comments; the instructor's notes are nobody else's": (
        BLACKBOARD
        + '"Lovelace"\t"Ada"\t"ada"\t"00123"\t""\t"Yes"\t"14.00"\t"came late"\t"SMART_TEXT"\t"<p>Good &lt;3</p>"\t"HTML"\n'
        + '"Hopper"\t"Grace"\t"gh"\t"00124"\t""\t"Yes"\t"12.00"\t""\t""\t"x &ge; 3<br>y"\t"SMART_TEXT"\n',
        [("Ada Lovelace", "00123", "14", "Good <3"), ("Grace Hopper", "00124", "12", "x ≥ 3\ny")],
    ),
    "source: Brightspace: #, so that spreadsheets keep the zeros": (
        "OrgDefinedId,Username,Last Name,First Name,Algebra Points Grade <Numeric MaxPoints:20>,End-of-Line Indicator\n#00246,#ada,Lovelace,Ada,14,#\n#00247,#gh,Hopper,Grace,12,#\n",
        [("Ada Lovelace", "00246", "14", ""), ("Grace Hopper", "00247", "12", "")],
    ),
    "source: Sakai, ExportPanel.java of gradebookng": (
        '"Student ID","Name","Algebra [20]","* Algebra","Essay [50]","* Essay"\n"ada","Lovelace, Ada","14","Good <b>work</b>","41","other"\n"gh","Hopper, Grace","12","","18",""\n',
        [("Lovelace, Ada", "ada", "14", "Good <b>work</b>"), ("Hopper, Grace", "gh", "12", "")],
    ),
    "source: Canvas: notes are the teacher's own": (
        'Student,ID,SIS User ID,SIS Login ID,Section,Notes,Algebra (8102)\n    Points Possible,,,,,,20\n"Lovelace, Ada",1,00123,ada,A,has a tutor,14\n"Hopper, Grace",2,00124,gh,A,,12\n',
        [("Lovelace, Ada", "00123", "14", ""), ("Hopper, Grace", "00124", "12", "")],
    ),
    "pronote: the teacher's words beside the mean": (
        "Élèves\tClasse\tMoyenne\tAlgebra /20\tAppréciation\nLOVELACE Ada\t2nde 3\t14,75\t14\tTrès bien\nHOPPER Grace\t2nde 3\t12\t12\t\n",
        [("LOVELACE Ada", "", "14", "Très bien"), ("HOPPER Grace", "", "12", "")],
    ),
    "numbers below a word for comments": (
        "Name;Kommentar;Punkte\nAda;15;14\nGrace;12;12\n",
        [("Ada", "", "14", "15"), ("Grace", "", "12", "12")],
    ),
    "numbers in a comment before the results": (
        "Name;Feedback;Algebra\nAda;5;14\nGrace;7;12\n",
        [("Ada", "", "14", "5"), ("Grace", "", "12", "7")],
    ),
    "the exam's title over its comments, too": (
        "Name;Algebra;Algebra (Feedback)\nAda;14;17\nGrace;12;x\n",
        [("Ada", "", "14", "17"), ("Grace", "", "12", "x")],
    ),
    "the exam's title over comments alone": (
        "Name;Score;Comments for Algebra\nAda;14;17\nGrace;12;x\n",
        [("Ada", "", "14", "17"), ("Grace", "", "12", "x")],
    ),
    "comments to another exam are left alone": (
        "Name;Algebra;Physics comment\nAda;14;17\nGrace;12;x\n",
        [("Ada", "", "14", ""), ("Grace", "", "12", "")],
    ),
    "each exam with its comments": (
        "Name;Physics;Comment;Algebra;Comment\nAda;9;p;14;a\nGrace;8;;12;\n",
        [("Ada", "", "14", "a"), ("Grace", "", "12", "")],
    ),
    "a list without grades, with what there is to say": (
        "Name;Matrikel-Nr.;Bemerkung\nAda;0012;kommt später\nGrace;0009;\n",
        [("Ada", "0012", AWAITED, "kommt später"), ("Grace", "0009", AWAITED, "")],
    ),
    "absent in a list of one's own is said, not guessed": (
        "Name;Punkte;Bemerkung\nAda;;fehlt\nGrace;12;\n",
        [("Ada", "", AWAITED, "fehlt"), ("Grace", "", "12", "")],
    ),
    "markup in a list of one's own is what was typed": (
        "Name,Grade,Comment\nAda,14,use <b> for bold &amp; more\nGrace,12,\n",
        [("Ada", "", "14", "use <b> for bold &amp; more"), ("Grace", "", "12", "")],
    ),
    "numbers that pandas has made decimal ones": (
        "Student ID,Name,Grade\n1001.0,Ada,14\n1002.0,Grace,12\nnan,Alan,3\n",
        [("Ada", "1001", "14", ""), ("Grace", "1002", "12", ""), ("Alan", "", "3", "")],
    ),
    "numbers as text formulas": (
        'Name,SID,Grade\nAda,"=""00123""",14\nGrace,\'00124,12\n',
        [("Ada", "00123", "14", ""), ("Grace", "00124", "12", "")],
    ),
    "a column of ids beside one of numbers": (
        "ID;Name;Matrikelnummer;Punkte\na7;Ada;0012;14\nb8;Grace;0009;12\n",
        [("Ada", "0012", "14", ""), ("Grace", "0009", "12", "")],
    ),
    "a number that all have is nobody's": (
        "Name;Student ID;Grade\nAda;1001;14\nGrace;1001;12\n",
        [("Ada", "", "14", ""), ("Grace", "", "12", "")],
    ),
}


@pytest.mark.parametrize("name", INPUTS)
def test_a_file_gives_names_numbers_grades_and_comments(name: str) -> None:
    text, expected = INPUTS[name]
    rows = checked(text)
    assert [(one.row.person, one.row.number, one.grade, one.row.comment) for one in rows] == expected
    assert {one.outcome for one in rows} <= {Outcome.NEW, Outcome.NO_GRADE}


def checked(text: str | bytes) -> list[CheckedRow]:
    exam = an_exam("Algebra")
    source = source_from_file(text.encode() if isinstance(text, str) else text)
    table = next(iter(source.tables.values()))
    layout = recognised(table, exam.scale, exam.subject, kind=source.kind)
    assert layout.is_complete
    return check_rows(rows_from_table(table, layout), exam, (), Choices())


NUMBER_HEADINGS = [
    *("Matr.-Nr.", "Matrikelnr.", "Personalnummer", "Student-ID", "StudentID", "Student_Number", "Student #"),
    *(
        "Candidate No",
        "Exam number",
        "N° étudiant",
        "No étudiant",
        "N° élève",
        "Code permanent",
        "Leerlingnr",
    ),
    *(
        "Nr albumu",
        "Numer albumu",
        "studentnr.",
        "Kandidatnummer",
        "Elev-ID",
        "Opiskelijanumero",
        "Neptun kód",
    ),
    *("osobní č.", "Номер зачетной книжки", "№ зачетки", "학번", "考号", "NISN", "MSSV", "رقم الطالب"),
    *("Regd No", "Reg. No.", "Net ID", "Banner ID", "EMPLID", "Pupil ID", "Nº de aluno", "Matrícula"),
    *("Codice studente", "Schüler-ID", "Schüler-Nr.", "SIS ID", "Number"),
]


@pytest.mark.parametrize("heading", NUMBER_HEADINGS)
def test_schools_call_a_students_number_many_things(heading: str) -> None:
    rows = checked(f"Name;{heading};Points\nAda;0012;14\nBo;0009;12\nCy;0011;3\n")
    assert [(one.row.number, one.grade) for one in rows] == [("0012", "14"), ("0009", "12"), ("0011", "3")]


COMMENT_HEADINGS = [
    *("Feedback", "Comments", "Remarks", "Teacher comment", "Overall feedback", "Bemerkungen", "Anmerkung"),
    *("Rückmeldung", "Commentaire", "Appréciations", "Observaciones", "Comentarios", "Osservazioni"),
    *("Comentários", "Opmerkingen", "Toelichting", "Uwagi", "Komentarz", "Yorum", "Komentář", "Kommentar"),
    *(
        "Återkoppling",
        "Palaute",
        "Megjegyzés",
        "Observații",
        "Σχόλια",
        "Комментарий",
        "评语",
        "コメント",
        "피드백",
    ),
]


@pytest.mark.parametrize("heading", COMMENT_HEADINGS)
def test_comments_are_found_in_many_languages_and_are_never_grades(heading: str) -> None:
    rows = checked(f"Name;{heading};Points\nAda;7;14\nBo;8;12\nCy;;3\n")
    assert [(one.row.comment, one.grade) for one in rows] == [("7", "14"), ("8", "12"), ("", "3")]


@pytest.mark.parametrize("heading", ["Grading Notes", "Private notes", "Notizen", "Feedback Format"])
def test_private_notes_are_no_comments(heading: str) -> None:
    assert [one.row.comment for one in checked(f"Name;{heading};Points\nAda;x;14\nBo;y;12")] == ["", ""]


# What is too long, or not whole any more, is said.


@pytest.mark.parametrize(
    ("comment", "says"),
    [
        ("x" * COMMENT_MAX, ""),
        ("x" * (COMMENT_MAX + 1), "comment is too long: 1001 characters, 1000 at most"),
        ("<b>x</b> " * (CELL_MAX // 8), "comment is too long"),
        ("<p>" * 1501 + "x", "comment is too long"),
    ],
)
def test_a_comment_is_never_cut_without_a_word(comment: str, says: str) -> None:
    (one,) = checked(f"{WORKSHEET}Participant 1,Ada Lovelace,1,a@x.example,,14,20,Yes,-,-,{comment}\n")
    assert one.outcome is (Outcome.BAD if says else Outcome.NEW)
    assert says in one.reason


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("1" * 121, "number is too long: 121 characters, 120 at most"),
        ("1.23457E+11", "cut the number short: 1.23457E+11"),
        ("1,2346E+08", "cut the number short"),
        ("4E12", ""),
    ],
)
def test_a_number_that_is_not_whole_is_to_be_corrected(number: str, says: str) -> None:
    one, _ = checked(f"Name\tStudent ID\tGrade\nAda\t{number}\t14\nBo\t7\t12")
    assert one.outcome is (Outcome.BAD if says else Outcome.NEW)
    assert says in one.reason


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("00123", "00123"),
        ("#00123", "00123"),
        ("'00123", "00123"),
        ("1234567.0", "1234567"),
        ("1.000", "1.000"),
        ("A-12#3", "A-12#3"),
        ("-", ""),
        ("n/a", ""),
        ("0", ""),
        ("#", ""),
    ],
)
def test_a_number_is_what_the_school_writes_without_what_programs_put_around_it(
    cell: str, number: str
) -> None:
    assert number_from_cell(cell) == number


def test_numbers_of_a_workbook_are_as_they_are_shown() -> None:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (
        ["Name", "Student ID", "Grade", "Comment"],
        ["Ada", 123, 14, "Good.\nGo on."],
        ["Bo", 1234567.0, 12, None],
        ["Cy", 123456789012345678, 3, 17],
    ):
        sheet.append(row)
    sheet["B2"].number_format = "00000"
    sheet["B3"].number_format = "0.00E+00"
    stream = io.BytesIO()
    workbook.save(stream)
    rows = checked(stream.getvalue())
    assert [one.row.number for one in rows] == ["00123", "1234567", "1.23456789012346E+17"]
    assert [one.row.comment for one in rows] == ["Good.\nGo on.", "", "17"]
    assert [one.outcome for one in rows] == [
        Outcome.NEW,
        Outcome.NEW,
        Outcome.BAD,
    ]  # its last digits are lost


# HTML.


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<div>A<div>B</div></div>", "A\nB"),
        ("<p>a</p><p>&nbsp;</p><p>b</p>", "a\n\nb"),
        ("a<br><br/>b", "a\n\nb"),
        ("x<sup>2</sup> + List<String>, R&D, a < b", "x² + List<String>, R&D, a < b"),
        ("plain,\n  with two lines", "plain,\n  with two lines"),
        ("<style>p { color: red }</style><p>Hi<!-- there -->!</p><script>alert(1)</script>", "Hi!"),
        (
            '<p><img alt="A sketch"> on <a href="https://x.example/?a=1&amp;b=2">page 2</a></p>',
            "A sketch on page 2 (https://x.example/?a=1&b=2)",
        ),
        ('<a href="https://x.example/">https://x.example/</a>', "https://x.example/"),
        (
            "<table><tr><td>Style</td><td>3</td></tr><tr><td>Sense</td><td>4</td></tr></table>",
            "Style 3\nSense 4",
        ),
        ("\r\n<p>a\r\n b</p>\r\n", "a b"),
    ],
)
def test_a_comment_in_html_is_the_text_that_it_shows(html: str, text: str) -> None:
    assert comment_from_cell(html, has_html=True) == text


PARTS = [*"ab <>&;/\"'=-+#@1lt", "<p>", "&amp;", "<b", "&nbsp;", "\u00a0"]
LINES = st.lists(st.sampled_from(PARTS), max_size=12).map("".join)
COMMENTS = st.lists(LINES.map(str.rstrip), max_size=4).map("\n".join).map(str.strip)


@given(COMMENTS)
def test_a_comment_written_for_a_gradebook_is_read_back_as_it_was(comment: str) -> None:
    for written in (comment_in_html(comment), comment_where_html_may_be(comment)):
        assert comment_from_cell(written, has_html=True) == comment
