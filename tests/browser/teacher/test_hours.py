"""Publishing at an hour, by a teacher with a keyboard, in their own time zone."""

import datetime as dt
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from shared.model.exam import NewResult
from tests.browser.axe import faults_of
from tests.browser.entry_walk import SignedIn
from tests.browser.people import Person, tab_to

NEW_YORK = ZoneInfo("America/New_York")


def test_an_exam_is_announced_by_keyboard_for_an_hour_of_the_teachers_own_zone(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    """Its list says so, and it is moved and withdrawn again."""
    person = new_person(storage_state=teacher.storage_state, timezone_id=NEW_YORK.key, locale="en-US")
    desk, page = teacher.new_desk(person), person.page
    teacher.api.create_results(desk.exam.id, [NewResult(f"Student {grade}", grade) for grade in ("9", "14")])
    page.goto(f"{desk.url}&part=Review")
    tab_to(page, page.locator("summary").filter(has_text="Publish at a set hour"))
    page.keyboard.press("Enter")
    day = dt.datetime.now(NEW_YORK).date() + dt.timedelta(days=3)
    tab_to(page, page.get_by_role("spinbutton", name="year"))
    page.keyboard.type(f"{day:%Y%m%d}")
    tab_to(page, page.get_by_role("spinbutton", name="hour"))
    page.keyboard.type("1405")
    page.keyboard.press("Enter")
    written = f"{day:%A} {day.day} {day:%B %Y}, 14:05"
    expect(
        page.get_by_text(re.compile(rf"Students get the results on {written} E.T \(America/New_York\)"))
    ).to_be_visible()
    announce = page.get_by_role("button", name=f"Announce for {written}")
    tab_to(page, announce)
    page.keyboard.press("Enter")
    expect(page.locator(".st-key-review-receipt")).to_contain_text("Students see when the results come out")
    stored = teacher.api.get_exam(desk.exam.id)
    assert stored is not None
    assert stored.release_at == dt.datetime.combine(day, dt.time(14, 5), NEW_YORK)
    assert faults_of(page) == []
    page.get_by_role("link", name="My exams").click()
    row = page.get_by_role("row").filter(has_text="Physics")
    expect(row).to_contain_text(re.compile(rf"results on {day.day} {day:%B %Y}.* 14:05 GMT-[45]"))
    expect(row).to_contain_text("Announced")
    page.goto(f"{desk.url}&part=Review")
    expect(page.get_by_text(re.compile(rf"The results come out on {written}"))).to_be_visible()
    for name in ("Withdraw …", "Withdraw"):
        tab_to(page, page.get_by_role("button", name=name, exact=True))
        page.keyboard.press("Enter")
    expect(page.locator(".st-key-review-receipt")).to_contain_text("You alone see it now.")
    draft = teacher.api.get_exam(desk.exam.id)
    assert draft is not None
    assert (draft.is_published, draft.release_at) == (False, None)


def test_the_review_turns_from_announced_to_published_at_the_hour_without_a_press(
    teacher: SignedIn, new_person: Callable[..., Person]
) -> None:
    person = new_person(storage_state=teacher.storage_state)
    desk, page = teacher.new_desk(person), person.page
    teacher.api.create_results(desk.exam.id, [NewResult("Ada", "14")])
    announced = page.get_by_role("heading", name="Announced", exact=True)
    published = page.get_by_role("heading", name="Published", exact=True)
    exam = teacher.api.get_exam(desk.exam.id)
    for wait_s in (5, 20, 80):  # until the page is there before the hour
        assert exam is not None
        hour = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=wait_s)
        exam = teacher.api.publish_exam(exam.id, exam.version, release_at=hour)
        page.goto(f"{desk.url}&part=Review")
        expect(announced.or_(published)).to_be_visible()
        if announced.is_visible():
            break
    expect(published).to_be_visible(timeout=1000 * (wait_s + 30))
    expect(page.locator(".exam-title")).to_contain_text("Published")
    expect(page.get_by_role("heading", name="What students see", exact=True)).to_be_visible()
