"""The import page without a browser: what it asks, what it shows, what it stores."""

import datetime as dt
import random
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from shared.api.calls import BATCH_MAX
from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.grades import AWAITED
from shared.model.scales import OUT_OF_20
from teacher_app.views import navigation
from teacher_app.views.clock import local_now
from teacher_app.views.exam_parts.import_rows import editor_key
from tests.teacher_app.importing.test_dialects import CANVAS, bytes_of, workbook_of, zip_of
from tests.teacher_app.importing.test_gradebooks import SAMPLES
from tests.teacher_app.views.desk import Desk

ODS = "application/vnd.oasis.opendocument.spreadsheet"
PASTED = "Ada\t14,5\nBob\t99\nCy\tabs\n"


@pytest.fixture
def exam(desk: Desk) -> Exam:
    return desk.real_api.create_exam(NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20))


@pytest.fixture
def page(desk: Desk, exam: Exam) -> AppTest:
    page = desk.open(navigation.EXAM, exam=exam.id, part="Import")
    assert not page.exception
    return page


def paste(page: AppTest, text: str) -> AppTest:
    page.text_area[0].input(text)
    return press(page, "Read the rows")


def press(page: AppTest, label: str) -> AppTest:
    found = next(button for button in page.button if button.label == label)
    assert not found.disabled
    page = found.click().run()
    assert not page.exception
    return page


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def says(page: AppTest, *words: str) -> bool:
    told = [*page.markdown, *page.info, *page.warning, *page.error, *page.success]
    return all(any(word in one.value for one in told) for word in words)


def edit(page: AppTest, edited: dict[int, dict[str, str | None]]) -> AppTest:
    """Sends edits of the displayed rows as the editor in a browser does."""
    place = f"import-{page.query_params['exam']}"
    state = page.session_state[place]
    key = editor_key(state.draft, f"{place}-{state.generation}", shows_all=False)
    page.session_state[key] = {"edited_rows": edited, "added_rows": [], "deleted_rows": []}
    page = page.run()
    assert not page.exception
    return page


def stored(desk: Desk, exam: Exam) -> list[tuple[str, str]]:
    return sorted((row.name or row.student, row.grade) for row in desk.real_api.list_results(exam.id))


def test_rows_are_pasted_corrected_and_saved(page: AppTest, desk: Desk, exam: Exam) -> None:
    paste(page, PASTED)
    assert says(page, "**3 rows:** 2 new · 1 to correct", "Line 2, Bob: “99” is above 20")
    assert stored(desk, exam) == []
    edit(page, {0: {"Grade": "9"}})
    assert says(page, "**3 rows:** 3 new")
    press(page, "Save 3 results")
    assert says(page, "3 results saved at", "**3 rows:** 3 already saved")
    assert stored(desk, exam) == [("Ada", "14.5"), ("Bob", "9"), ("Cy", "ABSENT")]


def test_a_correction_stays_an_edit_of_the_editor(page: AppTest) -> None:
    """Otherwise the editor would drop it and rerun the page for nothing."""
    paste(page, PASTED)
    edit(page, {0: {"Grade": "9"}})
    table = page.dataframe[0].value
    assert list(table["Grade"]) == ["99"]
    assert list(table["What happens"]) == ["✓ New"]


def test_reverting_or_emptying_a_cell_counts(page: AppTest) -> None:
    paste(page, PASTED)
    edit(page, {0: {"Grade": "9"}})
    edit(page, {})
    assert says(page, "**3 rows:** 2 new · 1 to correct", "Line 2, Bob: “99” is above 20")
    edit(page, {0: {"Grade": None}})
    assert says(page, "**3 rows:** 2 new · 1 without a grade")


def test_a_corrected_row_can_be_corrected_again_after_visiting_another_tab(page: AppTest) -> None:
    paste(page, PASTED)
    edit(page, {0: {"Grade": "9"}})
    page.segmented_control[0].set_value("Enter").run()
    page.segmented_control[0].set_value("Import").run()
    assert list(page.dataframe[0].value["Grade"]) == ["9"]
    edit(page, {0: {"Student": "Bobby"}})
    assert says(page, "**3 rows:** 3 new")
    assert list(page.dataframe[0].value["Grade"]) == ["9"]


