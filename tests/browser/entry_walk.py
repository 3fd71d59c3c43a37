"""A teacher editing one exam's rows, and the rows that the backend really stores."""

import contextlib
import datetime as dt
from dataclasses import dataclass

from playwright.sync_api import Browser, Locator, Page

from shared.api.calls import TeacherApi
from shared.model.exam import Audience, Exam, NewExam, Result
from shared.model.scales import OUT_OF_20, Scale
from tests.backend_process import BackendClient
from tests.browser.people import Person, sign_in_unseen
from tests.builders import new_id
from tests.waiting import wait_until
from tests.wire.clients import backend_settings

__all__ = ["EntryDesk", "SignedIn", "open_exam"]


@dataclass(frozen=True, slots=True)
class EntryDesk:
    """One exam of one teacher; `page` shows it."""

    page: Page
    api: TeacherApi
    exam: Exam
    username: str
    url: str  # of the exam's page

    @property
    def student(self) -> Locator:
        return self.page.locator("form.new").get_by_label("Student")

    @property
    def grade(self) -> Locator:
        return self.page.locator("form.new").get_by_label("Grade")

    def line(self, person: str) -> Locator:
        """The line that shows this person."""
        return self.page.locator("li.line").filter(has_text=person)

    def type_row(self, person: str, grade: str) -> None:
        """Types a row, starting in the student field, without waiting for anything."""
        for text in (person, grade):
            self.page.keyboard.type(text)
            self.page.keyboard.press("Enter")

    def has_cursor(self, field: Locator) -> bool:
        return bool(field.evaluate("field => field.getRootNode().activeElement === field"))

    def stored(self) -> list[Result]:
        return sorted(self.api.list_results(self.exam.id), key=lambda row: row.name or row.student)

    def stored_pairs(self) -> list[tuple[str, str]]:
        return [(row.name or row.student, row.grade) for row in self.stored()]

    def wait_until_stored(self, *pairs: tuple[str, str], deadline_s: float = 15.0) -> None:
        """Waits until the backend stores exactly these (person, grade) pairs."""
        wait_until(
            lambda: self.stored_pairs() == sorted(pairs), deadline_s=deadline_s, what=f"{pairs} stored"
        )


class SignedIn:
    """A new teacher who has signed in once: with `storage_state` a browser is past the gate."""

    def __init__(self, backend: BackendClient, teacher_url: str, browser: Browser) -> None:
        self.username = f"teacher-{new_id()[:8]}"
        self.teacher_url = teacher_url
        backend.create_teacher(self.username)
        token = backend.sign_in(self.username).access_token
        self.api = TeacherApi(backend_settings(backend), lambda: token)
        with contextlib.closing(browser.new_context()) as context:
            sign_in_unseen(context, teacher_url, self.username)
            self.storage_state = context.storage_state()

    def open_desk(
        self, person: Person, audience: Audience = Audience.NAMES, scale: Scale = OUT_OF_20
    ) -> EntryDesk:
        """Opens the page of a new exam; the person's browser must have `storage_state`."""
        desk = self.new_desk(person, audience, scale)
        open_exam(person.page, desk.url)
        return desk

    def new_desk(
        self, person: Person, audience: Audience = Audience.NAMES, scale: Scale = OUT_OF_20
    ) -> EntryDesk:
        """A new exam whose page is not opened yet."""
        new = NewExam("Physics", dt.date(2026, 6, 15), "A. Lovelace", scale, audience)
        exam = self.api.create_exam(new)
        url = f"{self.teacher_url}/exam?exam={exam.id}"
        return EntryDesk(person.page, self.api, exam, self.username, url)


def open_exam(page: Page, url: str) -> None:
    """Opens the page and waits for the form."""
    page.goto(url)
    page.locator("form.new").get_by_label("Student").wait_for()
