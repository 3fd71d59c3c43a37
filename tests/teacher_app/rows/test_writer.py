"""Each command of a teacher gets one accurate receipt, and repeated commands are saved once."""

from dataclasses import replace

import pytest

from shared.api.calls import BATCH_MAX
from shared.model.codes import is_code
from shared.model.errors import ServerDiskFull, SessionEnded
from shared.model.exam import COMMENT_MAX, Audience, NewResult
from shared.model.grades import AWAITED, typed_grade
from teacher_app.rows.commands import (
    ChangeRow,
    Conflict,
    CreateRow,
    Deleted,
    DeleteRow,
    Duplicate,
    Hindrance,
    NotSaved,
    Refused,
    Saved,
    UndoCommand,
)
from tests.backend_process import RunningBackend, SignedInTeacher
from tests.builders import new_id
from tests.teacher_app.rows.entry_desk import NOW_S, UNREACHABLE, ApiDouble, Desk, MakeDesk, open_desk


@pytest.fixture
def coded(make_desk: MakeDesk) -> Desk:
    return make_desk(audience=Audience.CODES)


def create(desk: Desk, person: str, grade: str) -> Saved:
    """One new row that must be saved."""
    command = CreateRow(new_id(), person, grade)
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Saved)
    return receipt


def change(saved: Saved, person: str, grade: str) -> ChangeRow:
    return ChangeRow(new_id(), saved.row.id, saved.row.version, person, grade)


def test_a_new_row_is_stored_under_its_key_with_the_canonical_grade(desk: Desk) -> None:
    command = CreateRow(new_id(), " Grace Hopper ", "14,50")
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Saved)
    assert (receipt.at_s, receipt.before) == (NOW_S, None)
    assert (receipt.row.id, receipt.row.student, receipt.row.grade) == (command.key, "Grace Hopper", "14.5")
    assert desk.stored_pairs() == [("Grace Hopper", "14.5")]
    assert desk.workspace.result(command.key) == receipt.row


def test_several_rows_are_saved_together_and_each_has_its_receipt(desk: Desk) -> None:
    commands = [CreateRow(new_id(), f"Student {number:03}", str(number % 21)) for number in range(230)]
    receipts = desk.writer.write(commands)
    assert all(isinstance(receipts[command.key], Saved) for command in commands)
    assert desk.stored_pairs() == [(command.person, command.grade) for command in commands]


def test_students_without_a_grade_are_stored_apart_and_a_grade_is_taken_back_and_undone(desk: Desk) -> None:
    """A batch is awaited as a whole or not at all."""
    commands = [CreateRow(new_id(), f"S{number}", str(number) if number % 2 else "") for number in range(6)]
    receipts = desk.writer.write(commands)
    assert all(isinstance(receipts[command.key], Saved) for command in commands)
    assert desk.stored_pairs() == [(f"S{n}", str(n) if n % 2 else AWAITED) for n in range(6)]
    one = desk.workspace.result(commands[1].key)
    assert one is not None
    back = ChangeRow(new_id(), one.id, one.version, "S one", " ")
    receipt = desk.writer.write([back])[back.key]
    assert isinstance(receipt, Saved)
    assert (receipt.row.grade, receipt.row.student) == (AWAITED, "S one")
    undo = UndoCommand(new_id(), back.key)
    assert isinstance(desk.writer.write([undo])[undo.key], Saved)
    assert desk.stored_pairs()[1] == ("S1", "1")


def test_an_invalid_row_is_refused_with_its_reason_and_the_others_are_saved(desk: Desk) -> None:
    good, high, long, nobody = (
        CreateRow(new_id(), "Ada", "12"),
        CreateRow(new_id(), "Blaise", "25"),
        CreateRow(new_id(), "C" * 121, "3"),
        CreateRow(new_id(), "  ", "3"),
    )
    receipts = desk.writer.write([high, good, long, nobody])
    assert isinstance(receipts[good.key], Saved)
    refused = receipts[high.key]
    assert isinstance(refused, Refused)
    assert refused.field == "grade"
    assert "above 20" in refused.reason
    assert isinstance(receipts[long.key], Refused)
    assert receipts[long.key].field == "person"  # type: ignore[union-attr]
    assert isinstance(receipts[nobody.key], Refused)
    assert desk.stored_pairs() == [("Ada", "12")]


