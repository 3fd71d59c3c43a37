"""A gradebook exported from Canvas or Moodle is returned with grades filled in and nothing else changed."""

import csv
import io

import pytest

from shared.model.scales import OUT_OF_20
from teacher_app.exporting.fill_in import Filled, GradebookFile
from teacher_app.importing.files import source_from_file
from teacher_app.importing.limits import FileNotReadable
from tests.builders import a_result, an_exam
from tests.teacher_app.importing.test_dialects import CANVAS, MOODLE

EXAM = an_exam()
ROWS = [
    a_result(name, grade, exam=EXAM)
    for number, (name, grade) in enumerate(
        [("Ada Lovelace", "17.5"), ("grace hopper", "ABSENT"), ("Alan Turing", "EXEMPT"), ("Zoe", "3")],
        start=1,
    )
]


def table_of(data: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def changed_cells(before: bytes, filled: Filled, delimiter: str = ",") -> dict[tuple[str, int], str]:
    """Changed cells, keyed by the first cell of their row and their column."""
    pairs = zip(table_of(before, delimiter), table_of(filled.data, delimiter), strict=True)
    return {
        (old[0], column): new[column]
        for old, new in pairs
        for column in range(len(new))
        if column >= len(old) or old[column] != new[column]
    }


def test_canvas_gets_the_grades_of_its_own_students() -> None:
    before = CANVAS.encode()
    gradebook = GradebookFile(source_from_file(before), EXAM)
    assert gradebook.suggested == 6
    assert gradebook.points(6) == "20.00"
    filled = gradebook.filled(ROWS, 6)
    assert changed_cells(before, filled) == {("Lovelace, Ada", 6): "17.5", ("Turing, Alan", 6): "EX"}
    assert (filled.count, filled.missing) == (3, ("Zoe",))


def test_one_of_several_columns_can_be_chosen() -> None:
    gradebook = GradebookFile(source_from_file(CANVAS.encode()), an_exam(subject="Physics"))
    assert gradebook.suggested is None
    assert gradebook.columns[5] == "Quiz 1 (8101)"
    assert 0 not in gradebook.columns
    assert changed_cells(CANVAS.encode(), gradebook.filled(ROWS[:1], 5)) == {("Lovelace, Ada", 5): "17.5"}


def test_moodle_gets_grades_and_remarks_and_keeps_its_byte_order_mark() -> None:
    before = MOODLE.encode()
    filled = GradebookFile(source_from_file(before), EXAM).filled(ROWS, 6)
    assert filled.data.startswith(b"\xef\xbb\xbf")
    assert changed_cells(before, filled) == {("Ada", 6): "17.5", ("Alan", 7): "Exempt"}
    assert (filled.count, filled.missing) == (3, ("Zoe",))


def test_decimal_commas_are_written_if_the_file_has_them() -> None:
    before = (
        b"Student;ID;SIS Login ID;Section;Mathematics (8102)\n    Points Possible;;;;20,00\n"
        b"Lovelace, Ada;1001;ada;Year 12;\nHopper, Grace;1002;grace;Year 12;7,5\n"
    )
    filled = GradebookFile(source_from_file(before), EXAM).filled(ROWS, 4)
    assert changed_cells(before, filled, ";") == {("Lovelace, Ada", 4): "17,5"}


def test_a_student_listed_twice_is_not_guessed() -> None:
    before = b'Student,ID,Section,Mathematics (1)\n"Lovelace, Ada",1,A,\n"Lovelace, Ada",2,B,\n"Bo",3,A,\n'
    rows = [
        a_result("Ada Lovelace", "1", exam=EXAM),
        a_result("Bo", "2", exam=EXAM),
        a_result("bo", "3", exam=EXAM),
    ]
    filled = GradebookFile(source_from_file(before), EXAM).filled(rows, 3)
    assert changed_cells(before, filled) == {}
    assert (filled.count, filled.missing) == (0, ("Ada Lovelace", "Bo", "bo"))


@pytest.mark.parametrize("data", [b"Student,Grade\nAda,1\n", b"PK\x03\x04", b""])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(FileNotReadable):
        GradebookFile(source_from_file(data), an_exam(scale=OUT_OF_20))
