"""Each exam page in light, dark and on a phone: no violation of WCAG 2.1 A and AA, nothing cut off."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect

from shared.model.exam import Audience, NewExam, NewResult
from shared.model.scales import OUT_OF_20
from tests.backend_process import BackendClient
from tests.browser.axe import Fault, faults_of
from tests.browser.entry_walk import SignedIn
from tests.browser.people import DEADLINE_MS, Person
from tests.pair_process import PairProcess

_T = TypeVar("_T")
expect.set_options(timeout=DEADLINE_MS)
STILL_DEADLINE_S = 5.0
TOO_WIDE = """(main => [...main.querySelectorAll('*')]
    .filter(one => main.scrollWidth > main.clientWidth)
    .filter(one => one.getBoundingClientRect().right > main.clientWidth)
    .map(one => one.outerHTML.slice(0, 200)))(document.querySelector('.stMain'))"""
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 360, "height": 740}},
}


@pytest.fixture(scope="module")
def curie(pair: PairProcess, browser: Browser) -> Iterator[SignedIn]:
    """A teacher with a draft that shows every finding, and an exam published with codes."""
    teacher = SignedIn(BackendClient(pair.backend_url, pair.data_dir), pair.teacher_url, browser)
    date = dt.date(2026, 6, 15)
    draft = teacher.api.create_exam(NewExam("Optics, with a name that is long", date, "M. Curie", OUT_OF_20))
    grades = ("14", "13.5", "14.5", "13", "15", "1", "145", "0", "ABSENT", "14")
    names = ("Ada Lovelace", "ada lovelace", "B", "C", "D", "E", "F", "G", "H", "17")
    rows = [NewResult(name, grade) for name, grade in zip(names, grades, strict=True)]
    teacher.api.create_results(draft.id, rows)
    coded = teacher.api.create_exam(NewExam("Acoustics", date, "M. Curie", OUT_OF_20, Audience.CODES))
    teacher.api.create_result(coded.id, NewResult("22AAAA", "12", "Ada Lovelace"))
    teacher.api.publish_exam(coded.id, coded.version)
    yield teacher
    teacher.api.close()


def walk(page: Page, teacher: SignedIn) -> Iterator[str]:
    """Shows each page in turn; yields the name of each."""

    def press(name: str) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    def open_part(subject: str, part: str) -> None:
        page.goto(teacher.teacher_url)
        page.get_by_role("link", name=subject).click()
        expect(page.get_by_role("heading", name=subject)).to_be_visible()
        page.get_by_role("radio", name=part, exact=True).click()

    page.goto(teacher.teacher_url)
    expect(page.get_by_role("link", name="Optics")).to_be_visible()
    yield "list"
    page.get_by_label("Find an exam").fill("nothing like it")
    expect(page.get_by_text("No exam matches")).to_be_visible()
    yield "list-nothing-found"
    page.get_by_label("Find an exam").fill("")
    press("New exam")
    expect(page.get_by_label("Subject")).to_be_visible()
    yield "new"
    press("Create the exam")
    expect(page.get_by_text("Type the subject")).to_be_visible()
    yield "new-refused"
    open_part("Optics", "Review")
    expect(page.get_by_text("far from the rest")).to_be_visible()
    yield "review"
    press("Publish all 10 results")
    expect(page.get_by_role("button", name="Publish anyway")).to_be_visible()
    yield "review-asking"
    open_part("Optics", "Share")
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    yield "share"
    press("Show it large")
    expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    yield "share-large"
    open_part("Optics", "Details")
    press("Delete this exam …")
    expect(page.get_by_text("This deletes the exam and its 10 results.")).to_be_visible()
    yield "details"
    open_part("Acoustics", "Review")
    press("Unpublish …")
    expect(page.get_by_text("cannot be taken back")).to_be_visible()
    yield "review-published"


def lasting(page: Page, find: Callable[[Page], list[_T]]) -> list[_T]:
    """Streamlit fades in new elements, which lack contrast at first: only what persists is a fault."""
    deadline_s = time.monotonic() + STILL_DEADLINE_S
    while (found := find(page)) and time.monotonic() < deadline_s:
        page.wait_for_timeout(200)
    return found


def parts_too_wide(page: Page) -> list[str]:
    """Elements that make the page scroll sideways."""
    found: list[str] = page.evaluate(TOO_WIDE)
    return found


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_is_accessible(curie: SignedIn, new_person: Callable[..., Person], look: str) -> None:
    page = new_person(storage_state=curie.storage_state, **LOOKS[look]).page
    faults: dict[str, list[Fault]] = {}
    for name in walk(page, curie):
        faults[name] = lasting(page, faults_of)
        assert lasting(page, parts_too_wide) == [], name
    assert {name: found for name, found in faults.items() if found} == {}
    assert len(faults) == 10


def test_another_teachers_exam_is_equally_accessible(
    curie: SignedIn, pair: PairProcess, browser: Browser, new_person: Callable[..., Person]
) -> None:
    published = next(exam for exam in curie.api.list_my_exams() if exam.is_published)
    other = SignedIn(BackendClient(pair.backend_url, pair.data_dir), pair.teacher_url, browser)
    other.api.close()
    page = new_person(storage_state=other.storage_state).page
    page.goto(f"{pair.teacher_url}/exam?exam={published.id}")
    expect(page.get_by_text("belongs to another teacher")).to_be_visible()
    expect(page.get_by_text("22AAAA")).to_be_visible()
    assert "Ada Lovelace" not in page.content()
    assert lasting(page, faults_of) == []