def test_repeating_a_command_returns_the_same_receipt_and_saves_one_row(desk: Desk) -> None:
    command = CreateRow(new_id(), "Ada", "12")
    first = desk.writer.write([command])
    assert desk.writer.write([command, command]) == first
    assert desk.stored_pairs() == [("Ada", "12")]


def test_the_same_command_from_a_reopened_page_is_saved_once(desk: Desk) -> None:
    command = CreateRow(new_id(), "Ada", "12")
    desk.writer.write([command])
    _, writer = desk.page()
    assert isinstance(writer.write([command])[command.key], Saved)
    assert desk.stored_pairs() == [("Ada", "12")]


@pytest.mark.parametrize(
    ("fault", "hindrance"),
    [
        (UNREACHABLE, Hindrance.UNREACHABLE),
        (ServerDiskFull("http://backend", "full"), Hindrance.DISK_FULL),
        (SessionEnded(), Hindrance.SESSION_ENDED),
    ],
)
def test_without_an_answer_nothing_is_reported_saved_and_one_retry_saves_it_once(
    desk: Desk, fault: Exception, hindrance: Hindrance
) -> None:
    saved = create(desk, "Ada", "12")
    commands = [
        CreateRow(new_id(), "Blaise", "9"),
        CreateRow(new_id(), "Carl", "10"),
        change(saved, "Ada", "13"),
    ]
    desk.fault = fault
    assert desk.writer.write(commands) == {
        command.key: NotSaved(command.key, hindrance) for command in commands
    }
    assert desk.stored_pairs() == [("Ada", "12")]
    desk.fault = None
    again = desk.writer.write(commands)
    assert all(isinstance(receipt, Saved) for receipt in again.values())
    assert desk.stored_pairs() == [("Ada", "13"), ("Blaise", "9"), ("Carl", "10")]


def test_a_dead_connection_is_tried_once_however_many_rows_wait(desk: Desk) -> None:
    saved = [create(desk, f"Student {number}", "1") for number in range(5)]
    desk.fault, desk.asked = UNREACHABLE, 0
    receipts = desk.writer.write([change(row, row.row.student, "2") for row in saved])
    assert {type(receipt) for receipt in receipts.values()} == {NotSaved}
    assert desk.asked == 1


def test_a_row_with_a_lost_answer_is_recognised_and_not_duplicated(desk: Desk) -> None:
    command = CreateRow(new_id(), "Ada", "12")
    desk.direct.create_result(desk.exam.id, NewResult("Ada", "12", id=command.key))
    assert isinstance(desk.writer.write([command])[command.key], Saved)
    assert desk.stored_pairs() == [("Ada", "12")]


def test_a_saved_row_changed_elsewhere_since_is_a_conflict(desk: Desk) -> None:
    command = CreateRow(new_id(), "Ada", "12")
    arrived = desk.direct.create_result(desk.exam.id, NewResult("Ada", "12", id=command.key))
    desk.direct.update_result(desk.exam.id, arrived.id, 1, grade="15")
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Conflict)
    assert receipt.theirs is not None
    assert receipt.theirs.grade == "15"


@pytest.mark.parametrize("name", ["Ada Lovelace", "ada  lovelace", " ＡＤＡ LOVELACE"])
def test_an_existing_student_is_asked_about_and_saved_on_request(desk: Desk, name: str) -> None:
    there = create(desk, "Ada Lovelace", "12").row
    command = CreateRow(new_id(), name, "15")
    assert desk.writer.write([command]) == {command.key: Duplicate(command.key, there)}
    assert len(desk.stored()) == 1
    assert isinstance(desk.writer.write([replace(command, accepts_duplicate=True)])[command.key], Saved)
    assert sorted(row.grade for row in desk.stored()) == ["12", "15"]


