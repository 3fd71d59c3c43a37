"""Exports of gradebooks are known by name: students, numbers, results and what they are out of.

Each file of gradebooks/ is made after the documentation and the sources that gradebooks.py names.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.model.grades import AWAITED
from shared.model.scales import LETTERS, OUT_OF_20, PASS_FAIL, PERCENT, Scale, out_of
from teacher_app.importing.checking import check_rows
from teacher_app.importing.columns import Layout, recognised
from teacher_app.importing.headed import Dialect
from teacher_app.importing.outcomes import CheckedRow, Choices, Outcome
from teacher_app.importing.rows import SourceRow, rows_from_table
from teacher_app.reading.files import source_from_file
from teacher_app.reading.tables import table_from_text
from tests.builders import an_exam
from tests.teacher_app.importing.test_dialects import ONEROSTER, zip_of

SAMPLES = Path(__file__).parent / "gradebooks"
ADA, GRACE, ALAN = ("Ada Lovelace", "14.5"), ("Grace Hopper", AWAITED), ("Alan Turing", "7")


@dataclass(frozen=True)
class Sample:
    dialect: Dialect
    results: list[tuple[str, str]]  # titles, and what they are out of
    students: list[tuple[str, str]]  # those that are saved, or have no grade
    numbers: list[str]
    left_out: int = 0  # rows that are no students'
    scale: Scale = OUT_OF_20


NUMBERS = ["1001", "1002", "1003"]
SAMPLE = {
    "canvas.csv": Sample(
        Dialect.CANVAS,
        [("Quiz 1", "10.00"), ("Mathematics", "20.00")],
        [("Lovelace, Ada", "14.5"), ("Hopper, Grace", "EXEMPT"), ("Turing, Alan", AWAITED)],
        ["S1", "S2", "S3"],
        left_out=1,
    ),
    "moodle.csv": Sample(
        Dialect.MOODLE,
        [("Mathematics", ""), ("Algebra", "")],
        [ADA, ("Grace Hopper", "ABSENT"), ALAN],
        NUMBERS,
    ),
    "blackboard.xls": Sample(
        Dialect.BLACKBOARD,
        [("Mathematics", "20"), ("Quiz 3", "10")],
        [ADA, GRACE, ("José Peña", "7")],
        NUMBERS,
    ),
    "brightspace.csv": Sample(
        Dialect.BRIGHTSPACE, [("Mathematics", "20"), ("Quiz 3", "10")], [ADA, GRACE, ALAN], NUMBERS
    ),
    "sakai.csv": Sample(
        Dialect.SAKAI,
        [("Mathematics", "20"), ("Essay", "50")],
        [("Lovelace, Ada", "14.5"), ("Hopper, Grace", "EXEMPT"), ("Turing, Alan", "7")],
        NUMBERS,
    ),
    "gradescope.csv": Sample(Dialect.GRADESCOPE, [("", "20.0")], [ADA, GRACE, ALAN], NUMBERS),
    "gradescope-course.csv": Sample(
        Dialect.GRADESCOPE, [("Mathematics", "20.0"), ("Homework 1", "10.0")], [ADA, GRACE, ALAN], NUMBERS
    ),
    "google-classroom.csv": Sample(
        Dialect.CLASSROOM,
        [("Mathematics", "20"), ("Homework 1", "10")],
        [ADA, GRACE, ALAN],
        ["", "", ""],
        left_out=3,
    ),
    "google-forms.csv": Sample(Dialect.FORMS, [("", "20")], [ADA, ALAN], ["", ""]),
    "powerschool.csv": Sample(
        Dialect.POWERSCHOOL,
        [("Mathematics", "20.0")],
        [("Lovelace, Ada", "14.5"), ("Hopper, Grace", AWAITED), ("Turing, Alan", "7")],
        NUMBERS,
    ),
    "schoology.csv": Sample(
        Dialect.SCHOOLOGY,
        [("Mathematics", "20"), ("Homework 1", "10")],
        [ADA, ("Grace Hopper", "EXEMPT"), ALAN],
        NUMBERS,
    ),
    "schoology-submissions.csv": Sample(Dialect.SCHOOLOGY, [("", "")], [ADA, GRACE, ALAN], NUMBERS),
    "pronote.txt": Sample(
        Dialect.PRONOTE,
        [("Mathematics", "20"), ("Contrôle 2", "10")],
        [("LOVELACE Ada", "14.5"), ("HOPPER Grace", "ABSENT"), ("TURING Alan", "7")],
        ["", "", ""],
        left_out=1,
    ),
    "magister.csv": Sample(
        Dialect.MAGISTER,
        [("Mathematics", ""), ("SO 1", "")],
        [("Ada Lovelace", "7.5"), ("Grace van der Hopper", "EXEMPT"), ("Alan Turing", "4.2")],
        NUMBERS,
        scale=out_of(10),
    ),
    "oneroster.zip": Sample(
        Dialect.ONEROSTER,
        [("Mathematics", "20"), ("Homework 1", "10")],
        [ADA, ("Grace Hopper", "EXEMPT"), ALAN],
        NUMBERS,
    ),
}


def test_every_sample_is_tested() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == SAMPLE.keys()
    assert {one.dialect for one in SAMPLE.values()} == set(Dialect) - {Dialect.PLAIN}


@pytest.mark.parametrize("name", SAMPLE)
def test_an_export_is_known_by_name_and_gives_its_grades(name: str) -> None:
    sample = SAMPLE[name]
    layout, rows = read((SAMPLES / name).read_bytes(), sample.scale)
    assert layout.dialect is sample.dialect
    assert [(one.title, one.points) for one in layout.results] == sample.results
    taken = [one for one in rows if one.outcome is not Outcome.UNTICKED]
    assert [(one.row.person, one.grade) for one in taken] == sample.students
    assert [one.row.number for one in taken] == sample.numbers
    assert len(rows) - len(taken) == sample.left_out
    assert {one.outcome for one in taken} <= {Outcome.NEW, Outcome.NO_GRADE}


def read(data: bytes, scale: Scale, subject: str = "Mathematics") -> tuple[Layout, list[CheckedRow]]:
    source = source_from_file(data)
    (table,) = source.tables.values()
    exam = an_exam(scale=scale, subject=subject)
    layout = recognised(table, scale, subject, kind=source.kind)
    return layout, check_rows(rows_from_table(table, layout), exam, (), Choices())


def test_none_of_several_results_is_taken_where_none_is_called_like_the_exam() -> None:
    for name, sample in SAMPLE.items():
        source = source_from_file((SAMPLES / name).read_bytes())
        (table,) = source.tables.values()
        layout = recognised(table, sample.scale, "Physics", kind=source.kind)
        assert layout.is_complete == (len(sample.results) == 1), name


# Moodle writes in the language of its user: these are the strings of its language packs.

LANGUAGES = {  # first and last name, “real”, “percentage”, “letter”, “coursetotal”, “feedback”
    "en": ("First name", "Last name", "Real", "Percentage", "Letter", "Course total", "Feedback"),
    "de": ("Vorname", "Nachname", "Punkte", "Prozentsatz", "Note", "Kurs gesamt", "Feedback"),
    "fr": ("Prénom", "Nom de famille", "Brut", "Pourcentage", "Lettre", "Total du cours", "Feedback"),
    "es": ("Nombre", "Apellido(s)", "Real", "Porcentaje", "Letra", "Total del curso", "Retroalimentación"),
    "pt": ("Nome", "Apelido", "Real", "Percentagem", "Nota alfabética", "Total da disciplina", "Feedback"),
    "pt_br": ("Nome", "Sobrenome", "Real", "Porcentagem", "Letra", "Total do curso", "Feedback"),
    "it": (
        "Nome",
        "Cognome",
        "Punteggio",
        "Percentuale",
        "Graduatoria letterale",
        "Totale corso",
        "Feedback",
    ),
    "nl": ("Voornaam", "Achternaam", "Reëel", "Percentage", "Letter", "Cursustotaal", "Feedback"),
    "tr": ("Adı", "Soyadı", "Gerçek", "Yüzde", "Harf", "Kurs toplamı", "Geri bildirim"),
    "cs": (
        *("Křestní jméno", "Příjmení", "Skutečná hodnota", "Procentuální hodnota", "Slovní známka"),
        *("Celkem za kurz", "Komentář"),
    ),
    "sk": (
        *("Krstné meno", "Priezvisko", "Skutočná hodnota", "Percentuálna hodnota", "Slovná známka"),
        *("Súčet kurzu", "Spätná väzba"),
    ),
    "sv": ("Förnamn", "Efternamn", "Reell", "Procent", "Bokstav", "Totalt för kurs", "Återkoppling"),
    "no": ("Fornavn", "Etternavn", "Virkelig", "Prosentandel", "Bokstav", "Kurstotal", "Tilbakemelding"),
    "fi": ("Etunimi", "Sukunimi", "Todellinen", "Prosenttia", "Kirjain", "Kurssiyhteenveto", "Palaute"),
    "hu": (*("Keresztnév", "Vezetéknév", "Valós", "Százalék", "Betű", "Kurzus összegezve", "Visszajelzés"),),
    "ro": ("Prenume", "Nume de familie", "Real", "Procentaj", "Literă", "Total curs", "Feedback"),
    "ca": ("Nom", "Cognoms", "Real", "Percentatge", "Lletra", "Total del curs", "Retroacció"),
    "el": (
        *("Μικρό/Βαπτιστικό όνομα", "Επίθετο", "Πραγματικό", "Ποσοστό", "Γράμμα", "Σύνολο μαθήματος"),
        "Ανατροφοδότηση",
    ),
    "ru": ("Имя", "Фамилия", "Значение", "Проценты", "Буква", "Итоговая оценка за курс", "Отзыв"),
    "uk": ("Ім'я", "Прізвище", "Бали", "Відсоток", "Буква", "Загальне за курс", "Відгук"),
    "zh_cn": ("名", "姓", "分数", "百分比", "分数段", "课程总分", "反馈"),
    "ja": ("名", "姓", "実データ", "パーセンテージ", "文字", "コース合計", "フィードバック"),
    "ko": ("이름", "성", "실점수", "백분율", "문자", "강좌 합계", "피드백"),
    "ar": ("الاسم الأول", "الاسم الأخير", "حقيقي", "النسبة المئوية", "حرف", "إجمالي المقرر", "الإفادة"),
    "sl": ("Ime", "Priimek", "Prave", "Odstotek", "Črka", "Seštevek predmeta", "Povratna informacija"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_moodle_is_read_in_the_languages_of_its_packs(language: str) -> None:
    first, last, real, percentage, letter, total, feedback = LANGUAGES[language]
    title = "X: Mathematics"
    heading = (
        *(first, last, "ID", "E-mail", f"{title} ({real})", f"{title} ({percentage})"),
        *(f"{title} ({letter})", f"{title} ({feedback})", f"{total} ({real})"),
    )
    text = "\t".join(heading) + "\nAda\tLovelace\t1\ta@x.example\t14,50\t72,50 %\tB\t\t14,50"
    text += "\nBo\tKing\t2\tb@x.example\t-\t-\t-\tabsent\t-"
    found = {}
    for scale in (OUT_OF_20, PERCENT, LETTERS):
        layout, rows = read(text.encode(), scale)
        assert layout.dialect is Dialect.MOODLE
        assert [one.title for one in layout.results] == ["Mathematics"]
        found[scale.label] = [(one.row.person, one.grade) for one in rows]
    assert found == {
        "out of 20": [("Ada Lovelace", "14.5"), ("Bo King", "ABSENT")],
        "percent": [("Ada Lovelace", "72.5"), ("Bo King", "ABSENT")],
        "letters": [("Ada Lovelace", "B"), ("Bo King", "ABSENT")],
    }


def test_a_list_with_points_in_brackets_is_not_taken_for_moodles() -> None:
    layout, _ = read(b"Vorname;Nachname;Mathematik (Punkte)\nAda;Lovelace;14", OUT_OF_20)
    assert layout.dialect is Dialect.PLAIN
    assert layout.is_complete


def test_brightspace_gives_levels_to_a_scale_of_levels() -> None:
    layout, _ = read((SAMPLES / "brightspace.csv").read_bytes(), LETTERS)
    assert [one.title for one in layout.results] == ["Mathematics", "Presentation"]


def test_blackboard_gives_only_a_total_where_there_is_nothing_else() -> None:
    text = "Last Name\tFirst Name\tTotal [Total Pts: up to 30 Score] |1\nLovelace\tAda\t14"
    layout, rows = read(text.encode(), OUT_OF_20)
    assert [(one.title, one.points) for one in layout.results] == [("Total", "30")]
    assert [(one.row.person, one.grade) for one in rows] == [("Ada Lovelace", "14")]


def test_a_partly_graded_result_of_oneroster_is_not_taken_as_final() -> None:

    files = {
        **ONEROSTER,
        "results.csv": ONEROSTER["results.csv"].replace("fully graded,14.5", "partially graded,14.5"),
    }
    _, rows = read(zip_of(files), OUT_OF_20)
    assert "partially graded" in rows[0].reason
    assert rows[0].outcome is Outcome.BAD


# Students' numbers.


def source_rows(text: str) -> list[SourceRow]:
    table = table_from_text(text)
    return rows_from_table(table, recognised(table, OUT_OF_20, "Mathematics"))


@pytest.mark.parametrize(
    "heading", ["Student ID", "Matrikelnummer", "Numéro étudiant", "Stamnummer", "学号", "ID", "Roll no."]
)
def test_a_column_of_students_numbers_is_kept(heading: str) -> None:
    rows = source_rows(f"{heading};Name;Grade\n0042;Ada;14\n0007;Bo;12\n0013;Cy;9")
    assert [(row.number, row.person, row.grade) for row in rows] == [
        ("0042", "Ada", "14"),
        ("0007", "Bo", "12"),
        ("0013", "Cy", "9"),
    ]


def test_numbers_of_lines_are_no_numbers_of_students() -> None:
    assert [row.number for row in source_rows("ID;Name;Grade\n1;Ada;14\n2;Bo;12\n3;Cy;9")] == ["", "", ""]


def test_pass_and_fail_are_read_from_blackboards_complete_and_incomplete() -> None:
    text = (
        '"Last Name"\t"First Name"\t"Mathematics [Total Pts: 0 Complete/Incomplete] |1"\n'
        "Lovelace\tAda\tComplete\nKing\tBo\tIncomplete"
    )
    layout, rows = read(text.encode(), PASS_FAIL)
    assert layout.points_possible == ""
    assert [one.grade for one in rows] == ["PASS", "FAIL"]
