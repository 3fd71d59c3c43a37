"""The history of an exam against the embedded backend, without a browser."""

from streamlit.testing.v1 import AppTest

from shared.model.exam import Audience, Exam, NewResult, Result
from shared.model.grades import AWAITED
from teacher_app.views import navigation
from tests.teacher_app.views.desk import Desk
from tests.teacher_app.views.test_exam_views import new_exam, press, texts


def open_history(desk: Desk, exam: Exam) -> AppTest:
    return desk.open(navigation.EXAM, exam=exam.id, part="History")


def results(desk: Desk, exam: Exam) -> list[Result]:
    return sorted(desk.real_api.list_results(exam.id), key=lambda row: row.name or row.student)


def restore_all(page: AppTest) -> int:
    return sum(button.label == "Restore" for button in page.button)


def test_an_exam_in_which_nothing_was_changed_says_so(desk: Desk) -> None:
    assert "Nothing was changed yet." in texts(open_history(desk, new_exam(desk, "12")))


def test_while_the_server_does_not_answer_the_page_says_so_and_reads_it_afterwards(desk: Desk) -> None:
    """With the reason, and a button: another gradebook said “Error loading gradebook history” and no more."""
    exam = new_exam(desk, "12")
    (row,) = results(desk, exam)
    desk.real_api.update_result(exam.id, row.id, row.version, grade="14")
    page = desk.open(navigation.EXAM, exam=exam.id)
    desk.is_down = True
    page.query_params["part"] = "History"
    page.run()
    assert "does not answer" in texts(page)
    desk.is_down = False
    page.run()
    assert "12 → 14" in texts(page)


def test_publishing_and_withdrawing_are_listed_and_offer_nothing_to_restore(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    exam = desk.real_api.publish_exam(exam.id, exam.version)
    desk.real_api.unpublish_exam(exam.id, exam.version)
    page = open_history(desk, exam)
    said = texts(page)
    assert said.index("Unpublished") < said.index("Published")
    assert restore_all(page) == 0


def test_a_comment_a_number_and_a_grade_taken_back_are_restored(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    (row,) = results(desk, exam)
    row = desk.real_api.update_result(exam.id, row.id, row.version, comment="Well done.", number="17")
    row = desk.real_api.update_result(exam.id, row.id, row.version, comment="", number="")
    desk.real_api.retract_result(exam.id, row.id, row.version)
    page = open_history(desk, exam)
    press(page, "Restore")
    assert [one.grade for one in results(desk, exam)] == ["12"]
    press(open_history(desk, exam), "Restore")
    (restored,) = results(desk, exam)
    assert restored.grade == AWAITED, "restoring is a change as every other, and can be restored itself"
    second = [button for button in open_history(desk, exam).button if button.label == "Restore"][-1]
    assert restored.comment is None
    second.click().run()
    (restored,) = results(desk, exam)
    assert (restored.comment, restored.number) == ("Well done.", "17")


def test_a_deleted_result_with_a_code_keeps_it(desk: Desk) -> None:
    """Its student has it on paper; the result has a new id, since ids are never used twice."""
    exam = new_exam(desk, audience=Audience.CODES)
    made = desk.real_api.create_result(exam.id, NewResult("7K4QX2", "12", "Ada", number="17"))
    desk.real_api.delete_result(exam.id, made.id, made.version)
    press(open_history(desk, exam), "Restore")
    (restored,) = results(desk, exam)
    assert (restored.student, restored.name, restored.number) == ("7K4QX2", "Ada", "17")
    assert restored.id != made.id
