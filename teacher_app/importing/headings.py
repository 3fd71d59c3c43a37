"""What the heading of a column says about it."""

from __future__ import annotations

from enum import StrEnum

from shared.model.text import name_key

__all__ = ["Role", "is_known_heading", "plain_heading", "role_of_heading"]


class Role(StrEnum):
    """What a column holds."""

    STUDENT = "student"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    CODE = "code"
    GRADE = "grade"


_WORDS = {
    Role.STUDENT: (
        "student, students, name, names, student name, name of student, full name, fullname, pupil, "
        "candidate, learner, nom complet, nom et prénom, nom et prénoms, élève, étudiant, nom de l'élève, "
        "schüler, schülerin, schüler/in, student/in, alumno, alumna, alumno/a, "
        "estudiante, nombre y apellidos, studente"
    ),
    Role.FIRST_NAME: (
        "first name, firstname, given name, givenname, forename, prénom, prénoms, vorname, nombre, nombres"
    ),
    Role.LAST_NAME: (
        "last name, lastname, surname, family name, familyname, nom, nom de famille, nachname, familienname, "
        "apellido, apellidos, apellido(s)"
    ),
    Role.CODE: "code, student code, code of student, kürzel, código",
    Role.GRADE: (
        "grade, grades, score, scores, mark, marks, result, results, points, note, notes, note /20, note/20, "
        "note sur 20, nota, notas, calificación, punkte, ergebnis, zensur, total, percent, percentage"
    ),
}
_OTHERS = frozenset(
    {
        *("id", "section", "sis user id", "sis login id", "integration id", "id number", "email address"),
        *("institution", "department", "lastname", "firstname", "e-mail", "email"),
    }
)
_ROLES = {word.strip(): role for role, words in _WORDS.items() for word in words.split(",")}


def plain_heading(text: str) -> str:
    """In lower case, with single spaces, without what stands around it."""
    plain = name_key(text)
    return plain.strip("\ufeff\"'*: ")


def role_of_heading(text: str) -> Role | None:
    """None where the words are not known."""
    return _ROLES.get(plain_heading(text))


def is_known_heading(text: str) -> bool:
    """Whether it is a heading of a list of students at all."""
    return role_of_heading(text) is not None or plain_heading(text) in _OTHERS
