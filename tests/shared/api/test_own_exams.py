"""Listings from an index that lags behind show a teacher's own changes as the table has them."""

import datetime as dt
from dataclasses import dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from shared.api.own_exams import KEPT_S, OwnExams
from shared.model.exam import Exam
from tests.builders import an_exam


@dataclass
class Clock:
    time_s: float = 0.0

    def __call__(self) -> float:
        return self.time_s


def ordered(exams: list[Exam]) -> list[Exam]:
    return sorted(exams, key=lambda exam: (exam.date, exam.id), reverse=True)


changes = st.lists(
    st.tuples(st.sampled_from(["create", "move", "delete"]), st.integers(0, 5), st.integers(1, 9)),
    max_size=12,
)


@given(before=st.lists(st.integers(1, 9), max_size=6), changes=changes, followed=st.integers(0, 12))
def test_a_listing_from_an_index_that_has_followed_any_part_of_the_changes_equals_the_table(
    before: list[int], changes: list[tuple[str, int, int]], followed: int
) -> None:
    """The index has the table's state after `followed` changes, in order."""
    table = {exam.id: exam for exam in (an_exam(date=dt.date(2026, 6, day)) for day in before)}
    index = dict(table)
    own = OwnExams(Clock())
    for number, (kind, which, day) in enumerate(changes):
        present = sorted(table)
        if kind == "create":
            exam = an_exam(date=dt.date(2026, 6, day))
            table[exam.id] = exam
            own.note(exam.id, exam)
        elif present:
            exam_id = present[which % len(present)]
            if kind == "move":
                exam = table[exam_id]
                table[exam_id] = replace(exam, date=dt.date(2026, 6, day), version=exam.version + 1)
                own.note(exam_id, table[exam_id])
            else:
                del table[exam_id]
                own.note(exam_id, None)
        if number < followed:
            index = dict(table)
    assert list(own.complete(ordered(list(index.values())), table.get)) == ordered(list(table.values()))


def test_the_table_is_asked_only_for_what_the_index_lacks() -> None:
    own, asked = OwnExams(Clock()), list[str]()
    listed = ordered([an_exam(date=dt.date(2026, 6, day)) for day in range(1, 9)])
    for exam in listed:
        own.note(exam.id, exam)
    assert list(own.complete(listed, lambda exam_id: asked.append(exam_id))) == listed
    assert asked == []


def test_what_another_client_deleted_or_moved_meanwhile_is_shown_once_or_not_at_all() -> None:
    own = OwnExams(Clock())
    gone, moved = an_exam(date=dt.date(2026, 6, 8)), an_exam(date=dt.date(2026, 6, 7))
    for exam in (gone, moved):
        own.note(exam.id, exam)
    elsewhere = replace(moved, date=dt.date(2026, 6, 2), version=2)
    assert list(own.complete([elsewhere], {moved.id: elsewhere}.get)) == [elsewhere]


def test_changes_are_forgotten_when_the_index_has_surely_followed() -> None:
    clock = Clock()
    own, exam = OwnExams(clock), an_exam()
    own.note(exam.id, exam)
    clock.time_s = KEPT_S + 1
    assert list(own.complete([], {exam.id: exam}.get)) == []
