"""What the heading of a column says about it."""

from __future__ import annotations

import re
from enum import StrEnum

from shared.model.names import fold

__all__ = [
    "Role",
    "comment_title",
    "heading_words",
    "heads_results",
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
    COMMENT = "comment"  # for the student, and the teacher
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
        "namn, elev, navn, nimi, oppilas, opiskelija, név, tanuló, tanuló neve, diák, nume și prenume, "
        "numele și prenumele, elevul, ime i prezime, ime in priimek, učenik, učenec, meno a priezvisko, "
        "meno, ονοματεπώνυμο, μαθητής, nama, nama siswa, nama lengkap, siswa, mahasiswa, "
        "họ và tên, họ tên, ชื่อ, ชื่อ-นามสกุล, नाम, fullt navn, fullständigt namn, naam leerling, "
        "leerlingnaam, nom élève, lernende, lernender, student names, player, "
        "фио, ученик, студент, имя и фамилия, 姓名, 学生, 学生姓名, 氏名, 名前, 이름, الاسم"
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
        "passed, pass/fail, bestanden, réussi, aprobado, superato, geslaagd, zaliczenie, "
        "grade, grades, score, scores, total score, mark, marks, exam mark, result, "
        "results, points, note, "
        "notes, note sur, nota, notas, calificación, punkte, ergebnis, zensur, total, "
        "percent, percentage, voto, "
        "valutazione, punteggio, cijfer, resultaat, punten, ocena, wynik, not, puan, "
        "známka, betyg, poäng, karakter, "
        "osztályzat, érdemjegy, jegy, pontszám, eredmény, arvosana, pisteet, tulos, notă, punctaj, ocjena, "
        "bodovi, točke, hodnotenie, body, známky, оцінка, бал, бали, βαθμός, βαθμολογία, nilai, skor, điểm, "
        "คะแนน, เกรด, अंक, einkunn, hinne, įvertinimas, pažymys, vērtējums, noten, bewertung, "
        "punktzahl, gesamtpunktzahl, erreichte punkte, gesamtpunkte, prozent, note finale, note obtenue, "
        "résultat, moyenne, puntuación, puntos, resultado, calificaciones, nota final, pontos, pontuação, "
        "qualificació, cualificación, beoordeling, 評定, 성적, "
        "punti, esito, risultato, score obtained, marks obtained, total marks, total points, earned points, "
        "final grade, final mark, final score, exam grade, exam score, "
        "оценка, балл, баллы, 成绩, 分数, 得分, 成績, 点数, 점수, الدرجة, points awarded"
    ),
    Role.MAXIMUM: (
        "max, maximum, total possible, max mark, max marks, maximum mark, maximum marks, full marks, "
        "maximale punkte, maximale punktezahl, erreichbare punkte, "
        "maximale punktzahl, mögliche punkte, maximum points possible, "
        "puntaje máximo, nota máxima, pontuação máxima, max punten, maximum punten, 满分, 満点, "
        "max points, max score, maximum grade, maximum score, "
        "maximum points, points possible, bestwertung, "
        "calificación máxima, valutazione massima, maximaal cijfer, qualificació màxima, notă maximă, "
        "максимальная оценка, максимальна оцінка, maxbetyg, enyüksek not, 最高分, 最大評点, 최대 성적, "
        "μέγιστος βαθμός, أعلى تقدير, "
        "points available, possible points, out of, total points possible, "
        "note maximale, barème, höchstpunktzahl, "
        "maximalpunktzahl, max. punkte, puntuación máxima, punteggio massimo, "
        "calculated final grade denominator"
    ),
    Role.OTHER: (
        "section, sections, sis login id, integration id, username, user name, email address, institution, "
        "department, e-mail, email, "
        "no, nr, nº, n°, #, num, lfd. nr, rank, ranking, row, position, "
        "year, year level, year group, grade level, level, class, classe, klasse, klas, clase, group, "
        "groupe, gruppe, grupo, gruppo, kurs, course, subject, period, semester, term, fachsemester, "
        "halbjahr, reg, form, age, alter, âge, edad, leeftijd, gender, sex, geschlecht, sexe, sexo, genere, "
        "birthday, born, birth date, date of birth, dob, geburtsdatum, date de naissance, phone, telefon, "
        "téléphone, address, seat, platz, desk, house, set, tutor, teacher, lehrer, role, rolle, rôle, "
        "weight, weighting, gewichtung, coefficient, coef, ects, credits, cp, versuch, tentative, absences, "
        "absent days, days absent, fehltage, fehlstunden, retards, lates, tardies, late, penalty, "
        "target, target grade, predicted, predicted grade, prediction, previous grade, last year, vorjahr, "
        "effort, behaviour, behavior, conduct, verhalten, sen, eal, paid, similarity, overall similarity, "
        "bonus, bonuspunkte, extra, country, language, school, programme, program, major, "
        "availability, status, state, submission id, submission time, submission count, "
        "view count, attempt, "
        "attempts, attendance, last access, timestamp, date, lateness, lateness (h:m:s), "
        "grading notes, notes format, feedback format, private notes, internal notes, "
        "interne notiz, notiz, notizen, grade can be changed, online text, last modified, "
        "end-of-line indicator, last downloaded from this course, identifier, 班级, "
        "e-mail-adresse, adresse de courriel, adresse e-mail, dirección de correo, correo electrónico, "
        "indirizzo email, endereço de email, e-mailadres, adres e-mail, e-posta adresi"
    ),
    Role.NUMBER: (
        "number, student number, student num, student no, student nr, student #, student id, studentid, sid, "
        "id number, id no, id #, id, sis user id, sis id, orgdefinedid, pupil id, learner id, "
        "candidate number, candidate no, cand no, roll number, roll no, admission number, admission no, "
        "registration number, registration no, regd no, reg no, enrolment number, enrolment no, "
        "enrollment number, enrollment no, exam number, exam no, net id, netid, banner id, emplid, cwid, "
        "perm id, schoology id, unique id, unique user id, school uid, "
        "upn, adno, adm no, uid, uin, student ids, external id, "
        "mtknr, matrnr, matr nr, matrikelnummer, matrikelnr, matrikel nr, immatrikulationsnummer, "
        "schülernummer, schüler nr, schüler id, personalnummer, studenten id, id nummer, "
        "numéro étudiant, numéro d'étudiant, n° étudiant, no étudiant, n° élève, numéro élève, "
        "numéro d’identification, code apogée, code permanent, ine, n° ine, "
        "número de id, número de estudiante, número de matrícula, matrícula, expediente, "
        "numero di matricola, matricola, codice identificativo, codice studente, id studente, "
        "número de estudante, número de aluno, nº de aluno, nº aluno, n.º de aluno, n.º aluno, "
        "número de identificação (id), número de identificação, "
        "stamnummer, stamnr, leerlingnummer, leerlingnr, studentnummer, studentnr, nummer (id), "
        "numer indeksu, nr indeksu, nr albumu, numer albumu, numer id, "
        "öğrenci no, öğrenci numarası, id numarası, osobní číslo, osobní č, "
        "elevnummer, elev id, kandidatnummer, id nummer, opiskelijanumero, opiskelijanro, "
        "neptun, neptun kód, oktatási azonosító, număr id, número id, αναγνωριστικός αριθμός, "
        "индивидуальный номер, номер студента, номер зачетной книжки, № зачетки, індивідуальний номер, "
        "学号, 考号, 准考证号, 学籍番号, 学生番号, idナンバ, 학번, id 번호, رقم الطالب, رقم المُعرَّف, "
        "nisn, mssv, รหัสนักศึกษา"
    ),
    # Also as Moodle's offline grading worksheets head it (assignfeedback_comments of its language packs).
    Role.COMMENT: (
        "feedback, comment, comments, remark, remarks, feedback comment, feedback comments, "
        "teacher comment, teacher comments, instructor comment, instructor comments, marker comments, "
        "grader comments, overall comment, overall comments, overall feedback, general comment, "
        "general comments, general feedback, written feedback, additional comments, "
        "feedback to learner, feedback to user, feedback to student, feedback for student, "
        "comment for student, comments for student, "
        "kommentar, kommentare, bemerkung, bemerkungen, anmerkung, anmerkungen, rückmeldung, "
        "rückmeldungen, feedback als kommentar, "
        "commentaire, commentaires, appréciation, appréciations, remarque, remarques, observation, "
        "observations, feedback par commentaires, "
        "comentario, comentarios, observación, observaciones, retroalimentación, "
        "comentarios de retroalimentación, "
        "commento, commenti, osservazione, osservazioni, "
        "comentário, comentários, observação, observações, comentários de feedback, "
        "opmerking, opmerkingen, toelichting, feedback tekstvak, "
        "komentarz, komentarze, uwaga, uwagi, informacja zwrotna, "
        "yorum, yorumlar, geri bildirim, geri bildirim yorumları, "
        "komentář, komentáře, komentár, spätná väzba, "
        "kommentarer, återkoppling, återkopplingskommentarer, tilbakemelding, tilbagemelding, bemærkning, "
        "bemærkninger, merknad, palaute, kommentti, kommentit, "
        "megjegyzés, megjegyzések, visszajelzés, comentariu, comentarii, observații, "
        "comentarii de feedback, comentari, comentaris, comentaris de retroacció, retroacció, "
        "komentar, komentarji, povratna informacija, σχόλια, σχόλια ανατροφοδότησης, ανατροφοδότηση, "
        "комментарий, комментарии, замечания, отзыв, отзыв в виде комментария, "
        "коментар, коментарі, відгук, відгук - коментарем, "
        "评语, 反馈, 反馈意见, 評語, コメント, フィードバック, フィードバックコメント, 講評, "
        "피드백, 피드백 코멘트, 코멘트, تعليقات, تعليقات الإفادة, الإفادة, nhận xét, umpan balik"
    ),
}
# What an exam is called where it has no title of its own, also with a number: “Test 2”.
_EXAMS = (
    "exam, test, quiz, midterm, final, paper, assignment, essay, homework, klausur, arbeit, klassenarbeit, "
    "schulaufgabe, schularbeit, prüfung, kursarbeit, contrôle, devoir, examen, partiel, interrogation, ds, "
    "parcial, control, verifica, compito, prova, teste, exame, toets, tentamen, proefwerk, sprawdzian, "
    "kolokwium, kartkówka, egzamin, sınav, yazılı, vize, dolgozat, zh, písemka, zkouška, prov, tenta, "
    "prøve, eksamen, koe, контрольная, экзамен, зачёт, 考试, 测验, 期中, 期末, テスト, 試験, 시험, "
    "ulangan, ujian"
)
HEADING_MAX = 300  # characters; longer texts are not looked up
_EXAM_WORDS = frozenset(fold(word) for word in _EXAMS.split(","))
_ROLES = {fold(word): role for role, words in _WORDS.items() for word in words.split(",")}
_MARKS = re.compile(r"[-.#:/ ]+")  # that may stand in a heading, or not: “Matr.-Nr.”, “Student-ID”
_ROLES_WITHOUT_MARKS = {
    plain: role for word, role in _ROLES.items() if (plain := _MARKS.sub(" ", word).strip())
}

