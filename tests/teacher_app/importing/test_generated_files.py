"""Files as gradebooks, spreadsheets and people make them: what is saved without a question equals what the
file says.

A file is generated from students and their grades by a way of writing (a gradebook's, a spreadsheet's, a
list), in a language with its headings, names, encodings and decimal sign, on a preset scale, with the
furniture that such files have: titles, numbers, addresses, averages, maxima, blank lines. Asking is allowed,
and so is marking a row; a grade or a student that the file does not have is not.
"""

import csv
import io
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

import openpyxl
from hypothesis import event, given
from hypothesis import strategies as st

from shared.model.grades import AWAITED
from shared.model.scale_presets import PRESETS
from shared.model.scales import LevelScale, NumberScale, Scale, number_text
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import recognised
from teacher_app.importing.outcomes import CheckedRow, Choices
from teacher_app.importing.rows import rows_from_table
from teacher_app.reading.files import Source, source_from_file, source_from_text
from teacher_app.reading.limits import FileNotReadable
from tests.builders import an_exam

SUBJECT = "Algebra"


@dataclass(frozen=True)
class Language:
    """Words that head columns and rows, names, and how its programs store texts."""

    first: str
    last: str
    name: str
    grade: str
    average: str
    absent: str
    firsts: tuple[str, ...]
    lasts: tuple[str, ...]
    encodings: tuple[str, ...]
    decimal: str = ","


LANGUAGES = (
    Language(
        *("First name", "Last name", "Student", "Grade", "Average", "absent"),
        ("Ada", "Grace", "Alan", "Conan", "Mary-Jane", "Max", "Bo", "Chloë"),
        ("Lovelace", "Hopper", "Turing", "O'Brien", "Smith", "St. John", "Li"),
        ("cp1252", "mac_roman"),
        ".",
    ),
    Language(
        *("Vorname", "Nachname", "Name", "Punkte", "Durchschnitt", "fehlt"),
        ("Jörg", "Käthe", "Anna", "Max", "Änne", "Björn"),
        ("Müller", "Groß", "von der Heide", "Schäfer", "Schmidt", "Öztürk"),
        ("cp1252", "mac_roman", "cp850"),
    ),
    Language(
        *("Prénom", "Nom", "Élève", "Note", "Moyenne", "abs"),
        ("Héloïse", "François", "Zoé", "Jean-Luc", "Théo", "Anaïs"),
        ("Brûlé", "Dupré", "Lefèvre", "d'Arc", "Martin", "Noël"),
        ("cp1252", "mac_roman"),
    ),
    Language(
        *("Nombre", "Apellidos", "Alumno", "Calificación", "Promedio", "ausente"),
        ("José", "María", "Íñigo", "Begoña", "Ana"),
        ("Núñez Ibáñez", "Muñoz", "Peña Gómez", "de la Cruz"),
        ("cp1252", "mac_roman"),
    ),
    Language(
        *("Imię", "Nazwisko", "Uczeń", "Ocena", "Średnia", "nieobecny"),
        ("Łukasz", "Małgorzata", "Paweł", "Jan", "Żaneta"),
        ("Żak", "Święch", "Gęślicki", "Kowalski", "Wójcik"),
        ("cp1250", "iso8859_2"),
    ),
    Language(
        *("Ad", "Soyad", "Öğrenci", "Puan", "Ortalama", "girmedi"),
        ("Işıl", "Gülşen", "İbrahim", "Ali", "Çağla"),
        ("Şahin", "Yıldız", "Kılıç", "Kaya", "Doğan"),
        ("cp1254",),
    ),
    Language(
        *("Имя", "Фамилия", "Ученик", "Оценка", "Среднее", "отсутствовал"),
        ("Иван", "Анна", "Пётр", "Юлия"),
        ("Петров", "Смирнова", "Щербаков", "Яшина"),
        ("cp1251",),
    ),
)


@dataclass(frozen=True)
class Listed:
    """What the file says: each student once, with a canonical grade or "ABSENT" or nothing, a number, and a
    comment or none."""

    language: Language
    scale: Scale
    students: tuple[tuple[str, str], ...]  # first and last names
    grades: tuple[str, ...]
    numbers: tuple[str, ...]
    comments: tuple[str, ...]


# Comments that could be taken for something else. The others have a place of their own among the tests.
COMMENTS = ("", "", "good", "see me", "12", "0", "A", "-", "1/2", "better than last year, well done", "Note")
COMMENT_HEADINGS = (
    "Comments",
    "Feedback",
    "Bemerkung",
    "Appréciation",
    "Observaciones",
    "Uwagi",
    "Geri bildirim",
)


