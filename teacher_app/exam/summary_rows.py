"""Names that are no student's: rows of averages, maxima and the like at the edges of gradebooks.

"Max" is also a first name: such a row is pointed out, never dropped.
"""

from __future__ import annotations

from typing import Final

from shared.model.names import fold

__all__ = ["is_summary"]

# One language a line. “Overall average” is in every language as Moodle's packs have it (overallaverage of
# grades.php); “Points Possible” and “Student, Test” are Canvas's, “Date”, “Points” and “Class Average” Google
# Classroom's, “Moyenne du groupe”, “Note la plus haute” and “Note la plus basse” PRONOTE's.
_WORDS: Final = """
    average, mean, median, mode, maximum, minimum, max, min, highest, lowest, high, low, points
    possible points, points possible, max points, maximum points, max score, maximum score, maximum grade
    max grade, out of
    high score, low score, highest score, lowest score, average score, mean score, median score, average grade
    mean grade, average points, average mark, mean mark, highest mark, lowest mark, high grade, low grade
    standard deviation, std dev, std. dev, stddev, stdev, count, sum, total, totals, date, due date, weight
    number of students, number of grades, test student, student test, pass rate, quartile
    moyenne, moyenne de la classe, moyenne generale, moyenne du groupe, moyenne globale, mediane, note min
    note max, note min., note max., note mini, note maxi, note minimale, note maximale, note la plus haute
    note la plus basse, ecart-type, ecart type, effectif, bareme, coefficient, coeff, coef
    durchschnitt, klassendurchschnitt, gesamtdurchschnitt, notendurchschnitt, mittelwert, schnitt, median
    standardabweichung, anzahl, summe, gesamt, höchstpunktzahl, maximalpunktzahl, punkte, notenspiegel
    media, media de la clase, promedio, promedio general, mediana, moda, desviación estándar
    desviación típica, máximo, mínimo, nota media
    media della classe, media generale, deviazione standard, massimo, minimo, voto medio
    média, média da turma, média geral, desvio padrão, máximo, mínimo
    gemiddelde, klasgemiddelde, algemeen gemiddelde, mediaan, aantal, standaardafwijking, hoogste, laagste
    średnia, średnia klasy, ogólna średnia, odchylenie standardowe, liczba
    ortalama, sınıf ortalaması, genel ortalama, ortanca, standart sapma
    průměr, průměr třídy, celkový průměr, celkový priemer, priemer, medián, směrodatná odchylka
    prumer, medelvärde, medelbetyg, övergripande medelbetyg, medel, antal
    gennemsnit, klassens gennemsnit, gjennomsnitt, totalgjennomsnitt, klassesnitt
    keskiarvo, kaikkien keskiarvo, átlag, globális átlag, medie generală, mitjana total, celotno povprečje
    γενικός μέσος όρος, μέσος όρος
    среднее, средний балл, общее среднее, медиана, загальне середнє, середнє
    平均, 平均分, 总体平均分, 總平均, 全平均, 合計, 平均点, 中央値, 最高分, 最低分, 전체 평균, 평균
    المتوسط العام, المعدل
"""
# With a comma of its own.
_NAMES: Final = ("student, test",)
_GROUPS: Final = ("overall ", "class ", "course ", "group ")
_SUMMARIES: Final = frozenset(
    {fold(name) for name in _NAMES}
    | {fold(word) for line in _WORDS.splitlines() for word in line.split(",") if word.strip()}
)


def is_summary(name: str) -> bool:
    """Whether it is how such a row is called, in any of the languages."""
    plain = fold(name).strip(" :=*")
    group = next((group for group in _GROUPS if plain.startswith(group)), "")
    return plain in _SUMMARIES or plain.removeprefix(group) in _SUMMARIES
