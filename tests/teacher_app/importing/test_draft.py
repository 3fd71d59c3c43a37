"""A teacher's decisions about an import are kept, and those that no longer apply are dropped."""

from collections.abc import Callable, Iterator

import pytest

from shared.model.exam import Audience
from shared.model.grades import AWAITED
from shared.model.scales import PERCENT
from teacher_app.importing.draft import ImportDraft, outcome_counts
from teacher_app.importing.outcomes import Choices, Outcome, Repeated
from teacher_app.reading.files import source_from_file, source_from_text
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.teacher_app.importing.test_dialects import bytes_of, workbook_of
from tests.teacher_app.rows.entry_desk import open_desk

TEXT = "Ada;14;15\nBob;99;16\nBob;3;17"


MakeDraft = Callable[[str | bytes], ImportDraft]


@pytest.fixture
def draft_of(backend: RunningBackend, teacher: SignedInTeacher) -> Iterator[MakeDraft]:
    with open_desk(backend, teacher) as desk:
        yield lambda data: ImportDraft(
            source_from_text(data) if isinstance(data, str) else source_from_file(data), desk.workspace
        )


def outcomes_of(draft: ImportDraft) -> list[Outcome]:
    return [one.outcome for one in draft.checked()]


def test_rows_are_read_once_the_teacher_has_chosen_the_columns(draft_of: MakeDraft) -> None:
    draft = draft_of(TEXT)
    assert draft.rows == []
    draft.choose_columns([0], 1, None)
    assert [(row.person, row.grade) for row in draft.rows] == [("Ada", "14"), ("Bob", "99"), ("Bob", "3")]
    draft.choose_columns([0], 2, None)
    assert [row.grade for row in draft.rows] == ["15", "16", "17"]


def test_a_corrected_row_is_checked_again(draft_of: MakeDraft) -> None:
    draft = draft_of("Ada;14\nBob;99\nBob;3")
    assert outcomes_of(draft) == [
        Outcome.NEW,
        Outcome.BAD,
        Outcome.REPEATED,
    ]  # one of the two may be another Bob
    draft.correct(1, "Bob", " 9 ", is_included=True)
    assert outcomes_of(draft) == [Outcome.NEW, Outcome.REPEATED, Outcome.REPEATED]
    draft.correct(1, "Bobby", " 9 ", is_included=True)
    assert outcomes_of(draft) == [Outcome.NEW] * 3
    assert [(row.line, row.person, row.grade) for row in draft.rows][1] == (2, "Bobby", "9")


def test_corrections_are_dropped_only_when_other_columns_are_chosen(draft_of: MakeDraft) -> None:
    draft = draft_of(TEXT)
    draft.choose_columns([0], 1, None)
    draft.correct(0, "Ada King", "14", is_included=True)
    draft.choose_columns([0], 1, None)
    assert draft.rows[0].person == "Ada King"
    draft.choose_columns([0], 2, None)
    assert draft.rows[0].person == "Ada"


def test_the_first_row_can_be_a_heading_or_not(draft_of: MakeDraft) -> None:
    draft = draft_of("Étudiante;Partiel\nAda;14\nBob;3")
    assert outcomes_of(draft) == [Outcome.BAD, Outcome.NEW, Outcome.NEW]
    draft.choose_heading(0)
    assert not draft.layout.name_columns  # its words are not known
    draft.choose_columns([0], 1, None)
    assert outcomes_of(draft) == [Outcome.NEW, Outcome.NEW]
    draft.choose_heading(None)
    assert len(draft.rows) == 3


def test_another_sheet_can_be_chosen(draft_of: MakeDraft) -> None:
    sheets = ("A", [["Name", "Grade"], ["Ada", 1]]), ("B", [["Name", "Grade"], ["Bob", 2], ["Cy", 3]])
    draft = draft_of(bytes_of(workbook_of(*sheets)))
    draft.correct(0, "Ada King", "14", is_included=True)
    draft.choose_sheet("B")
    assert [row.person for row in draft.rows] == ["Bob", "Cy"]
    draft.choose_sheet("A")
    assert [row.person for row in draft.rows] == ["Ada"]


