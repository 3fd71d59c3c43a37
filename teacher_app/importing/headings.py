"""What the heading of a column says about it."""

from __future__ import annotations

import re
from enum import StrEnum

from shared.model.names import fold

__all__ = [
    "Role",
    "heading_words",
    "is_known_heading",
    "item_title",
    "plain_heading",
    "points_in_heading",
    "role_of_heading",
]


class Role(StrEnum):
    """What a column contains."""

    STUDENT = "student"
    FIRST_NAME = "first name"
    MIDDLE_NAME = "middle name"
    LAST_NAME = "last name"
    CODE = "code"
    NUMBER = "student number"  # for the teacher's eyes only
    GRADE = "grade"
    MAXIMUM = "maximum"
    OTHER = "other"  # never a name and never a grade


_WORDS = {
    Role.STUDENT: (
        "student, students, name, names, student name, name of student, full name, fullname, pupil, "
        "candidate, learner, participant, nom complet, nom et prénom, nom et prénoms, "
        "nom prénom, élève, élèves, étudiant, étudiants, "
        "nom de l'élève, schüler, schülerin, schüler/in, student/in, vollständiger name, "
        "teilnehmer, alumno, "
        "alumna, alumno/a, estudiante, nombre y apellidos, nombre completo, studente, "
        "alunno, nome e cognome, "
        "cognome e nome, nome completo, aluno, aluna, estudante, leerling, naam, volledige naam, uczeń, "
        "imię i nazwisko, nazwisko i imię, ad soyad, adı soyadı, öğrenci, "
        "jméno a příjmení, žák, student, "
        "namn, elev, navn, фио, ученик, студент, имя и фамилия, 姓名, 学生, 学生姓名, 氏名, 名前, 이름, الاسم"
    ),
    Role.FIRST_NAME: (
        "first name, firstname, given name, givenname, given names, forename, forenames, "
        "preferred name, first, "
        "prénom, prénoms, vorname, nombre, nombres, nome, roepnaam, voornaam, imię, ad, "
        "adı, jméno, křestní jméno, krstné meno, förnamn, fornavn, etunimi, keresztnév, prenume, ime, "
        "μικρό/βαπτιστικό όνομα, όνομα, имя, ім'я, 名, 名字, الاسم الأول, שם פרטי"
    ),
    Role.MIDDLE_NAME: (
        "middle name, middle names, middle initial, middle, tussenvoegsel, voorvoegsel, "
        "namensvorsatz, отчество"
    ),
    Role.LAST_NAME: (
        "last name, lastname, surname, legal surname, family name, familyname, last, "
        "nom, nom de famille, "
        "nachname, familienname, apellido, apellidos, apellido(s), cognome, apelido, "
        "sobrenome, achternaam, "
        "nazwisko, soyad, soyadı, příjmení, priezvisko, efternamn, efternavn, etternavn, sukunimi, "
        "vezetéknév, nume de familie, cognoms, prezime, priimek, επίθετο, επώνυμο, фамилия, прізвище, "
        "姓, 姓氏, 성, "
        "الاسم الأخير, שם משפחה"
    ),
    Role.CODE: "code, student code, code of student, kürzel, código",
    Role.GRADE: (
        "grade, grades, score, scores, total score, mark, marks, exam mark, result, "
        "results, points, note, "
        "notes, note sur, nota, notas, calificación, punkte, ergebnis, zensur, total, "
        "percent, percentage, voto, "
        "valutazione, punteggio, cijfer, resultaat, punten, ocena, wynik, not, puan, "
        "známka, betyg, poäng, karakter, "
        "оценка, балл, баллы, 成绩, 分数, 得分, 成績, 点数, 점수, الدرجة, points awarded"
    ),
    Role.MAXIMUM: (
        "max, maximum, max points, max score, maximum grade, maximum score, "
        "maximum points, points possible, "
        "points available, possible points, out of, total points possible, "
        "note maximale, barème, höchstpunktzahl, "
        "maximalpunktzahl, max. punkte, puntuación máxima, punteggio massimo, "
        "calculated final grade denominator"
    ),
    Role.OTHER: (
        "section, sections, sis login id, integration id, username, user name, email address, institution, "
        "department, e-mail, email, "
        "number, no, nr, nº, n°, #, num, lfd. nr, rank, ranking, row, position, "
        "year, year level, year group, grade level, level, class, classe, klasse, klas, clase, group, "
        "groupe, reg, form, age, "
        "availability, status, state, submission id, submission time, submission count, "
        "view count, attempt, "
        "attempts, attendance, last access, timestamp, date, lateness, lateness (h:m:s), "
        "feedback, comment, "
        "comments, remark, remarks, bemerkung, appréciation, grade can be changed, online text, "
        "end-of-line indicator, last downloaded from this course, identifier, 班级, "
        "e-mail-adresse, adresse de courriel, adresse e-mail, dirección de correo, correo electrónico, "
        "indirizzo email, endereço de email, e-mailadres, adres e-mail, e-posta adresi"
    ),
    Role.NUMBER: (
        "student number, student num, student no, student id, sid, id number, id, sis user id, orgdefinedid, "
        "candidate number, roll number, roll no, admission number, registration number, enrolment number, "
        "upn, unique user id, school uid, "
        "matrikelnummer, matrikelnr, matrikel-nr, immatrikulationsnummer, schülernummer, id-nummer, "
        "numéro étudiant, numéro d'étudiant, n° étudiant, numéro d’identification, ine, n° ine, "
        "número de id, número de estudiante, número de matrícula, expediente, "
        "numero di matricola, matricola, codice identificativo, "
        "número de estudante, número de aluno, número de identificação (id), número de identificação, "
        "stamnummer, stamnr, leerlingnummer, studentnummer, nummer (id), "
        "numer indeksu, nr indeksu, nr albumu, numer id, öğrenci no, öğrenci numarası, id numarası, "
        "osobní číslo, elevnummer, индивидуальный номер, номер студента, 学号, 学籍番号, 学生番号"
    ),
}
HEADING_MAX = 300  # characters; longer texts are not looked up
_ROLES = {fold(word): role for role, words in _WORDS.items() for word in words.split(",")}

