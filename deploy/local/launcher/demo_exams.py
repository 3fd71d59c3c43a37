"""The example exams: invented, the same at every start, one for each kind of chart."""

import datetime as dt
import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shared.model.codes import new_codes
from shared.model.exam import Audience, NewExam, NewResult
from shared.model.scales import parse_scale

__all__ = ["DemoExam", "demo_exams"]

_NAMESPACE = uuid.UUID("5f3c9b1e-7d34-4c55-9f0a-2a1f6c1d7e90")
_LETTERS = ("A+", "A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D+", "D", "F")
_FIRST_NAMES = [
    "Aïcha",
    "Amélie",
    "Amir",
    "Ana",
    "Anton",
    "Aya",
    "Ben",
    "Björn",
    "Camille",
    "Chen",
    "Chloé",
    "Daniela",
    "David",
    "Elif",
    "Emma",
    "Eva",
    "Farid",
    "Femke",
    "Finn",
    "Gabriel",
    "Giulia",
    "Hannah",
    "Hugo",
    "Ibrahim",
    "Ines",
    "Isaac",
    "Jade",
    "Jakub",
    "Jonas",
    "José",
    "Julia",
    "Karim",
    "Katarzyna",
    "Kenji",
    "Lars",
    "Lea",
    "Leïla",
    "Liam",
    "Lina",
    "Louis",
    "Lucía",
    "Luka",
    "Maja",
    "Malik",
    "Manon",
    "Marek",
    "Maria",
    "Mateo",
    "Maya",
    "Mehdi",
    "Mia",
    "Mila",
    "Mohamed",
    "Nadia",
    "Nina",
    "Noah",
    "Noor",
    "Olivia",
    "Omar",
    "Oscar",
    "Pablo",
    "Paula",
    "Priya",
    "Rania",
    "Raúl",
    "Rosa",
    "Ryan",
    "Sami",
    "Sara",
    "Selma",
    "Simon",
    "Sofia",
    "Søren",
    "Tariq",
    "Theo",
    "Thomas",
    "Tomáš",
    "Valentina",
    "Victor",
    "Wei",
    "Yara",
    "Yasmine",
    "Youssef",
    "Yuki",
    "Zoé",
    "Zofia",
]
_LAST_NAMES = [
    "Abadi",
    "Almeida",
    "Andersson",
    "Bakker",
    "Bauer",
    "Benali",
    "Bernard",
    "Bianchi",
    "Chaudhry",
    "Costa",
    "Cruz",
    "Da_Silva",
    "Demir",
    "Diallo",
    "Dubois",
    "Eriksen",
    "Fernández",
    "Fischer",
    "Fontaine",
    "García",
    "Gruber",
    "Haddad",
    "Hansen",
    "Herrera",
    "Hoffmann",
    "Horvat",
    "Ivanova",
    "Jansen",
    "Kaya",
    "Keller",
    "Kowalska",
    "Laurent",
    "Lefèvre",
    "Lindqvist",
    "López",
    "Mancini",
    "Martin",
    "Mbaye",
    "Meyer",
    "Moreau",
    "Müller",
    "Nakamura",
    "Navarro",
    "Nguyễn",
    "Novák",
    "Nowak",
    "O’Connor",
    "Okafor",
    "Öztürk",
    "Patel",
    "Pereira",
    "Petrov",
    "Popescu",
    "Ricci",
    "Rossi",
    "Roux",
    "Said",
    "Santos",
    "Schmidt",
    "Silva",
    "Smith",
    "Suzuki",
    "Takahashi",
    "Torres",
    "Traoré",
    "Van_Dijk",
    "Vargas",
    "Wagner",
    "Wang",
    "Weber",
    "Yılmaz",
    "Zhang",
    "Zimmermann",
]


@dataclass(frozen=True, slots=True)
class DemoExam:
    """One exam with its results."""

    exam: NewExam
    rows: Sequence[NewResult]
    is_published: bool


def demo_exams() -> list[DemoExam]:
    """Seven exams, always with the same ids and rows."""
    return [
        _exam("Mathematics", "2026-11-20", "OUT_OF_20", 64, _points(20, 12.5, 3.6, step=0.5)),
        _exam("Physics", "2026-11-18", "PERCENT", 48, _points(100, 67, 16, step=1)),
        _exam("English literature", "2026-11-16", "LETTERS", 32, _letter),
        _exam("Swimming badge", "2026-11-12", "PASS_FAIL", 18, _pass_or_fail),
        _exam(
            "Chemistry", "2026-11-10", "OUT_OF_20", 40, _points(20, 11, 4, step=0.5), audience=Audience.CODES
        ),
        _exam(
            "State examination, all schools", "2026-06-24", "OUT_OF_100", 1200, _points(100, 61, 17, step=1)
        ),
        _exam(
            "History (not yet published)", "2026-11-23", "OUT_OF_20", 12, _points(20, 13, 3, step=0.5), False
        ),
    ]


def _exam(
    subject: str,
    date: str,
    scale: str,
    size: int,
    grade: Callable[[random.Random], str],
    is_published: bool = True,
    *,
    audience: Audience = Audience.NAMES,
) -> DemoExam:
    rng = random.Random(f"{subject} {date}")  # noqa: S311  # examples, not secrets
    exam_id = str(uuid.uuid5(_NAMESPACE, f"{subject} {date}"))
    names = _names(size, rng)
    codes = new_codes(size, (), rng) if audience.has_codes else None
    rows = [
        NewResult(
            id=str(uuid.uuid5(_NAMESPACE, f"{exam_id} {index}")),
            student=codes[index] if codes else name,
            grade=_sometimes_absent(grade(rng), rng),
            name=name if codes else None,
        )
        for index, name in enumerate(names)
    ]
    exam = NewExam(subject, dt.date.fromisoformat(date), "Ms Curie", parse_scale(scale), audience, id=exam_id)
    return DemoExam(exam, rows, is_published)


def _names(size: int, rng: random.Random) -> list[str]:
    pairs = [f"{first} {last.replace('_', ' ')}" for first in _FIRST_NAMES for last in _LAST_NAMES]
    return rng.sample(pairs, size)


def _sometimes_absent(grade: str, rng: random.Random) -> str:
    return rng.choices([grade, "ABSENT", "EXEMPT"], [96, 3, 1])[0]


def _points(best: int, mean: float, spread: float, *, step: float) -> Callable[[random.Random], str]:
    def draw(rng: random.Random) -> str:
        value = min(float(best), max(0.0, rng.gauss(mean, spread)))
        return f"{round(value / step) * step:g}"

    return draw


def _letter(rng: random.Random) -> str:
    place = round(rng.gauss(4.2, 2.4))
    return _LETTERS[min(len(_LETTERS) - 1, max(0, place))]


def _pass_or_fail(rng: random.Random) -> str:
    return rng.choices(["PASS", "FAIL"], [5, 1])[0]