_NAMES = frozenset({Role.STUDENT, Role.FIRST_NAME, Role.MIDDLE_NAME, Role.LAST_NAME})
_AND = re.compile(r" ?[,;/&+] ?| (?:and|und|et|e|y|i|a|og|och|en|ja|ve|и) | ")
_NUMBER = r"(\d{1,4}(?:[.,]\d{1,2})?)"
_SUFFIX = re.compile(
    r"\s*(?:\|\s*\d+|<[^<>]*>|\[[^\[\]]*\]|\([^()]*\)|(?:points|text|weighted|symbol) grade)\s*$",
    re.IGNORECASE,
)
_ID = re.compile(r".+ id")
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]+)[)\]]\s*$")
_OUT_OF = re.compile(rf"\s*(?:/|\bsur\b|\bout of\b|\bvon\b|\bsu\b)\s*{_NUMBER}\s*$", re.IGNORECASE)
_POINTS = (
    re.compile(rf"maxpoints:\s*{_NUMBER}", re.IGNORECASE),
    re.compile(rf"total pts:\s*{_NUMBER}", re.IGNORECASE),
    re.compile(rf"[\[(]\s*{_NUMBER}\s*(?:points|pts\.?|punkte|pkt\.?)?\s*[\])]\s*$", re.IGNORECASE),
    _OUT_OF,
)
_CANVAS_ID = re.compile(r"\(\d{3,}\)\s*$")
_COMMENT_ABOUT = re.compile(
    r"(?P<word>[^:]+?)(?:: *| - | (?:for|on|about|zu|zur|zum|pour|para|per|voor|till) )(?P<title>.+)"
)


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
        return Role.COMMENT  # how Sakai heads the comments to an item
    plain = plain_heading(text).rstrip(".")
    found = (
        _ROLES.get(plain)
        or _ROLES.get(plain_heading(item_title(text)))
        or _ROLES_WITHOUT_MARKS.get(_MARKS.sub(" ", plain).strip())
    )
    if found is None and all(_ROLES.get(part) in _NAMES for part in _AND.split(plain)):
        return Role.STUDENT  # “Nachname, Vorname”
    return Role.OTHER if found is None and _ID.fullmatch(plain) else found


