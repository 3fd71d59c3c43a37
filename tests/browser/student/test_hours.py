"""An announced exam in the students' browsers: counted down in their own zone, there at the hour."""

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from shared.live.status import FeedState, FeedStatus
from shared.model.exam import Exam, Result
from shared.model.hours import hour_text
from student_app.stream.messages import numbers_object, snapshot_object, to_json
from tests.browser.axe import faults_of
from tests.browser.mounted_board import mount_board, say
from tests.browser.people import DEADLINE_MS, PHONE, Person
from tests.browser.student.author import Author
from tests.browser.student.test_board import FIVE, NEWEST
from tests.builders import a_published_exam, a_result, an_announced_exam, results_of
from tests.pair_process import PairProcess
from tests.student_app.world import START_S, shown

LIVE = FeedStatus(FeedState.LIVE, START_S, START_S)
NEW_PERSON = Callable[..., Person]


def snapshot(exam: Exam, *rows: Result, is_held_back: bool = False) -> Any:
    results = dataclasses.replace(shown(*rows), is_held_back=is_held_back)
    return json.loads(to_json(snapshot_object(exam, results, LIVE)))


def feed(**more: Any) -> dict[str, Any]:
    return {"state": "LIVE", "since": START_S, "asOf": START_S, "load": "LOADED", "spread": 0, **more}


@pytest.mark.parametrize(
    ("zone", "utc", "day", "time"),
    [
        ("Europe/Berlin", "2026-12-01T13:00", "Tuesday,? 1 December", "14:00 Central European Standard Time"),
        ("Europe/Berlin", "2026-06-21T12:00", "Sunday,? 21 June", "14:00 Central European Summer Time"),
        ("America/New_York", "2026-03-08T16:00", "Sunday,? 8 March", "12:00.pm Eastern Daylight Time"),
        ("Asia/Shanghai", "2026-06-11T17:00", "Friday,? 12 June", "01:00 China Standard Time"),
    ],
    ids=["winter", "summer", "noon after the clock went forward", "far east"],
)
def test_the_hour_is_the_viewers_own_with_the_name_of_its_zone(
    new_person: NEW_PERSON, zone: str, utc: str, day: str, time: str
) -> None:
    """Also where the clock is changed before the hour comes: its season's name, not today's."""
    locale = "en-US" if zone.startswith("America") else "de-DE"
    page = new_person(timezone_id=zone, locale=locale).page
    mount_board(page)
    exam = an_announced_exam()
    message = snapshot(exam, is_held_back=True)
    message["exam"]["releaseAt"] = dt.datetime.fromisoformat(f"{utc}+00:00").timestamp()
    page.evaluate("id => mountBoard({ parentElement: document.body, data: { exam_id: id } })", exam.id)
    say(page, "feed", feed(**{"in": 90_061}))
    say(page, "snapshot", message)
    expect(page.locator("time.hour")).to_have_text(re.compile(f"^{day} 2026.* {time} \\({zone}\\)$"))
    expect(page.get_by_role("timer")).to_have_text("in 1 day 1 h")


