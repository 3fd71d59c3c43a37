"""The exam pages against the embedded backend, without a browser: what they show and what they store."""

import dataclasses
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from shared.model.exam import Audience, Exam, NewExam, NewResult
from shared.model.grades import AWAITED
from shared.model.scales import OUT_OF_20, Scale, out_of, parse_scale
from teacher_app.views import navigation
from teacher_app.views.exam_parts import announce
from tests.backend_process import RunningBackend
from tests.builders import new_id
from tests.teacher_app.views.desk import STUDENT_URL, Desk


def new_exam(desk: Desk, *grades: str, audience: Audience = Audience.NAMES, scale: Scale = OUT_OF_20) -> Exam:
    exam = desk.real_api.create_exam(NewExam("Optics", dt.date(2026, 6, 5), "M. Curie", scale, audience))
    if grades:
        rows = [NewResult(f"Student {number}", grade) for number, grade in enumerate(grades)]
        desk.real_api.create_results(exam.id, rows)
    return exam


def stored(desk: Desk, exam_id: str) -> Exam:
    exam = desk.real_api.get_exam(exam_id)
    assert exam
    return exam


def press(page: AppTest, label: str) -> AppTest:
    found = [button for button in page.button if button.label == label]
    assert found, f"no button “{label}” among {[button.label for button in page.button]}"
    return found[0].click().run()


def field(page: AppTest, label: str) -> object:
    return next(one for one in page.text_input if one.label == label)


def fill(page: AppTest, label: str, text: str) -> AppTest:
    return next(one for one in page.text_input if one.label == label).set_value(text).run()


def texts(page: AppTest) -> str:
    """All texts of the page outside its fields."""
    assert not page.exception, page.exception
    said = [*page.title, *page.subheader, *page.markdown, *page.caption, *page.error, *page.warning]
    said += [*page.info, *page.success]
    html = [part.proto.body for part in page.get("html")]
    return "\n".join([*(str(one.value) for one in said), *html])


# A new exam


def test_an_empty_list_says_how_to_begin(desk: Desk) -> None:
    page = desk.open(navigation.LIST)
    assert "New exam" in texts(page)
    assert press(page, "New exam").title[0].value == "New exam"


def test_a_new_exam_is_stored_and_opened(desk: Desk) -> None:
    page = fill(desk.open(navigation.NEW), "Subject", "Acoustics")
    press(page, "Create the exam")
    (exam,) = desk.real_api.list_my_exams()
    assert (exam.subject, exam.teacher, exam.scale) == ("Acoustics", desk.username, OUT_OF_20)
    assert exam.audience is Audience.OWN  # what gives away least, unless the teacher chooses otherwise
    assert not exam.is_published
    assert page.query_params["exam"] == exam.id


def test_an_empty_subject_is_reported_and_the_rest_is_kept(desk: Desk) -> None:
    page = fill(desk.open(navigation.NEW), "Teacher", "P. Curie")
    press(page, "Create the exam")
    assert "Type the subject" in texts(page)
    assert field(page, "Teacher").value == "P. Curie"  # type: ignore[attr-defined]
    assert list(desk.real_api.list_my_exams()) == []


def test_after_a_lost_answer_the_input_stays_and_another_click_creates_one_exam(desk: Desk) -> None:
    page = fill(desk.open(navigation.NEW), "Subject", "Acoustics")
    desk.is_down = True
    press(page, "Create the exam")
    assert "The server does not answer" in texts(page)
    assert field(page, "Subject").value == "Acoustics"  # type: ignore[attr-defined]
    desk.is_down = False
    press(page, "Create the exam")
    assert [exam.subject for exam in desk.real_api.list_my_exams()] == ["Acoustics"]


def test_the_teachers_name_is_taken_from_the_newest_exam(desk: Desk) -> None:
    new_exam(desk)
    assert field(desk.open(navigation.NEW), "Teacher").value == "M. Curie"  # type: ignore[attr-defined]