def comment_title(text: str) -> str | None:
    """What the heading of a column of comments says that they are about: "Essay" of "Essay (Feedback)", ""
    where it says nothing. None where it heads no comments."""
    if role_of_heading(text) is Role.COMMENT:
        return text.strip().removeprefix("*").strip() if text.lstrip().startswith("* ") else ""
    if len(text) > HEADING_MAX:
        return None
    if (what := _IN_BRACKETS.search(text)) and role_of_heading(what[1]) is Role.COMMENT:
        return text[: what.start()].strip()
    if (about := _COMMENT_ABOUT.fullmatch(text.strip())) and role_of_heading(about["word"]) is Role.COMMENT:
        return about["title"]
    words = text.split()
    for count in (1, 2):
        title = " ".join(words[:-count]).rstrip(" :-–—")
        if title and role_of_heading(" ".join(words[-count:])) is Role.COMMENT:
            return title
    return None


def heads_results(text: str) -> bool:
    """Whether it is a word for grades or for an exam, perhaps with a number: "Score", "Test 2"."""
    plain = plain_heading(item_title(text)).rstrip("0123456789 #.")
    what = _IN_BRACKETS.search(text)  # “Physics (Points)”
    return (
        plain in _EXAM_WORDS
        or Role.GRADE in {role_of_heading(text), _ROLES.get(plain)}
        or (what is not None and role_of_heading(what[1]) is Role.GRADE)
    )


def is_known_heading(text: str) -> bool:
    """Whether it is a heading of a list of students at all."""
    return role_of_heading(text) is not None
