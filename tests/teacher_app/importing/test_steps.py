"""Cases that are steps and no files: each has a test where it belongs, in a browser or below the page.

A case is a JSON file of cases/steps/ with what is done, what is expected and where it was seen.
"""

import ast
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STEPS = Path(__file__).parent / "cases" / "steps"

TESTS = {
    127: "tests/teacher_app/views/test_import_view.py::test_blackboards_xls_is_read_as_it_was_downloaded",
    128: "tests/teacher_app/views/test_import_view.py::test_a_file_of_any_extension_is_taken_and_explained",
    130: "tests/teacher_app/exam/test_review.py::"
    "test_rows_of_averages_that_were_imported_as_students_stand_out",
    131: "tests/shared/model/test_names.py::test_a_name_is_found_by_parts_of_its_words_in_any_order",
    133: "tests/browser/student/test_own.py::test_i_am_found_however_i_write_my_name",
    134: "tests/browser/student/test_own.py::test_i_am_found_however_i_write_my_name",
    135: "tests/shared/model/test_names.py::test_names_are_sorted_as_people_expect_and_codes_by_their_text",
    136: "tests/shared/model/test_statistics.py::test_only_all_and_none_are_100_and_0_percent",
    138: "tests/shared/model/test_statistics.py::test_half_of_the_points_passes_and_every_letter_but_f",
    140: "tests/shared/model/test_statistics.py::test_the_pass_mark_is_the_scales_own",
    142: "tests/shared/model/test_statistics.py::"
    "test_marks_and_unreadable_grades_are_counted_apart_and_touch_no_mean",
    143: "tests/shared/model/test_statistics.py::test_a_grade_falls_in_the_bin_that_its_text_says",
    145: "tests/teacher_app/exporting/test_fill_in.py::"
    "test_a_student_is_found_with_another_kind_of_apostrophe",
    146: "tests/teacher_app/views/test_export_views.py::test_an_export_of_brightspace_is_filled_in",
    147: "tests/teacher_app/reading/test_refusals.py::test_too_many_rows_or_columns_are_refused",
    148: "tests/teacher_app/gate/test_gate_pages.py::test_spaces_around_a_name_and_a_password_are_ignored",
    150: "tests/wire/cognito/test_sign_in.py::test_any_accepted_password_works",
    152: "tests/teacher_app/gate/test_gate_pages.py::"
    "test_with_an_authenticator_the_password_alone_gives_no_access",
    153: "tests/teacher_app/views/test_import_view.py::"
    "test_a_corrected_row_can_be_corrected_again_after_visiting_another_tab",
    155: "tests/teacher_app/views/test_clock.py::test_the_browsers_time_zone_is_used_and_not_the_servers",
    156: "tests/shared/model/test_grades.py::test_invalid_input_is_refused_with_a_hint_of_what_to_type",
}


def test_every_case_of_steps_has_a_test() -> None:
    assert {json.loads(path.read_text("utf-8"))["n"] for path in STEPS.iterdir()} == TESTS.keys()


@pytest.mark.parametrize("number", TESTS)
def test_the_test_of_a_case_exists(number: int) -> None:
    path, _, name = TESTS[number].partition("::")
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    assert name in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}