def test_the_countdown_follows_the_server_and_nothing_is_left_of_results_that_are_taken_back(
    new_person: NEW_PERSON,
) -> None:
    """A browser whose clock is wrong by days counts right all the same."""
    page = new_person(timezone_id="Europe/Berlin", locale="en-GB").page
    page.clock.install(time=dt.datetime(2031, 1, 1, tzinfo=dt.UTC))
    mount_board(page)
    exam = an_announced_exam()
    timer = page.get_by_role("timer")
    page.evaluate(
        "id => mountBoard({ parentElement: document.body, data: { exam_id: id }, setTriggerValue() {} })",
        exam.id,
    )
    say(page, "feed", feed(**{"in": 7329.2}))
    say(page, "snapshot", snapshot(exam, is_held_back=True))
    expect(timer).to_have_text("in 2 h 02 min 10 s")
    page.clock.run_for(60_000)
    expect(timer).to_have_text("in 2 h 01 min 10 s")
    say(page, "feed", feed(**{"in": 4}))
    page.clock.run_for(1_000)
    expect(timer).to_have_text("in 3 s")
    page.get_by_label("My name").fill("Ada")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The result for “Ada” appears here when the results come out.")).to_be_visible()
    expect(page.get_by_text("Waiting for the results", exact=True)).to_be_visible()
    page.clock.run_for(4_000)
    expect(timer).to_have_text("any moment now")

    rows = [a_result("Ada", "17", exam), *results_of("1", "5", "8", "9", exam=exam)]
    out = a_published_exam(id=exam.id)
    say(page, "feed", feed())
    say(page, "snapshot", snapshot(out, *rows))
    say(page, "numbers", json.loads(to_json(numbers_object(out, rows))))
    expect(timer).to_be_hidden()
    expect(page.locator(".own-result")).to_contain_text("Ada: 17")
    expect(page.locator("tr[data-id]")).to_have_count(5)
    expect(page.get_by_text("● new")).to_have_count(0)  # all of them are

    say(page, "feed", feed(**{"in": 60}))
    say(page, "snapshot", snapshot(exam, is_held_back=True))
    expect(timer).to_have_text("in 1 min 00 s")
    assert page.locator("tr[data-id], .tile, .bin, .statistics td").count() == 0
    assert "17" not in page.evaluate("document.querySelector('.board').textContent")
    assert page.locator(".download a").get_attribute("href") is None


def test_a_page_that_waits_has_the_results_at_the_hour_by_itself(
    pair: PairProcess, new_person: NEW_PERSON, author: Author
) -> None:
    """Before it, the list, the page without scripts and the snapshot say when, and show nothing. The hour is
    moved nearer once the page waits."""
    draft = author.exam("Optics", FIVE, is_published=False, date=NEWEST)
    page = new_person(timezone_id="Asia/Shanghai", locale="en-GB", **PHONE).page
    hour = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(hours=1)
    exam = author.api.publish_exam(draft.id, draft.version, release_at=hour)
    url = pair.student_url
    listed = page.get_by_role("listitem").filter(has_text=exam.subject)
    page.goto(url)
    expect(listed).to_contain_text("China Standard Time (Asia/Shanghai)")
    plain = page.request.get(f"{url}/board/{exam.id}").text()
    assert hour_text(hour) in plain
    assert "Ada" not in plain
    assert page.request.get(f"{url}/live/{exam.id}.json").json()["rows"] == []
    listed.get_by_role("link").click()
    timer = page.get_by_role("timer")
    expect(timer).to_contain_text("min")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    hour = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(seconds=5)
    author.api.publish_exam(exam.id, exam.version, release_at=hour)
    expect(timer).to_contain_text(re.compile(r"^in \d+ s$"))
    expect(page.get_by_role("row").filter(has_text="Ada")).to_be_visible(timeout=DEADLINE_MS)
    assert dt.datetime.now(dt.UTC) >= hour
    expect(timer).to_be_hidden()
    assert "Ada" in page.request.get(f"{url}/board/{exam.id}").text()


def test_axe_finds_no_fault_in_the_page_of_an_announced_exam(
    pair: PairProcess, new_person: NEW_PERSON, author: Author
) -> None:
    draft = author.exam("Optics", FIVE, is_published=False, date=NEWEST)
    tomorrow = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=1)
    exam = author.api.publish_exam(draft.id, draft.version, release_at=tomorrow)
    page = new_person(color_scheme="dark", timezone_id="Europe/Berlin").page
    page.goto(f"{pair.student_url}/?exam={exam.id}")
    expect(page.locator("#first-paint")).to_have_count(0, timeout=DEADLINE_MS)
    expect(page.get_by_role("timer")).to_contain_text("in 23 h 59 min")
    expect(page.get_by_text("Waiting for the results", exact=True)).to_be_visible()
    expect(page.get_by_label("Compare with other exams")).to_have_count(0)
    assert faults_of(page) == []
