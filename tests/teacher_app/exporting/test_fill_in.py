"""A gradebook's own export is returned with grades filled in and nothing else changed."""

import csv
import io

import pytest

from shared.model.grades import AWAITED
from shared.model.names import name_key
from shared.model.scales import OUT_OF_20, PASS_FAIL
from teacher_app.exporting.fill_in import Filled, GradebookFile
from teacher_app.reading.files import source_from_file
from teacher_app.reading.limits import FileNotReadable
from tests.builders import a_result, an_exam
from tests.teacher_app.importing.test_dialects import CANVAS, MOODLE
from tests.teacher_app.importing.test_gradebooks import SAMPLES
from tests.teacher_app.importing.test_gradebooks import read as read_sample

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


# Every gradebook that can be filled in, by its sample.

ELSEWHERE = {
    "canvas.csv": "utf-8",
    "moodle.csv": "utf-8-sig",
    "blackboard.xls": "utf-16",
    "brightspace.csv": "utf-8",
    "sakai.csv": "utf-8-sig",
    "gradescope.csv": "utf-8",
    "gradescope-course.csv": "utf-8",
    "powerschool.csv": "utf-8",
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_filled_in_export_is_the_same_file_with_the_grades_in_it(name: str) -> None:
    before = (SAMPLES / name).read_bytes()
    students = ["José Peña" if name == "blackboard.xls" else "Alan Turing", "Ada Lovelace"]
    rows = [
        a_result(student, grade, exam=EXAM) for student, grade in zip(students, ["3.5", "17"], strict=True)
    ]
    gradebook = GradebookFile(source_from_file(before), EXAM)
    assert gradebook.suggested is not None
    filled = gradebook.filled(rows, gradebook.suggested)
    assert (filled.count, filled.missing, filled.unchanged) == (2, (), ())
    encoding = ELSEWHERE[name]
    old, new = before.decode(encoding), filled.data.decode(encoding)
    changed = [(was, now) for was, now in zip(cells_of(old), cells_of(new), strict=True) if was != now]
    assert len(changed) == 2
    assert {now for _, now in changed} == {"3.5", "17"}
    assert new.count("\r\n") == old.count("\r\n")
    _, read = read_sample(filled.data, OUT_OF_20)  # the round trip
    there = {name_key(one.row.person): one.grade for one in read}
    assert {student: there[name_key(student)] for student in students} == dict(
        zip(students, ["3.5", "17"], strict=True)
    )


def cells_of(text: str) -> list[str]:
    delimiter = "\t" if "\t" in text else ","
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]


def test_marks_that_a_gradebook_has_no_word_for_are_named_and_leave_its_cell_alone() -> None:
    before = (SAMPLES / "brightspace.csv").read_bytes()
    rows = [a_result("Alan Turing", "ABSENT", exam=EXAM), a_result("Ada Lovelace", AWAITED, exam=EXAM)]
    filled = GradebookFile(source_from_file(before), EXAM).filled(rows, 5)
    assert (filled.count, filled.unchanged) == (1, ("Alan Turing",))
    assert cells_of(filled.data.decode()) == cells_of(before.decode())


def test_an_export_without_a_column_for_results_says_so() -> None:
    data = b"OrgDefinedId,Username,Last Name,First Name,End-of-Line Indicator\n#1,#ada,Lovelace,Ada,#\n"
    with pytest.raises(FileNotReadable, match="no column for results yet"):
        GradebookFile(source_from_file(data), EXAM)


def test_complete_and_incomplete_are_what_blackboard_calls_them() -> None:
    text = "Last Name\tFirst Name\tMathematics [Total Pts: 0 Complete/Incomplete] |1\nLovelace\tAda\t\n"
    exam = an_exam(scale=PASS_FAIL)
    filled = GradebookFile(source_from_file(text.encode()), exam).filled(
        [a_result("Ada Lovelace", "PASS", exam=exam)], 2
    )
    assert filled.data.decode().splitlines()[1] == "Lovelace\tAda\tComplete"


def test_a_column_elsewhere_says_what_it_is_out_of() -> None:
    gradebook = GradebookFile(source_from_file((SAMPLES / "brightspace.csv").read_bytes()), EXAM)
    assert [
        (label.split(" Points")[0], gradebook.points(column)) for column, label in gradebook.columns.items()
    ] == [
        ("Mathematics", "20"),
        ("Quiz 3", "10"),
    ]


def test_a_student_is_found_with_another_kind_of_apostrophe() -> None:
    before = 'Student,ID,Section,Mathematics (1)\n"O’Brien, Sean",1,A,\n'.encode()
    rows = [a_result("Sean O'Brien", "14", exam=EXAM)]
    filled = GradebookFile(source_from_file(before), EXAM).filled(rows, 3)
    assert changed_cells(before, filled) == {("O’Brien, Sean", 3): "14"}


# Students' numbers and comments.

NUMBERED = (
    'Student,ID,SIS User ID,SIS Login ID,Section,Mathematics (1)\n"Lovelace, Ada",1,00123,ada,A,\n'
    '"Lovelace, Ada",2,00124,adal,B,\n"Hopper, Grace",3,00125,gh,A,\n"Turing, Alan",4,,at,A,\n'
)


def filled_by(before: str, *students: tuple[str, str | None, str]) -> Filled:
    rows = [a_result(name, grade, exam=EXAM, number=number) for name, number, grade in students]
    return GradebookFile(source_from_file(before.encode()), EXAM).filled(rows, 5)


def test_numbers_tell_two_students_of_one_name_apart() -> None:
    filled = filled_by(NUMBERED, ("Ada Lovelace", "00124", "12"), ("Ada Lovelace", "00123", "14"))
    assert [row[5] for row in table_of(filled.data)] == ["Mathematics (1)", "14", "12", "", ""]
    assert (filled.count, filled.missing) == (2, ())