def test_the_second_of_two_equal_names_in_one_batch_is_asked_about(desk: Desk) -> None:
    first, second = CreateRow(new_id(), "Ada", "12"), CreateRow(new_id(), "ada", "15")
    receipts = desk.writer.write([first, second])
    assert isinstance(receipts[first.key], Saved)
    duplicate = receipts[second.key]
    assert isinstance(duplicate, Duplicate)
    assert duplicate.existing.id == first.key


def test_a_change_keeps_the_previous_values_for_undo(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    command = change(saved, "Ada Lovelace", "13")
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Saved)
    assert receipt.before == saved.row
    assert desk.stored_pairs() == [("Ada Lovelace", "13")]
    undo = UndoCommand(new_id(), command.key)
    assert isinstance(desk.writer.write([undo])[undo.key], Saved)
    assert desk.stored_pairs() == [("Ada", "12")]


def test_a_change_to_an_invalid_grade_is_refused_and_changes_nothing(desk: Desk) -> None:
    command = change(create(desk, "Ada", "12"), "Ada", "A+")
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Refused)
    assert receipt.field == "grade"
    assert desk.stored_pairs() == [("Ada", "12")]


def test_the_later_of_two_tabs_sees_both_values_and_may_insist(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    _, other_tab = desk.page()
    theirs = change(saved, "Ada", "15")
    other_tab.write([theirs])
    mine = change(saved, "Ada", "9")
    receipt = desk.writer.write([mine])[mine.key]
    assert isinstance(receipt, Conflict)
    assert receipt.theirs is not None
    assert (receipt.theirs.grade, receipt.theirs.version) == ("15", 2)
    assert desk.stored_pairs() == [("Ada", "15")]
    insisting = replace(mine, key=new_id(), expected_version=receipt.theirs.version)
    assert isinstance(desk.writer.write([insisting])[insisting.key], Saved)
    assert desk.stored_pairs() == [("Ada", "9")]


def test_the_same_change_in_two_tabs_is_no_conflict(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    _, other_tab = desk.page()
    for writer in (other_tab, desk.writer):
        command = change(saved, "Ada", "15")
        assert isinstance(writer.write([command])[command.key], Saved)
    assert [row.version for row in desk.stored()] == [2]


def test_changing_a_row_that_was_deleted_elsewhere_is_a_conflict_without_their_value(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    desk.direct.delete_result(desk.exam.id, saved.row.id, 1)
    for _ in range(2):  # even once this page knows that it is gone
        command = change(saved, "Ada", "9")
        assert desk.writer.write([command]) == {command.key: Conflict(command.key, saved.row.id, None)}


def test_deleting_a_row_that_was_changed_elsewhere_asks_first(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    desk.direct.update_result(desk.exam.id, saved.row.id, 1, grade="15")
    command = DeleteRow(new_id(), saved.row.id, 1)
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Conflict)
    assert desk.stored_pairs() == [("Ada", "15")]


def test_a_deleted_row_comes_back_under_a_new_id(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    command = DeleteRow(new_id(), saved.row.id, 1)
    receipt = desk.writer.write([command])[command.key]
    assert receipt == Deleted(command.key, NOW_S, saved.row.id, saved.row)
    assert desk.stored() == []
    assert desk.workspace.results == []
    undo = UndoCommand(new_id(), command.key)
    back = desk.writer.write([undo, undo])[undo.key]
    assert isinstance(back, Saved)
    assert back.row.id == undo.key != saved.row.id
    assert desk.stored_pairs() == [("Ada", "12")]


def test_deleting_a_missing_row_succeeds_and_cannot_be_undone(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    desk.direct.delete_result(desk.exam.id, saved.row.id, 1)
    command = DeleteRow(new_id(), saved.row.id, 1)
    assert desk.writer.write([command])[command.key] == Deleted(command.key, NOW_S, saved.row.id, None)
    undo = UndoCommand(new_id(), command.key)
    assert isinstance(desk.writer.write([undo])[undo.key], Refused)


def test_undo_never_overwrites_later_changes(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    command = change(saved, "Ada", "13")
    desk.writer.write([command])
    desk.direct.update_result(desk.exam.id, saved.row.id, 2, grade="19")
    undo = UndoCommand(new_id(), command.key)
    assert isinstance(desk.writer.write([undo])[undo.key], Conflict)
    assert desk.stored_pairs() == [("Ada", "19")]


def test_undoing_a_new_row_deletes_it(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    undo = UndoCommand(new_id(), saved.key)
    assert isinstance(desk.writer.write([undo])[undo.key], Deleted)
    assert desk.stored() == []


def test_changes_by_other_pages_cannot_be_undone_here(desk: Desk) -> None:
    undo = UndoCommand(new_id(), new_id())
    assert isinstance(desk.writer.write([undo])[undo.key], Refused)


def test_with_codes_the_person_stays_private_and_gets_a_code(coded: Desk) -> None:
    first, second = create(coded, "Ada", "12"), create(coded, "Blaise", "9")
    assert is_code(first.row.student)
    assert is_code(second.row.student)
    assert first.row.student != second.row.student
    assert [(row.name, row.student) for row in coded.stored()] == [
        ("Ada", first.row.student),
        ("Blaise", second.row.student),
    ]
    assert coded.workspace.result(first.row.id) == first.row


class AnswerLost(ApiDouble):
    """A new row is stored but the answer is lost."""

    def create_result(self, exam_id: str, new: NewResult) -> None:
        self._api.create_result(exam_id, new)
        raise UNREACHABLE


def test_a_code_stays_the_same_until_its_row_is_stored(coded: Desk) -> None:
    """Otherwise the same id would be sent with other content after a lost answer."""
    command = CreateRow(new_id(), "Ada", "12")
    api = coded.direct
    coded.direct = AnswerLost(api)  # type: ignore[assignment]
    assert isinstance(coded.writer.write([command])[command.key], NotSaved)
    coded.direct = api
    (arrived,) = coded.stored()
    receipt = coded.writer.write([command])[command.key]
    assert isinstance(receipt, Saved)
    assert receipt.row.student == arrived.student


def test_a_row_stored_under_another_code_keeps_that_code(coded: Desk) -> None:
    """The page was reopened between the lost answer and the retry."""
    command = CreateRow(new_id(), "Ada", "12")
    first = coded.writer.write([command])[command.key]
    _, writer = coded.page()
    again = writer.write([command])[command.key]
    assert isinstance(first, Saved)
    assert isinstance(again, Saved)
    assert again.row == replace(first.row, owner=again.row.owner)
    assert len(coded.stored()) == 1


def test_changing_a_name_keeps_the_code_and_a_restored_row_keeps_its_own(coded: Desk) -> None:
    saved = create(coded, "Ada", "12")
    renamed = change(saved, "Ada Lovelace", "12")
    receipt = coded.writer.write([renamed])[renamed.key]
    assert isinstance(receipt, Saved)
    assert (receipt.row.student, receipt.row.name) == (saved.row.student, "Ada Lovelace")
    delete = DeleteRow(new_id(), saved.row.id, receipt.row.version)
    coded.writer.write([delete])
    undo = UndoCommand(new_id(), delete.key)
    coded.writer.write([undo])
    assert [(row.student, row.name) for row in coded.stored()] == [(saved.row.student, "Ada Lovelace")]


def test_a_conflict_over_a_coded_row_includes_the_name(coded: Desk) -> None:
    saved = create(coded, "Ada", "12")
    coded.direct.update_result(coded.exam.id, saved.row.id, 1, name="Augusta")
    mine = change(saved, "Ada L.", "12")
    receipt = coded.writer.write([mine])[mine.key]
    assert isinstance(receipt, Conflict)
    assert receipt.theirs is not None
    assert receipt.theirs.name == "Augusta"


def test_a_row_without_a_name_is_restored_without_one(coded: Desk) -> None:
    row = coded.direct.create_result(coded.exam.id, NewResult("7KQM2X", "12"))
    coded.workspace.refresh()
    delete = DeleteRow(new_id(), row.id, 1)
    coded.writer.write([delete])
    undo = UndoCommand(new_id(), delete.key)
    assert isinstance(coded.writer.write([undo])[undo.key], Saved)
    assert [(row.student, row.name) for row in coded.stored()] == [("7KQM2X", None)]


def test_another_teachers_exam_is_refused_row_by_row(
    backend: RunningBackend, other_teacher: SignedInTeacher, desk: Desk
) -> None:
    published = desk.direct.publish_exam(desk.exam.id, desk.exam.version)
    with open_desk(backend, other_teacher) as stranger:
        stranger.exam = published
        _, writer = stranger.page()
        commands = [CreateRow(new_id(), "Ada", "1"), CreateRow(new_id(), "Blaise", "2")]
        receipts = writer.write(commands)
    for command in commands:
        receipt = receipts[command.key]
        assert isinstance(receipt, Refused)
        assert "another teacher" in receipt.reason
    assert desk.stored() == []


def test_an_exam_deleted_meanwhile_accepts_no_rows(desk: Desk) -> None:
    desk.direct.delete_exam(desk.exam.id, desk.exam.version)
    command = CreateRow(new_id(), "Ada", "1")
    receipt = desk.writer.write([command])[command.key]
    assert isinstance(receipt, Refused)
    assert "deleted" in receipt.reason


def test_one_invalid_id_in_a_batch_does_not_block_the_others(desk: Desk) -> None:
    """The API stores a batch completely or not at all, so the rows are then tried one by one."""
    taken = create(desk, "Ada", "12").row
    _, writer = desk.page()
    desk.direct.update_result(desk.exam.id, taken.id, 1, student="Eve")
    clash = CreateRow(taken.id, "Zoe", "1")
    good = CreateRow(new_id(), "Blaise", "9")
    receipts = writer.write([clash, good])
    assert isinstance(receipts[clash.key], Conflict)
    assert isinstance(receipts[good.key], Saved)


def test_rows_are_deleted_in_batches_and_a_changed_one_does_not_block_the_others(desk: Desk) -> None:
    rows = desk.direct.create_results(
        desk.exam.id, [NewResult(f"Student {n:03}", "1") for n in range(BATCH_MAX)]
    )
    desk.direct.create_results(
        desk.exam.id, [NewResult(f"Student {n:03}", "1") for n in range(BATCH_MAX, 150)]
    )
    desk.workspace.refresh()
    commands = [DeleteRow(new_id(), row.id, 1) for row in desk.workspace.results]
    desk.direct.update_result(desk.exam.id, rows[0].id, 1, grade="15")
    desk.asked = 0
    receipts = desk.writer.write(commands)
    assert [type(receipt) for receipt in receipts.values()].count(Deleted) == 149
    assert [row.id for row in desk.stored()] == [rows[0].id]
    assert desk.asked <= 102, "one batch at once, the other one row by row"


def test_the_longest_comments_are_saved_and_deleted_in_as_few_requests_as_take_them(desk: Desk) -> None:
    """A full batch of them is longer than a request may be, and than a record of the history."""
    longest = "\N{ROCKET}" * COMMENT_MAX
    commands = [CreateRow(new_id(), f"Student {n:03}", "1", comment=longest) for n in range(BATCH_MAX)]
    desk.asked = 0
    receipts = desk.writer.write(commands)
    assert [type(receipt) for receipt in receipts.values()] == [Saved] * BATCH_MAX
    assert desk.asked == 2
    assert {row.comment for row in desk.stored()} == {longest}

    desk.asked = 0
    receipts = desk.writer.write([DeleteRow(new_id(), command.key, 1) for command in commands])
    assert [type(receipt) for receipt in receipts.values()] == [Deleted] * BATCH_MAX
    assert desk.asked == 2
    assert desk.stored() == []


def test_number_and_comment_are_written_changed_left_and_removed(desk: Desk) -> None:
    command = CreateRow(new_id(), "Ada", "12", number=" S-17 ", comment=" Well\r\ndone. ")
    saved = desk.writer.write([command])[command.key]
    assert isinstance(saved, Saved)
    assert (saved.row.number, saved.row.comment) == ("S-17", "Well\ndone.")
    for changes, expected in (
        ({"grade": "13"}, ("13", "S-17", "Well\ndone.")),
        ({"comment": "See me."}, ("13", "S-17", "See me.")),
        ({"number": "18", "comment": ""}, ("13", "18", None)),
        ({"grade": "", "comment": "Ill."}, (AWAITED, "18", "Ill.")),
        ({"number": " "}, (AWAITED, None, "Ill.")),
    ):
        row = desk.stored()[0]
        values = {"grade": typed_grade(row.grade), **changes}
        step = ChangeRow(new_id(), row.id, row.version, "Ada", **values)
        receipt = desk.writer.write([step])[step.key]
        assert isinstance(receipt, Saved)
        stored = desk.stored()[0]
        assert (stored.grade, stored.number, stored.comment) == expected
        kept = desk.workspace.result(row.id)
        assert receipt.row == kept
        assert kept is not None
        assert (kept.grade, kept.number, kept.comment, kept.version) == (*expected, stored.version)


def test_a_comment_that_is_too_long_is_refused_with_its_field(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    new = CreateRow(new_id(), "Blaise", "3", comment="x" * 1001)
    changed = ChangeRow(new_id(), saved.row.id, 1, "Ada", "12", number="x" * 121)
    receipts = desk.writer.write([new, changed])
    fields = {key: receipt.field for key, receipt in receipts.items() if isinstance(receipt, Refused)}
    assert fields == {new.key: "comment", changed.key: "number"}
    assert desk.stored_pairs() == [("Ada", "12")]


@pytest.mark.parametrize("audience", [Audience.NAMES, Audience.CODES, Audience.OWN])
def test_undo_brings_number_and_comment_back(make_desk: MakeDesk, audience: Audience) -> None:
    desk = make_desk(audience=audience)
    new = CreateRow(new_id(), "Ada", "12", number="17", comment="Well done.")
    saved = desk.writer.write([new])[new.key]
    assert isinstance(saved, Saved)
    changed = ChangeRow(new_id(), new.key, 1, "Ada", "12", "18", "")
    undo = UndoCommand(new_id(), changed.key)
    desk.writer.write([changed])
    desk.writer.write([undo])
    (row,) = desk.stored()
    assert (row.number, row.comment, row.version) == ("17", "Well done.", 3)
    gone = DeleteRow(new_id(), new.key, 3)
    back = UndoCommand(new_id(), gone.key)
    desk.writer.write([gone])
    assert desk.stored() == []
    desk.writer.write([back])
    (row,) = desk.stored()
    assert (row.number, row.comment) == ("17", "Well done.")


def test_a_conflict_shows_the_other_tabs_comment_and_the_same_comment_is_none(desk: Desk) -> None:
    saved = create(desk, "Ada", "12")
    _, other_tab = desk.page()
    theirs = ChangeRow(new_id(), saved.row.id, 1, "Ada", "12", None, "Well done.")
    other_tab.write([theirs])
    mine = ChangeRow(new_id(), saved.row.id, 1, "Ada", "12", None, "Look again.")
    receipt = desk.writer.write([mine])[mine.key]
    assert isinstance(receipt, Conflict)
    assert receipt.theirs is not None
    assert (receipt.theirs.comment, receipt.theirs.version) == ("Well done.", 2)
    same = replace(mine, key=new_id(), comment="Well done.")
    assert isinstance(desk.writer.write([same])[same.key], Saved)


def test_numbers_tell_students_of_one_name_apart(desk: Desk) -> None:
    first = CreateRow(new_id(), "Ada", "12", number="17")
    second = CreateRow(new_id(), "ada", "15", number="18")
    receipts = desk.writer.write([first, second])
    assert [type(receipt) for receipt in receipts.values()] == [Saved, Saved]
    third = CreateRow(new_id(), "Ada", "3", number="19")
    assert isinstance(desk.writer.write([third])[third.key], Saved)
    for number, existing in (
        ("18", {second.key}),
        ("018", {second.key}),
        ("", {first.key, second.key, third.key}),
    ):
        again = CreateRow(new_id(), "Ada", "3", number=number)
        duplicate = desk.writer.write([again])[again.key]
        assert isinstance(duplicate, Duplicate)
        assert duplicate.existing.id in existing
