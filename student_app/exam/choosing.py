"""Labels of exams, and the search for one."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from shared.model.exam import Exam
from shared.model.names import has_words
from shared.model.text import date_text

__all__ = ["OFFERED_MAX", "exam_label", "exam_labels", "matching_exams"]

OFFERED_MAX = 50  # a longer list is searched, not scrolled; every page contains the list


def exam_label(exam: Exam) -> str:
    """One line that identifies an exam: subject, date, teacher."""
    return f"{exam.subject} · {date_text(exam.date)} · {exam.teacher}"


def exam_labels(exams: Iterable[Exam]) -> dict[str, str]:
    """A unique label for each exam, by id: where two would be the same, as for two groups of one class, the
    start of the id is added. Streamlit identifies a choice by its label alone."""
    plain = {exam.id: exam_label(exam) for exam in exams}
    times = Counter(plain.values())
    return {
        exam_id: label if times[label] == 1 else f"{label} · {exam_id[:8]}"
        for exam_id, label in plain.items()
    }


def matching_exams(exams: Sequence[Exam], search: str, limit: int = OFFERED_MAX) -> list[Exam]:
    """The first `limit` exams whose labels or dates, such as 2026-06-18, contain
    every word of `search`, in the order given."""
    found = (exam for exam in exams if has_words(f"{exam_label(exam)} {exam.date.isoformat()}", search))
    return list(itertools.islice(found, limit))