def test_a_file_that_a_spreadsheet_saved_without_zeros_is_filled_in() -> None:
    """Excel makes 429 of 0429 when it saves what was downloaded (reported to PrairieLearn, among others)."""
    stripped = NUMBERED.replace(",00", ",").replace(",4,,at", ",4,77125,at")
    students = (
        ("Ada Lovelace", "00124", "12"),
        ("Ada Lovelace", "00123", "14"),
        ("Alan Turing", "77125", "3"),
    )
    filled = filled_by(stripped, *students)
    assert [row[5] for row in table_of(filled.data)] == ["Mathematics (1)", "14", "12", "", "3"]


def test_zeros_that_tell_two_students_of_one_name_apart_count() -> None:
    both = NUMBERED.replace("00124", "123")
    filled = filled_by(both, ("Ada Lovelace", "123", "12"), ("Ada Lovelace", "00123", "14"))
    assert [row[5] for row in table_of(filled.data)] == ["Mathematics (1)", "14", "12", "", ""]
    lost = NUMBERED.replace("00123", "123").replace("00124", "123")
    filled = filled_by(lost, ("Ada Lovelace", "123", "12"), ("Ada Lovelace", "00123", "14"))
    assert (filled.count, filled.missing) == (0, ("Ada Lovelace", "Ada Lovelace"))


def test_a_number_that_has_another_name_there_gets_no_grade() -> None:
    filled = filled_by(NUMBERED, ("Grace Hopper", "00123", "12"), ("Alan Turing", "00127", "3"))
    assert changed_cells(NUMBERED.encode(), filled) == {("Turing, Alan", 5): "3"}
    assert (filled.count, filled.missing) == (1, ("Grace Hopper",))


def test_one_of_two_namesakes_without_a_number_is_not_guessed() -> None:
    filled = filled_by(NUMBERED, ("Ada Lovelace", None, "12"), ("Grace Hopper", "00125", "9"))
    assert changed_cells(NUMBERED.encode(), filled) == {("Hopper, Grace", 5): "9"}
    assert filled.missing == ("Ada Lovelace",)


def test_where_the_gradebook_numbers_its_students_otherwise_names_count() -> None:
    filled = filled_by(NUMBERED, ("Grace Hopper", "77001", "12"), ("Alan Turing", "77002", "3"))
    assert (filled.count, filled.missing) == (2, ())


COMMENT = "- well done, R&D <3\nGo on."
WORKSHEET = (
    "Identifier,Full name,ID number,Status,Grade,Maximum Grade,Grade can be changed,Feedback comments\r\n"
    'Participant 1,Ada Lovelace,00123,Submitted,,20.00,Yes,"<p>Draft</p>"\r\n'
    "Participant 2,Grace Hopper,00124,Submitted,,20.00,Yes,<p>Thanks</p>\r\n"
    "Participant 3,Alan Turing,00125,No submission,,20.00,Yes,\r\n"
)


@pytest.mark.parametrize(
    ("name", "written", "column"),
    [
        (WORKSHEET, "&#45; well done, R&amp;D &lt;3<br>Go on.", 7),
        (MOODLE, "&#45; well done, R&amp;D &lt;3<br>Go on.", 7),
        (
            '"Student ID","Name","Mathematics [20]","* Mathematics"\n"ada","Lovelace, Ada","",""\n',
            f"'{COMMENT}",
            3,
        ),
    ],
)
def test_comments_are_filled_in_where_the_gradebook_has_a_column_for_them(
    name: str, written: str, column: int
) -> None:
    rows = [a_result("Ada Lovelace", "14", exam=EXAM, comment=COMMENT), a_result("Grace Hopper", "12", EXAM)]
    gradebook = GradebookFile(source_from_file(name.encode()), EXAM)
    assert gradebook.suggested is not None
    filled = gradebook.filled(rows, gradebook.suggested)
    table = table_of(filled.data)
    assert table[1][column] == written
    if name is WORKSHEET:
        assert table[2][column] == "<p>Thanks</p>"  # who has no comment keeps what is there
    _, (one, *_) = read_sample(filled.data, OUT_OF_20)
    assert one.row.comment == COMMENT


def test_a_mark_that_moodle_has_no_grade_for_stands_before_the_comment() -> None:
    rows = [a_result("Alan Turing", "ABSENT", exam=EXAM, comment="Has a certificate.")]
    filled = GradebookFile(source_from_file(WORKSHEET.encode()), EXAM).filled(rows, 4)
    assert table_of(filled.data)[3][4:] == ["-", "20.00", "Yes", "Absent<br>Has a certificate."]
    _, (*_, one) = read_sample(filled.data, OUT_OF_20)
    assert (one.grade, one.row.comment) == ("ABSENT", "Has a certificate.")


def test_blackboard_is_told_how_a_comment_is_written() -> None:
    before = (
        "Last Name\tFirst Name\tUsername\tMathematics [Total Pts: 20 Score] |1\tGrading Notes\tNotes Format\t"
        "Feedback to Learner\tFeedback Format\nLovelace\tAda\tada\t\tkeep\tSMART_TEXT\told\tSMART_TEXT\n"
    )
    rows = [a_result("Ada Lovelace", "14", exam=EXAM, comment="Good.\n<3")]
    filled = GradebookFile(source_from_file(before.encode()), EXAM).filled(rows, 3)
    assert table_of(filled.data, "\t")[1][3:] == ["14", "keep", "SMART_TEXT", "Good.<br>&lt;3", "HTML"]