def test_a_copy_has_the_details_and_the_students_without_their_grades(desk: Desk) -> None:
    original = new_exam(desk, "12", "14")
    page = desk.open(navigation.EXAM, exam=original.id, part="Details")
    press(page, "Copy the exam with its students")
    assert "without its grades" in texts(page)
    press(page, "Create the exam")
    copy = next(exam for exam in desk.real_api.list_my_exams() if exam.id != original.id)
    assert (copy.subject, copy.teacher, copy.scale) == (original.subject, original.teacher, original.scale)
    assert copy.date == dt.datetime.now().astimezone().date()
    rows = list(desk.real_api.list_results(copy.id))
    assert sorted((row.student, row.grade) for row in rows) == [
        ("Student 0", AWAITED),
        ("Student 1", AWAITED),
    ]


# Details


def open_details(desk: Desk, exam: Exam) -> AppTest:
    return desk.open(navigation.EXAM, exam=exam.id, part="Details")


def test_details_are_saved_with_a_receipt(desk: Desk) -> None:
    exam = new_exam(desk)
    page = fill(open_details(desk, exam), "Subject", "Geometric optics")
    press(page, "Save the details")
    assert "Saved at " in texts(page)
    assert "<h1>Geometric optics</h1>" in texts(page)
    assert stored(desk, exam.id).subject == "Geometric optics"


def test_changed_details_stay_while_another_part_is_shown_and_it_is_said_there(desk: Desk) -> None:
    page = fill(open_details(desk, new_exam(desk)), "Subject", "Geometric optics")
    page.session_state[navigation.PART] = "Share"
    assert "Details that you changed are not saved." in texts(page.run())
    press(page, "Go to “Details”")
    assert field(page, "Subject").value == "Geometric optics"  # type: ignore[attr-defined]
    press(page, "Discard my changes")
    assert field(page, "Subject").value == "Optics"  # type: ignore[attr-defined]
    page.session_state[navigation.PART] = "Share"
    assert "not saved" not in texts(page.run())


def test_details_that_were_typed_right_before_another_part_was_chosen_are_not_saved_either(
    desk: Desk,
) -> None:
    page = open_details(desk, new_exam(desk))
    field(page, "Subject").set_value("Geometric optics")  # type: ignore[attr-defined]
    page.session_state[navigation.PART] = "Share"
    assert "Details that you changed are not saved." in texts(page.run())


def test_unchanged_details_are_read_again_when_the_part_is_opened_again(desk: Desk) -> None:
    exam = new_exam(desk)
    page = open_details(desk, exam)
    page.session_state[navigation.PART] = "Enter"
    page.run()
    desk.real_api.update_exam(exam.id, exam.version, subject="Acoustics")
    page.session_state[f"workspace-{exam.id}"].refresh()
    page.session_state[navigation.PART] = "Details"
    page.run()
    assert field(page, "Subject").value == "Acoustics"  # type: ignore[attr-defined]


def test_unchanged_details_are_not_sent(desk: Desk) -> None:
    exam = new_exam(desk)
    page = press(open_details(desk, exam), "Save the details")
    assert "you have changed nothing" in texts(page)
    assert stored(desk, exam.id).version == exam.version


def test_changes_to_different_fields_in_two_tabs_are_both_kept(desk: Desk) -> None:
    exam = new_exam(desk)
    page = fill(open_details(desk, exam), "Subject", "Geometric optics")
    desk.real_api.update_exam(exam.id, exam.version, teacher="P. Curie")
    press(page, "Save the details")
    now = stored(desk, exam.id)
    assert (now.subject, now.teacher) == ("Geometric optics", "P. Curie")


@pytest.mark.parametrize(("choice", "subject"), [("Save mine", "Mine"), ("Keep what is stored", "Theirs")])
def test_the_later_of_two_tabs_sees_both_values_and_chooses(desk: Desk, choice: str, subject: str) -> None:
    exam = new_exam(desk)
    page = fill(open_details(desk, exam), "Subject", "Mine")
    desk.real_api.update_exam(exam.id, exam.version, subject="Theirs")
    press(page, "Save the details")
    assert "changed elsewhere meanwhile" in texts(page)
    assert page.table[0].value.loc["Subject"].tolist() == ["Mine", "Theirs"]
    assert stored(desk, exam.id).subject == "Theirs"
    press(page, choice)
    assert stored(desk, exam.id).subject == subject
    assert field(page, "Subject").value == subject  # type: ignore[attr-defined]
    assert not page.table


