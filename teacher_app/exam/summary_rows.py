"""Names that are no student's: rows of averages, maxima, counts and the like at the edges of gradebooks.

Such a name has a word for what is computed and else only words that go with it ("Class average (n = 24)"),
so that "Max" is one and "Max Mustermann" is none. "Max" is also a first name: such a row is pointed out,
never dropped.
"""

from __future__ import annotations

import re
from typing import Final

from shared.model.names import fold

__all__ = ["is_summary"]

# One language a line. “Overall average” is in every language as Moodle's packs have it (overallaverage of
# grades.php); “Points Possible” and “Student, Test” are Canvas's, “Date”, “Points” and “Class Average” Google
# Classroom's, “Moyenne du groupe”, “Note la plus haute” and “Note la plus basse” PRONOTE's.
_COMPUTED: Final = """
    average, averages, avg, mean, median, mode, maximum, minimum, max, min, highest, lowest, high, low
    possible, deviation, dev, stddev, stdev, std, sd, sum, total, totals, subtotal, count, weight, scale
    quartile, percentile, variance, range, passed, failed, points, date, out of, signature, end of file, eof
    ø, ∅, σ, μ, x̄
    possibles, mögliche, possibili, posibles, possíveis, mogelijke, możliwe, mulige, möjliga
    moyenne, moyennes, moy, mediane, mini, maxi, minimale, maximale, haute, basse, ecart, ecart type, effectif
    bareme, coefficient, coeff, coef, recus, ajournes
    durchschnitt, schnitt, mittel, mittelwert, median, standardabweichung, abweichung, anzahl, summe, gesamt
    höchstpunktzahl, maximalpunktzahl, maximale, erreichbare, punkte, notenspiegel, notenverteilung, bestanden
    durchgefallen, teilnehmer, unterschrift, teststudent
    media, medias, promedio, mediana, moda, desviación, máximo, mínimo, máxima, mínima, puntaje, suma
    aprobados, suspensos
    medio, deviazione, massimo, minimo, massima, minima, massimi, somma, promossi, respinti
    média, desvio, aprovados, reprovados
    gemiddelde, gem, mediaan, aantal, standaardafwijking, hoogste, laagste, geslaagd
    średnia, śr, odchylenie, liczba, suma, maks, najwyższa, najniższa
    ortalama, ortalaması, ort, ortanca, sapma, toplam, en yüksek, en düşük
    průměr, průměrná, prům, priemer, priemerná, medián, odchylka, počet, součet
    medelvärde, medelbetyg, medelpoäng, medel, snitt, antal, gennemsnit, gns, gjennomsnitt
    totalgjennomsnitt, keskiarvo, keskihajonta, átlag, átlaga, összesen, szórás
    medie, medii, total, mitjana, povprečje, prosjek, prosek, просек, средно
    μέσος, διάμεσος, σύνολο
    среднее, средний, средняя, ср, медиана, итого, сумма, всего, середнє, середній
    平均, 平均分, 平均分数, 平均值, 平均値, 平均点, 总平均, 總平均, 總平均, 全平均, 合計, 合计, 总计, 总分
    中央値, 中位数, 最高分, 最低分, 最高点, 最低点, 満点, 满分, 평균, 합계, 총점, 만점
    المتوسط, المعدل, المجموع, ค่าเฉลี่ย, rata rata, trung bình
"""
# What else is said with it.
_WITH_IT: Final = """
    class, course, section, group, overall, arithmetic, of, the, number, no, per, points, point, pts, score
    scores, grade, grades, mark, marks, students, student, standard, st, rate, n, due
    classe, generale, générale, globale, du, de, la, le, groupe, note, notes, plus, type, sur, des, élèves
    klasse, klassen, arithm, arith, arithmetisches, der, die, das, noten, note, punktzahl, schüler
    general, clase, nota, notas, típica, estándar, aritmética, alumnos, total
    della, dei, voto, voti, punti, aritmetica
    turma, geral, da, padrão, alunos
    klas, algemeen, punten, cijfer, leerlingen
    klasy, ogólna, ocen, standardowe, punktów, uczniów
    sınıf, sınıfın, genel, standart, not, puan
    třídy, celkový, celková, známka, známek, bodů, žáků, směrodatná
    övergripande, poäng, poeng, klass, klassens, elever, kaikkien, globális, osztály, pontszám, jegyek
    generală, clasei, notelor, total, celotno, γενικός
    балл, балла, баллов, оценка, общее, общий, по, классу, загальне
    总体, 班级, 全班, 全体, クラス, 전체, 학급, العام, όρος, kelas, lớp
"""
_PHRASES: Final = (
    "student, test",  # with a comma of its own
    *("test student", "student test", "test user", "demo student", "preview user", "number of students"),
    *("no of students", "number of grades", "pass rate", "pass %", "максимум", "минимум"),
)
_ENDINGS: Final = (
    *("durchschnitt", "schnitt", "mittelwert", "gemiddelde", "gennemsnit", "snitt", "atlag", "keskiarvo"),
    *("punktzahl", "medelvarde", "平均", "平均分", "平均点", "平均值", "평균"),
)  # of words that are joined: “Klassenschnitt”
_WORD: Final = re.compile(r"[^\W\d_]+")


def _folded(lines: str) -> frozenset[str]:
    return frozenset(_plain(word) for line in lines.splitlines() for word in line.split(",") if word.strip())


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(fold(text))) or fold(text)


_COMPUTED_WORDS = _folded(_COMPUTED)
_WORDS = _COMPUTED_WORDS | _folded(_WITH_IT)


def is_summary(name: str) -> bool:
    """Whether it is how such a row is called, in any of the languages."""
    if fold(name).replace(".", "").strip(" :=*") in _PHRASES:
        return True
    plain = _plain(name)
    if plain in _COMPUTED_WORDS:
        return True
    words = plain.split()
    return all(map(_goes_with_it, words)) and any(map(_is_computed, words))


def _is_computed(word: str) -> bool:
    return word in _COMPUTED_WORDS or word.endswith(_ENDINGS)


def _goes_with_it(word: str) -> bool:
    return word in _WORDS or word.endswith(_ENDINGS)