_NUMBER = r"(\d{1,4}(?:[.,]\d{1,2})?)"
_SUFFIX = re.compile(
    r"\s*(?:\|\s*\d+|<[^<>]*>|\[[^\[\]]*\]|\([^()]*\)|(?:points|text|weighted|symbol) grade)\s*$",
    re.IGNORECASE,
)
_OUT_OF = re.compile(rf"\s*(?:/|\bsur\b|\bout of\b|\bvon\b|\bsu\b)\s*{_NUMBER}\s*$", re.IGNORECASE)
_POINTS = (
    re.compile(rf"maxpoints:\s*{_NUMBER}", re.IGNORECASE),
    re.compile(rf"total pts:\s*{_NUMBER}", re.IGNORECASE),
    re.compile(rf"[\[(]\s*{_NUMBER}\s*(?:points|pts\.?|punkte|pkt\.?)?\s*[\])]\s*$", re.IGNORECASE),
    _OUT_OF,
)
_CANVAS_ID = re.compile(r"\(\d{3,}\)\s*$")


def plain_heading(text: str) -> str:
    """In lower case, with single spaces, without what stands around it."""
    return fold(text.replace("_", " ")).strip("\ufeff\"'*: ")


def heading_words() -> list[str]:
    """Every heading that is known, as plain_heading() gives it."""
    return sorted(_ROLES)


def item_title(text: str) -> str:
    """The title of a graded item as it is written, without its kind, points and ids ("Essay [20]")."""
    title = text.strip()
    while (shorter := _OUT_OF.sub("", _SUFFIX.sub("", title))) and shorter != title:
        title = shorter
    return title


def points_in_heading(text: str) -> str:
    """The number of points that the heading says are possible; "" if it does not."""
    if _CANVAS_ID.search(text):
        return ""
    for pattern in _POINTS:
        if (found := pattern.search(text)) and float(found[1].replace(",", ".")):
            return found[1]
    return ""


def role_of_heading(text: str) -> Role | None:
    """None where the words are not known."""
    if len(text) > HEADING_MAX:
        return None
    if text.lstrip().startswith("* ") and len(text.strip()) > 2:
        return Role.OTHER  # how Sakai heads the comments to an item
    return _ROLES.get(plain_heading(text).rstrip(".")) or _ROLES.get(plain_heading(item_title(text)))


def is_known_heading(text: str) -> bool:
    """Whether it is a heading of a list of students at all."""
    return role_of_heading(text) is not None