def grades_on(scale: Scale) -> st.SearchStrategy[str]:
    if isinstance(scale, LevelScale):
        return st.sampled_from([level.label for level in scale.levels])
    steps = int((scale.highest - scale.lowest) / scale.step)
    numbers = st.integers(0, steps).map(lambda step: number_text(scale.lowest + step * scale.step))
    whole = st.integers(int(scale.lowest), int(scale.highest)).map(lambda value: number_text(Decimal(value)))
    special = [*([scale.honours] if scale.honours else []), *(["2+", "3-"] if scale.has_signs else [])]
    return st.one_of(numbers, whole, *([st.sampled_from(special)] if special else []))


@st.composite
def lists(draw: st.DrawFn) -> Listed:
    language = draw(st.sampled_from(LANGUAGES))
    scale = draw(st.sampled_from([preset.scale for preset in PRESETS]))
    names = st.tuples(st.sampled_from(language.firsts), st.sampled_from(language.lasts))
    students = draw(st.lists(names, min_size=1, max_size=9, unique=True))
    grade = st.one_of(grades_on(scale), grades_on(scale), st.sampled_from(["ABSENT", ""]))
    count = len(students)
    first, step = draw(st.sampled_from([(1000, 7), (1, 1), (40, 3), (2_026_001, 1)]))
    numbers = [f"{first + step * place:05d}" for place in range(count)]
    return Listed(
        language,
        scale,
        tuple(students),
        tuple(draw(st.lists(grade, min_size=count, max_size=count))),
        tuple(draw(st.permutations(numbers))),
        tuple(draw(st.lists(st.sampled_from(COMMENTS), min_size=count, max_size=count))),
    )


def written(draw: st.DrawFn, listed: Listed) -> list[str]:
    """The grades as somebody of that language writes them, all in one style."""
    scale, language = listed.scale, listed.language
    styles = ["{}"]
    if isinstance(scale, NumberScale):
        styles += ["{} pts", "{}/" + number_text(scale.highest), "{} / " + number_text(scale.highest)]
        styles += ["{} %", "{}%"] if scale.is_percent else []
    style = draw(st.sampled_from(styles))
    decimals = draw(st.sampled_from([None, None, 2])) if isinstance(scale, NumberScale) else None

    def one(grade: str) -> str:
        if grade == "ABSENT":
            return language.absent
        number = grade.lstrip("-").replace(".", "", 1).isdecimal() and isinstance(scale, NumberScale)
        if not grade or not number:
            return grade
        shown = grade if decimals is None else f"{Decimal(grade):.{decimals}f}"
        return style.format(shown.replace(".", language.decimal))

    return [one(grade) for grade in listed.grades]


Cells = list[list[str]]


def plain_rows(draw: st.DrawFn, listed: Listed) -> Cells:
    """One column for the name, or two, among the columns that such files have."""
    language, grades = listed.language, written(draw, listed)
    columns: Cells = []
    way = draw(st.sampled_from(["name", "comma", "first last", "last first"]))
    firsts, lasts = zip(*listed.students, strict=True)
    if way == "name":
        columns.append([language.name, *(f"{first} {last}" for first, last in listed.students)])
    elif way == "comma":
        columns.append([language.name, *(f"{last}, {first}" for first, last in listed.students)])
    else:
        parts = [[language.first, *firsts], [language.last, *lasts]]
        columns += parts if way == "first last" else parts[::-1]
    count = len(listed.students)
    grade_heading = draw(st.sampled_from([language.grade, SUBJECT, f"{SUBJECT} (Points)"]))
    columns.append([grade_heading, *grades])
    extra = draw(
        st.lists(
            st.sampled_from(["No", "Email", "Class", "Student ID", "Comments", "Year"]),
            max_size=3,
            unique=True,
        )
    )
    for heading in extra:
        cells = {
            "No": [str(number) for number in range(1, count + 1)],
            "Email": [f"s{number}@school.example" for number in range(count)],
            "Class": ["12"] * count,
            "Student ID": list(listed.numbers),
            "Comments": list(listed.comments),
            "Year": ["2026"] * count,
        }[heading]
        if heading == "Comments":
            heading = draw(st.sampled_from(COMMENT_HEADINGS))
        columns.insert(draw(st.integers(0, len(columns))), [heading, *cells])
    return [list(row) for row in zip(*columns, strict=True)]


