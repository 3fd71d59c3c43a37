"""Gradebooks whose exports are known by their headings: which columns hold results, and what each is out of.

Each function below looks at one gradebook's headings. Where its form was found stands above it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from shared.model.grade_words import word_of
from shared.model.names import fold
from shared.model.scales import LevelScale, Scale
from teacher_app.importing.headed import Dialect, Found, Headed, ResultColumn
from teacher_app.reading.headings import Role, plain_heading, role_of_heading

__all__ = ["found_gradebook", "moodle_kind"]


def found_gradebook(headed: Headed, scale: Scale) -> Found | None:
    """The gradebook that this is an export of, if it is known. Where one holds the same results in several
    forms, those that suit the scale are given."""
    return next((found for recognise in _GRADEBOOKS if (found := recognise(headed, scale))), None)


def moodle_kind(scale: Scale) -> str:
    """The way in which Moodle writes the grades of that scale: "real", "percentage" or "letter"."""
    if isinstance(scale, LevelScale):
        return "real" if scale.is_pass_fail else "letter"
    return "percentage" if scale.is_percent else "real"


# Canvas: lib/gradebook_exporter.rb and lib/gradebook_importer.rb of instructure/canvas-lms.

_CANVAS_TOTALS = re.compile(
    r"(?:unposted )?(?:current|final|override) (?:score|points|grade|status)(?: \(.*\))?"
)
_CANVAS_PERSON = frozenset(
    {"student", "lastname", "firstname", "id", "sis user id", "sis login id", "integration id"}
    | {"root account", "section", "notes"}
)
_CANVAS_POLICIES = frozenset({"manual posting", "muted"})
_CANVAS_ID = re.compile(r"\s*\(\d+\)$")


def _canvas(headed: Headed, _: Scale) -> Found | None:
    headings = headed.headings
    has_names = headings[:1] == ("student",) or headings[:2] == ("lastname", "firstname")
    if not (has_names and "id" in headings[:3] and "section" in headings):
        return None
    # A few rows before the students': posting policies, and the points that each column can have.
    skipped, points = 0, dict[int, str]()
    for row in headed.rows[:3]:
        first = plain_heading(row[0])
        if first == "points possible":
            points = dict(enumerate(row))
        elif first or not any(plain_heading(cell) in _CANVAS_POLICIES for cell in row):
            break
        skipped += 1
        if first:
            break
    results = tuple(
        ResultColumn(index, _CANVAS_ID.sub("", headed.cells[index]), points.get(index, ""))
        for index, heading in enumerate(headings)
        # An exam may be called “*”, of which nothing is left as a plain heading.
        if headed.cells[index] and heading not in _CANVAS_PERSON and not _CANVAS_TOTALS.search(heading)
    )
    names = (0,) if headings[0] == "student" else (1, 0)
    return Found(Dialect.CANVAS, results, names, headed.column("sis user id", "id"), skipped)


# Moodle: grade/export/lib.php (format_column_name), and the strings “real”, “percentage”, “letter”,
# “coursetotal” and “feedback” of its language packs; one language a line: en, de, fr, es, pt, it, nl, pl, tr,
# cs, sk, da, sv, nb, fi, hu, ro, ca, el, ru, uk, zh, ja, ko, ar, he, sl.

_MOODLE_KINDS = {
    "real": "real, punkte, brut, réel, réelle, punteggio, valore, reale, reëel, echt, punten, cijfer,"
    "wartość, gerçek, skutečná hodnota, skutočná hodnota, reell, virkelig, todellinen, valós, Πραγματικό,"
    "значение, оценка, бали, 分数, 真實的, 實得分數, 实得, 実データ, 실점수, حقيقي, אמיתי, prave",
    "percentage": "percentage, prozentsatz, pourcentage, porcentaje, percentagem, porcentagem, percentuale,"
    "procent, procenttal, procentdel, procentuální hodnota, percentuálna hodnota, prosentandel, prosenttia,"
    "százalék, procentaj, percentatge, yüzde, Ποσοστό, проценты, відсоток, 百分比, パーセンテージ, 백분율,"
    "النسبة المئوية, אחוז, odstotek",
    "letter": "letter, note, buchstabe, lettre, letra, nota alfabética, lettera, graduatoria letterale,"
    "nazwa stopnia, harf, slovní známka, slovná známka, bogstav, bokstav, kirjain, betű, literă, lletra,"
    "Γράμμα, буква, 分数段, 等第, 文字, 문자, حرف, אות, črka",
}
_MOODLE_FEEDBACK = "feedback, rückmeldung, commentaire, retroalimentación, comentarios, commento,"
_MOODLE_FEEDBACK += "informacja zwrotna, geri bildirim, komentář, spätná väzba, återkoppling, tilbakemelding,"
_MOODLE_FEEDBACK += "palaute, visszajelzés, retroacció, Ανατροφοδότηση, отзыв, відгук, 反馈, 回饋,"
_MOODLE_FEEDBACK += "フィードバック, 피드백, الإفادة, povratna informacija"
_MOODLE_TOTALS = "course total, kurs gesamt, total du cours, total del curso, total da disciplina,"
_MOODLE_TOTALS += "total do curso, totale corso, cursustotaal, kurs toplamı, celkem za kurz, súčet kurzu,"
_MOODLE_TOTALS += (
    "totalt för kurs, kurstotal, kurssiyhteenveto, kurzus összegezve, total curs, total del curs,"
)
_MOODLE_TOTALS += "Σύνολο μαθήματος, итоговая оценка за курс, загальне за курс, 课程总分, コース合計,"
_MOODLE_TOTALS += "강좌 합계, إجمالي المقرر, seštevek predmeta"


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split(",") if word.strip())


_KINDS = {word: kind for kind, words in _MOODLE_KINDS.items() for word in _folded(words)}
_FEEDBACK, _TOTALS = _folded(_MOODLE_FEEDBACK), _folded(_MOODLE_TOTALS)
_LAST_BRACKETS = re.compile(r"(?P<title>.*?) ?\((?P<kind>[^()]+)\)", re.DOTALL)
_PERSON_COLUMNS = 2
_NAMES = (
    ("nom", "cognoms"),
    (fold("이름"), fold("성")),
)  # Catalan, Korean: words that mean another part elsewhere
_MOODLE_MODULE = re.compile(r"[^:]{1,40}: *(?=\S)")  # “Assignment: ”
_QUIZ_GRADE = re.compile(r"(?P<word>[^/]+)/(?P<points>\d{1,4}[.,]\d{2})")


def _moodle(headed: Headed, scale: Scale) -> Found | None:
    last = headed.with_role(Role.LAST_NAME)
    first = headed.with_role(Role.FIRST_NAME) or [
        headed.headings.index(one) for one, other in _NAMES if {one, other} <= set(headed.headings)
    ]
    last = [index for index in last if index not in first]
    if worksheet := _moodle_worksheet(headed):
        return worksheet
    if not (first and last):
        return None
    kinds: dict[int, str] = {}
    titles: dict[int, str] = {}
    comments: dict[str, int] = {}
    for index, cell in enumerate(headed.cells):
        found = _LAST_BRACKETS.fullmatch(cell)
        if found is None:
            continue
        word, title = fold(found["kind"]), found["title"]
        if word in _KINDS:
            kinds[index], titles[index] = _KINDS[word], title
        elif word in _FEEDBACK:
            comments[title] = index
    items = {index: title for index, title in titles.items() if fold(title) not in _TOTALS} or titles
    results = [ResultColumn(index, title, "", comments.get(title)) for index, title in items.items()]
    wanted = [one for one in results if kinds[one.index] == moodle_kind(scale)]
    quizzes = [
        ResultColumn(index, "", found["points"])
        for index, heading in enumerate(headed.headings)
        if (found := _QUIZ_GRADE.fullmatch(heading)) and role_of_heading(found["word"]) is Role.GRADE
    ]
    # Before the results Moodle writes an id number, an e-mail address and the like.
    if not quizzes and not (results and results[0].index > _PERSON_COLUMNS):
        return None
    named = [replace(one, title=_MOODLE_MODULE.sub("", one.title, count=1)) for one in wanted or results]
    return Found(Dialect.MOODLE, tuple(named or quizzes), (first[0], last[0]), headed.number(), has_html=True)


# The offline grading worksheet: mod/assign/feedback/offline of Moodle, and “gradecanbechanged” of its
# language packs. In its first column are numbers of Moodle's own.

_MOODLE_CAN_BE_CHANGED = "grade can be changed, bewertung kann geändert werden, la note peut être modifiée,"
_MOODLE_CAN_BE_CHANGED += "la calificación puede ser cambiada, a nota pode ser alterada.,"
_MOODLE_CAN_BE_CHANGED += "la valutazione può essere cambiata, het cijfer kan gewijzigd worden,"
_MOODLE_CAN_BE_CHANGED += "not değiştirilebilir, betyg kan ändras, nota poate fi schimbată,"
_MOODLE_CAN_BE_CHANGED += (
    "es pot canviar la qualificació, ο βαθμός μπορεί να αλλάξει, kalifikazioa alda daiteke,"
)
_MOODLE_CAN_BE_CHANGED += (
    "оценка может быть изменена, оцінка може бути змінена, įvertinimas gali būti pakeistas,"
)
_MOODLE_CAN_BE_CHANGED += "a cualificación pode seren cambiada, 允许更改成绩, 評点変更可, يمكن تغيير الدرجة"
_CAN_BE_CHANGED = _folded(_MOODLE_CAN_BE_CHANGED)


def _moodle_worksheet(headed: Headed) -> Found | None:
    is_worksheet = not _CAN_BE_CHANGED.isdisjoint(headed.headings)
    names, grades = headed.with_role(Role.STUDENT, Role.FIRST_NAME), headed.with_role(Role.GRADE)
    if not (is_worksheet and names and grades):
        return None
    points = next((_only(headed.below(index)) for index in headed.with_role(Role.MAXIMUM)), "")
    numbers = replace(headed, cells=("", *headed.cells[1:]))
    return Found(
        Dialect.MOODLE,
        (ResultColumn(grades[0], "", points),),
        (names[0],),
        numbers.number(),
        has_html=True,
    )


# Blackboard: help.blackboard.com, “Work Offline with Grade Data”, and the files of its Download that are kept
# in public repositories: “Quiz 3 [Total Pts: 10 Score] |664617”; “up to” marks a calculated total. Where
# comments are included, “Grading Notes” (the instructor's), “Notes Format”, “Feedback to Learner” and
# “Feedback Format” stand behind their item.

_BLACKBOARD = re.compile(
    r"(?P<title>.*?) *\[[^\[\]:]{0,30}: *(?P<total>up to )?(?P<points>[0-9.,]*) *[^\[\]]*\] *\|\d+",
    re.IGNORECASE | re.DOTALL,
)


def _blackboard(headed: Headed, _: Scale) -> Found | None:
    found = {index: item for index, cell in enumerate(headed.cells) if (item := _BLACKBOARD.fullmatch(cell))}
    if not found:
        return None
    items = {index: item for index, item in found.items() if not item["total"]} or found
    results = tuple(
        ResultColumn(index, item["title"], _points(item["points"]), _behind(index, found, headed))
        for index, item in items.items()
    )
    return Found(Dialect.BLACKBOARD, results, number=headed.column("student id"), has_html=True)


def _behind(index: int, items: Iterable[int], headed: Headed) -> int | None:
    """The first column of comments behind an item, before the next one."""
    end = min((other for other in items if other > index), default=len(headed.cells))
    return next((comment for comment in headed.comments if index < comment < end), None)


# Brightspace: community.d2l.com, articles 3538 “Importing grades” and 4338 “Export grades”.

_BRIGHTSPACE = re.compile(
    r"(?P<title>.*?) (?:(?P<symbol>text|scheme symbol|symbol) grade|(?P<numeric>points|weighted) grade"
    r"|(?P<scheme>grade symbol))(?: *<(?P<kind>[^<>]*)>)?",
    re.IGNORECASE | re.DOTALL,
)
_MAX_POINTS = re.compile(r"maxpoints: *([0-9.,]+)", re.IGNORECASE)
_FINAL = re.compile(r"(?:calculated|adjusted) final grade\b|.* subtotal(?: numerator| denominator)?\b.*")


def _brightspace(headed: Headed, scale: Scale) -> Found | None:
    found = {
        index: item
        for index, cell in enumerate(headed.cells)
        if (item := _BRIGHTSPACE.fullmatch(cell)) and not _FINAL.match(headed.headings[index])
    }
    is_its = {"end-of-line indicator", "orgdefinedid"} & set(headed.headings)
    if not (is_its and (found or {"orgdefinedid", "username"} & set(headed.headings))):
        return None
    has_levels = isinstance(scale, LevelScale)
    suited = {index: item for index, item in found.items() if bool(item["numeric"]) is not has_levels}
    results = tuple(
        ResultColumn(index, item["title"], _max_points(item["kind"] or ""))
        for index, item in (suited or found).items()
    )
    return Found(Dialect.BRIGHTSPACE, results, number=headed.column("orgdefinedid"))


def _max_points(kind: str) -> str:
    found = _MAX_POINTS.search(kind)
    return _points(found[1]) if found else ""


# Sakai: ExportPanel.java of gradebookng in sakaiproject/sakai: “Title [points]”, “* Title” for comments and
# “# ” before what its import ignores.

_SAKAI = re.compile(r"(?P<title>.*) \[(?P<points>[0-9.,]+)\]", re.DOTALL)


def _sakai(headed: Headed, _: Scale) -> Found | None:
    items = {
        index: item
        for index, cell in enumerate(headed.cells)
        if (item := _SAKAI.fullmatch(cell)) and not cell.startswith(("* ", "# "))
    }
    marks = any(cell.startswith(("* ", "# ")) for cell in headed.cells[2:])
    names = [index for index in headed.with_role(Role.STUDENT) if index < 2]
    if not (items and names and marks):
        return None
    results = tuple(
        ResultColumn(index, item["title"], _points(item["points"])) for index, item in items.items()
    )
    return Found(
        Dialect.SAKAI, results, (names[0],), headed.column("# student number", "student number", "student id")
    )


# Gradescope: the file of one assignment, and of a course (“Midterm”, “Midterm - Max Points”), as many public
# programs read them.

_OF_ASSIGNMENT = frozenset({"total score", "max points", "submission id"})
_MAX_OF = " - max points"


def _gradescope(headed: Headed, _: Scale) -> Found | None:
    headings = headed.headings
    number = headed.column("sid", "student id")
    if set(headings) >= _OF_ASSIGNMENT:
        points = _only(headed.below(headings.index("max points")))
        result = ResultColumn(headings.index("total score"), "", points)
        return Found(Dialect.GRADESCOPE, (result,), number=number)
    results = tuple(
        ResultColumn(index, headed.cells[index], _only(headed.below(headings.index(heading + _MAX_OF))))
        for index, heading in enumerate(headings)
        if heading + _MAX_OF in headings
    )
    return Found(Dialect.GRADESCOPE, results, number=number) if results else None


# Google Classroom: “Download all grades as CSV”: rows for the date, the points and the class average come
# before the students.

_CLASSROOM_ROWS = frozenset({"date", "points", "class average"})


def _classroom(headed: Headed, _: Scale) -> Found | None:
    if set(headed.headings[:3]) != {"last name", "first name", "email address"}:
        return None
    first = {plain_heading(row[0]): row for row in headed.rows[:4] if row[0]}
    if not _CLASSROOM_ROWS & first.keys():
        return None
    points = dict(enumerate(first.get("points", ())))
    results = tuple(
        ResultColumn(index, cell, points.get(index, ""))
        for index, cell in enumerate(headed.cells[3:], start=3)
        if cell
    )
    return Found(Dialect.CLASSROOM, results)


# Google Forms: the sheet of a quiz's answers, and its CSV with “[Score]” and “[Feedback]” for each question.
# Headings are in the form owner's language: en, de, fr, es, pt, it, nl, pl, tr.

_FORMS_TIME = _folded(
    "timestamp, zeitstempel, horodateur, marca temporal, carimbo de data/hora, informazioni cronologiche,"
    "tijdstempel, sygnatura czasowa, zaman damgası"
)
_FORMS_SCORE = _folded(
    "score, total score, punkte, punktzahl, gesamtpunktzahl, puntuación, pontuação, punteggio, wynik, puan"
)
_FORMS_NAME = re.compile(r"\b(?:name|nom|nombre|nome|naam|imie|nazwisko|adiniz|adi|ad soyad)\b")
_OUT_OF = re.compile(r".+ ?/ ?([0-9.,]+)")


def _forms(headed: Headed, _: Scale) -> Found | None:
    headings = headed.headings
    scores = [index for index, heading in enumerate(headings) if heading in _FORMS_SCORE]
    if headings[0] not in _FORMS_TIME or not scores:
        return None
    points = _only(found[1] for cell in headed.below(scores[0]) if (found := _OUT_OF.fullmatch(cell)))
    result = ResultColumn(scores[0], "", _points(points))
    if headed.with_role(Role.STUDENT, Role.FIRST_NAME, Role.LAST_NAME):
        return Found(Dialect.FORMS, (result,))
    asked = (
        index
        for index, heading in enumerate(headings)
        if _FORMS_NAME.search(heading) and not heading.endswith("]") and heading != "username"
    )
    return Found(Dialect.FORMS, (result,), tuple(asked)[:1])


# PowerSchool: the scores template of PowerTeacher Pro, as public programs fill it in: lines of
# “Label:,value,” and “Student Num,Student Name,Score”.


def _powerschool(headed: Headed, _: Scale) -> Found | None:
    said = {plain_heading(row[0]): row[1] for row in headed.above if len(row) > 1}
    number, names = headed.column("student num", "student number"), headed.column("student name")
    grade = headed.column("score")
    if number is None or names is None or grade is None or "points possible" not in said:
        return None
    result = ResultColumn(grade, said.get("assignment name", ""), _points(said["points possible"]))
    return Found(Dialect.POWERSCHOOL, (result,), (names,), number)


# Schoology: “Gradebook as CSV” (uc.powerschool-docs.com): a row for each student, materials as headings; and
# the Submission Summary of an assessment.

_SCHOOLOGY_IDS = ("unique user id", "unique id", "school uid", "schoology id")
_SCHOOLOGY_OTHER = re.compile(
    r"(?:\(?overall\)?|job title|submission #|submission score|question \d+|role)\b"
)


def _schoology(headed: Headed, _: Scale) -> Found | None:
    number = headed.column(*_SCHOOLOGY_IDS)
    if number is None or not (headed.with_role(Role.FIRST_NAME) and headed.with_role(Role.LAST_NAME)):
        return None
    grade = headed.column("gradebook grade")
    if grade is not None:
        return Found(Dialect.SCHOOLOGY, (ResultColumn(grade),), number=number)
    results = tuple(_others(headed, _SCHOOLOGY_OTHER, _SCHOOLOGY_IDS))
    return Found(Dialect.SCHOOLOGY, results, number=number)


# PRONOTE: index-education's guides for teachers: the list of a class's marks, copied or exported, with the
# students' averages beside the tests.

_PRONOTE_STUDENTS = frozenset({"eleve", "eleves"})
_NEVER = re.compile(r"(?!)")
_PRONOTE_MEANS = re.compile(r"(?:moy(?:enne)?\b\.?|rang\b|nb\b|n° ine|appreciation)")


def _pronote(headed: Headed, _: Scale) -> Found | None:
    has_means = any(heading.startswith("moy") for heading in headed.headings)
    if not (_PRONOTE_STUDENTS & set(headed.headings) and has_means):
        return None
    results = tuple(_others(headed, _PRONOTE_MEANS, ("ine",))) or tuple(_others(headed, _NEVER, ("ine",)))
    return Found(Dialect.PRONOTE, results, number=headed.column("ine", "n° ine"))


# Magister: lists of a group with “Stamnummer”, as Dutch programs read them.

_MAGISTER_OTHER = re.compile(r"(?:klassenmentor|mentor|lesgroep|studie|gem(?:iddelde)?\b)")


def _magister(headed: Headed, _: Scale) -> Found | None:
    number = headed.column("stamnummer", "stamnr", "stamnr.")
    if number is None or not headed.with_role(Role.STUDENT, Role.LAST_NAME):
        return None
    return Found(Dialect.MAGISTER, tuple(_others(headed, _MAGISTER_OTHER, ())), number=number)


_GRADEBOOKS: tuple[Callable[[Headed, Scale], Found | None], ...] = (
    _canvas,
    _moodle,
    _blackboard,
    _brightspace,
    _sakai,
    _gradescope,
    _classroom,
    _forms,
    _powerschool,
    _schoology,
    _pronote,
    _magister,
)


def _others(headed: Headed, never: re.Pattern[str], ids: Sequence[str]) -> Iterator[ResultColumn]:
    """Every column that is about no person and is not one of those that hold no results."""
    for index, (cell, heading) in enumerate(zip(headed.cells, headed.headings, strict=True)):
        role = role_of_heading(cell)
        is_open = cell and role in {None, Role.GRADE} and heading not in ids and not never.match(heading)
        if is_open and all(map(_may_be_grade, headed.below(index))):
            title, points = cell, ""
            if found := _WITH_POINTS.fullmatch(cell):
                title, points = found["title"], _points(found["points"])
            yield ResultColumn(index, "" if role is Role.GRADE else title, points)


_SHORT = 4  # characters: a level
_WITH_POINTS = re.compile(
    r"(?P<title>.*\S) *(?:/ ?|\[|\()(?P<points>\d{1,4}(?:[.,]\d{1,2})?)[\])]?", re.DOTALL
)


def _may_be_grade(cell: str) -> bool:
    return len(cell) <= _SHORT or cell[:1].isdecimal() or word_of(cell) is not None


def _only(values: Iterable[str]) -> str:
    """The value that they all have, else ""."""
    found = set(values)
    return found.pop() if len(found) == 1 else ""


def _points(text: str) -> str:
    """A number of points that can be had; "" for none."""
    return text if text.strip("0.,") else ""