def test_a_scale_that_does_not_fit_the_grades_is_reported_before_it_is_saved(desk: Desk) -> None:
    exam = new_exam(desk, "12", "8", "19")
    page = open_details(desk, exam)
    page.text_input(key=next(box.key for box in page.text_input if box.label == "Points in all")).set_value(
        "10"
    ).run()
    assert "2 of 3 grades would not fit “out of 10”" in texts(page)
    press(page, "Save the details")
    assert stored(desk, exam.id).scale == out_of(10)


@pytest.mark.parametrize(
    ("typed", "said"), [("0", "below the highest"), ("", "highest grade"), ("x", "not a number")]
)
def test_invalid_points_are_refused_and_never_corrected_silently(desk: Desk, typed: str, said: str) -> None:
    exam = new_exam(desk, "12")
    page = open_details(desk, exam)
    (points,) = (box for box in page.text_input if box.label == "Points in all")
    points.set_value(typed).run()
    press(page, "Save the details")
    assert said in texts(page)
    assert stored(desk, exam.id).scale == OUT_OF_20


def test_half_points_are_a_scale_with_its_own_pass_mark(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    page = open_details(desk, exam)
    for label, typed in (("Points in all", "22,5"), ("Passed: this or more", "9")):
        (box,) = (box for box in page.text_input if box.label == label)
        box.set_value(typed).run()
    press(page, "Save the details")
    assert stored(desk, exam.id).scale == out_of("22.5", 9)
    assert "out of 22.5, passed: 9 or more" in texts(desk.open(navigation.EXAM, exam=exam.id))


def test_a_key_shows_who_would_get_what_before_it_is_saved(desk: Desk) -> None:
    exam = new_exam(desk, "12", "8", "19")
    page = open_details(desk, exam)
    (key,) = (box for box in page.text_area if box.label == "Letters for points")
    key.set_value("A = 15\nB = 10\n---\nF = 0").run()
    tables = [table.value for table in page.table]
    assert tables[0]["Students"].tolist() == [1, 1, 1]
    assert tables[1]["Then"].tolist() == ["12 (B)", "8 (F)", "19 (A)"]
    press(page, "Save the details")
    assert stored(desk, exam.id).scale.text == "OUT_OF_20;KEY=A:15,B:10|F:0"


def test_the_pass_mark_is_asked_for_whenever_no_key_sets_it(desk: Desk) -> None:
    def labels() -> set[str]:
        return {box.label for box in page.text_input}

    page = open_details(desk, new_exam(desk, scale=parse_scale("OUT_OF_100;KEY=A:90|F:0")))
    assert "Passed: this or more" not in labels()
    for typed, is_asked in (("", True), ("A = 80\n---\nF = 0", False)):
        (key,) = (box for box in page.text_area if box.label == "Letters for points")
        key.set_value(typed).run()
        assert ("Passed: this or more" in labels()) is is_asked


def test_names_and_codes_cannot_be_changed_once_there_are_results(desk: Desk) -> None:
    assert "only while there are no results" in texts(open_details(desk, new_exam(desk, "12")))
    empty = open_details(desk, new_exam(desk))
    assert not empty.radio[0].disabled


# Deleting


def test_deleting_says_what_else_is_deleted_and_can_be_undone(desk: Desk) -> None:
    exam = new_exam(desk, "12", "14", "ABSENT")
    page = press(open_details(desk, exam), "Delete this exam …")
    assert "This deletes the exam and its 3 results" in texts(page)
    press(page, "Delete the exam and its 3 results")
    assert desk.real_api.get_exam(exam.id) is None
    assert "“Optics” and its 3 results deleted" in texts(page)
    press(page, "Undo")
    (back,) = desk.real_api.list_my_exams()
    assert back.id != exam.id
    assert page.query_params["exam"] == back.id
    rows = list(desk.real_api.list_results(back.id))
    assert sorted((row.student, row.grade) for row in rows) == [
        ("Student 0", "12"),
        ("Student 1", "14"),
        ("Student 2", "ABSENT"),
    ]


def test_cancelling_deletes_nothing(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    page = press(press(open_details(desk, exam), "Delete this exam …"), "Keep it")
    assert "The exam has 1 result." in texts(page)
    assert stored(desk, exam.id).version == exam.version


def test_a_deletion_with_a_lost_answer_resumes_at_the_next_click(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    page = press(open_details(desk, exam), "Delete this exam …")
    desk.is_down = True
    press(page, "Delete the exam and its 1 result")
    assert "The server does not answer" in texts(page)
    desk.is_down = False
    press(page.run(), "Continue deleting")
    assert desk.real_api.get_exam(exam.id) is None


# Review and publishing


def open_review(desk: Desk, exam: Exam) -> AppTest:
    return desk.open(navigation.EXAM, exam=exam.id, part="Review")


def test_the_review_shows_what_students_will_see_and_publishes_all_at_once(desk: Desk) -> None:
    exam = new_exam(desk, "12", "8", "14", "15", "9")
    page = open_review(desk, exam)
    assert "Nothing stands out" in texts(page)
    assert "<dt>Mean</dt><dd>11.6</dd>" in texts(page)
    press(page, "Publish all 5 results")
    assert stored(desk, exam.id).is_published
    assert "Students see it now" in texts(page)
    assert '<span class="stamp published">Published</span>' in texts(page)


def test_with_errors_publishing_asks_for_confirmation(desk: Desk) -> None:
    exam = new_exam(desk, "12", "8", "14", "15", "145")
    page = open_review(desk, exam)
    assert "1 grade does not fit “out of 20”" in texts(page)
    press(page, "Publish all 5 results")
    assert not stored(desk, exam.id).is_published
    assert not press(page, "Not yet").exception
    assert not stored(desk, exam.id).is_published
    press(press(page, "Publish all 5 results"), "Publish anyway")
    assert stored(desk, exam.id).is_published


def test_an_empty_exam_can_be_published_first_and_entered_live(desk: Desk) -> None:
    exam = new_exam(desk)
    press(open_review(desk, exam), "Publish now and enter live")
    assert stored(desk, exam.id).is_published


def test_missing_grades_are_counted_before_publishing(desk: Desk) -> None:
    exam = new_exam(desk, "12", "8")
    desk.real_api.create_result(exam.id, NewResult("Nobody yet", AWAITED))
    page = open_review(desk, exam)
    assert "2 of 3 entered, 1 missing" in texts(page)
    press(page, "Publish 2 of 3 results")
    assert stored(desk, exam.id).is_published


def test_a_part_stays_although_the_page_still_brings_an_earlier_address(desk: Desk) -> None:
    """Two quick presses, and then what a component sends: the order of messages seen on a busy machine."""
    page = desk.open(navigation.EXAM, exam=new_exam(desk).id, part="Grid")
    for pressed, address, shown in (
        ("Details", "Grid", "Details"),
        ("Review", "Grid", "Review"),
        (None, "Details", "Review"),
        (None, "Review", "Review"),
    ):
        if pressed:
            page.session_state[navigation.PART] = pressed
        page.query_params["part"] = address
        page.run()
        assert page.session_state[navigation.PART] == shown, (pressed, address)
        assert page.query_params["part"] == shown


def test_the_way_back_leads_through_the_parts(desk: Desk) -> None:
    page = desk.open(navigation.EXAM, exam=new_exam(desk).id, part="Grid")
    for pressed in ("Details", "Review"):
        page.session_state[navigation.PART] = pressed
        page.run()
    for former in ("Details", "Grid", "Details", "Review"):
        page.query_params["part"] = former
        page.run()
        assert page.session_state[navigation.PART] == former


def test_unpublishing_asks_first_and_hides_the_exam(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    desk.real_api.publish_exam(exam.id, exam.version)
    page = press(open_review(desk, exam), "Unpublish …")
    assert "cannot be taken back" in texts(page)
    assert stored(desk, exam.id).is_published
    press(page, "Unpublish")
    assert not stored(desk, exam.id).is_published
    assert "You alone see it now" in texts(page)


def test_publishing_an_exam_changed_elsewhere_asks_for_another_review(desk: Desk) -> None:
    exam = new_exam(desk, "12")
    page = open_review(desk, exam)
    desk.real_api.update_exam(exam.id, exam.version, subject="Acoustics")
    press(page, "Publish the result")
    assert not stored(desk, exam.id).is_published
    assert "changed elsewhere" in texts(page)
    assert "<h1>Acoustics</h1>" in texts(page)
    press(page, "Publish the result")
    assert stored(desk, exam.id).is_published


# Sharing and permissions


def test_the_address_is_the_student_dashboards(desk: Desk) -> None:
    exam = new_exam(desk)
    page = desk.open(navigation.EXAM, exam=exam.id, part="Share")
    assert page.code[0].value == f"{STUDENT_URL}/?exam={exam.id}"
    assert "before you publish" in texts(page)
    assert 'alt="QR code' in texts(page)


def test_without_a_student_dashboard_the_page_says_whom_to_ask(desk: Desk) -> None:
    exam = new_exam(desk)
    desk.settings = dataclasses.replace(desk.settings, student_url=None)
    page = desk.open(navigation.EXAM, exam=exam.id, part="Share")
    assert "EXAM_RESULTS_STUDENT_URL" in texts(page)
    assert not page.code


def test_sharing_says_what_the_public_sees(desk: Desk) -> None:
    for audience, seen in ((Audience.NAMES, "names and grades"), (Audience.CODES, "but no names")):
        exam = new_exam(desk, audience=audience)
        assert seen in texts(desk.open(navigation.EXAM, exam=exam.id, part="Share"))


def test_another_teachers_exam_is_read_only(backend: RunningBackend, desk: Desk) -> None:
    other = Desk(backend, f"teacher-{new_id()[:8]}")
    try:
        exam = new_exam(other, "12", "13", "14", "15", "16")
        assert "no such exam, or it is somebody else's draft" in texts(
            desk.open(navigation.EXAM, exam=exam.id)
        )
        other.real_api.publish_exam(exam.id, exam.version)
    finally:
        other.close()
    page = desk.open(navigation.EXAM, exam=exam.id, part="Details")
    assert "belongs to another teacher" in texts(page)
    assert "Student 0" in texts(page)
    assert [button.label for button in page.button] == []


@pytest.mark.parametrize("exam_id", ["", "no-id-at-all", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_exam_leads_back_to_the_list(desk: Desk, exam_id: str) -> None:
    assert "There is no such exam" in texts(desk.open(navigation.EXAM, exam=exam_id))


def test_if_the_exam_to_copy_is_missing_the_form_is_empty(desk: Desk) -> None:
    page = desk.open(navigation.NEW, like=new_id())
    assert field(page, "Subject").value == ""  # type: ignore[attr-defined]
    assert "without its results" not in texts(page)


def test_an_ended_session_is_reported_and_the_input_stays(desk: Desk) -> None:
    exam = new_exam(desk)
    page = fill(open_details(desk, exam), "Subject", "Geometric optics")
    desk.has_ended = True
    press(page, "Save the details")
    assert "Your session has ended" in texts(page)
    assert field(page, "Subject").value == "Geometric optics"  # type: ignore[attr-defined]
    desk.has_ended = False
    press(page, "Save the details")
    assert stored(desk, exam.id).subject == "Geometric optics"


@pytest.mark.parametrize("name", [navigation.LIST, navigation.NEW, navigation.EXAM])
def test_a_page_that_cannot_be_loaded_offers_a_retry(desk: Desk, name: str) -> None:
    exam = new_exam(desk)
    desk.is_down = True
    page = desk.open(name, exam=exam.id)
    assert "The server does not answer" in texts(page)
    desk.is_down = False
    press(page, "Try again")
    assert "does not answer" not in texts(page)


# Publishing at an hour.


def choose_hour(page: AppTest, date: dt.date, time: dt.time) -> AppTest:
    page.date_input[0].set_value(date)
    return page.time_input[0].set_value(time).run()


def button_that_begins(page: AppTest, words: str) -> str:
    (label,) = [button.label for button in page.button if button.label.startswith(words)]
    return str(label)


def test_an_exam_is_announced_for_an_hour_moved_and_withdrawn(desk: Desk) -> None:
    """What will happen is said before, and what has happened afterwards."""
    exam = new_exam(desk, "14", "9")
    page = desk.open(navigation.EXAM, exam=exam.id, part="Review")
    assert "a countdown, and nothing of its results" in texts(page)
    day = dt.datetime.now().astimezone().date() + dt.timedelta(days=3)
    page = choose_hour(page, day, dt.time(14, 5))
    said = next(text for text in texts(page).splitlines() if "Students get the results on" in text)
    assert f"{day:%A} {day.day} {day:%B %Y}, 14:05" in said
    assert "in 2 days" in said or "in 3 days" in said
    page = press(page, button_that_begins(page, "Announce for"))
    hour = dt.datetime.combine(day, dt.time(14, 5)).astimezone()
    announced = stored(desk, exam.id)
    assert (announced.is_published, announced.release_at) == (True, hour)
    assert "Announced at" in texts(page)
    assert "Announced" in [one.value for one in page.subheader]
    assert "What students will see" in [one.value for one in page.subheader]
    assert '<span class="stamp announced">Announced</span>' in texts(page)

    page = choose_hour(page, day + dt.timedelta(days=1), dt.time(9, 0))
    page = press(page, button_that_begins(page, "Move to"))
    assert (
        stored(desk, exam.id).release_at
        == dt.datetime.combine(day + dt.timedelta(days=1), dt.time(9, 0)).astimezone()
    )
    page = press(page, "Withdraw …")
    assert "no longer see that the exam is announced" in texts(page)
    page = press(page, "Withdraw")
    draft = stored(desk, exam.id)
    assert (draft.is_published, draft.release_at) == (False, None)


def test_an_announced_exam_is_published_at_once(desk: Desk) -> None:
    exam = new_exam(desk, "14", "9")
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    desk.real_api.publish_exam(exam.id, exam.version, release_at=tomorrow)
    page = desk.open(navigation.EXAM, exam=exam.id, part="Share")
    assert "students see there that the results come out then" in texts(page)
    page = desk.open(navigation.EXAM, exam=exam.id, part="Review")
    page = press(page, "Publish now")
    assert stored(desk, exam.id).release_at is None
    assert "Students see it now." in texts(page)
    assert "Published" in [one.value for one in page.subheader]


def test_an_hour_that_has_passed_is_not_offered(desk: Desk) -> None:
    """Nor is one that is chosen in time and passes while the page is open: the API refuses it."""
    exam = new_exam(desk, "14")
    page = desk.open(navigation.EXAM, exam=exam.id, part="Review")
    midnight = dt.datetime.now().astimezone().date()
    page = choose_hour(page, midnight, dt.time(0, 0))
    assert "That hour has passed." in texts(page)
    (announce,) = [button for button in page.button if button.label == "Announce for"]
    assert announce.disabled


def test_an_announcement_of_details_that_were_changed_elsewhere_is_looked_at_again(desk: Desk) -> None:
    exam = new_exam(desk, "14")
    page = desk.open(navigation.EXAM, exam=exam.id, part="Review")
    day = dt.datetime.now().astimezone().date() + dt.timedelta(days=3)
    page = choose_hour(page, day, dt.time(14, 0))
    desk.real_api.update_exam(exam.id, exam.version, subject="Waves")
    page = press(page, button_that_begins(page, "Announce for"))
    assert "Not announced: the details were changed elsewhere." in texts(page)
    assert not stored(desk, exam.id).is_published


@pytest.mark.parametrize(
    ("day", "time", "offered"),
    [((3, 29), (2, 30), []), ((10, 25), (2, 30), ["02:30 CEST", "02:30 CET"])],
    ids=["put forward", "put back"],
)
def test_a_time_that_does_not_exist_or_comes_twice_is_asked_about(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    day: tuple[int, int],
    time: tuple[int, int],
    offered: list[str],
) -> None:
    """In the teacher's zone, by the clock of the chosen day and not of today."""
    berlin = ZoneInfo("Europe/Berlin")
    now = dt.datetime(2026, *day, tzinfo=berlin) - dt.timedelta(days=1)
    for name, value in (("local_zone", berlin), ("local_now", now)):
        monkeypatch.setattr(announce, name, lambda value=value: value)
    exam = new_exam(desk, "14")
    page = desk.open(navigation.EXAM, exam=exam.id, part="Review")
    page = choose_hour(page, dt.date(2026, *day), dt.time(*time))
    if not offered:
        assert "There is no such time on that day" in texts(page)
        assert [button.disabled for button in page.button if button.label == "Announce for"] == [True]
    else:
        (which,) = [one for one in page.radio if "comes twice" in one.label]
        assert list(which.options) == offered
        assert "02:30 CEST (Europe/Berlin)" in texts(page)
        page = which.set_value(which.options[1]).run()
        assert "02:30 CET (Europe/Berlin)" in texts(page)