def furnished(draw: st.DrawFn, rows: Cells, listed: Listed) -> Cells:
    """With lines above and rows below that are no students'."""
    width = len(rows[0])
    if draw(st.booleans()):
        blank = [""] * (width - 1)
        rows = [["School of Examples", *blank], [f"Exam of {SUBJECT}", *blank], [""] * width, *rows]
    if draw(st.booleans()):
        rows = [*rows, [listed.language.average, *[""] * (width - 2), "11"]]
    if draw(st.booleans()):
        blank = [""] * max(width - 2, 0)
        rows = [
            rows[0],
            [draw(st.sampled_from(["Max", "Points Possible", "Out of"])), *blank, "20"][:width],
            *rows[1:],
        ]
    if draw(st.booleans()):
        rows = [*rows, [""] * width]
    return rows


def canvas_rows(draw: st.DrawFn, listed: Listed) -> Cells:
    grades = [{"ABSENT": "", "EXEMPT": "EX"}.get(grade, grade) for grade in listed.grades]
    possible = number_text(listed.scale.highest) if isinstance(listed.scale, NumberScale) else "10"
    rows = [["Student", "ID", "SIS Login ID", "Section", f"{SUBJECT} (881)", "Current Score", "Final Score"]]
    if draw(st.booleans()):
        rows.append(["", "", "", "", "Manual Posting", "", ""])
    rows.append(["    Points Possible", "", "", "", possible, "(read only)", "(read only)"])
    for (first, last), grade, number in zip(listed.students, grades, listed.numbers, strict=True):
        rows.append([f"{last}, {first}", number, f"s{number}", "A", grade, "91.5", "7"])
    if draw(st.booleans()):
        rows.append(["Student, Test", "999", "test", "A", "", "", ""])
    return rows


def moodle_rows(draw: st.DrawFn, listed: Listed) -> Cells:
    rows = [
        [
            "First name",
            "Last name",
            "ID number",
            "Email address",
            f"Quiz: {SUBJECT} (Real)",
            f"Quiz: {SUBJECT} (Feedback)",
            "Course total (Real)",
        ]
    ]
    for (first, last), grade, number, comment in zip(
        listed.students, listed.grades, listed.numbers, listed.comments, strict=True
    ):
        shown = {"ABSENT": "-", "": "-"}.get(grade, grade)
        rows.append([first, last, number, f"s{number}@school.example", shown, comment, "9.5"])
    return rows


def brightspace_rows(draw: st.DrawFn, listed: Listed) -> Cells:
    rows = [
        [
            "OrgDefinedId",
            "Username",
            "Last Name",
            "First Name",
            f"{SUBJECT} Points Grade <Numeric MaxPoints:20 Weight:10>",
            "End-of-Line Indicator",
        ]
    ]
    for (first, last), grade, number in zip(listed.students, listed.grades, listed.numbers, strict=True):
        rows.append([f"#{number}", f"#s{number}", last, first, grade.replace("ABSENT", ""), "#"])
    return rows


def gradescope_rows(draw: st.DrawFn, listed: Listed) -> Cells:
    rows = [
        [
            "First Name",
            "Last Name",
            "SID",
            "Email",
            f"{SUBJECT}",
            f"{SUBJECT} - Max Points",
            "Lateness (H:M:S)",
        ]
    ]
    for (first, last), grade, number in zip(listed.students, listed.grades, listed.numbers, strict=True):
        rows.append([first, last, number, "a@b", grade.replace("ABSENT", ""), "20.0", "00:00:00"])
    return rows


def spreadsheet_rows(draw: st.DrawFn, listed: Listed) -> Cells:
    return furnished(draw, plain_rows(draw, listed), listed)


WAYS: tuple[Callable[[st.DrawFn, Listed], Cells], ...] = (
    spreadsheet_rows,
    spreadsheet_rows,
    spreadsheet_rows,
    canvas_rows,
    moodle_rows,
    brightspace_rows,
    gradescope_rows,
)


def as_text(draw: st.DrawFn, rows: Cells) -> str:
    if draw(st.integers(0, 5)) == 0:  # programs that quote nothing
        delimiter = draw(st.sampled_from([";", ",", "\t"]))
        return "\n".join(delimiter.join(row) for row in rows)
    stream = io.StringIO(newline="")
    writer = csv.writer(
        stream,
        delimiter=draw(st.sampled_from([";", ",", "\t", "|"])),
        quoting=draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        lineterminator=draw(st.sampled_from(["\r\n", "\n", "\r"])),
    )
    writer.writerows(rows)
    return stream.getvalue()


def as_bytes(draw: st.DrawFn, text: str, language: Language) -> bytes:
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", *language.encodings]))
    return text.encode(encoding)