def test_the_rest_can_be_corrected_after_the_valid_rows_were_saved(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    paste(page, PASTED)
    press(page, "Save 2 results")
    edit(page, {0: {"Student": "Bobby", "Grade": "9"}})
    press(page, "Save 1 result")
    assert stored(desk, exam) == [("Ada", "14.5"), ("Bobby", "9"), ("Cy", "ABSENT")]
    press(page, "Import more")
    assert page.text_area[0].value == ""


def test_a_draft_stays_while_the_teacher_looks_elsewhere(page: AppTest) -> None:
    paste(page, PASTED)
    edit(page, {0: {"Grade": "9"}})
    page.segmented_control[0].set_value("Enter").run()
    page.segmented_control[0].set_value("Import").run()
    assert says(page, "**3 rows:** 3 new")
    press(page, "Start over")
    assert "Read the rows" in labels(page)


def test_an_empty_paste_is_reported(page: AppTest) -> None:
    paste(page, " \n ")
    assert says(page, "There is nothing in it")
    assert "Read the rows" in labels(page)


def test_a_file_is_read_when_it_is_chosen(page: AppTest, desk: Desk, exam: Exam) -> None:
    page.file_uploader[0].upload("grades.csv", CANVAS.encode(), "text/csv").run()
    assert not page.exception
    assert page.expander[0].label.startswith("Read as an export of Canvas")
    assert says(page, "Choose above which columns")
    page.selectbox[1].select(6).run()
    assert says(page, "**4 rows:** 2 new · 1 without a grade yet · 1 not ticked")
    press(page, "Save 3 results")
    assert [pair for pair in stored(desk, exam) if pair[1] != AWAITED] == [
        ("Hopper, Grace", "EXEMPT"),
        ("Lovelace, Ada", "14.5"),
    ]


def test_another_sheet_of_a_workbook_can_be_chosen(page: AppTest) -> None:
    rows = [["Name", "Grade"], ["Ada", 1]]
    data = bytes_of(workbook_of(("A", rows), ("B", [*rows, ["Bob", 2]])))
    page.file_uploader[0].upload("grades.xlsx", data, "application/octet-stream").run()
    assert says(page, "**1 row:** 1 new")
    page.selectbox[0].select("B").run()
    assert not page.exception
    assert says(page, "**2 rows:** 2 new")


def test_blackboards_xls_is_read_as_it_was_downloaded(page: AppTest, desk: Desk, exam: Exam) -> None:
    data = (SAMPLES / "blackboard.xls").read_bytes()
    page.file_uploader[0].upload("gc_full.xls", data, "application/vnd.ms-excel").run()
    assert not page.exception
    assert page.expander[0].label.startswith("Read as an export of Blackboard")
    page.selectbox[1].select(6).run()
    press(page, "Save 3 results")
    assert ("Ada Lovelace", "14.5") in stored(desk, exam)


@pytest.mark.parametrize(
    ("name", "data", "says_so"),
    [
        ("class.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Save it as XLSX without a password, or as CSV"),
        ("class.pdf", b"%PDF-1.7", "Choose the spreadsheet that it was made from, or paste the rows"),
        ("class.numbers", zip_of({"Index/Document.iwa": "x"}), "Export it there as XLSX or as CSV"),
        ("class.ods", zip_of({"mimetype": ODS}), "Save it again, or as XLSX or CSV"),
    ],
)
def test_a_file_of_any_extension_is_taken_and_explained(
    page: AppTest, name: str, data: bytes, says_so: str
) -> None:
    page.file_uploader[0].upload(name, data, "application/octet-stream").run()
    assert not page.exception
    assert says_so in page.error[0].value.replace("\\", "")
    assert "Read the rows" in labels(page)


def test_hidden_rows_of_a_workbook_are_counted_and_left_out(page: AppTest) -> None:
    workbook = workbook_of(("A", [["Name", "Grade"], ["Ada", 1], ["Bob", 2], ["Cy", 3]]))
    for line in (3, 4):
        workbook["A"].row_dimensions[line].hidden = True
    page.file_uploader[0].upload("grades.xlsx", bytes_of(workbook), "application/octet-stream").run()
    assert not page.exception
    assert says(page, "The workbook hides 2 rows", "**3 rows:** 1 new · 2 not ticked")


def test_a_file_without_a_list_is_refused_with_a_reason(page: AppTest) -> None:
    page.file_uploader[0].upload("grades.csv", b"%PDF-1.7", "text/csv").run()
    assert says(page, "This is a PDF")
    assert "Read the rows" in labels(page)


def test_columns_that_cannot_be_recognised_are_asked_for(page: AppTest) -> None:
    paste(page, "Ada;Lovelace;14;15\nGrace;Hopper;12;13")
    assert says(page, "Choose above which columns")
    assert "Save" not in " ".join(labels(page))
    page.multiselect[0].set_value([0, 1])
    page.selectbox[1].select(3).run()
    assert says(page, "**2 rows:** 2 new")
    assert "“Column 1 (Ada)” and “Column 2 (Lovelace)”" in page.expander[0].label.replace("\\", "")


def test_the_teacher_says_which_row_is_the_heading(page: AppTest) -> None:
    paste(page, "Wer;Wieviel\nAda;14\nBob;12")
    assert says(page, "**3 rows:** 2 new · 1 to correct")
    page.selectbox[0].select(0).run()
    page.multiselect[0].set_value([0]).run()
    page.selectbox[1].select(1).run()
    assert says(page, "**2 rows:** 2 new")


def test_points_that_do_not_fit_the_scale_give_a_warning(page: AppTest) -> None:
    text = "Student,ID,Section,Essay (3)\n    Points Possible,,,50\nAda,1,A,14"
    page.file_uploader[0].upload("grades.csv", text.encode(), "text/csv").run()
    assert says(page, "50 points are possible; this exam is out of 20")


def test_points_of_another_maximum_are_converted_when_the_teacher_says_so(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    text = "Student,ID,Section,Essay (3)\n    Points Possible,,,50\nAda,1,A,14\nBo,2,A,13.3\nCy,3,A,EX"
    page.file_uploader[0].upload("grades.csv", text.encode(), "text/csv").run()
    page.checkbox[0].check().run()
    assert page.checkbox[0].label == "Convert: 50 in the file become 20"
    assert list(page.dataframe[0].value["What happens"]) == [
        "✓ New 14 of 50 is 5.6.",
        "✓ New 13.3 of 50 is 5.32.",
        "✓ New",
    ]
    press(page, "Save 3 results")
    assert stored(desk, exam) == [("Ada", "5.6"), ("Bo", "5.32"), ("Cy", "EXEMPT")]


def test_students_of_one_name_are_told_apart_by_their_numbers(page: AppTest, desk: Desk, exam: Exam) -> None:
    paste(page, "Matrikelnummer;Name;Grade\n1001;Ada;14\n1007;Ada;12\n1003;Bo;9")
    assert says(page, "**3 rows:** 3 new")
    assert list(page.dataframe[0].value["Number"]) == ["1001", "1007", "1003"]
    press(page, "Save 3 results")
    assert stored(desk, exam) == [("Ada", "12"), ("Ada", "14"), ("Bo", "9")]
    assert says(page, "**3 rows:** 3 already saved")


def test_existing_and_repeated_students_are_asked_about(page: AppTest, desk: Desk, exam: Exam) -> None:
    desk.real_api.create_results(exam.id, [NewResult("Ada", "3"), NewResult("Bob", "4")])
    desk_page = desk.open(navigation.EXAM, exam=exam.id, part="Import")
    paste(desk_page, "Ada;14\nBob;4\nCy;5\nCy;6")
    assert says(desk_page, "1 already saved · 1 left out · 2 repeated")
    assert [radio.label for radio in desk_page.radio] == [
        "Some students already have a different grade or comment",
        "Some students appear more than once",
    ]
    desk_page.radio[0].set_value("replace")
    desk_page.radio[1].set_value("last").run()
    press(desk_page, "Save 2 results")
    assert stored(desk, exam) == [("Ada", "14"), ("Bob", "4"), ("Cy", "6")]


def test_grades_with_too_many_decimals_are_rounded_when_the_teacher_says_so(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    paste(page, "Ada;13.333333333\nBob;12\nCy;21")
    assert says(page, "**3 rows:** 1 new · 2 to correct")
    assert [box.label for box in page.checkbox] == ["Round 1 grade with too many decimals"]
    page.checkbox[0].check().run()
    assert says(page, "**3 rows:** 2 new · 1 to correct")
    press(page, "Save 2 results")
    assert stored(desk, exam) == [("Ada", "13.33"), ("Bob", "12")]


def test_rows_that_others_saved_meanwhile_are_not_saved_twice(page: AppTest, desk: Desk, exam: Exam) -> None:
    paste(page, PASTED)
    desk.real_api.create_result(exam.id, NewResult("Ada", "14.5"))
    press(page, "Save 2 results")
    assert says(page, "1 result saved at")
    assert stored(desk, exam) == [("Ada", "14.5"), ("Cy", "ABSENT")]


def test_nothing_is_left_to_save_when_another_tab_has_saved_everything(
    page: AppTest, desk: Desk, exam: Exam
) -> None:
    paste(page, "Ada;14")
    desk.real_api.create_result(exam.id, NewResult("Ada", "14"))
    press(page, "Save 1 result")
    assert says(page, "everything is saved already")
    assert stored(desk, exam) == [("Ada", "14")]


@pytest.mark.parametrize("fault", ["is_down", "has_ended"])
def test_a_connection_that_is_down_before_saving_loses_nothing(
    page: AppTest, desk: Desk, exam: Exam, fault: str
) -> None:
    paste(page, PASTED)
    setattr(desk, fault, True)
    press(page, "Save 2 results")
    assert says(page, "Your session has ended" if fault == "has_ended" else "server does not answer")
    setattr(desk, fault, False)
    press(page, "Save 2 results")
    assert stored(desk, exam) == [("Ada", "14.5"), ("Cy", "ABSENT")]


def test_a_connection_lost_midway_reports_what_is_saved_and_one_click_resumes(
    page: AppTest, desk: Desk, exam: Exam, monkeypatch: pytest.MonkeyPatch
) -> None:
    paste(page, "".join(f"Student {number:03d};{number % 21}\n" for number in range(250)))
    create_results = desk.real_api.create_results

    def goes_down_after_one(*arguments: Any) -> Any:
        desk.is_down = True
        return create_results(*arguments)

    monkeypatch.setattr(desk.real_api, "create_results", goes_down_after_one)
    press(page, "Save 250 results")
    assert says(
        page, "server does not answer", f"**{BATCH_MAX} of 250 are saved**, {250 - BATCH_MAX} are not"
    )
    assert len(stored(desk, exam)) == BATCH_MAX
    monkeypatch.undo()
    desk.is_down = False
    press(page, "Continue")
    assert says(page, "250 results saved at")
    assert len(stored(desk, exam)) == 250


def test_a_cancelled_import_leads_back_to_the_rows(page: AppTest, exam: Exam) -> None:
    paste(page, "Ada;1\nBob;2")
    draft = page.session_state[f"import-{exam.id}"].draft
    draft.begin(random.Random(1))
    draft.pause(local_now)  # as “Cancel” does between two batches
    page.run()
    assert says(page, "**0 of 2 are saved**, 2 are not")
    press(page, "Back to the table")
    assert says(page, "**2 rows:** 2 new")


def test_an_import_is_undone_and_saved_again(page: AppTest, desk: Desk, exam: Exam) -> None:
    paste(page, PASTED)
    press(page, "Save 2 results")
    press(page, "Undo this import")
    assert says(page, "2 results undone at", "**3 rows:** 2 new · 1 to correct")
    assert stored(desk, exam) == []
    press(page, "Save 2 results")
    assert stored(desk, exam) == [("Ada", "14.5"), ("Cy", "ABSENT")]


def test_a_published_exam_is_labelled_as_published(desk: Desk, exam: Exam) -> None:
    desk.real_api.publish_exam(exam.id, exam.version)
    page = paste(desk.open(navigation.EXAM, exam=exam.id, part="Import"), PASTED)
    assert says(page, "everybody sees each result as soon as it is saved")


def test_names_get_codes_if_the_exam_shows_codes(desk: Desk) -> None:
    new = NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", OUT_OF_20, Audience.CODES)
    exam = desk.real_api.create_exam(new)
    page = paste(desk.open(navigation.EXAM, exam=exam.id, part="Import"), "Ada;14\nBob;12")
    press(page, "Save 2 results")
    assert stored(desk, exam) == [("Ada", "14"), ("Bob", "12")]
    page.segmented_control[0].set_value("Codes").run()
    assert not page.exception
    codes = {row.name: row.student for row in desk.real_api.list_results(exam.id)}
    table = next(part.proto.body for part in page.get("html") if "<td" in part.proto.body)
    assert dict(re.findall(r'<td dir="auto">(.*?)</td><td dir="auto">(.*?)</td>', table)) == codes


def test_the_columns_show_numbers_and_comments_and_either_can_be_left_out(page: AppTest) -> None:
    paste(page, f"Name;Student ID;Points;Remarks\nAda;00123;14;- *well* done {'x' * 100}\nBo;00124;12;")
    assert "numbers from “Student ID”, comments from “Remarks”" in page.expander[0].label
    assert list(page.dataframe[0].value["Comment"])[1] == ""
    first = page.table[0].value
    assert list(first["Student ID"]) == ["00123", "00124"]
    assert first["Remarks"][0] == rf"\- \*well\* done {'x' * 66} …"  # as it stands, and not all of it
    box = next(box for box in page.selectbox if box.label == "Comment")
    box.set_value(-1).run()
    assert "comments" not in page.expander[0].label
    assert list(page.dataframe[0].value["Comment"]) == ["", ""]
    assert list(page.dataframe[0].value["Number"]) == ["00123", "00124"]
