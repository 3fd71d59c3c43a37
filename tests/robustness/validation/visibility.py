"""What guests and teachers read: never older than what was answered before, never what is not theirs."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain as joined

from tests.robustness.model.history import ExamValue, Read, ResultValue, Sight, State
from tests.robustness.model.versions import Chain, Key, Possible, was_possible_together
from tests.robustness.validation.violation import Rule, Violation

__all__ = ["Board", "check_at_rest", "check_reads", "check_sights"]

Board = Mapping[str, tuple[str, str, int]] | None  # result -> student, grade, version; None: no such exam


def check_reads(written: Mapping[Key, Chain], reads: Sequence[Read]) -> Iterator[Violation]:
    """Each answer of the API against what was written before and while it was asked."""
    by_exam: dict[str, list[tuple[str, Chain]]] = {}
    for (exam_id, row_id), chain in written.items():
        if row_id is not None:
            by_exam.setdefault(exam_id, []).append((row_id, chain))
    for read in reads:
        exam = written.get((read.exam_id, None), Chain(()))
        for row_id, (version, value) in read.rows.items():
            chain = written.get((read.exam_id, row_id), Chain(()))
            yield from _check_row(read, row_id, version, value, chain, exam)
        if read.is_guest and not _is_published_throughout(exam, read.begun_s, read.ended_s):
            continue
        for row_id, chain in by_exam.get(read.exam_id, ()):
            if row_id not in read.rows and _is_there_throughout(chain, read):
                yield Violation(Rule.LOST, f"result {row_id} is missing from {_short(read)}")


def check_sights(written: Mapping[Key, Chain], sights: Sequence[Sight]) -> Iterator[Violation]:
    """What viewers of the students' dashboard saw: public at some moment before, and never older again."""
    newest: dict[tuple[str, str], Sight] = {}
    for sight in sights:
        before = newest.get((sight.viewer, sight.row_id))
        chain = written.get((sight.exam_id, sight.row_id), Chain(()))
        if before is not None and before.version > sight.version:
            yield Violation(Rule.BACKWARDS, f"{sight} after {before}")
        newest[sight.viewer, sight.row_id] = sight
        shown = [
            one
            for one in chain.at(sight.version)
            if isinstance(one.value, ResultValue)
            and (one.value.student, one.value.grade) == (sight.student, sight.grade)
        ]
        if not shown:
            yield Violation(Rule.INVENTED, f"{sight}; possible: {chain.at(sight.version)}")
        elif not _was_public(written.get((sight.exam_id, None), Chain(())), shown, -math.inf, sight.at_s):
            yield Violation(Rule.NOT_PUBLIC, str(sight))


def check_at_rest(boards: Mapping[str, tuple[str, Board]], state: State) -> Iterator[Violation]:
    """Each viewer's board (viewer -> exam, board) against what guests may see at rest."""
    for viewer, (exam_id, board) in boards.items():
        exam = state.exams.get(exam_id)
        expected: Board = None
        if exam is not None and exam[1].is_published:
            expected = {
                row_id: (value.student, value.grade, version)
                for row_id, (version, value) in state.results.get(exam_id, {}).items()
                if not value.is_awaited
            }
        if board != expected:
            differences = (
                f"{board} instead of {expected}"
                if board is None or expected is None
                else sorted(set(board.items()) ^ set(expected.items()))
            )
            yield Violation(Rule.AT_REST, f"{viewer}, exam {exam_id}: {differences}")


def _check_row(
    read: Read, row_id: str, version: int, value: ResultValue, chain: Chain, exam: Chain
) -> Iterator[Violation]:
    seen_as = (value.student, value.grade) if read.is_guest else (value.student, value.grade, value.name)
    found = [
        one
        for one in chain.at(version)
        if isinstance(one.value, ResultValue)
        and one.begun_s <= read.ended_s
        and seen_as == (one.value.student, one.value.grade, one.value.name)[: len(seen_as)]
    ]
    what = f"result {row_id} at version {version}, {value}, in {_short(read)}"
    if not found:
        yield Violation(Rule.INVENTED, f"{what}; possible: {chain.at(version)}")
    elif all(one.ended_s < read.begun_s for one in found):
        yield Violation(Rule.STALE, what)
    elif read.is_guest and not _was_public(exam, found, read.begun_s, read.ended_s):
        yield Violation(Rule.NOT_PUBLIC, what)


def _was_public(exam: Chain, results: Sequence[Possible], begun_s: float, ended_s: float) -> bool:
    """Whether one of these may have been a graded result of a published exam within that time."""
    return any(
        isinstance(published.value, ExamValue)
        and published.value.is_published
        and isinstance(one.value, ResultValue)
        and not one.value.is_awaited
        and was_possible_together(published, one, begun_s, ended_s)
        for published in exam.possible
        for one in results
    )


def _is_published_throughout(exam: Chain, begun_s: float, ended_s: float) -> bool:
    return any(
        isinstance(one.value, ExamValue)
        and one.value.is_published
        and one.certain_s < begun_s
        and all(
            isinstance(write.value, ExamValue) and write.value.is_published
            for write in exam.may_change_before(one.version, ended_s)
        )
        for one in exam.possible
    )


def _is_there_throughout(chain: Chain, read: Read) -> bool:
    """Whether the result certainly existed while this was read, and for guests certainly had a grade."""
    certain = [one for one in chain.possible if one.certain_s < read.begun_s]
    if not certain:
        return False
    newest = certain[-1]
    values = joined(
        [newest.value], (write.value for write in chain.may_change_before(newest.version, read.ended_s))
    )
    return all(
        isinstance(value, ResultValue) and not (value.is_awaited and read.is_guest) for value in values
    )


def _short(read: Read) -> str:
    who = "a guest's" if read.is_guest else "the owner's"
    return f"{who} answer of exam {read.exam_id}, {read.begun_s:.3f} to {read.ended_s:.3f}"