def as_workbook(draw: st.DrawFn, rows: Cells) -> bytes:
    workbook = openpyxl.Workbook()
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell:
                is_number = cell.replace(".", "", 1).isdecimal() and (cell == "0" or not cell.startswith("0"))
                workbook.active.cell(number, column, float(cell) if is_number else cell)
    stream = io.BytesIO()
    workbook.save(stream)
    return stream.getvalue()


def as_html(rows: Cells) -> str:
    lines = ["".join(f"<td>{cell.replace('&', '&amp;')}</td>" for cell in row) for row in rows]
    return f"<html><body><table><tr>{'</tr><tr>'.join(lines)}</tr></table></body></html>"


def as_markdown(rows: Cells) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def as_lines(draw: st.DrawFn, listed: Listed) -> str:
    """Names and grades in lines."""
    grades = written(draw, listed)
    way = draw(
        st.sampled_from(
            [
                "{} {}",
                "{}: {}",
                "{} .... {}",
                "{} - {}",
                "{}\t{}",
                "{}   {}",
                "{}\n{}",
                "• {} → {}",
                "{} ({})",
            ]
        )
    )
    order = draw(st.sampled_from(["{0} {1}", "{1}, {0}"]))
    lines = [
        way.format(order.format(*name), grade) for name, grade in zip(listed.students, grades, strict=True)
    ]
    return "\n".join(lines)


@st.composite
def files(draw: st.DrawFn) -> tuple[Listed, str, str | bytes]:
    """What the file says, how it was made, and the file or the text to paste."""
    listed = draw(lists())
    form = draw(st.sampled_from(["file", "file", "file", "paste", "workbook", "html", "markdown", "lines"]))
    if form == "lines":
        # Where grades are missing, nothing tells "Ada Lovelace A" from a name with an initial.
        listed = replace(listed, grades=tuple(grade or "ABSENT" for grade in listed.grades))
        return listed, form, as_lines(draw, listed)
    way = draw(st.sampled_from(WAYS))
    rows = way(draw, listed)
    made: str | bytes
    if form == "file":
        made = as_bytes(draw, as_text(draw, rows), listed.language)
    elif form == "workbook":
        made = as_workbook(draw, rows)
    elif form == "html":
        made = as_html(rows)
    elif form == "markdown":
        made = as_markdown(rows)
    else:
        made = as_text(draw, rows)
    return listed, f"{form} {way.__name__}", made


def imported(listed: Listed, made: str | bytes) -> tuple[Source, list[CheckedRow]] | None:
    """The checked rows; None where the page asks."""
    exam = an_exam(scale=listed.scale, subject=SUBJECT)
    source = source_from_text(made) if isinstance(made, str) else source_from_file(made)
    table = next(iter(source.tables.values()))
    layout = recognised(table, exam.scale, exam.subject, kind=source.kind)
    if not layout.is_complete:
        return None
    return source, check_rows(rows_from_table(table, layout), exam, (), Choices())


def words_of(name: str) -> tuple[str, ...]:
    """Equal for "Ada Lovelace", "Lovelace Ada" and "Lovelace, Ada"."""
    return tuple(sorted(name.replace(",", " ").split()))


@given(files())
def test_what_is_saved_without_a_question_equals_what_the_file_says(
    made: tuple[Listed, str, str | bytes],
) -> None:
    listed, form, file = made
    try:
        read = imported(listed, file)
    except FileNotReadable:
        read = None
    event(f"{form}: {'asked' if read is None else 'read'}")
    if read is None:
        return
    source, rows = read
    # Where the encoding was guessed, the page asks about the letters of the names.
    person = (lambda _name: ()) if source.readings else words_of
    said = Counter(
        (person(f"{first} {last}"), grade or AWAITED)
        for (first, last), grade in zip(listed.students, listed.grades, strict=True)
    )
    # Some gradebooks have nothing to write for a student who is absent.
    said += Counter({(one, AWAITED): times for (one, grade), times in said.items() if grade == "ABSENT"})
    saved = Counter((person(one.row.person), one.grade) for one in rows if one.outcome.is_saved)
    assert saved <= said, (form, listed.scale.text, file)
    for kind, texts in (("number", listed.numbers), ("comment", listed.comments)):
        told = {
            (person(f"{first} {last}"), text)
            for (first, last), text in zip(listed.students, texts, strict=True)
        }
        kept = {(person(one.row.person), getattr(one.row, kind)) for one in rows if one.outcome.is_saved}
        assert {one for one in kept if one[1]} <= told, (form, kind, file)