def test_options_do_not_vanish_once_chosen(draft_of: MakeDraft) -> None:
    draft = draft_of("Bob;1\nBob;3")
    draft.choices = Choices(repeated=Repeated.ALL)
    assert outcomes_of(draft) == [Outcome.NEW, Outcome.NEW]
    assert Outcome.REPEATED in {one.outcome for one in draft.checked_without_choices()}
    assert outcome_counts(draft.checked()) == {Outcome.NEW: 2}


@pytest.mark.parametrize(
    ("grades", "stored"),
    [
        (["0.85", "1", "0", "absent"], ["85", "100", "0", "ABSENT"]),
        (["0,855", "0,9", "1,0"], ["85.5", "90", "100"]),
        (["0.85", "1", "72"], ["0.85", "1", "72"]),
        (["0", "1", "1"], ["0", "1", "1"]),
        (["0.5 %", "1", "0"], ["0.5", "1", "0"]),
    ],
)
def test_shares_of_one_become_percentages_and_the_page_says_so(
    backend: RunningBackend, teacher: SignedInTeacher, grades: list[str], stored: list[str]
) -> None:
    """As cells with a percent format arrive; unticking the conversion takes them as they are."""
    lines = [f"Student {number}\t{grade}" for number, grade in enumerate(grades)]
    with open_desk(backend, teacher, scale=PERCENT) as desk:
        draft = ImportDraft(source_from_text("\n".join(["Name\tGrade", *lines])), desk.workspace)
        checked = [one.grade for one in draft.checked() if one.grade != AWAITED]
        assert checked == stored
        assert (draft.other_points is not None) is (stored[0] != grades[0].removesuffix(" %"))


def test_columns_that_only_the_cells_suggest_stand_open(draft_of: MakeDraft) -> None:
    guessed = draft_of("1001\tAda\t14\n1007\tGrace\t15")
    assert guessed.layout.is_complete
    assert guessed.asks_for_columns
    assert not draft_of("Ada\t14\nGrace\t15").asks_for_columns


def test_columns_of_numbers_and_comments_are_guessed_changed_and_left_out(draft_of: MakeDraft) -> None:
    draft = draft_of("Name;Student ID;Seat;Points;Remarks\nAda;1001;7;14;Well done\nBo;1002;9;12;\n")
    assert not draft.asks_for_columns
    assert (draft.layout.number, draft.layout.comment) == (1, 4)
    assert [(row.number, row.comment) for row in draft.rows] == [("1001", "Well done"), ("1002", "")]
    draft.choose_columns([0], 3, None, number=2)
    assert [(row.number, row.comment) for row in draft.rows] == [("7", ""), ("9", "")]


def test_another_column_of_grades_brings_its_own_comments(draft_of: MakeDraft) -> None:
    draft = draft_of("Name;Test 1;Test 1 comment;Test 2;Test 2 comment\nAda;14;one;15;two\n")
    assert draft.layout.comment is None
    assert draft.choose_columns([0], 1, None)
    assert [row.comment for row in draft.rows] == ["one"]
    assert draft.choose_columns([0], 3, None, comment=2)
    assert [(row.grade, row.comment) for row in draft.rows] == [("15", "two")]
    assert draft.choose_columns([0], 3, None, comment=2)  # as the teacher wants it
    assert [row.comment for row in draft.rows] == ["one"]


def test_a_mended_number_and_comment_are_checked_again(draft_of: MakeDraft) -> None:
    draft = draft_of("Name;Student ID;Points;Remarks\nAda;1001;14;x\nBo;1001;12;\nCy;1002;3;\n")
    assert outcomes_of(draft) == [Outcome.BAD, Outcome.BAD, Outcome.NEW]
    draft.correct(1, "Bo", "12", is_included=True, number=" 1003 ", comment="Go on.")
    assert outcomes_of(draft) == [Outcome.NEW] * 3
    assert (draft.rows[1].number, draft.rows[1].comment) == ("1003", "Go on.")


def test_remarks_of_ones_own_list_stand_open_where_students_would_read_them(
    backend: RunningBackend, teacher: SignedInTeacher
) -> None:
    with open_desk(backend, teacher, audience=Audience.OWN) as desk:
        listed = ImportDraft(source_from_text("Name;Points;Remarks\nAda;14;has a tutor"), desk.workspace)
        assert listed.asks_for_columns
        sakai = '"Student ID","Name","Algebra [20]","* Algebra"\n"ada","Lovelace, Ada","14","Good"\n'
        assert not ImportDraft(source_from_text(sakai), desk.workspace).asks_for_columns
