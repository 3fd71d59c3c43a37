"""A table and its layout to rows: whom, and what grade, as texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shared.model.grade_words import Word, word_of
from shared.model.names import fold
from teacher_app.importing.columns import Layout
from teacher_app.importing.tables import Table

__all__ = ["SourceRow", "rows_from_table"]

# Rows of gradebooks and spreadsheets that are no students', by the word in the name's or the first column.
_SUMMARY = re.compile(
    r"(?:(?:overall|class|course|group) )?(?:average|mean|median|maximum|minimum|max|min"
    r"|highest|lowest|high|low)"
    r"(?: (?:score|grade|points|mark))?|points(?: possible)?|possible points"
    r"|max(?:imum)? (?:points|score|grade)|out of"
    r"|standard deviation|std\.? ?dev(?:iation)?|stdev|count|sum|totals?|date|due date"
    r"|weight|number of (?:students|grades)"
    r"|moyenne(?: (?:de la classe|generale|du groupe))?|mediane|note (?:min|max)(?:imale|i"
    r"|\.)?|ecart[- ]type|effectif"
    r"|bareme|coefficient|durchschnitt|klassendurchschnitt|mittelwert|schnitt"
    r"|standardabweichung|anzahl|summe|gesamt"
    r"|hochstpunktzahl|punkte|media(?: della classe| de la clase| da turma)?|promedio"
    r"|mediana|moda|desviacion(?: estandar| tipica)?"
    r"|deviazione standard|desvio padrao|massimo|minimo|maximo|gemiddelde|klasgemiddelde"
    r"|mediaan|aantal|srednia"
    r"|odchylenie standardowe|ortalama|sinif ortalamasi|prumer|medelvarde|gennemsnit"
    r"|среднее|средний балл|平均|平均分|合計"
    r"|student, test|test student|student test|gesamtdurchschnitt|promedio general"
)

_HIDDEN = "The workbook hides this row: left out unless you tick it."


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One student's texts as they were read or mended. `code` and `number` are "" where the source has none.

    `flag` says why it seems to be no student's row; such a row is not `is_included` until the teacher says
    so.
    """

    line: int
    person: str
    grade: str
    code: str = ""
    flag: str = ""
    is_included: bool = True
    number: str = ""  # for the teacher's eyes only


def rows_from_table(table: Table, layout: Layout) -> list[SourceRow]:
    """In the order of the table; rows that name nobody and have no grade are left out.

    The layout must be complete.
    """
    result = layout.result
    found: list[SourceRow] = []
    hidden_lines = set(table.hidden_lines)
    for index, (line, cells) in enumerate(zip(table.lines, table.rows, strict=True)):
        if layout.is_passed_over(index):
            continue
        person = " ".join(text for column in layout.name_columns if (text := _at(cells, column)))
        grade = "" if result is None else _at(cells, result.index)
        remark = None if result is None else result.remark
        if remark is not None and (not grade or word_of(grade) is Word.NO_GRADE):
            grade = _mark(_at(cells, remark))
        code = "" if layout.code is None else _at(cells, layout.code)
        number = "" if layout.number is None else _at(cells, layout.number).strip("#")
        if person or grade or code:
            flag = _HIDDEN if line in hidden_lines else _flag(person, cells)
            found.append(SourceRow(line, person, grade, code, flag, is_included=not flag, number=number))
    return found


def _flag(person: str, cells: Sequence[str]) -> str:
    for text in (person, _at(cells, 0)):
        if _SUMMARY.fullmatch(fold(text).strip(" :=*")):
            return f"“{text}” does not look like a student: left out unless you tick it."
    return ""


def _at(cells: Sequence[str], column: int) -> str:
    return cells[column] if column < len(cells) else ""


def _mark(remark: str) -> str:
    """ "ABSENT" or "EXEMPT" if the remark says so, else ""."""
    word = word_of(remark)
    return word.value if word in {Word.ABSENT, Word.EXEMPT} else ""
