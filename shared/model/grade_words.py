"""Words that teachers and gradebooks write in the place of a grade, in the languages of the schools that use
them.

The words of each list are compared without case, accents and full stops; "(e)" and other optional endings in
brackets are left out ("absent(e)"). A word that a scale has as a level is never looked up here.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from shared.model.names import fold

__all__ = ["Word", "word_of"]


class Word(StrEnum):
    """What a word means."""

    ABSENT = "ABSENT"
    EXEMPT = "EXEMPT"
    PASS = "PASS"  # noqa: S105  # no password
    FAIL = "FAIL"
    NO_GRADE = "NO_GRADE"  # nothing has been graded


# One language a line. PRONOTE: N.Not and N.Rdu; Canvas: N/A, EX, complete and incomplete; OneRoster 1.2: not
# submitted; Moodle: "-".
_TABLE: Final = {
    Word.ABSENT: """
        absent, abs, ab, abst, did not sit, did not attend, dns, no show, not submitted, missing
        not handed in, unexcused
        absente, non rendu, non rendue, n rdu, nrdu, absence
        abwesend, fehlt, gefehlt, krank, nicht teilgenommen, nt, nicht erschienen, nicht abgegeben, fehlend
        ausente, no presentado, no presentada, np, no asistio, falta, no entregado
        assente, non consegnato, non presentato
        faltou, nao compareceu, nao entregue, faltoso
        afwezig, niet ingeleverd, niet aanwezig
        nieobecny, nieobecna, nieobecnosc, nb
        girmedi, katilmadi, devamsiz, sinava girmedi, teslim etmedi
        nepritomen, nepritomna, neodevzdano
        franvarande, ej inlamnad
        fravaerende, udeblevet, ikke afleveret
        отсутствовал, отсутствовала, отсутствует, не сдано, неявка
        缺席, 缺考, 欠席, 未提出, غائب
    """,
    Word.EXEMPT: """
        exempt, exempted, ex, excused, exc
        dispense, dispensee, disp, inapte, inap, excuse, excusee
        entschuldigt, befreit, freigestellt
        exento, exenta, eximido, eximida, justificado, justificada
        esonerato, esonerata, giustificato, giustificata
        dispensado, dispensada, isento, isenta
        vrijgesteld, vrijstelling, vr
        zwolniony, zwolniona, usprawiedliwiony, usprawiedliwiona, zw
        muaf, izinli, raporlu
        omluven, omluvena, uvolnen, uvolnena
        befriad
        fritaget
        освобожден, освобождена
        免修, 免考, 免除, معفى
    """,
    Word.PASS: """
        pass, passed, p, yes, y, ok, true, complete, completed, cr, credit, satisfactory, s, ✓, ✔
        reussi, reussie, admis, admise, valide, validee, acquis
        bestanden, be
        aprobado, aprobada, apto, apta
        superato, superata, idoneo, idonea, promosso, promossa
        aprovado, aprovada
        geslaagd, voldaan, voldoende
        zaliczone, zaliczony, zaliczona, zal
        gecti, basarili
        splnil, splnila, prospel, prospela
        godkand
        bestaet, bestatt
        зачтено, зачет
        及格, 合格, 通过, ناجح
    """,
    Word.FAIL: """
        fail, failed, f, no, n, false, incomplete, nc, no credit, unsatisfactory, u, not passed, ✗, ✘
        echoue, echouee, refuse, refusee, ajourne, ajournee, non valide, non acquis
        nicht bestanden, durchgefallen
        suspenso, suspensa, no apto, no apta, reprobado, reprobada
        non superato, non superata, non idoneo, bocciato, bocciata, respinto, respinta
        reprovado, reprovada
        gezakt, niet geslaagd, niet voldaan, onvoldoende
        niezaliczone, niezaliczony, niezaliczona, nzal
        kaldi, basarisiz
        nesplnil, nesplnila, neprospel, neprospela
        underkand
        ikke bestaet
        не зачтено, незачет
        不及格, 不合格, راسب
    """,
    Word.NO_GRADE: """
        -, --, –, —, n/a, na, n not, nnot, nn, not graded, ungraded, no grade, needs grading, in progress
        non note, non notee, non evalue, non evaluee
        nicht bewertet, keine bewertung, ohne note
        sin calificar, sin nota, no calificado
        non valutato, non classificato
        sem nota, nao avaliado
        niet beoordeeld, geen cijfer
        brak oceny, nieklasyfikowany, nieklasyfikowana
        not verilmedi, degerlendirilmedi
        nehodnocen, nehodnocena
        ej bedomd
        не оценено
        未评分, 未採点
    """,
}
_FULL_STOP = re.compile(r"(?<=\w)\.")  # of an abbreviation; ".... AB" is no word
_OPTIONAL_ENDING = re.compile(r"\([^\W\d_]{1,3}\)")


def word_of(text: str) -> Word | None:
    """What `text` says in the place of a grade; None for a grade or an unknown word."""
    return _WORDS.get(_key(text))


def _key(text: str) -> str:
    return " ".join(fold(_OPTIONAL_ENDING.sub("", text)).replace(".", "").split())


_WORDS: Final = {
    _key(word): meaning
    for meaning, words in _TABLE.items()
    for line in words.strip().splitlines()
    for word in line.split(",")
    if _key(word)
}
