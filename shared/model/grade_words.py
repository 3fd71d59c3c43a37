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

__all__ = ["Word", "may_mean_failed", "word_of"]


class Word(StrEnum):
    """What a word means."""

    ABSENT = "ABSENT"
    EXEMPT = "EXEMPT"
    PASS = "PASS"  # noqa: S105  # no password
    FAIL = "FAIL"
    NO_GRADE = "NO_GRADE"  # nothing has been graded


# Where the words stand, one language a line (en, fr, de, es, it, pt, nl, pl, tr, cs, sv, da, ru, zh, ja, ar):
# - Moodle's language packs: “pass” and “fail” of grades.php; “submissionstatus_”, “notgraded” and “nograde”
#   of assign.php; its grade export writes "-" where there is no grade.
# - Canvas (gradebook_importer.rb): EX, N/A, complete, incomplete. Blackboard: complete, incomplete, needs
#   grading, in progress, exempt. Schoology: excused, missing, incomplete. Gradescope: missing, ungraded.
# - OneRoster 1.2, scoreStatus: exempt, not submitted. PowerSchool: collected, missing, exempt.
# - PRONOTE (guides of Index Éducation): Abs, Disp, N.Not, N.Rdu, Inap. Magister (release notes): Vr, Inh.
# - CR, NC, S, U: transcript keys of American colleges. Others are the everyday words for the same.
_TABLE: Final = {
    Word.ABSENT: """
        absent, abs, ab, abst, did not sit, no submission, did not attend, dns, no show, not submitted
        missing, not handed in, unexcused
        absente, non rendu, pas de travail remis, non rendue, n rdu, nrdu, absence, abi, abj
        absence injustifiee, absence justifiee, defaillant, defaillante
        abwesend, fehlt, keine abgabe, gefehlt, krank, nicht teilgenommen, nt, nicht erschienen
        nicht abgegeben, fehlend
        ausente, no presentado, sin entrega, no presentada, np, no asistio, falta, no entregado
        assente, non consegnato, nessuna consegna, non presentato
        faltou, nao compareceu, nao submetido, nao entregue, faltoso
        afwezig, niet ingeleverd, geen ingestuurde opdracht, inh, niet aanwezig
        nieobecny, nieobecna, nieobecnosc, nb
        girmedi, katilmadi, gonderim yok, devamsiz, sinava girmedi, teslim etmedi
        nepritomen, nepritomna, neodevzdano
        franvarande, ej inlamnad, ingen inlamning
        fravaerende, udeblevet, ikke afleveret
        отсутствовал, отсутствовала, не здано, отсутствует, не сдано, неявка
        缺席, 缺考, 没有作业, 提出なし, 欠席, 未提出, غائب
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
        pass, passed, passing, p, yes, y, ok, true, complete, completed, cr, credit, satisfactory, s, ✓, ✔
        reussi, reussie, admis, admise, valide, validee, acquis
        bestanden, be, erfolgreich, mit erfolg
        aprobado, aprobada, apto, apta
        superato, superata, sufficiente, idoneo, idonea, promosso, promossa
        aprovado, aprovada
        geslaagd, voldaan, voldoende
        zaliczone, zaliczony, zaliczona, zal
        gecti, basarili
        splnil, splnila, prospel, prospela
        godkand
        bestaet, bestatt
        hyvaksytty
        megfelelt
        lulus
        dat
        зачтено, зачет
        及格, 合格, 通过, ناجح
    """,
    Word.FAIL: """
        fail, failed, f, no, n, false, incomplete, nc, no credit, unsatisfactory, u, not passed, ✗, ✘
        not pass, no pass, did not pass, didn't pass, not passing, not satisfactory, not complete
        echoue, echouee, refuse, refusee, ajourne, ajournee, non valide, non acquis
        nicht bestanden, durchgefallen, ohne erfolg, fehlgeschlagen
        suspenso, suspensa, no apto, no apta, reprobado, reprobada
        non superato, non superata, insufficiente, non idoneo, bocciato, bocciata, respinto, respinta
        reprovado, reprovada
        gezakt, niet geslaagd, mislukt, niet voldaan, onvoldoende
        niezaliczone, niezaliczony, niezaliczona, nzal
        kaldi, basarisiz
        nesplnil, nesplnila, neprospel, neprospela
        underkand, ej godkand
        ikke bestaet, ikke bestatt
        hylatty
        nem felelt meg
        tidak lulus
        khong dat
        не зачтено, незачет
        不及格, 不合格, راسب
    """,
    Word.NO_GRADE: """
        -, --, –, —, n/a, na, nan, null, none, pending, tbd
        n not, nnot, nn, not graded, ungraded, no grade, needs grading, in progress
        non note, non notee, aucune note, non evalue, non evaluee
        nicht bewertet, keine bewertung, ohne note
        sin calificar, sin nota, sin calificacion, no calificado
        non valutato, non classificato, non valutata, nessuna valutazione
        sem nota, nao avaliado, sem avaliacao
        niet beoordeeld, geen cijfer
        brak oceny, nieklasyfikowany, nieklasyfikowana
        not verilmedi, degerlendirilmedi, not yok, puanlanmamis
        nehodnocen, nehodnocena
        ej bedomd, inget betyg, ej betygssatt
        не оценено, нет оценки
        未评分, 未採点, 未評定, 評点なし, لم يتم التقييم
    """,
}
_ALSO_FAILED: Final = frozenset({"nb", "np"})  # nieobecny, nicht bestanden; no presentado, no pass
_FULL_STOP = re.compile(r"(?<=\w)\.")  # of an abbreviation; ".... AB" is no word
_OPTIONAL_ENDING = re.compile(r"\([^\W\d_]{1,3}\)")


def word_of(text: str) -> Word | None:
    """What `text` says in the place of a grade; None for a grade or an unknown word."""
    return _WORDS.get(_key(text))


def may_mean_failed(text: str) -> bool:
    """Whether it is short for "absent" in one country and for "not passed" in another."""
    return _key(text) in _ALSO_FAILED


def _key(text: str) -> str:
    return " ".join(fold(_OPTIONAL_ENDING.sub("", text)).replace(".", "").split())


_WORDS: Final = {
    _key(word): meaning
    for meaning, words in _TABLE.items()
    for line in words.strip().splitlines()
    for word in line.split(",")
    if _key(word)
}
